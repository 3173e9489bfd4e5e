"""The order by rating, and stores that move."""

from __future__ import annotations

import pytest
from around import PLAIN, a_query, found, north, pages, rated
from factories import NOON, a_snapshot, a_store

from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.nearby import StoreSort, nearby


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_by_rating_the_best_comes_first_ties_by_id_and_the_unrated_last(size: int) -> None:
    snapshot = a_snapshot(
        stores=[
            a_store("unrated", location=north(1)),
            a_store("z-best", location=north(900), rating=rated(10, 2)),
            a_store("a-best", location=north(800), rating=rated(5, 1)),
            a_store("middle", location=north(5), rating=rated(9, 2)),
            a_store("worst", location=north(3), rating=rated(1, 1)),
            a_store("too far", location=north(5_000), rating=rated(5, 1)),
        ]
    )
    ids, _ = pages([snapshot], a_query(sort=StoreSort.RATING), size)
    assert ids == ["a-best", "z-best", "middle", "worst", "unrated"]


def test_by_rating_the_distance_is_still_told() -> None:
    snapshot = a_snapshot(stores=[a_store("far", location=north(800), rating=rated(5)), a_store("near")])
    stores = nearby(snapshot, a_query(sort=StoreSort.RATING), PLAIN, NOON, first=2).stores
    assert [round(near.metres) for near in stores] == [800, 0]


def test_a_moved_store_is_found_at_its_new_place() -> None:
    snapshot = a_snapshot(stores=[a_store("s1", location=north(100)), a_store("s2", location=north(200))])
    moved = with_changes(snapshot, [Change("stores", "s1", a_store("s1", location=north(300), version=2))])
    assert found(moved, a_query()) == ["s2", "s1"]
    assert found(moved, a_query(250)) == ["s2"]
    assert found(moved.folded(), a_query()) == ["s2", "s1"]
