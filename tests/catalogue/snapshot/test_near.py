"""The spatial index: what a look at every store would find."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from factories import CENTER
from snapshots import HERE, a_parsed, near_ids, over, place, scattered

from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.snapshot.model import Owners
from lifecircle.catalogue.stores.model import Store


def by_hand(stores: list[Store], center: Point, radius: float) -> list[str]:
    """Near, as anybody would write it."""
    reached = [(round(distance(center, store.location), 3), store.id) for store in stores]
    return [store_id for metres, store_id in sorted(reached) if metres <= round(radius, 3)]


@pytest.mark.parametrize("seed", range(6))
def test_near_is_what_a_look_at_every_store_finds(seed: int) -> None:
    chance = random.Random(seed)
    stores = scattered(400, chance)
    snapshot = over(stores, {})
    for _ in range(15):
        center = Point(CENTER[0] + chance.uniform(-0.02, 0.02), CENTER[1] + chance.uniform(-0.02, 0.02))
        radius = chance.choice([1, 50, 300, 1_000, 3_000, 50_000])
        assert near_ids(snapshot, center, radius) == by_hand(stores, center, radius)


@pytest.mark.parametrize("count", [0, 3, 200])
def test_near_of_some_owners_is_what_is_left_of_near_without_all_others(count: int) -> None:
    chance = random.Random(count)
    base = [replace(store, chain=chance.choice([None, "c1", "c2", "c3"])) for store in scattered(400, chance)]
    changed = {store.id: replace(store, chain=chance.choice([None, "c1"])) for store in chance.sample(base, 40)}
    snapshot = over(base, changed)
    named = {store.id for store in chance.sample(base, count)} | {"no such store"}
    for radius in (300, 3_000):
        found = [(metres, store.id) for metres, store in snapshot.near(HERE, radius, Owners(named, {"c1", "c9"}))]
        assert found == [
            (metres, store.id)
            for metres, store in snapshot.near(HERE, radius)
            if store.id in named or store.chain == "c1"
        ]


def test_near_says_how_far_to_the_millimetre() -> None:
    stores = scattered(200, random.Random(1))
    for metres, store in over(stores, {}).near(HERE, 5_000):
        assert metres == pytest.approx(distance(HERE, store.location), abs=0.00051)


@pytest.mark.parametrize("count", [63, 64, 65, 256, 257, 700])
def test_hundreds_of_stores_under_one_roof_each_come_once_in_the_order_of_their_ids(count: int) -> None:
    roof = [a_parsed(f"r{number:04d}") for number in range(count)]
    random.Random(count).shuffle(roof)
    snapshot = over([a_parsed("before", location=place(CENTER[0] + 0.0009, CENTER[1])), *roof], {})
    found = near_ids(snapshot, Point(CENTER[0] + 0.001, CENTER[1]), 1_000)
    assert found == ["before", *sorted(store.id for store in roof)]


def test_several_crowded_roofs_lose_and_repeat_no_store() -> None:
    stores = [
        a_parsed(f"s{number:04d}", location=place(CENTER[0] + number % 7 * 0.0001, CENTER[1])) for number in range(1000)
    ]
    found = near_ids(over(stores, {}), Point(CENTER[0] + 0.001, CENTER[1]), 500)
    assert found == by_hand(stores, Point(CENTER[0] + 0.001, CENTER[1]), 500)
    assert len(found) == 1000


def test_a_store_exactly_on_the_radius_is_found_in_the_base_and_over_it() -> None:
    chance = random.Random(8)
    for store in scattered(60, chance):
        metres = distance(HERE, store.location)
        for snapshot in (over([store], {}), over([], {store.id: store})):
            assert near_ids(snapshot, HERE, metres) == [store.id]
            assert near_ids(snapshot, HERE, metres + 0.002) == [store.id]
            assert near_ids(snapshot, HERE, metres - 0.002) == []


def test_a_change_over_the_base_reaches_exactly_as_far_as_the_base() -> None:
    store = a_parsed(location=place(CENTER[0], CENTER[1] + 0.001))
    metres = distance(HERE, store.location)
    for step in range(-12, 13):
        radius = metres + step * 0.0001
        assert near_ids(over([store], {}), HERE, radius) == near_ids(over([], {store.id: store}), HERE, radius)


def test_near_stands_still_at_the_place_itself() -> None:
    assert [metres for metres, _ in over([a_parsed()], {}).near(HERE, 1)] == [0.0]


def test_near_works_across_the_antimeridian() -> None:
    east = a_parsed("east", location=place(179.999, 0.0))
    assert near_ids(over([east], {}), Point(-179.999, 0.0), 300) == ["east"]


@pytest.mark.parametrize("seed", range(5))
def test_near_over_a_changed_base_is_what_a_look_at_every_store_finds(seed: int) -> None:
    chance = random.Random(100 + seed)
    base = scattered(150, chance)
    changes: dict[str, Store | None] = {store.id: None for store in base[:20]}
    moved = scattered(30, chance)
    changes |= {old.id: replace(new, id=old.id, version=2) for old, new in zip(base[20:50], moved, strict=True)}
    changes |= {store.id: store for store in scattered(40, chance, prefix="n")}
    snapshot = over(base, changes)
    now = [store for store in {**{store.id: store for store in base}, **changes}.values() if store]
    for radius in (100, 700, 3_000):
        assert near_ids(snapshot, HERE, radius) == by_hand(now, HERE, radius)
        assert near_ids(snapshot.folded(), HERE, radius) == by_hand(now, HERE, radius)
