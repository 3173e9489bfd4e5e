"""The catalogue in process at 20,000, 200,000 and 1,000,000 stores: nearby, start, edits, folding, memory.

Each size is made once, as an image, and measured in a fresh process that maps it, as a worker does. The baseline of
nearby is a look at every store; at 20,000 also `$geoNear` of the embedded database.
"""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, cast

from pymongo import GEOSPHERE, MongoClient
from pymongo.errors import PyMongoError

from bench.cities import CENTER, NOW, a_city
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.hours.holidays import state_calendar
from lifecircle.catalogue.snapshot.baked import bake, unbake
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.images import Images
from lifecircle.catalogue.snapshot.keeper import FOLD_AT
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.store import Marks
from lifecircle.catalogue.stores.model import Store
from lifecircle.catalogue.stores.nearby import NearbyQuery, StoreFilter, count_nearby, nearby
from lifecircle.gateway.embedded import EmbeddedDatabase

SIZES = (20_000, 200_000, 1_000_000)
RADIUS = 1_000
PAGE = 20
_TICK = 0.001


def main(sizes: Sequence[int] = SIZES) -> None:
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            for step in ("make", "measure"):
                command = [sys.executable, "-m", "bench.catalogue_scale", step, str(size), folder]
                subprocess.run(command, check=True)


def make(size: int, folder: Path) -> None:
    bake(a_city(size), folder / "city.image", {})


def measure(size: int, folder: Path) -> None:
    image = folder / "city.image"
    began = time.perf_counter()
    snapshot, _ = unbake(image)
    start = time.perf_counter() - began
    print(f"{size:,} stores in an image of {image.stat().st_size / 1e6:.0f} MB, opened in {start * 1000:.0f} ms")
    scan = brute_force(snapshot)
    ours = queries(snapshot, scan)
    if size == SIZES[0]:
        beside_geo_near(snapshot, ours)
    edits(snapshot)
    asyncio.run(fold(snapshot, folder))
    print(f"  memory of the process: {memory('RssAnon')} MB of its own, {memory('RssFile')} MB mapped and shared")


# --- nearby ---


def places(count: int, seed: int = 2) -> list[Point]:
    chance = random.Random(seed)
    spread = [(chance.uniform(-0.08, 0.08), chance.uniform(-0.07, 0.07)) for _ in range(count)]
    return [Point(CENTER.longitude + east, CENTER.latitude + north) for east, north in spread]


def microseconds(work: Callable[[Point], object], points: Sequence[Point]) -> float:
    times = []
    for point in points:
        began = time.perf_counter()
        work(point)
        times.append((time.perf_counter() - began) * 1e6)
    return median(times)


def queries(snapshot: Snapshot, scan: float) -> float:
    calendar = state_calendar()

    def asking(**wanted: Any) -> Callable[[Point], object]:
        wish = StoreFilter(**wanted)
        return lambda place: nearby(snapshot, NearbyQuery(place, RADIUS, wish), calendar, NOW, first=PAGE)

    def as_stores(place: Point) -> object:
        return [near.store for near in nearby(snapshot, NearbyQuery(place, RADIUS), calendar, NOW, first=PAGE).stores]

    common, rare = common_and_rare(snapshot)
    works = {
        "no filter": asking(),
        "common category": asking(category=common),
        "rare category": asking(category=rare),
        "open now": asking(open_now=True),
        "bookable": asking(bookable=True),
        "no filter, read": as_stores,
        "total count": lambda place: count_nearby(snapshot, NearbyQuery(place, RADIUS), calendar, NOW),
    }
    points, found = places(2_000), {}
    for name, work in works.items():
        microseconds(work, points[:500])
        found[name] = microseconds(work, points)
        ratio = found[name] / scan
        print(f"  nearby, {name:<16} {found[name]:8.0f} µs   a look at every store {scan:10.0f} µs   ratio {ratio:.6f}")
    return found["no filter"]


def common_and_rare(snapshot: Snapshot) -> tuple[str, str]:
    codes = snapshot.stores.base.table.columns.coded["category"]
    counts = Counter(codes.codes.tolist()).most_common()
    return str(codes.value(counts[0][0])), str(codes.value(counts[-1][0]))


def brute_force(snapshot: Snapshot) -> float:
    columns = snapshot.stores.base.table.columns.places.tolist()
    everywhere = [Point(longitude, latitude) for longitude, latitude in columns]

    def look(place: Point) -> object:
        near = ((metres, row) for row, each in enumerate(everywhere) if (metres := distance(place, each)) <= RADIUS)
        return sorted(near)[:PAGE]

    return microseconds(look, places(3))


