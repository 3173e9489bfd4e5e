"""Pages while the catalogue changes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from around import PLAIN, a_query, found, north, pages, rated
from factories import NOON, a_snapshot, a_store

from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.nearby import StoreSort, nearby


def a_crowd(count: int, seed: int) -> list[dict[str, Any]]:
    """Stores at few places with few ratings, so that there are many ties."""
    chance = random.Random(seed)
    keys = [f"s{number:04d}" for number in range(count)]
    chance.shuffle(keys)
    return [
        a_store(
            key,
            location=north(chance.randrange(12) * 40),
            rating=rated(chance.choice([7, 8, 9, 10]), 2) if chance.random() < 0.7 else rated(0, 0),
        )
        for key in keys
    ]


@pytest.mark.parametrize("sort", [StoreSort.DISTANCE, StoreSort.RATING])
@pytest.mark.parametrize("size", [1, 7, 64, 149, 150, 151])
def test_all_pages_together_give_every_store_once_in_one_order(sort: StoreSort, size: int) -> None:
    snapshot = a_snapshot(stores=a_crowd(150, seed=1))
    query = a_query(sort=sort)
    ids, sizes = pages([snapshot], query, size)
    assert ids == found(snapshot, query)
    assert len(set(ids)) == len(ids) == 150
    assert all(length == size for length in sizes[:-1])


@pytest.mark.parametrize("sort", [StoreSort.DISTANCE, StoreSort.RATING])
@pytest.mark.parametrize("seed", range(4))
def test_stores_that_come_and_go_between_pages_disturb_no_other(sort: StoreSort, seed: int) -> None:
    chance = random.Random(seed)
    rows = a_crowd(200, seed)
    versions = [a_snapshot(stores=rows)]
    staying = {row["_id"] for row in rows}
    for step in range(12):
        gone = chance.sample(sorted(staying), 4)
        staying -= set(gone)
        added = a_crowd(200, seed=1_000 + step)[:4]
        changes = [Change("stores", key, None) for key in gone]
        changes += [Change("stores", f"n{step}{row['_id']}", {**row, "_id": f"n{step}{row['_id']}"}) for row in added]
        changed = with_changes(versions[-1], changes)
        versions.append(changed.folded() if step % 4 == 3 else changed)
    ids, _ = pages(versions, a_query(sort=sort), 13)
    assert len(ids) == len(set(ids)), "no store comes twice"
    assert staying <= set(ids), "no store that stayed is left out"
    assert set(ids) - {row["_id"] for row in rows}, "some of the new ones were met"


def test_the_pages_of_a_filter_hold_only_what_it_leaves() -> None:
    snapshot = a_snapshot(stores=a_crowd(120, seed=3))
    query = a_query(min_rating=4.5)
    ids, sizes = pages([snapshot], query, 10)
    assert ids == found(snapshot, query)
    assert 0 < len(ids) < 120
    assert set(sizes[:-1]) == {10}


def test_a_page_after_the_last_store_is_empty() -> None:
    snapshot = a_snapshot(stores=[a_store()])
    (only,) = nearby(snapshot, a_query(), PLAIN, NOON, first=5).stores
    page = nearby(snapshot, a_query(), PLAIN, NOON, first=5, after=only.key)
    assert (page.stores, page.has_more) == ([], False)


def test_a_page_that_is_exactly_full_has_no_more() -> None:
    snapshot = a_snapshot(stores=[a_store("s1"), a_store("s2")])
    assert not nearby(snapshot, a_query(), PLAIN, NOON, first=2).has_more
    assert nearby(snapshot, a_query(), PLAIN, NOON, first=1).has_more
