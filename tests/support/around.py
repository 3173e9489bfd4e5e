"""Stores around a place, asked for in short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from factories import CENTER, NOON, PlainCalendar

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.nearby import NearbyQuery, SortKey, StoreFilter, StoreSort, count_nearby, nearby

HERE = Point(*CENTER)
PLAIN = PlainCalendar()


def north(metres: float) -> dict[str, Any]:
    """A place so far north of the centre."""
    return {"type": "Point", "coordinates": [CENTER[0], CENTER[1] + metres / 111_195.08]}


def rated(total: int, count: int = 1) -> dict[str, int]:
    """By so many people that what ratings begin with hardly counts."""
    return {"sum": total * 10_000, "count": count * 10_000}


def a_query(radius: int = 3_000, sort: StoreSort = StoreSort.DISTANCE, **filters: Any) -> NearbyQuery:
    return NearbyQuery(HERE, radius, StoreFilter(**filters), sort)


def found(snapshot: Snapshot, query: NearbyQuery, calendar: PlainCalendar = PLAIN) -> list[str]:
    ids = [near.store.id for near in nearby(snapshot, query, calendar, NOON, first=1_000).stores]
    assert count_nearby(snapshot, query, calendar, NOON) == len(ids)
    return ids


def pages(snapshots: Iterable[Snapshot], query: NearbyQuery, size: int) -> tuple[list[str], list[int]]:
    """All ids, page by page, each page from the next snapshot (the last one stays)."""
    ids: list[str] = []
    sizes: list[int] = []
    after: SortKey | None = None
    coming = iter(snapshots)
    snapshot = next(coming)
    while len(sizes) < 1_000:
        page = nearby(snapshot, query, PLAIN, NOON, first=size, after=after)
        ids += [near.store.id for near in page.stores]
        sizes.append(len(page.stores))
        if not page.has_more:
            return ids, sizes
        after = page.stores[-1].key
        snapshot = next(coming, snapshot)
    raise AssertionError("the pages never end")
