"""Several workers over one folder of images."""

from __future__ import annotations

import asyncio

import pytest
from factories import a_store
from keeping import Keep, images
from patience import until

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.reading import Change


async def test_two_workers_that_start_at_once_read_once(database: Database, keep: Keep) -> None:
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(50)])
    keepers = await asyncio.gather(keep(), keep(), keep())
    assert sorted(keeper.reloads for keeper in keepers) == [0, 0, 1]
    assert [keeper.current.store_count for keeper in keepers] == [50, 50, 50]


async def test_a_fold_by_one_worker_is_taken_over_by_the_others(
    database: Database, keep: Keep, folder: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await keep(), await keep()
    await here.rebased()
    before = images(folder)
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(20)])
    for keeper in (here, there):  # all of them, and in the base: before the first has come nothing lies over it either
        await until(lambda keeper=keeper: keeper.current.store_count == 20 and keeper.current.unfolded < 5)
    await asyncio.gather(here.rebased(), there.rebased())
    assert len(images(folder)) == 1
    assert images(folder) != before
    assert (here.reloads, there.reloads) == (1, 0)


async def test_an_edit_applied_while_another_worker_folds_stays_visible_to_its_own(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = await keep(), await keep()
    await here.rebased()
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    seen_missing: list[int] = []
    for number in range(60):
        row = a_store(f"s{number}")
        await database["stores"].insert_one(row)
        writer = (here, there)[number % 2]
        writer.apply([Change("stores", row["_id"], row)])
        for earlier in range(number % 2, number + 1, 2):
            if writer.current.store(f"s{earlier}") is None:
                seen_missing.append(earlier)
        await asyncio.sleep(0.02)
    assert seen_missing == []
    await until(lambda: here.current.store_count == there.current.store_count == 60)


async def test_edits_during_folds_in_another_process_are_all_there_in_the_end(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "FOLD_AT", 8)
    here, there = await keep(), await keep()
    rows: dict[str, Document] = {}
    for version in range(1, 120):
        key = f"s{version % 17}"
        if version % 11 == 0 and key in rows:
            del rows[key]
            await database["stores"].delete_one({"_id": key})
            continue
        rows[key] = a_store(key, name=f"第{version}版", version=version)
        await database["stores"].replace_one({"_id": key}, rows[key], upsert=True)
        (here, there)[version % 2].apply([Change("stores", key, rows[key])])
        await asyncio.sleep(0.01)
    expected = {key: row["name"] for key, row in rows.items()}
    for keeper in (here, there):
        await until(lambda keeper=keeper: {s.id: s.name for s in keeper.current.all_stores()} == expected)
    await here.stop()
    await there.stop()
    fresh = await keep()
    assert {store.id: store.name for store in fresh.current.all_stores()} == expected
