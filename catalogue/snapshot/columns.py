"""Stores as columns: compact, invisible to the garbage collector, with a spatial index over them.

A row becomes a `Store` only when somebody looks at it; 200,000 stores as objects would cost three times the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from lifecircle.catalogue.geo import EARTH_RADIUS, Point
from lifecircle.catalogue.stores.model import Store

FIRST_LOOK = 64
"""How many neighbours are fetched at first; each further look fetches four times as many."""

_ROUNDING = 1e-3
"""Metres of slack in the tree; what is inside is decided on the rounded distance."""

MILLIMETRES = 3
"""Decimals of a distance."""

Floats = npt.NDArray[np.float64]


class Coded:
    """A column of few distinct values: a small code a row. Values are hashed once each, not once a row."""

    def __init__(self, values: Sequence[Any]) -> None:
        distinct = {id(value): value for value in values}
        numbers: dict[Any, int] = {}
        codes = {key: numbers.setdefault(value, len(numbers)) for key, value in distinct.items()}
        self.codes = np.fromiter((codes[id(value)] for value in values), dtype=np.int32, count=len(values))
        self.values = list(numbers)

    def __getitem__(self, row: int) -> Any:
        return self.values[self.codes[row]]


class StoreTable:
    """Rows of stores and a k-d tree over their places on the unit sphere."""

    def __init__(self, stores: Sequence[Store]) -> None:
        self.ids = [store.id for store in stores]
        self._rows = {store_id: row for row, store_id in enumerate(self.ids)}
        self._texts = {name: list(map(attrgetter(name), stores)) for name in _TEXTS}
        self._coded = {name: Coded(list(map(attrgetter(name), stores))) for name in _CODED}
        self._places = np.array([(store.location.longitude, store.location.latitude) for store in stores], np.float64)
        self._days = np.array([store.assured_on.toordinal() for store in stores], np.int32)
        self._numbers = np.array([[getattr(store, name) for name in _NUMBERS] for store in stores], np.int32)
        self._stations = _rows_by(self._coded["station_of"])
        self._tree = cKDTree(unit_vectors(self._places)) if stores else None

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, store_id: str) -> int | None:
        return self._rows.get(store_id)

    def get(self, row: int) -> Store:
        texts = {name: column[row] for name, column in self._texts.items()}
        coded = {name: column[row] for name, column in self._coded.items()}
        numbers = dict(zip(_NUMBERS, self._numbers[row].tolist(), strict=True))
        longitude, latitude = self._places[row].tolist()
        day = date.fromordinal(int(self._days[row]))
        return Store(location=Point(longitude, latitude), assured_on=day, **texts, **coded, **numbers)

    def stores(self) -> Iterator[Store]:
        return (self.get(row) for row in range(len(self)))

    def stations_of(self, area: str) -> list[int]:
        """Rows of the area's own stations."""
        return self._stations.get(area, [])

    def near(self, center: Point, radius: float) -> Iterator[tuple[float, int]]:
        """(metres, row), the nearest first, everything within `radius` metres; fetched only as far as is asked.

        Metres are whole millimetres, and equally near stores (several under one roof) come in the order of their ids,
        so that a page can continue after any of them.
        """
        limit = round(radius, MILLIMETRES)
        for metres, group in groupby(self._nearest(center, radius), key=itemgetter(0)):
            if metres > limit:
                return
            for _, row in sorted(group, key=lambda found: self.ids[found[1]]):
                yield metres, row

    def _nearest(self, center: Point, radius: float) -> Iterator[tuple[float, int]]:
        if self._tree is None:
            return
        point = unit_vectors(np.array([[center.longitude, center.latitude]]))[0]
        reach, seen, count = chord(radius + _ROUNDING), 0, min(FIRST_LOOK, len(self))
        while True:
            chords, rows = self._tree.query(point, k=np.arange(1, count + 1), distance_upper_bound=reach)
            found = int(np.searchsorted(chords, np.inf))
            is_all = found < count or count == len(self)
            # The tree picks any of several equally near rows: the last ones wait for the look that finds all of them.
            sure = found if is_all else int(np.searchsorted(chords, chords[-1]))
            yield from zip(arcs(chords[seen:sure]).tolist(), rows[seen:sure].tolist(), strict=True)
            if is_all:
                return
            seen, count = sure, min(count * 4, len(self))


def _rows_by(column: Coded) -> dict[Any, list[int]]:
    """Rows by value; rows without one are left out."""
    grouped: dict[Any, list[int]] = {}
    for code, value in enumerate(column.values):
        if value is not None:
            grouped[value] = np.flatnonzero(column.codes == code).tolist()
    return grouped


def unit_vectors(places: Floats) -> Floats:
    """(n, 2) degrees of longitude and latitude → (n, 3) points on the unit sphere."""
    lng, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1)


def chord(arc_metres: float) -> float:
    """Straight line through the unit sphere under an arc on the earth's surface."""
    return float(2 * np.sin(min(arc_metres / EARTH_RADIUS, np.pi) / 2))


def arcs(chords: Floats) -> Floats:
    """Metres on the earth's surface over chords of the unit sphere, to the millimetre."""
    return np.round(2 * EARTH_RADIUS * np.arcsin(np.minimum(chords / 2, 1.0)), MILLIMETRES)


_TEXTS = ("id", "name", "address", "phone", "number", "notice", "exceptions")
_CODED = (
    "category",
    "merchant",
    "chain",
    "operator_name",
    "part_of",
    "station_of",
    "community",
    "hours",
    "accessibility",
    "floor_area",
    "state",
)
_NUMBERS = ("rating_sum", "rating_count", "version")
