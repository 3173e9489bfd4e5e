"""Change by change: added, edited, removed, and older than what is held."""

from __future__ import annotations

from typing import Any

import pytest
from factories import DISTRICT, a_category, a_chain, a_merchant, a_snapshot, a_store, an_area, an_offering, an_override
from snapshots import HERE, a_chain_of_two, the

from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import COLLECTIONS, Change, with_changes

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
