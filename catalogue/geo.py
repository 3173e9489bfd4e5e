"""Points, great-circle distance, and the GCJ-02 datum that maps in China use."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

EARTH_RADIUS = 6_371_008.8
"""Mean radius in metres (IUGG)."""

WALKING_METRES_PER_MINUTE = 80.0
DETOUR_FACTOR = 1.3
"""Streets are longer than the straight line; see docs/decisions/0006-walking-minutes.md."""

# GCJ-02 is defined on the Krasovsky 1940 ellipsoid.
_KRASOVSKY_AXIS = 6_378_245.0
_KRASOVSKY_ECCENTRICITY_2 = 0.00669342162296594323


@dataclass(frozen=True, slots=True)
class Point:
    """WGS84 degrees."""

    longitude: float
    latitude: float


Ring = tuple[tuple[float, float], ...]
"""A closed ring of (longitude, latitude)."""


def is_on_earth(longitude: float, latitude: float) -> bool:
    """Whether the numbers are a usable place: finite, in range, and neither a pole nor on the antimeridian."""
    return abs(longitude) < 180.0 and abs(latitude) < 90.0


def distance(a: Point, b: Point) -> float:
    """Great-circle metres (haversine)."""
    lat_a, lat_b = math.radians(a.latitude), math.radians(b.latitude)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lng = math.sin(math.radians(b.longitude - a.longitude) / 2)
    chord = half_lat * half_lat + math.cos(lat_a) * math.cos(lat_b) * half_lng * half_lng
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.sqrt(chord)))


def walk_minutes(metres: float) -> int:
    """Minutes on foot, rounded up: metres x 1.3 / 80."""
    return math.ceil(metres * DETOUR_FACTOR / WALKING_METRES_PER_MINUTE)


def contains(ring: Ring, point: Point) -> bool:
    """Even-odd rule on a closed ring."""
    x, y = point.longitude, point.latitude
    inside = False
    for (ax, ay), (bx, by) in itertools.pairwise(ring):
        if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def to_gcj02(point: Point) -> Point:
    """WGS84 → GCJ-02; outside China's bounding box the two are the same."""
    if not _in_china(point):
        return point
    shift_lng, shift_lat = _gcj02_shift(point)
    return Point(point.longitude + shift_lng, point.latitude + shift_lat)


def from_gcj02(point: Point) -> Point:
    """GCJ-02 → WGS84 by fixed-point iteration, exact to well under a millimetre."""
    if not _in_china(point):
        return point
    guess = point
    for _ in range(8):
        there = to_gcj02(guess)
        guess = Point(
            guess.longitude + point.longitude - there.longitude, guess.latitude + point.latitude - there.latitude
        )
    return guess


def _in_china(point: Point) -> bool:
    return 72.004 <= point.longitude <= 137.8347 and 0.8293 <= point.latitude <= 55.8271


def _gcj02_shift(point: Point) -> tuple[float, float]:
    x, y = point.longitude - 105.0, point.latitude - 35.0
    latitude = math.radians(point.latitude)
    magic = 1 - _KRASOVSKY_ECCENTRICITY_2 * math.sin(latitude) ** 2
    root = math.sqrt(magic)
    meridian = _KRASOVSKY_AXIS * (1 - _KRASOVSKY_ECCENTRICITY_2) / (magic * root)
    parallel = _KRASOVSKY_AXIS / root * math.cos(latitude)
    return math.degrees(_shift_east(x, y) / parallel), math.degrees(_shift_north(x, y) / meridian)


def _waves(value: float, *terms: tuple[float, float]) -> float:
    return sum(amplitude * math.sin(value * frequency * math.pi) for amplitude, frequency in terms) * 2 / 3


def _shift_east(x: float, y: float) -> float:
    base = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    return base + _waves(x, (20.0, 6.0), (20.0, 2.0), (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))


def _shift_north(x: float, y: float) -> float:
    base = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    return (
        base
        + _waves(x, (20.0, 6.0), (20.0, 2.0))
        + _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    )
