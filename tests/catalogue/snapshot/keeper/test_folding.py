"""Folding changes into the base loses none that comes in meanwhile."""

from __future__ import annotations

import random
import threading

import pytest
from factories import a_store, an_offering
from keeping import Keep, name_of, pass_on
from patience import PATIENCE, until

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change


class HeldFold:
    """Lets a fold take its picture of the catalogue, and holds it there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.release = threading.Event(), threading.Event()
        real = Snapshot.folded

        def folded(snapshot: Snapshot) -> Snapshot:
            result = real(snapshot)
            self.began.set()
            assert self.release.wait(PATIENCE)
            return result

        monkeypatch.setattr(Snapshot, "folded", folded)


async def a_held_fold(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> tuple[SnapshotKeeper, HeldFold]:
    """Of five stores, s0 to s4."""
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    fold = HeldFold(monkeypatch)
    keeper = await keep()
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(5)])
    await until(fold.began.is_set)
    return keeper, fold


async def test_a_fold_loses_none_of_the_changes_that_come_in_meanwhile(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, fold = await a_held_fold(database, keep, monkeypatch)
    keeper.apply([Change("stores", "s0", a_store("s0", name="改过", version=2)), Change("stores", "s1", None)])
    keeper.apply([Change("stores", "new", a_store("new")), Change("offerings", "o1", an_offering("o1", store="new"))])
    assert name_of(keeper, "s0") == "改过", "a fold never hides a change"
    assert keeper.current.unfolded >= 5
    fold.release.set()
    await until(lambda: keeper.current.unfolded < 5)
    assert name_of(keeper, "s0") == "改过"
    assert sorted(store.id for store in keeper.current.all_stores()) == ["new", "s0", "s2", "s3", "s4"]
    assert keeper.current.offering("o1")


async def test_what_is_written_while_a_fold_runs_comes_after_it(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, fold = await a_held_fold(database, keep, monkeypatch)
    await database["stores"].insert_one(a_store("late"))
    await database["stores"].delete_one({"_id": "s2"})
    fold.release.set()
    await until(lambda: name_of(keeper, "late") and name_of(keeper, "s2") is None)
    assert keeper.current.store_count == 5
    assert keeper.reloads == 1


async def test_after_many_edits_and_folds_the_snapshot_equals_the_database(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "FOLD_AT", 6)
    chance = random.Random(11)
    keeper = await keep()
    rows: dict[str, Document] = {}
    for version in range(1, 90):
        key = f"s{chance.randrange(25)}"
        if key in rows and chance.random() < 0.25:
            del rows[key]
            await database["stores"].delete_one({"_id": key})
            continue
        rows[key] = a_store(key, name=f"{key}第{version}版", version=version)
        await database["stores"].replace_one({"_id": key}, rows[key], upsert=True)
        if chance.random() < 0.5:
            keeper.apply([Change("stores", key, rows[key])])
    await pass_on(keeper, database)
    await database["stores"].delete_one({"_id": "marker"})
    await until(lambda: name_of(keeper, "marker") is None)
    assert {store.id: store.name for store in keeper.current.all_stores()} == {
        key: row["name"] for key, row in rows.items()
    }
    assert keeper.reloads == 1
