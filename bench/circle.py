"""The life circle of a place, in process, beside a scan that looks at every store."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from statistics import median

from lifecircle.catalogue.areas import Area, AreaLevel, Areas
from lifecircle.catalogue.categories import Categories, Category, CategoryLevel
from lifecircle.catalogue.circle.rules import reach
from lifecircle.catalogue.circle.service import life_circle
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.hours.holidays import HolidayCalendar, state_calendar
from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layers import StoreLayers
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.closing import is_open_of
from lifecircle.catalogue.stores.model import Store

SIZES = (20_000, 200_000)
SIDE = 0.05
WEST, SOUTH = 120.18, 30.27
KINDS = 30
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)

_BLANK: dict[str, object] = dict.fromkeys(
    ("merchant", "chain", "number", "part_of", "station_of", "phone", "community", "notice", "floor_area")
)


def weeks() -> list[Schedule]:
    """Sixty different ones, with breaks and past midnight."""
    return [
        schedule_from_document(
            {
                "weekly": [
                    {"weekdays": "1234567", "opens": f"{6 + number % 5:02d}:{number % 60:02d}", "closes": "12:00"},
                    {"weekdays": "1234567", "opens": "13:30", "closes": f"{(17 + number % 9) % 24:02d}:30"},
                ]
            }
        )
        for number in range(60)
    ]


def categories() -> Categories:
    roots = [Category(c.lower(), c, CategoryLevel(c), None, 0, (), 1) for c in ("BASIC", "QUALITY", "PUBLIC")]
    leaves = [_leaf(number) for number in range(3 * KINDS)]
    return Categories([*roots, *leaves])


def _leaf(number: int) -> Category:
    level = list(CategoryLevel)[number % 3]
    return Category(f"c{number}", f"类别{number}", level, level.value.lower(), number + 1, (), 1)


def a_snapshot(count: int) -> Snapshot:
    chance, all_weeks = random.Random(1), weeks()
    stores = [_store(number, chance, all_weeks) for number in range(count)]
    east, north = WEST + SIDE, SOUTH + SIDE
    ring = ((WEST, SOUTH), (east, SOUTH), (east, north), (WEST, north), (WEST, SOUTH))
    area = Area("330199", "云澜区", AreaLevel.DISTRICT, None, None, ring, 1)
    empty = Snapshot.empty(NOW)
    return Snapshot(
        Areas([area]),
        categories(),
        empty.merchants,
        empty.chains,
        StoreLayers.over(StoreTable.of(stores)),
        empty.offerings,
        NOW,
    )


def _store(number: int, chance: random.Random, all_weeks: list[Schedule]) -> Store:
    return Store(
        id=f"s{number:07d}",
        name=f"便民店{number}",
        category=f"c{int(3 * KINDS * chance.random() ** 2)}",
        operator_name="便民商贸",
        location=Point(WEST + chance.random() * SIDE, SOUTH + chance.random() * SIDE),
        address=f"文澜路{number}号",
        hours=chance.choice(all_weeks),
        exceptions=(),
        accessibility=(),
        assured_on=date(2026, 11, 1),
        rating_sum=0,
        rating_count=0,
        state="OPEN",
        closed_until=None,
        moved_to=None,
        photos=(),
        version=1,
        **_BLANK,  # type: ignore[arg-type]
    )


def by_scan(
    snapshot: Snapshot, stores: list[Store], center: Point, calendar: HolidayCalendar
) -> dict[str, list[float]]:
    """By category: how many, how many open, how far the nearest."""
    found: dict[str, list[float]] = {}
    for store in stores:
        metres = distance(center, store.location)
        if metres <= reach(15):
            tally = found.setdefault(store.category, [0, 0, math.inf])
            tally[0] += 1
            tally[1] += is_open_of(store, snapshot.schedule_of(store), calendar, NOW)
            tally[2] = min(tally[2], metres)
    return found


def milliseconds(work: Callable[[Point], object], points: list[Point]) -> list[float]:
    times = []
    for point in points:
        began = time.perf_counter()
        work(point)
        times.append((time.perf_counter() - began) * 1e3)
    return times


def main() -> None:
    calendar, chance = state_calendar(), random.Random(2)
    for size in SIZES:
        snapshot = a_snapshot(size)
        stores = list(snapshot.all_stores())
        points = [
            Point(WEST + SIDE * (0.2 + 0.6 * chance.random()), SOUTH + SIDE * (0.2 + 0.6 * chance.random()))
            for _ in range(60)
        ]
        (first,) = milliseconds(lambda point: life_circle(snapshot, point, 15, calendar, NOW), points[:1])  # noqa: B023
        ours = milliseconds(lambda point: life_circle(snapshot, point, 15, calendar, NOW), points)  # noqa: B023
        scan = milliseconds(lambda point: by_scan(snapshot, stores, point, calendar), points[:3])  # noqa: B023
        inside = sum(group.count for group in life_circle(snapshot, points[0], 15, calendar, NOW).groups)
        print(
            f"{size} stores, {inside} in a 15-minute circle: median {median(ours):.2f} ms, least {min(ours):.2f} ms, "
            f"the very first {first:.2f} ms; a scan over all {min(scan):.0f} ms, "
            f"ratio {median(ours) / min(scan):.4f}"
        )


if __name__ == "__main__":
    main()