def beside_geo_near(snapshot: Snapshot, ours: float) -> None:
    """`$geoNear` of the embedded engine: slow beyond a few thousand documents, and it may give up."""
    columns = snapshot.stores.base.table.columns.places.tolist()
    rows = [{"_id": row, "at": {"type": "Point", "coordinates": place}} for row, place in enumerate(columns)]
    with tempfile.TemporaryDirectory() as state, EmbeddedDatabase(Path(state)) as database:
        client: MongoClient[dict[str, Any]] = MongoClient(database.uri, socketTimeoutMS=60_000)
        try:
            client["bench"]["places"].create_index([("at", GEOSPHERE)])
            client["bench"]["places"].insert_many(rows)
            theirs = microseconds(lambda place: geo_near(client, place), places(3))
            print(f"  nearby, no filter: $geoNear of the embedded database {theirs:.0f} µs   ratio {ours / theirs:.6f}")
        except PyMongoError as error:
            print(f"  $geoNear of the embedded database gave up: {type(error).__name__}")
        finally:
            client.close()


def geo_near(client: MongoClient[dict[str, Any]], place: Point) -> list[dict[str, Any]]:
    near = {"type": "Point", "coordinates": [place.longitude, place.latitude]}
    stage = {"near": near, "distanceField": "metres", "maxDistance": RADIUS, "spherical": True}
    return list(client["bench"]["places"].aggregate([{"$geoNear": stage}, {"$limit": PAGE}]))


# --- changes ---


def edited(store: Store, number: int) -> Store:
    return replace(store, notice=f"试 {number}", version=store.version + 1)


def some_stores(snapshot: Snapshot, count: int) -> list[Store]:
    table = snapshot.stores.base.table
    return [table.read(row) for row in range(0, len(table), len(table) // count)][:count]


def edits(snapshot: Snapshot) -> None:
    """From the change in hand to the snapshot that shows it, in nearby too; then queries over many changes."""
    calendar, times = state_calendar(), []
    changed = snapshot
    for number, store in enumerate(some_stores(snapshot, FOLD_AT)):
        fresh = edited(store, number)
        began = time.perf_counter()
        changed = changed.with_stores({store.id: fresh})
        found = nearby(changed, NearbyQuery(store.location, 1), calendar, NOW, first=PAGE).stores
        times.append((time.perf_counter() - began) * 1000)
        assert changed.store(store.id) == fresh
        assert found or fresh.state != "OPEN"
    print(f"  an edit is in the snapshot and in nearby after {median(times):.1f} ms (most {max(times):.1f} ms)")

    def ask(over: Snapshot) -> Callable[[Point], object]:
        return lambda place: nearby(over, NearbyQuery(place, RADIUS), calendar, NOW, first=PAGE)

    points = places(1_000, seed=3)
    plain, over = microseconds(ask(snapshot), points), microseconds(ask(changed), points)
    print(f"  nearby over {FOLD_AT} changes {over:.0f} µs, over none {plain:.0f} µs   ratio {over / plain:.2f}")


class NoMarks:
    """Folding needs a database only for its marks."""

    async def keep_only(self, mark: str, now: datetime) -> None:
        await asyncio.sleep(0)


async def fold(snapshot: Snapshot, folder: Path) -> None:
    """As a worker does it: another process folds, this one changes over; meanwhile its loop is watched."""
    changes = {store.id: edited(store, 1) for store in some_stores(snapshot, FOLD_AT)}
    images = Images(ImageFolder(folder), cast(Marks, NoMarks()))
    images.image = "city.image"
    assert images.take_lock()
    stalls, stop = [0.0], asyncio.Event()
    watching = asyncio.create_task(watch(stalls, stop))
    began = time.perf_counter()
    folded = await images.make(snapshot.with_stores(changes), "mark", {"_data": "00"}, NOW + timedelta(days=1))
    took = time.perf_counter() - began
    stop.set()
    await watching
    assert folded
    assert folded.store(next(iter(changes))) == next(iter(changes.values()))
    print(f"  fold of {FOLD_AT} changes: {took:.2f} s; the loop stalled for {max(stalls) * 1000:.0f} ms at most")


async def watch(stalls: list[float], stop: asyncio.Event) -> None:
    last = time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(_TICK)
        now = time.perf_counter()
        stalls.append(now - last - _TICK)
        last = now


def memory(kind: str) -> int:
    found = re.search(rf"{kind}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    {"make": make, "measure": measure}[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3]))
