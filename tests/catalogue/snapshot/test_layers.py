"""Changes lie over the base until they are folded into it."""

from __future__ import annotations

import random

import pytest
from factories import a_category, a_chain, a_merchant, a_snapshot, a_store, an_area, an_offering, an_override, hours
from snapshots import a_parsed, content, near_ids, over, place, scattered

from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.reading import Change, with_changes


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
