"""Every filter, order and page finds what a look at every store finds."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from around import PLAIN, a_query, found, north, pages, rated
from factories import (
    DISTRICT,
    NOON,
    a_category,
    a_chain,
    a_snapshot,
    a_store,
    an_area,
    an_offering,
    an_override,
    at,
    hours,
)
from scale import scaled

from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.snapshot import nearest
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores import filters
from lifecircle.catalogue.stores.closing import is_listed, is_open_of
from lifecircle.catalogue.stores.model import AccessibilityFeature
from lifecircle.catalogue.stores.nearby import NearbyQuery, StoreSort


def a_town(seed: int) -> Snapshot:
    """Three hundred stores of every kind: a base, changes over it, and the last few on top."""
    chance = random.Random(seed)
    categories = ["shop", "convenience-store", "corner-shop", "pharmacy"]
    weeks = [hours(), hours(("06:00", "11:59")), hours(("22:00", "13:00")), hours(weekdays="67"), None]

    def row(key: str, **changes: Any) -> dict[str, Any]:
        state = chance.choices(["OPEN", "CLOSED", "MOVED"], [8, 1, 1])[0]
        return a_store(
            key,
            location=north(chance.randrange(30) * 77),
            category=chance.choice(categories),
            hours=chance.choice(weeks),
            chain=chance.choice([None, "c1", "c2"]),
            community=chance.choice([None, "330199001001", "330199001002"]),
            accessibility=chance.choice([[], ["LIFT"], ["LIFT", "STEP_FREE"]]),
            rating=rated(chance.randrange(30), chance.randrange(7)),
            state=state,
            closed_until=chance.choice([None, "2026-11-20", "2026-11-25", "2026-12-01"]) if state == "CLOSED" else None,
            **changes,
        )

    def offering(key: str, **changes: Any) -> dict[str, Any]:
        return an_offering(
            key,
            price=chance.choice([None, 1_000, 9_000]),
            bookable=chance.random() < 0.5,
            at_home=chance.random() < 0.5,
            state=chance.choice(["ACTIVE", "ACTIVE", "PAUSED"]),
            **changes,
        )

    keys = [f"s{number:03d}" for number in range(300)]
    town = a_snapshot(
        areas=[an_area(), *(an_area(f"33019900100{n}", level="COMMUNITY", parent=DISTRICT) for n in (1, 2))],
        categories=[a_category(code, parent=None if code == "shop" else "shop") for code in categories],
        chains=[a_chain("c1", hours=hours(("00:00", "24:00"))), a_chain("c2", hours=hours(("20:00", "23:00")))],
        stores=[row(key) for key in keys],
        offerings=[
            *(offering(f"o{key}", store=key) for key in keys[::3]),
            *(offering(f"t{chain}", chain=chain, store=None) for chain in ("c1", "c2")),
            *(an_override(key, "tc1", price=500, bookable=False) for key in keys[::7]),
        ],
    )
    for step in range(5):
        changed = chance.sample(keys, 15)
        changes = [Change("stores", key, row(key, version=step + 2)) for key in changed]
        changes += [Change("stores", key, None) for key in chance.sample(keys, 3)]
        changes += [Change("offerings", f"o{key}", offering(f"o{key}", store=key, version=9)) for key in changed[:5]]
        changes += [Change("offerings", f"{changed[0]}:tc1", an_override(changed[0], "tc1", price=100, version=9))]
        town = with_changes(town, changes)
    return with_changes(
        town,
        [
            Change("stores", "last", row("last")),
            Change("offerings", "tc2", offering("tc2", chain="c2", store=None, version=9)),
            Change("chains", "c1", a_chain("c1", hours=hours(("08:00", "12:00"), ("12:01", "20:00")), version=9)),
        ],
    )


def by_hand(snapshot: Snapshot, query: NearbyQuery) -> list[str]:
    """Every store looked at, as anybody would write it."""
    wanted, found = query.filter, []
    for store in snapshot.all_stores():
        metres = round(distance(query.center, store.location), 3)
        offerings = snapshot.offerings_of(store)
        schedule = snapshot.schedule_of(store)
        conditions = [
            metres <= query.radius,
            is_listed(store, NOON.date()),
            wanted.category is None or store.category in snapshot.categories.descendants(wanted.category),
            wanted.chain is None or store.chain == wanted.chain,
            wanted.community is None or store.community in snapshot.areas.subtree(wanted.community),
            set(wanted.accessible) <= set(store.accessibility),
            wanted.min_rating is None or (store.rating or 0) >= wanted.min_rating,
            wanted.open_now is None or is_open_of(store, schedule, PLAIN, NOON) is wanted.open_now,
            wanted.open_at is None or is_open_of(store, schedule, PLAIN, wanted.open_at),
            wanted.bookable is None or any(o.bookable for o in offerings) is wanted.bookable,
            wanted.at_home is None or any(o.at_home for o in offerings) is wanted.at_home,
            wanted.max_price is None or any(o.price is not None and o.price <= wanted.max_price for o in offerings),
        ]
        if all(conditions):
            order = -(store.rating or 0.0) if query.sort is StoreSort.RATING else metres
            found.append((order, store.id))
    return [key for _, key in sorted(found)]


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(4))
def test_every_filter_finds_what_a_look_at_every_store_finds(seed: int) -> None:
    every_filter_agrees(seed)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(4))
def test_every_filter_finds_the_same_through_cells_as_in_a_large_city(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearest, "_SMALL", 0)
    monkeypatch.setattr(filters, "_FEW", 5)
    monkeypatch.setattr(nearest, "_SORTED_AT_ONCE", 20)
    every_filter_agrees(seed)


def every_filter_agrees(seed: int) -> None:
    chance, town = random.Random(seed), a_town(seed)
    assert len(town.stores.layers) == 3, "a base, changes over it, and the last few on top"
    choices: dict[str, list[Any]] = {
        "category": ["shop", "corner-shop", "pharmacy"],
        "chain": ["c1", "c2"],
        "community": ["330199001001", DISTRICT],
        "accessible": [(AccessibilityFeature.LIFT,)],
        "min_rating": [3.0, 4.5],
        "open_now": [True, False],
        "open_at": [at("2026-11-25 12:00"), at("2026-11-28 23:30")],
        "bookable": [True, False],
        "at_home": [True, False],
        "max_price": [100, 1_000, 2**31 - 1],
    }
    folded = town.folded()
    for _ in range(scaled(24, 60)):
        names = chance.sample(sorted(choices), chance.choice([0, 1, 1, 2, 3]))
        if {"open_now", "open_at"} <= set(names):
            continue
        wanted = {name: chance.choice(choices[name]) for name in names}
        query = a_query(chance.choice([100, 800, 3_000]), chance.choice(list(StoreSort)[:2]), **wanted)
        expected = by_hand(town, query)
        assert found(town, query) == expected, wanted
        assert found(folded, query) == expected, wanted
        assert pages([town, town, folded], query, 7)[0] == expected, wanted


@pytest.mark.parametrize(("longitude", "latitude"), [(179.9999, 30.0), (-179.9999, -30.0), (15.0, 89.9), (15.0, -89.9)])
def test_near_the_edges_of_the_map_nothing_is_lost(longitude: float, latitude: float) -> None:
    chance = random.Random(1)
    center = Point(longitude, latitude)
    rows = []
    for number in range(300):
        lng = (longitude + chance.uniform(-0.05, 0.05) / math.cos(math.radians(latitude)) + 540) % 360 - 180
        place = {"type": "Point", "coordinates": [lng, max(-90, min(90, latitude + chance.uniform(-0.05, 0.05)))]}
        rows.append(a_store(f"s{number:03d}", location=place))
    snapshot = a_snapshot(stores=rows)
    for radius in (500, 3_000, 20_000):
        query = NearbyQuery(center, radius)
        assert found(snapshot, query) == by_hand(snapshot, query)
    assert found(snapshot, NearbyQuery(center, 20_000))
