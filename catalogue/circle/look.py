"""What stands around a place, by category, counted in columns: a circle holds thousands of stores, an answer a few."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from lifecircle.catalogue.circle.model import SeenStore
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.geo import EARTH_RADIUS, Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.nearest import Around, everything, nearest
from lifecircle.catalogue.snapshot.texts import Array, Rows
from lifecircle.catalogue.stores.closing import open_ranges_of
from lifecircle.catalogue.stores.model import Store

_HALF_EARTH = math.pi * EARTH_RADIUS

_Spot = tuple[float, str, Layer, int]
"""Metres, id, and the row of a layer."""


@dataclass
class Tally:
    """The stores of one category."""

    within: dict[float, int] = field(default_factory=dict)
    """Metres → how many are no further."""
    open: int = 0
    spot: _Spot | None = None

    @property
    def metres(self) -> float:
        """To the nearest."""
        return self.spot[0] if self.spot else math.inf

    @property
    def nearest(self) -> SeenStore | None:
        return _seen(self.spot) if self.spot else None


@dataclass(frozen=True, slots=True)
class Look:
    center: Point
    limits: tuple[float, ...]
    """Metres; counted for each of them, the last one the furthest."""
    open_within: float
    """Up to where open stores are counted."""


def look_around(snapshot: Snapshot, look: Look, calendar: HolidayCalendar, now: datetime) -> dict[str, Tally]:
    """By category code; what is closed for a while or gone is not there."""
    found: dict[str, Tally] = {}
    for layer in snapshot.stores.layers:
        metres, rows = everything(layer, Around(look.center, look.limits[-1]))
        listed = layer.table.columns.listed_from[rows] <= local_day(now).toordinal()
        _count(found, layer, look, metres[listed], rows[listed])
        near = rows[listed & (metres <= look.open_within)]
        _count_open(found, layer, near, are_open(snapshot, layer, near, calendar, now))
    return found


def are_open(snapshot: Snapshot, layer: Layer, rows: Rows, calendar: HolidayCalendar, now: datetime) -> Array:
    def ranges(store: Store, day: date) -> list[OpenRange]:
        return open_ranges_of(store, snapshot.schedule_of(store), calendar, day, 1)

    return layer.table.open_times.are_open(rows, now, (snapshot.chains, calendar), ranges)


def nearest_of(snapshot: Snapshot, center: Point, codes: Iterable[str], today: date) -> SeenStore | None:
    """The nearest store of any of the categories, however far."""
    wanted, best = sorted(codes), list[_Spot]()
    for layer in snapshot.stores.layers:
        rows = _of_categories(layer, wanted)
        rows = rows[layer.table.columns.listed_from[rows] <= today.toordinal()]
        if len(rows):
            metres, found = nearest(layer, Around(center, _HALF_EARTH, rows=rows), 1)
            if found:
                best.append(_spot(layer, metres[0], found[0]))
    return _seen(min(best, key=_place)) if best else None


def visible_rows(layer: Layer) -> Rows:
    """Of a layer, all that no layer above replaces."""
    return np.delete(np.arange(len(layer.table)), layer.hidden)


def _count(found: dict[str, Tally], layer: Layer, look: Look, metres: Array, rows: Rows) -> None:
    column = layer.table.columns.coded["category"]
    codes = column.codes[rows]
    counts = [np.bincount(codes[metres <= limit], minlength=column.size) for limit in look.limits]
    for code, spot in _nearest_by_code(layer, metres, rows, codes, column.size):
        tally = found.setdefault(column.value(code), Tally())
        for limit, count in zip(look.limits, counts, strict=True):
            tally.within[limit] = tally.within.get(limit, 0) + int(count[code])
        tally.spot = min(tally.spot or spot, spot, key=_place)


def _nearest_by_code(layer: Layer, metres: Array, rows: Rows, codes: Array, size: int) -> Iterator[tuple[int, _Spot]]:
    """For each code that occurs; of several equally near the one with the smallest id."""
    best = np.full(size, np.inf)
    np.minimum.at(best, codes, metres)
    places = np.flatnonzero(metres == best[codes])
    spots: dict[int, _Spot] = {}
    for code, far, row in zip(codes[places].tolist(), metres[places].tolist(), rows[places].tolist(), strict=True):
        spot = _spot(layer, far, row)
        spots[code] = min(spots.get(code, spot), spot, key=_place)
    yield from spots.items()


def _count_open(found: dict[str, Tally], layer: Layer, rows: Rows, is_open: Array) -> None:
    column = layer.table.columns.coded["category"]
    counts = np.bincount(column.codes[rows[is_open]], minlength=column.size)
    for code in np.flatnonzero(counts).tolist():
        found[column.value(code)].open += int(counts[code])


def _of_categories(layer: Layer, wanted: Sequence[str]) -> Rows:
    order, column = layer.table.order, layer.table.columns.coded["category"]
    codes = [code for value in wanted if (code := column.code(value)) is not None]
    parts = [order.by_category[order.category_starts[code] : order.category_starts[code + 1]] for code in codes]
    return np.concatenate(parts) if parts else np.empty(0, np.int64)


def _spot(layer: Layer, metres: float, row: int) -> _Spot:
    return metres, layer.table.id(row), layer, row


def _seen(spot: _Spot) -> SeenStore:
    metres, _, layer, row = spot
    return SeenStore(metres, layer.table, row)


def _place(spot: _Spot) -> tuple[float, str]:
    return spot[:2]
