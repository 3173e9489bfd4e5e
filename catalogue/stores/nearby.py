"""Stores around a place: filters that combine, two orders, and pages that stay right while the catalogue changes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lifecircle.catalogue.errors import BadRequest, InvalidInput
from lifecircle.catalogue.geo import Point, is_on_earth
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.rules import is_open
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import AccessibilityFeature, Store

MAX_RADIUS = 50_000
"""Metres."""


class StoreSort(StrEnum):
    DISTANCE = "DISTANCE"
    RATING = "RATING"
    RELEVANCE = "RELEVANCE"


@dataclass(frozen=True, slots=True)
class StoreFilter:
    category: str | None = None
    open_at: datetime | None = None
    open_now: bool | None = None
    bookable: bool | None = None
    at_home: bool | None = None
    chain: str | None = None
    community: str | None = None
    accessible: tuple[AccessibilityFeature, ...] = ()
    min_rating: float | None = None
    max_price: int | None = None
    """Fen."""


@dataclass(frozen=True, slots=True)
class NearbyQuery:
    center: Point
    radius: int
    filter: StoreFilter = StoreFilter()
    sort: StoreSort = StoreSort.DISTANCE


SortKey = tuple[float, str]
"""What a page is cut by: (metres, id) or (minus the rating, id). It names a place in the order, not a position."""


@dataclass(frozen=True, slots=True)
class NearStore:
    store: Store
    metres: float
    key: SortKey


@dataclass(frozen=True, slots=True)
class NearbyPage:
    stores: list[NearStore]
    has_more: bool


Predicate = Callable[[Store], bool]


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
    matching = _matching(snapshot, query, calendar, now)
    if query.sort is StoreSort.RATING:
        ordered = iter(heapq.nsmallest(first + 1, (n for n in matching if after is None or n.key > after), key=_key))
    else:
        ordered = (found for found in matching if after is None or found.key > after)
    page = [found for found, _ in zip(ordered, range(first + 1), strict=False)]
    return NearbyPage(page[:first], len(page) > first)


def count_nearby(snapshot: Snapshot, query: NearbyQuery, calendar: HolidayCalendar, now: datetime) -> int:
    return sum(1 for _ in _matching(snapshot, query, calendar, now))


def _key(found: NearStore) -> SortKey:
    return found.key


def _matching(snapshot: Snapshot, query: NearbyQuery, calendar: HolidayCalendar, now: datetime) -> Iterator[NearStore]:
    predicates = list(_predicates(snapshot, query.filter, calendar, now))
    for metres, store in snapshot.near(query.center, query.radius):
        if store.state == "OPEN" and all(holds(store) for holds in predicates):
            value = -(store.rating or 0.0) if query.sort is StoreSort.RATING else metres
            yield NearStore(store, metres, (value, store.id))


def _predicates(
    snapshot: Snapshot, wanted: StoreFilter, calendar: HolidayCalendar, now: datetime
) -> Iterator[Predicate]:
    """The cheap ones first."""
    if wanted.category is not None:
        codes = snapshot.categories.descendants(wanted.category)
        yield lambda store: store.category in codes
    if wanted.chain is not None:
        yield lambda store: store.chain == wanted.chain
    if wanted.community is not None:
        communities = snapshot.areas.subtree(wanted.community)
        yield lambda store: store.community in communities
    if wanted.accessible:
        features = frozenset(wanted.accessible)
        yield lambda store: features.issubset(store.accessibility)
    if wanted.min_rating is not None:
        floor = wanted.min_rating
        yield lambda store: (store.rating or 0.0) >= floor
    yield from _opening_predicates(snapshot, wanted, calendar, now)
    yield from _offering_predicates(snapshot, wanted)


def _opening_predicates(
    snapshot: Snapshot, wanted: StoreFilter, calendar: HolidayCalendar, now: datetime
) -> Iterator[Predicate]:
    if wanted.open_now is not None:
        yield (
            lambda store: is_open(snapshot.schedule_of(store), store.exceptions, calendar, now) is bool(wanted.open_now)
        )
    if wanted.open_at is not None:
        at = wanted.open_at
        yield lambda store: is_open(snapshot.schedule_of(store), store.exceptions, calendar, at)


def _offering_predicates(snapshot: Snapshot, wanted: StoreFilter) -> Iterator[Predicate]:
    if wanted.bookable is not None:
        yield lambda store: any(o.bookable for o in snapshot.offerings_of(store)) is wanted.bookable
    if wanted.at_home is not None:
        yield lambda store: any(o.at_home for o in snapshot.offerings_of(store)) is wanted.at_home
    if wanted.max_price is not None:
        limit = wanted.max_price
        yield lambda store: any(o.price is not None and o.price <= limit for o in snapshot.offerings_of(store))
