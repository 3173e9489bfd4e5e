"""The life circle of a place."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from lifecircle.catalogue.categories import Categories, Category, CategoryLevel
from lifecircle.catalogue.circle import rules
from lifecircle.catalogue.circle.look import Look, Tally, look_around, nearest_of
from lifecircle.catalogue.circle.model import Gap, Group, LifeCircle
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import OutsideServiceArea
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.snapshot.model import Snapshot


def life_circle(
    snapshot: Snapshot, center: Point, minutes: int, calendar: HolidayCalendar, now: datetime
) -> LifeCircle:
    """Raises InvalidInput, OutsideServiceArea."""
    rules.check_minutes(minutes)
    if snapshot.areas.locate(center) is None:
        raise OutsideServiceArea("这里不在本平台的服务区域内，请换一个位置查看。", "near")
    found = look_around(snapshot, _look(center, minutes), calendar, now)
    nearest = _nearest_kinds(snapshot.categories, found)
    return LifeCircle(
        minutes=minutes,
        radius=math.floor(rules.reach(minutes)),
        score=rules.score(nearest, snapshot.categories),
        groups=[group for kind in snapshot.categories if (group := _group(kind, found.get(kind.code), minutes))],
        missing=[
            _gap(snapshot, center, kind, now)
            for kind in rules.kinds(snapshot.categories, CategoryLevel.BASIC)
            if nearest.get(kind.category.code, math.inf) > rules.reach(minutes)
        ],
    )


def _look(center: Point, minutes: int) -> Look:
    """As far as the standard circle at least, since the score is always about that one."""
    steps = sorted({*rules.rings(minutes), rules.STANDARD})
    return Look(center, tuple(map(rules.reach, steps)), rules.reach(minutes))


def _nearest_kinds(categories: Categories, found: Mapping[str, Tally]) -> dict[str, float]:
    """Metres to the nearest store of each basic and quality kind that was seen."""
    near = {}
    for level in (CategoryLevel.BASIC, CategoryLevel.QUALITY):
        for kind in rules.kinds(categories, level):
            seen = [found[code].metres for code in kind.codes if code in found]
            if seen:
                near[kind.category.code] = min(seen)
    return near


def _group(category: Category, tally: Tally | None, minutes: int) -> Group | None:
    nearest = tally.nearest if tally and tally.metres <= rules.reach(minutes) else None
    if tally is None or nearest is None:
        return None
    within = {ring: tally.within[rules.reach(ring)] for ring in rules.rings(minutes)}
    ring = rules.ring_of(nearest.metres, minutes)
    return Group(category, ring, within[minutes], tally.open, within, nearest)


def _gap(snapshot: Snapshot, center: Point, kind: rules.Kind, now: datetime) -> Gap:
    return Gap(kind.category, nearest_of(snapshot, center, kind.codes, local_day(now)))
