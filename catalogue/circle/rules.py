"""The 15-minute life circle: its rings, its kinds, its score. Pure. The formulas stand in docs/life-circle.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from lifecircle.catalogue.categories import Categories, Category, CategoryLevel
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import DETOUR_FACTOR, WALKING_METRES_PER_MINUTE, walk_minutes

STANDARD = 15
"""Minutes on foot that the standard (商办流通函〔2021〕247号) means; the score is always about this circle."""

RINGS = (5, 8, STANDARD)
LONGEST = 60

EXPECTED_RING: Mapping[str, int] = {
    "convenience-store": 5,
    "wet-market": 8,
    "breakfast": 8,
    "hairdresser": 8,
    "laundry": 8,
    "pharmacy": 8,
}
"""Within how many minutes a basic kind should be found; the others: STANDARD."""

BASIC_POINTS = 75
QUALITY_POINTS = 25
QUALITY_ENOUGH = 2 / 3
"""The share of quality kinds that earns all their points: nobody needs each of them at the door."""


class Kind(NamedTuple):
    category: Category
    codes: frozenset[str]
    """Its own code, and those below it."""


def check_minutes(minutes: int) -> None:
    """Raises InvalidInput."""
    if not 1 <= minutes <= LONGEST:
        raise InvalidInput(f"步行时间应在 1 到 {LONGEST} 分钟之间。", "minutes")


@lru_cache(maxsize=LONGEST)
def reach(minutes: int) -> float:
    """The longest great-circle distance, in whole millimetres, that is walked in so many minutes."""
    return math.floor(minutes * WALKING_METRES_PER_MINUTE / DETOUR_FACTOR * 1000) / 1000


@lru_cache(maxsize=LONGEST)
def rings(minutes: int) -> tuple[int, ...]:
    """Those inside the circle, and its own edge."""
    return (*(ring for ring in RINGS if ring < minutes), minutes)


def ring_of(metres: float, minutes: int) -> int:
    walked = walk_minutes(metres)
    return next((ring for ring in rings(minutes) if walked <= ring), minutes)


@lru_cache(maxsize=16)
def kinds(categories: Categories, level: CategoryLevel) -> tuple[Kind, ...]:
    """The kinds of a class: what stands right below it. Anything further below belongs to its kind."""
    return tuple(
        Kind(category, categories.descendants(category.code))
        for category in categories
        if category.level is level and _is_root(categories, category.parent)
    )


def score(nearest: Mapping[str, float], categories: Categories) -> float:
    """0 … 100. `nearest`: metres to the nearest store of a kind, for kinds that have one at all."""
    basic = [kind.category.code for kind in kinds(categories, CategoryLevel.BASIC)]
    quality = [kind.category.code for kind in kinds(categories, CategoryLevel.QUALITY)]
    points = BASIC_POINTS * _mean([_credit(code, nearest.get(code)) for code in basic])
    reached = sum(1 for code in quality if nearest.get(code, math.inf) <= reach(STANDARD))
    if quality:
        points += QUALITY_POINTS * min(1.0, reached / (QUALITY_ENOUGH * len(quality)))
    return round(points, 1)


def _credit(code: str, metres: float | None) -> float:
    """1 inside the ring that a kind is expected in, then less the longer the walk, 0 beyond the circle."""
    if metres is None or metres > reach(STANDARD):
        return 0.0
    expected = EXPECTED_RING.get(code, STANDARD)
    return min(1.0, expected / max(1, walk_minutes(metres)))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _is_root(categories: Categories, code: str | None) -> bool:
    above = categories.get(code) if code else None
    return above is not None and above.parent is None
