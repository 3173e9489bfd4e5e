"""Snapshots: a base with changes over it, a chain and its stores, and all that a reader sees."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from factories import (
    CENTER,
    DISTRICT,
    NOON,
    a_category,
    a_chain,
    a_merchant,
    a_session,
    a_snapshot,
    a_store,
    an_area,
    an_offering,
    an_override,
)

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layers import StoreLayers
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store, store_from_document

HERE = Point(*CENTER)


def place(longitude: float, latitude: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def a_parsed(key: str = "s1", **changes: Any) -> Store:
    return store_from_document(a_store(key, **changes))


def scattered(count: int, chance: random.Random, prefix: str = "s", spread: float = 0.02) -> list[Store]:
    """Stores around the centre; every third shares its roof with the one before."""
    places: list[tuple[float, float]] = []
    for number in range(count):
        fresh = (CENTER[0] + chance.uniform(-spread, spread), CENTER[1] + chance.uniform(-spread, spread))
        places.append(places[-1] if number % 3 == 2 else fresh)
    keys = [f"{prefix}{number:05d}" for number in range(count)]
    chance.shuffle(keys)
    return [a_parsed(key, location=place(*where)) for key, where in zip(keys, places, strict=True)]


def near_ids(snapshot: Snapshot, center: Point = HERE, radius: float = 3_000) -> list[str]:
    return [store.id for _, store in snapshot.near(center, radius)]


def over(base: list[Store], changes: dict[str, Store | None]) -> Snapshot:
    return replace(a_snapshot(), stores=StoreLayers.over(StoreTable.of(base))).with_stores(changes)


def a_full_catalogue() -> Snapshot:
    exceptions = [{"date": "2026-12-01", "closed": True, "ranges": [], "reason": "盘点"}]
    stores = [a_store(f"s{number}", name=f"第{number}家“{number}”\n") for number in range(40)]
    stores += [
        a_store("c-1", chain="c1", hours=None, photos=["https://example.org/1.jpg"], rating={"sum": 9, "count": 2}),
        a_store("c-2", chain="c1", hours=None, exceptions=exceptions, station_of="330199001", notice="搬家"),
        a_store("shut", state="CLOSED", closed_until="2026-12-24"),
    ]
    return a_snapshot(
        areas=[an_area(), an_area("330199001", level="SUBDISTRICT", parent=DISTRICT)],
        categories=[a_category(), a_category("pharmacy")],
        merchants=[a_merchant()],
        chains=[a_chain()],
        stores=stores,
        offerings=[
            an_offering("o1"),
            an_offering("t1", chain="c1", store=None, eligibility=[{"code": "AGE_60", "text": "年满 60 岁"}]),
            an_override("c-1", "t1", price=1, sessions=[a_session(NOON)]),
        ],
    )


def content(snapshot: Snapshot) -> dict[str, Any]:
    """Everything that a reader can see."""
    stores = sorted(snapshot.all_stores(), key=lambda store: store.id)
    return {
        "stores": stores,
        "count": snapshot.store_count,
        "near": list(snapshot.near(HERE, 3_000)),
        "offerings": {store.id: snapshot.offerings_of(store) for store in stores},
        "hours": [snapshot.schedule_of(store) for store in stores],
        "stations": snapshot.stations_of("330199001"),
        "merchants": dict(snapshot.merchants.items()),
        "chains": dict(snapshot.chains.items()),
        "areas": list(snapshot.areas),
        "categories": list(snapshot.categories),
    }


TEMPLATE = an_offering("t1", chain="c1", store=None, name="洗衣", price=3000)


def a_chain_of_two(*more: dict[str, Any]) -> Snapshot:
    stores = [a_store("s1", chain="c1", hours=None), a_store("s2", chain="c1"), a_store("s3")]
    return a_snapshot(stores=stores, chains=[a_chain()], offerings=[TEMPLATE, *more])


def the(snapshot: Snapshot, key: str) -> Store:
    store = snapshot.store(key)
    assert store
    return store
