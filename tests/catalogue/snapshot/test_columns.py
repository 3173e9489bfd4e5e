"""Stores as columns: compact, and given back as they were."""

from __future__ import annotations

from factories import CENTER
from snapshots import HERE, a_parsed, near_ids, over, place

from lifecircle.catalogue.snapshot.columns import StoreTable


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
