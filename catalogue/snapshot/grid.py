"""Places on the sphere: cells that sort by band of latitude, squares around a place, and exact distances."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from lifecircle.catalogue.geo import EARTH_RADIUS, Point
from lifecircle.catalogue.snapshot.texts import Array, Rows

CELL = 0.001
"""Degrees: about 111 m to the north, 96 m to the east at 30°."""

BAND = 1 << 20
"""More than there are cells around the earth, so that a band of latitude is one run of cell numbers."""

MILLIMETRES = 3
"""Decimals of a distance."""

_FEW_BANDS = 12
_DENSE = 8
"""Cells a row, up to which a grid knows where each cell begins."""
_NO_ROWS = np.zeros(0, np.int64)

_SLACK = 1e-8
"""Degrees by which a square is larger than its circle: a millimetre, so that rounding leaves nothing out."""

# numpy turns a plain number into an array at each use, which takes as long as working with it
_ONE, _THOUSAND, _DIAMETER = np.array(1.0), np.array(1000.0), np.array(2000 * EARTH_RADIUS)


def unit_vectors(places: Array) -> Array:
    """(n, 2) degrees of longitude and latitude → (n, 3) points on a sphere whose diameter is 1.

    A straight line through it is the sine of half the angle, which is what distances are worked out from.
    """
    lng, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1) / 2


def unit_vector(center: Point) -> Array:
    lng, lat = math.radians(center.longitude), math.radians(center.latitude)
    ring = math.cos(lat) / 2
    return np.array((ring * math.cos(lng), ring * math.sin(lng), math.sin(lat) / 2))


def squared_chords(center: Point, units: Array) -> Array:
    """Of straight lines through the sphere: in the order of distances, and cheaper."""
    apart = units - unit_vector(center)
    return np.asarray(np.vecdot(apart, apart))


def squared_chord(metres: float) -> float:
    return math.sin(min(metres / EARTH_RADIUS, math.pi) / 2) ** 2


def metres_of(squared: Array) -> Array:
    """Metres on the earth's surface, whole millimetres."""
    metres = np.asarray(np.sqrt(squared))
    np.minimum(metres, _ONE, out=metres)
    np.arcsin(metres, out=metres)
    metres *= _DIAMETER
    np.rint(metres, out=metres)
    metres /= _THOUSAND
    return metres


def metres_from(center: Point, units: Array) -> Array:
    return metres_of(squared_chords(center, units))


def cells(places: Array, size: float = CELL) -> Array:
    lng = np.floor((places[:, 0] + 180.0) / size).astype(np.int64)
    lat = np.floor((places[:, 1] + 90.0) / size).astype(np.int64)
    return np.asarray(lat * BAND + lng)


class Grid:
    """Rows sorted by cell, so that those in a square around a place are a few runs of them."""

    def __init__(self, rows: Rows, numbers: Array, size: float = CELL) -> None:
        self._rows, self._numbers, self._size = rows, numbers, size
        self.usual_reach = 150.0 * size / CELL
        """Metres that a first look goes; learnt, and changes nothing but the speed."""
        bands, places = np.divmod(numbers, BAND) if len(numbers) else (np.zeros(1, np.int64), np.zeros(1, np.int64))
        self._south, self._west = int(bands.min()), int(places.min())
        self._height, self._width = int(bands.max()) - self._south + 1, int(places.max()) - self._west + 1
        self._starts: Sequence[int] | None = None
        if len(numbers) and self._height * self._width <= _DENSE * len(numbers):
            places += (bands - self._south) * self._width - self._west
            held = np.bincount(places, minlength=self._height * self._width)
            self._starts = np.concatenate([[0], np.cumsum(held)]).astype(np.int32).data

    def __len__(self) -> int:
        return len(self._rows)

    def square(self, center: Point, metres: float) -> Square:
        """What lies in the cells that touch the square around a circle."""
        first, last, west, east = _bounds(center, metres, self._size)
        if last - first >= _FEW_BANDS:
            return ManyRuns(self._rows, *self._many_runs(first, last, west, east))
        return FewRuns(self._rows, self._few_runs(first, last, west, east))

    def _few_runs(self, first: int, last: int, west: int, east: int) -> list[tuple[int, int]]:
        """Where the rows of each band between two cells begin and end."""
        starts = self._starts
        if starts is None:
            return self._searched(first, last, west, east)
        width = self._width
        left, right = max(west - self._west, 0), min(east - self._west + 1, width)
        if right <= left:
            return []
        lowest, highest = max(first - self._south, 0), min(last - self._south + 1, self._height)
        bands = range(lowest * width, highest * width, width)
        return [(starts[band + left], starts[band + right]) for band in bands]

    def _searched(self, first: int, last: int, west: int, east: int) -> list[tuple[int, int]]:
        """As numpy would find them, without its cost of starting."""
        numbers, runs, stop = self._numbers.data, [], 0
        for band in range(first * BAND, (last + 1) * BAND, BAND):
            start = bisect_left(numbers, band + west, stop)
            stop = bisect_left(numbers, band + east + 1, start)
            runs.append((start, stop))
        return runs

    def _many_runs(self, first: int, last: int, west: int, east: int) -> tuple[Array, Array]:
        """As `_few_runs`: the beginnings and the ends."""
        bands = np.arange(first, last + 1) * BAND
        edges = np.searchsorted(self._numbers, np.concatenate([bands + west, bands + east + 1]))
        return edges[: len(bands)], edges[len(bands) :]


class FewRuns:
    def __init__(self, rows: Rows, runs: list[tuple[int, int]]) -> None:
        self._rows, self._runs = rows, runs
        self.count = sum([stop - start for start, stop in runs])

    def rows(self) -> Rows:
        rows = self._rows
        return np.concatenate([rows[start:stop] for start, stop in self._runs] or [_NO_ROWS])


class ManyRuns:
    def __init__(self, rows: Rows, starts: Array, stops: Array) -> None:
        self._rows, self._starts, self._lengths = rows, starts, stops - starts
        self.count = int(self._lengths.sum())

    def rows(self) -> Rows:
        before = np.cumsum(self._lengths) - self._lengths
        return self._rows.take(np.repeat(self._starts - before, self._lengths) + np.arange(self.count))


Square = FewRuns | ManyRuns


def _bounds(center: Point, metres: float, size: float) -> tuple[int, int, int, int]:
    """First and last band, first and last cell of a band; the whole band where the square passes the antimeridian."""
    angle = metres / EARTH_RADIUS
    reach = math.degrees(angle) + _SLACK
    latitude = math.radians(center.latitude)
    if abs(latitude) + angle < math.pi / 2 - 1e-6:
        aside = math.degrees(math.asin(math.sin(angle) / math.cos(latitude))) + _SLACK
    else:
        aside = 360.0
    west, east = center.longitude - aside, center.longitude + aside
    if west < -180.0 or east > 180.0:
        west, east = -180.0, 180.0
    south, north = max(center.latitude - reach, -90.0), min(center.latitude + reach, 90.0)
    floor = math.floor
    return (
        floor((south + 90.0) / size),
        floor((north + 90.0) / size),
        floor((west + 180.0) / size),
        floor((east + 180.0) / size),
    )
