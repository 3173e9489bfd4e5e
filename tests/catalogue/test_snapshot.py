"""The catalogue in memory: columns, the spatial index, changes over the base, and what a chain hands down."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
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
    hours,
)

from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.offerings.model import INHERITED_FIELDS
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.layers import StoreLayers
from lifecircle.catalogue.snapshot.model import Owners, Snapshot
from lifecircle.catalogue.snapshot.reading import COLLECTIONS, Change, with_changes
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


def by_hand(stores: list[Store], center: Point, radius: float) -> list[str]:
    """Near, as anybody would write it."""
    reached = [(round(distance(center, store.location), 3), store.id) for store in stores]
    return [store_id for metres, store_id in sorted(reached) if metres <= round(radius, 3)]


def near_ids(snapshot: Snapshot, center: Point = HERE, radius: float = 3_000) -> list[str]:
    return [store.id for _, store in snapshot.near(center, radius)]


def over(base: list[Store], changes: dict[str, Store | None]) -> Snapshot:
    return replace(a_snapshot(), stores=StoreLayers.over(StoreTable.of(base))).with_stores(changes)


# --- columns ---


def test_columns_give_back_equal_stores() -> None:
    full = a_parsed(
        "full",
        merchant="m1",
        chain="c1",
        number="017",
        part_of="s0",
        station_of="330199001",
        community="330199001001",
        hours=None,
        exceptions=[{"date": "2026-12-01", "closed": True, "ranges": [], "reason": "盘点"}],
        accessibility=["LIFT", "STEP_FREE"],
        notice="搬迁中",
        floor_area=230,
        rating={"sum": 93, "count": 21},
        state="CLOSED",
        version=7,
        phone=None,
    )
    bare = a_parsed("bare", location=place(-73.9857, -40.7484), assured_on="2024-02-29")
    stores = [full, bare, a_parsed("third")]
    table = StoreTable.of(stores)
    assert sorted(table.stores(), key=lambda store: store.id) == sorted(stores, key=lambda store: store.id)
    row = table.row("bare")
    assert row is not None
    assert table.get(row) == bare
    assert (table.row("fourth"), len(table)) == (None, 3)


def test_a_store_from_columns_holds_plain_numbers_that_can_be_written_as_json() -> None:
    import json

    found = StoreTable.of([a_parsed(floor_area=12)]).get(0)
    numbers = [found.version, found.rating_sum, found.rating_count, found.floor_area]
    assert json.loads(json.dumps([*numbers, found.location.longitude])) == [1, 0, 0, 12, CENTER[0]]


def test_an_empty_table_answers() -> None:
    snapshot = over([], {})
    assert (snapshot.store_count, near_ids(snapshot, HERE, 50_000), snapshot.store("s1")) == (0, [], None)


# --- near ---


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


# --- changes over the base ---


def test_with_stores_overrides_removes_and_adds() -> None:
    base = [a_parsed("kept"), a_parsed("edited"), a_parsed("removed")]
    edited, added = a_parsed("edited", name="新名字", version=2), a_parsed("added")
    snapshot = over(base, {"edited": edited, "removed": None, "added": added})
    assert snapshot.store("kept") == base[0]
    assert snapshot.store("edited") == edited
    assert snapshot.store("removed") is None
    assert snapshot.store("added") == added
    assert sorted(store.id for store in snapshot.all_stores()) == ["added", "edited", "kept"]
    assert snapshot.store_count == 3


def test_the_snapshot_that_was_changed_stays_as_it_was() -> None:
    before = over([a_parsed()], {})
    after = before.with_stores({"s1": None, "s2": a_parsed("s2")})
    assert near_ids(before) == ["s1"]
    assert near_ids(after) == ["s2"]
    assert (before.store_count, before.unfolded, after.unfolded) == (1, 0, 2)


def test_removing_what_was_never_there_changes_no_count() -> None:
    snapshot = over([a_parsed()], {"ghost": None})
    assert (snapshot.store_count, near_ids(snapshot)) == (1, ["s1"])
    assert snapshot.folded().store_count == 1


def test_an_older_version_is_passed_over_and_an_equal_one_is_taken() -> None:
    snapshot = over([a_parsed(name="第三版", version=3)], {})
    assert snapshot.with_stores({"s1": a_parsed(name="第二版", version=2)}).store("s1") == snapshot.store("s1")
    assert snapshot.with_stores({"s1": a_parsed(name="又是第三版", version=3)}).store("s1") == a_parsed(
        name="又是第三版", version=3
    )


def test_an_older_version_is_passed_over_where_the_newer_lies_over_the_base() -> None:
    snapshot = over([a_parsed()], {"s1": a_parsed(version=3)}).with_stores({"s1": a_parsed(version=2)})
    found = snapshot.store("s1")
    assert found
    assert found.version == 3


def test_stations_follow_the_changes() -> None:
    base = [a_parsed("a", station_of="001"), a_parsed("b", station_of="001"), a_parsed("c", station_of="002")]
    moved = a_parsed("b", station_of="002", version=2)
    snapshot = over(base, {"a": None, "b": moved, "d": a_parsed("d", station_of="001")})
    for seen in (snapshot, snapshot.folded()):
        assert [store.id for store in seen.stations_of("001")] == ["d"]
        assert sorted(store.id for store in seen.stations_of("002")) == ["b", "c"]
        assert seen.stations_of("003") == []


def content(snapshot: Snapshot) -> dict[str, Any]:
    """Everything that a reader can see."""
    stores = sorted(snapshot.all_stores(), key=lambda store: store.id)
    return {
        "stores": stores,
        "count": snapshot.store_count,
        "near": list(snapshot.near(HERE, 3_000)),
        "offerings": {store.id: snapshot.offerings_of(store) for store in stores},
        "hours": [snapshot.schedule_of(store) for store in stores],
        "merchants": dict(snapshot.merchants.items()),
        "chains": dict(snapshot.chains.items()),
        "areas": list(snapshot.areas),
        "categories": list(snapshot.categories),
    }


def test_folded_shows_the_same_as_unfolded() -> None:
    chance = random.Random(5)
    rows = [
        a_store(store.id, location=place(store.location.longitude, store.location.latitude), chain="c1", hours=None)
        for store in scattered(60, chance)
    ]
    snapshot = a_snapshot(
        stores=rows, chains=[a_chain()], offerings=[an_offering("t1", chain="c1", store=None)], areas=[an_area()]
    )
    changes = [
        *(Change("stores", row["_id"], None) for row in rows[:5]),
        *(Change("stores", row["_id"], {**row, "name": "新", "version": 2}) for row in rows[5:15]),
        Change("stores", "new", a_store("new", chain="c1")),
        Change("offerings", "new:t1", an_override("new", "t1", price=1)),
        Change("offerings", "o9", an_offering("o9", store="new")),
        Change("chains", "c1", a_chain(hours=hours(("07:00", "23:00")), version=2)),
        Change("merchants", "m2", a_merchant("m2")),
    ]
    changed = with_changes(snapshot, changes)
    assert content(changed.folded()) == content(changed)
    assert content(changed) != content(snapshot)
    assert changed.unfolded > 0
    assert changed.folded().unfolded == 0


@pytest.mark.parametrize(
    "change",
    [
        Change("stores", "s2", a_store("s2")),
        Change("offerings", "o1", an_offering()),
        Change("offerings", "s1:t1", an_override("s1", "t1", price=1)),
        Change("chains", "c1", a_chain()),
        Change("merchants", "m1", a_merchant()),
        Change("areas", "330199", an_area()),
        Change("categories", "pharmacy", a_category("pharmacy")),
    ],
    ids=lambda change: f"{change.collection}-{change.id}",
)
def test_every_kind_of_change_is_counted_until_it_is_folded(change: Change) -> None:
    changed = with_changes(a_snapshot(), [change])
    assert changed.unfolded == 1
    assert changed.folded().unfolded == 0


# --- a chain and its stores ---

TEMPLATE = an_offering("t1", chain="c1", store=None, name="洗衣", price=3000)


def a_chain_of_two(*more: dict[str, Any]) -> Snapshot:
    stores = [a_store("s1", chain="c1", hours=None), a_store("s2", chain="c1"), a_store("s3")]
    return a_snapshot(stores=stores, chains=[a_chain()], offerings=[TEMPLATE, *more])


def test_every_store_of_a_chain_has_its_offerings_and_others_have_not() -> None:
    snapshot = a_chain_of_two(an_offering("o1", store="s3"))
    names = {
        key: [o.id for o in snapshot.offerings_of(store)] for key in ("s1", "s2", "s3") if (store := the(snapshot, key))
    }
    assert names == {"s1": ["s1:t1"], "s2": ["s2:t1"], "s3": ["o1"]}


def the(snapshot: Snapshot, key: str) -> Store:
    store = snapshot.store(key)
    assert store
    return store


def test_an_inherited_offering_knows_where_everything_in_it_comes_from() -> None:
    (offering,) = a_chain_of_two().offerings_of(the(a_chain_of_two(), "s1"))
    assert (offering.id, offering.store, offering.chain, offering.template) == ("s1:t1", "s1", "c1", "t1")
    assert set(offering.inherits) == set(INHERITED_FIELDS) - {"state"}
    assert (offering.name, offering.price) == ("洗衣", 3000)


def test_a_price_override_holds_at_its_own_store_only_and_inherits_says_so() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", price=2500))
    here, there = snapshot.offering("s1:t1"), snapshot.offering("s2:t1")
    assert here
    assert there
    assert (here.price, there.price) == (2500, 3000)
    assert "price" not in here.inherits
    assert "price" in there.inherits
    assert "name" in here.inherits
    assert snapshot.offerings.by_id.get("t1") == a_chain_of_two().offerings.by_id.get("t1")


def test_an_override_to_no_price_is_an_override() -> None:
    offering = a_chain_of_two(an_override("s1", "t1", price=None)).offering("s1:t1")
    assert offering
    assert offering.price is None
    assert "price" not in offering.inherits


def test_an_override_can_bring_sessions_of_its_own() -> None:
    offering = a_chain_of_two(an_override("s1", "t1", kind="SESSION", sessions=[a_session(NOON)])).offering("s1:t1")
    assert offering
    assert [session.end - session.start for session in offering.sessions] == [timedelta(minutes=90)]
    assert {"kind", "sessions"}.isdisjoint(offering.inherits)


def test_a_store_can_take_a_chain_offering_off() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", state="PAUSED"))
    assert snapshot.offerings_of(the(snapshot, "s1")) == []
    assert len(snapshot.offerings_of(the(snapshot, "s2"))) == 1


def test_a_change_of_the_chain_reaches_every_store_but_not_what_a_store_overrides() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", price=2500))
    dearer = with_changes(
        snapshot, [Change("offerings", "t1", {**TEMPLATE, "price": 9900, "name": "干洗", "version": 2})]
    )
    seen = [dearer.offering("s1:t1"), dearer.offering("s2:t1")]
    assert [(offering.name, offering.price) for offering in seen if offering] == [("干洗", 2500), ("干洗", 9900)]


def test_the_chain_offering_at_a_store_of_another_chain_is_nothing() -> None:
    snapshot = a_chain_of_two(an_offering("o1", store="s3"))
    for offering_id in ("s3:t1", "s9:t1", "s1:t9", "s3:o1", "s1:", ":t1", ":"):
        assert snapshot.offering(offering_id) is None


def test_hours_are_the_stores_own_else_the_chains_else_never() -> None:
    snapshot = a_chain_of_two()
    assert snapshot.schedule_of(the(snapshot, "s1")) == schedule_from_document(a_chain()["hours"])
    assert snapshot.schedule_of(the(snapshot, "s2")) == the(snapshot, "s2").hours
    orphan = store_from_document(a_store("s4", chain="c9", hours=None))
    assert snapshot.schedule_of(orphan) == Schedule()


# --- change by change ---

ROWS: dict[str, dict[str, Any]] = {
    "areas": an_area(),
    "categories": a_category(),
    "merchants": a_merchant(),
    "chains": a_chain(),
    "stores": a_store(),
    "offerings": an_offering(),
}


def held(snapshot: Snapshot, collection: str, key: str) -> Any:
    readers = {
        "areas": snapshot.areas.get,
        "categories": snapshot.categories.get,
        "merchants": snapshot.merchants.get,
        "chains": snapshot.chains.get,
        "stores": snapshot.store,
        "offerings": snapshot.offering,
    }
    return readers[collection](key)


def test_every_collection_is_tried_here() -> None:
    assert set(ROWS) == set(COLLECTIONS)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_document_is_added_edited_and_removed(collection: str) -> None:
    row = ROWS[collection]
    key = row["_id"]
    added = with_changes(a_snapshot(), [Change(collection, key, row)])
    edited = with_changes(added, [Change(collection, key, {**row, "name": "新名字", "version": 2})])
    removed = with_changes(edited, [Change(collection, key, None)])
    again = with_changes(removed, [Change(collection, key, row)])
    assert held(a_snapshot(), collection, key) is None
    assert held(added, collection, key).name == row["name"]
    assert held(edited, collection, key).name == "新名字"
    assert held(added, collection, key).name == row["name"], "the earlier value stays"
    assert held(removed, collection, key) is None
    assert held(removed.folded(), collection, key) is None
    assert held(again, collection, key).name == row["name"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_older_document_is_passed_over(collection: str) -> None:
    newer, older = {**ROWS[collection], "version": 3}, {**ROWS[collection], "name": "旧", "version": 2}
    key = newer["_id"]
    snapshot = with_changes(a_snapshot(), [Change(collection, key, newer)])
    for seen in (snapshot, snapshot.folded()):
        assert held(with_changes(seen, [Change(collection, key, older)]), collection, key).version == 3


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_older_document_is_passed_over_within_one_batch(collection: str) -> None:
    newer, older = {**ROWS[collection], "version": 3}, {**ROWS[collection], "name": "旧", "version": 2}
    key = newer["_id"]
    snapshot = with_changes(a_snapshot(), [Change(collection, key, newer), Change(collection, key, older)])
    assert held(snapshot, collection, key).version == 3


def test_a_removed_offering_is_gone_from_its_store_and_its_chain() -> None:
    snapshot = with_changes(
        a_chain_of_two(an_offering("o1", store="s1")),
        [Change("offerings", "o1", None), Change("offerings", "t1", None)],
    )
    assert snapshot.offerings_of(the(snapshot, "s1")) == []
    assert snapshot.folded().offerings_of(the(snapshot, "s1")) == []


def test_without_its_override_a_store_goes_back_to_the_chains_price() -> None:
    snapshot = with_changes(a_chain_of_two(an_override("s1", "t1", price=2500)), [Change("offerings", "s1:t1", None)])
    offering = snapshot.offering("s1:t1")
    assert offering
    assert offering.price == 3000
    assert "price" in offering.inherits


def test_an_older_override_is_passed_over() -> None:
    snapshot = a_chain_of_two(an_override("s1", "t1", price=2500, version=3))
    late = with_changes(snapshot, [Change("offerings", "s1:t1", an_override("s1", "t1", price=2700, version=2))])
    offering = late.offering("s1:t1")
    assert offering
    assert offering.price == 2500


def test_an_offering_that_moves_to_another_store_is_only_there() -> None:
    snapshot = a_snapshot(stores=[a_store("s1"), a_store("s2")], offerings=[an_offering("o1", store="s1")])
    moved = with_changes(snapshot, [Change("offerings", "o1", an_offering("o1", store="s2", version=2))])
    assert [o.id for o in moved.offerings_of(the(moved, "s1"))] == []
    assert [o.id for o in moved.offerings_of(the(moved, "s2"))] == ["o1"]


def test_areas_and_categories_keep_their_tree_through_a_change() -> None:
    street = an_area("330199001", level="SUBDISTRICT", parent=DISTRICT)
    child = a_category("corner-shop", parent="convenience-store", order=2)
    snapshot = a_snapshot(areas=[an_area(), street], categories=[a_category(), child])
    changed = with_changes(
        snapshot,
        [
            Change("areas", "330199001001", an_area("330199001001", level="COMMUNITY", parent="330199001")),
            Change("categories", "kiosk", a_category("kiosk", parent="corner-shop", order=3)),
        ],
    )
    assert changed.areas.subtree(DISTRICT) == {DISTRICT, "330199001", "330199001001"}
    assert changed.categories.descendants("convenience-store") == {"convenience-store", "corner-shop", "kiosk"}
    located = changed.areas.locate(HERE)
    assert located
    assert located.id == "330199001001", "the smallest area that holds the point"


# --- two layers ---


def test_a_layered_mapping_reads_like_a_plain_one() -> None:
    chance = random.Random(3)
    plain = {f"k{number}": number for number in range(50)}
    layered: Layered[int] = Layered(dict(plain))
    for step in range(300):
        key, value = f"k{chance.randrange(80)}", None if chance.random() < 0.3 else step
        layered = layered.changed({key: value})
        plain.pop(key, None)
        if value is not None:
            plain[key] = value
        if chance.random() < 0.05:
            layered = layered.folded()
    assert dict(layered.items()) == plain
    assert sorted(layered.values()) == sorted(plain.values())
    assert len(layered) == len(plain) == len(layered.folded())
    assert [layered.get(f"k{number}") for number in range(80)] == [plain.get(f"k{number}") for number in range(80)]
