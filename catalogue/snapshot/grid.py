"""Places on the sphere: cells that sort by band of latitude, windows around a place, and exact distances."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from lifecircle.catalogue.geo import EARTH_RADIUS, Point
from lifecircle.catalogue.snapshot.texts import Array, Rows

CELL = 0.001
"""Degrees: about 111 m to the north, 96 m to the east at 30°."""

BAND = 1 << 20
"""More than there are cells around the earth, so that a band of latitude is one run of cell numbers."""

MILLIMETRES = 3
"""Decimals of a distance."""

_FEW_BANDS = 6
_DENSE = 8
"""Cells a row, up to which a table knows where each cell begins."""
_NO_ROWS = np.zeros(0, np.int64)

_SLACK = 1e-8
"""Degrees by which a window is larger than its circle: a millimetre, so that rounding leaves nothing out."""


def unit_vectors(places: Array) -> Array:
    """(n, 2) degrees of longitude and latitude → (n, 3) points on the unit sphere."""
    lng, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    return np.stack([np.cos(lat) * np.cos(lng), np.cos(lat) * np.sin(lng), np.sin(lat)], axis=1)


@lru_cache(maxsize=1024)
def unit_vector(center: Point) -> Array:
    lng, lat = math.radians(center.longitude), math.radians(center.latitude)
    return np.array([math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat)])


def squared_chords(center: Point, units: Array) -> Array:
    """Of straight lines through the unit sphere: in the order of distances, and cheaper."""
    apart = units - unit_vector(center)
    return np.asarray(np.vecdot(apart, apart))


def squared_chord(metres: float) -> float:
    return float((2 * math.sin(min(metres / EARTH_RADIUS, math.pi) / 2)) ** 2)


def metres_of(squared: Array) -> Array:
    """Metres on the earth's surface, whole millimetres."""
    halves = np.sqrt(squared) / 2
    return np.asarray(np.rint(2000 * EARTH_RADIUS * np.arcsin(np.minimum(halves, 1.0))) / 1000)


def metres_from(center: Point, units: Array) -> Array:
    return metres_of(squared_chords(center, units))


def cells(places: Array) -> Array:
    lng = np.floor((places[:, 0] + 180.0) / CELL).astype(np.int64)
    lat = np.floor((places[:, 1] + 90.0) / CELL).astype(np.int64)
    return np.asarray(lat * BAND + lng)


class Cells:
    """The cells of sorted rows, and where each cell of a dense table begins: a look instead of a search."""

    def __init__(self, numbers: Array) -> None:
        self._numbers = numbers
        bands, places = np.divmod(numbers, BAND) if len(numbers) else (np.zeros(1, np.int64), np.zeros(1, np.int64))
        self._south, self._west = int(bands.min()), int(places.min())
        self._height, self._width = int(bands.max()) - self._south + 1, int(places.max()) - self._west + 1
        self._starts: Sequence[int] | None = None
        if len(numbers) and self._height * self._width <= _DENSE * len(numbers):
            places += (bands - self._south) * self._width - self._west
            held = np.bincount(places, minlength=self._height * self._width)
            self._starts = np.concatenate([[0], np.cumsum(held)]).astype(np.int32).data

    def few_runs(self, first: int, last: int, west: int, east: int) -> list[tuple[int, int]]:
        """Where the rows of each band between two cells begin and end."""
        starts = self._starts
        if starts is None:
            return self._searched(first, last, west, east)
        left, right = max(west - self._west, 0), min(east - self._west + 1, self._width)
        if right <= left:
            return []
        lowest, highest = max(first - self._south, 0), min(last - self._south + 1, self._height)
        bands = range(lowest * self._width, highest * self._width, self._width)
        return [(starts[band + left], starts[band + right]) for band in bands]

    def _searched(self, first: int, last: int, west: int, east: int) -> list[tuple[int, int]]:
        """As numpy would find them, without its cost of starting."""
        numbers, runs, stop = self._numbers.data, [], 0
        for band in range(first * BAND, (last + 1) * BAND, BAND):
            start = bisect_left(numbers, band + west, stop)
            stop = bisect_left(numbers, band + east + 1, start)
            runs.append((start, stop))
        return runs

    def many_runs(self, first: int, last: int, west: int, east: int) -> tuple[Array, Array]:
        """As `few_runs`: the beginnings and the ends."""
        bands = np.arange(first, last + 1) * BAND
        edges = np.searchsorted(self._numbers, np.concatenate([bands + west, bands + east + 1]))
        return edges[: len(bands)], edges[len(bands) :]


class Window:
    """Runs of rows whose cells touch the square around a circle. Rows are sorted by cell."""

    def __init__(self, cells: Cells, center: Point, metres: float) -> None:
        first, last, west, east = _bounds(center, metres)
        self._few: list[tuple[int, int]] | None = None
        if last - first < _FEW_BANDS:
            self._few = cells.few_runs(first, last, west, east)
            self.count = sum([stop - start for start, stop in self._few])
        else:
            self._starts, stops = cells.many_runs(first, last, west, east)
            self._lengths = stops - self._starts
            self.count = int(self._lengths.sum())

    def rows(self) -> Rows:
        if self._few is not None:
            return np.concatenate([np.arange(start, stop) for start, stop in self._few] or [_NO_ROWS])
        before = np.cumsum(self._lengths) - self._lengths
        return np.asarray(np.repeat(self._starts - before, self._lengths) + np.arange(self.count))


def _bounds(center: Point, metres: float) -> Sequence[int]:
    """First and last band, first and last cell of a band; the whole band where the window passes the antimeridian."""
    angle = metres / EARTH_RADIUS
    reach = math.degrees(angle) + _SLACK
    south, north = max(center.latitude - reach, -90.0), min(center.latitude + reach, 90.0)
    latitude = math.radians(center.latitude)
    if abs(latitude) + angle < math.pi / 2 - 1e-6:
        aside = math.degrees(math.asin(math.sin(angle) / math.cos(latitude))) + _SLACK
    else:
        aside = 360.0
    west, east = center.longitude - aside, center.longitude + aside
    if west < -180.0 or east > 180.0:
        west, east = -180.0, 180.0
    return (_cell(south + 90.0), _cell(north + 90.0), _cell(west + 180.0), _cell(east + 180.0))


def _cell(degrees: float) -> int:
    return math.floor(degrees / CELL)
