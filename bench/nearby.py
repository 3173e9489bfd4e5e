"""Twenty nearest of 20,000 stores within a kilometre, in process, beside a scan over all of them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import islice
from statistics import median

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.model import OfferingIndex, Snapshot
from lifecircle.catalogue.stores.model import Store

STORES = 20_000
_BLANK: dict[str, object] = dict.fromkeys(
    ("merchant", "chain", "number", "part_of", "station_of", "phone", "community", "hours", "notice", "floor_area")
)


def a_store(number: int, chance: random.Random) -> Store:
    place = Point(120.18 + chance.random() * 0.05, 30.27 + chance.random() * 0.05)
    return Store(
        id=f"s{number:06d}",
        name=f"便民店{number}",
        category=f"c{number % 99}",
        operator_name="便民商贸",
        location=place,
        address=f"文澜路{number}号",
        exceptions=(),
        accessibility=(),
        assured_on=date(2026, 11, 1),
        rating_sum=0,
        rating_count=0,
        state="OPEN",
        version=1,
        **_BLANK,  # type: ignore[arg-type]
    )


def a_snapshot(count: int) -> Snapshot:
    chance = random.Random(1)
    stores = [a_store(number, chance) for number in range(count)]
    return Snapshot(
        Areas(),
        Categories(),
        Layered({}),
        Layered({}),
        StoreTable(stores),
        {},
        OfferingIndex.empty(),
        datetime.now(UTC),
    )


def microseconds(work: Callable[[Point], object], points: list[Point]) -> float:
    times = []
    for point in points:
        began = time.perf_counter()
        work(point)
        times.append((time.perf_counter() - began) * 1e6)
    return median(times)


def main() -> None:
    snapshot, chance = a_snapshot(STORES), random.Random(2)
    points = [Point(120.18 + chance.random() * 0.05, 30.27 + chance.random() * 0.05) for _ in range(300)]
    stores = list(snapshot.all_stores())

    def by_scan(point: Point) -> object:
        near = ((metres, store) for store in stores if (metres := distance(point, store.location)) <= 1000)
        return sorted(near, key=lambda found: found[0])[:20]

    ours = microseconds(lambda point: list(islice(snapshot.near(point, 1000), 20)), points)
    scan = microseconds(by_scan, points[:20])
    print(f"{STORES} stores, 20 nearest within 1 km: {ours:.0f} µs; a scan over all: {scan:.0f} µs")
    print(f"  ratio {ours / scan:.4f}")


if __name__ == "__main__":
    main()
