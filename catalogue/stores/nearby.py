"""Stores around a place: filters that combine, two orders, and pages that stay right while the catalogue changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from lifecircle.catalogue.errors import BadRequest, InvalidInput
from lifecircle.catalogue.geo import Point, is_on_earth
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.model import SeenAt, Snapshot, merged_by_distance
from lifecircle.catalogue.snapshot.nearest import Around, everything
from lifecircle.catalogue.stores.filters import NO_FILTER, StoreFilter, wanted_of

__all__ = [
    "MAX_RADIUS",
    "NearStore",
    "NearbyPage",
    "NearbyQuery",
    "SortKey",
    "StoreFilter",
    "StoreSort",
    "check_place",
    "check_query",
    "count_nearby",
    "nearby",
]

MAX_RADIUS = 50_000
"""Metres."""


class StoreSort(StrEnum):
    DISTANCE = "DISTANCE"
    RATING = "RATING"
    RELEVANCE = "RELEVANCE"


@dataclass(frozen=True, slots=True)
class NearbyQuery:
    center: Point
    radius: int
    filter: StoreFilter = NO_FILTER
    sort: StoreSort = StoreSort.DISTANCE


SortKey = tuple[float, str]
"""What a page is cut by: (metres, id) or (minus the rating, id). It names a place in the order, not a position."""


NearStore = SeenAt
"""A row of the snapshot, and how far it is."""


class RatedStore(SeenAt):
    """One of a list that is sorted by rating."""

    __slots__ = ()

    @property
    def order(self) -> float:
        """Minus the rating."""
        return -float(self.layer.table.columns.ratings[self.row])

    @property
    def key(self) -> SortKey:
        return self.order, self.layer.table.id(self.row)


@dataclass(frozen=True, slots=True)
class NearbyPage:
    stores: Sequence[NearStore]
    has_more: bool


def check_place(point: Point, field: str = "near") -> None:
    """Raises InvalidInput for a place that is not on the map."""
    if not is_on_earth(point.longitude, point.latitude):
        raise InvalidInput("位置不正确：经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间。", field)


def check_query(query: NearbyQuery) -> None:
    """Raises InvalidInput, BadRequest."""
    check_place(query.center)
    if not 1 <= query.radius <= MAX_RADIUS:
        raise InvalidInput(f"搜索半径应在 1 到 {MAX_RADIUS} 米之间。", "radius")
    if query.sort is StoreSort.RELEVANCE:
        raise BadRequest("附近的店铺只能按距离或评分排序。", "sort")
    if query.filter.open_now is not None and query.filter.open_at is not None:
        raise BadRequest("“现在营业”和“指定时间营业”不能同时使用。", "filter", "openNow")


def nearby(
    snapshot: Snapshot,
    query: NearbyQuery,
    calendar: HolidayCalendar,
    now: datetime,
    *,
    first: int,
    after: SortKey | None = None,
) -> NearbyPage:
    """The first stores that come after the key. Raises InvalidInput, BadRequest."""
    check_query(query)
    layers = _layers(snapshot, query, calendar, now)
    listed = _by_rating if query.sort is StoreSort.RATING else merged_by_distance
    found = listed(layers, first + 1, after)
    return NearbyPage(found[:first], len(found) > first)


def count_nearby(snapshot: Snapshot, query: NearbyQuery, calendar: HolidayCalendar, now: datetime) -> int:
    return sum(len(everything(layer, around)[1]) for layer, around in _layers(snapshot, query, calendar, now))


def _layers(
    snapshot: Snapshot, query: NearbyQuery, calendar: HolidayCalendar, now: datetime
) -> list[tuple[Layer, Around]]:
    center, radius, wanted = query.center, query.radius, query.filter
    return [
        (layer, wanted_of(snapshot, layer.table, wanted, calendar, now).around(center, radius))
        for layer in snapshot.stores.layers
    ]


def _by_rating(layers: list[tuple[Layer, Around]], count: int, after: SortKey | None) -> list[RatedStore]:
    found: list[RatedStore] = []
    for layer, around in layers:
        found += _best_rated(layer, around, count, after)
    return sorted(found, key=_key)[:count]


def _best_rated(layer: Layer, around: Around, count: int, after: SortKey | None) -> list[RatedStore]:
    metres, rows = everything(layer, around)
    keys, ranks = -layer.table.columns.ratings[rows], layer.table.order.ranks[rows]
    order = np.lexsort((ranks, keys))
    if after is not None:
        order = order[np.searchsorted(keys[order], after[0]) :]
    found = []
    for place in order.tolist():
        near = RatedStore(layer, int(rows[place]), float(metres[place]))
        if after is None or keys[place] > after[0] or near.key > after:
            found.append(near)
        if len(found) == count:
            break
    return found


def _key(found: RatedStore) -> SortKey:
    return found.key
