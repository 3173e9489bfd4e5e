"""An image saves reading, and never hides an edit."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from factories import SetClock, a_chain, a_store
from keeping import Keep, an_image, name_of

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


async def test_a_start_from_an_image_reads_no_catalogue(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(30)])
    await an_image(keep)
    monkeypatch.delattr(keeper_module, "read_snapshot")
    keeper = await keep()
    assert (keeper.current.store_count, keeper.reloads) == (30, 0)


async def test_what_was_edited_while_all_servers_were_down_is_seen_after_the_start(
    database: Database, keep: Keep
) -> None:
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(5)])
    await database["chains"].insert_one(a_chain())
    await an_image(keep)
    await database["stores"].update_one({"_id": "s0"}, {"$set": {"name": "改过"}, "$inc": {"version": 1}})
    await database["stores"].update_one({"_id": "s4"}, {"$set": {"notice": "用手改的，版本没有变"}})
    await database["stores"].delete_one({"_id": "s1"})
    await database["stores"].insert_one(a_store("s9"))
    await database["chains"].update_one({"_id": "c1"}, {"$set": {"name": "新字号", "version": 2}})
    keeper = await keep()
    assert (keeper.reloads, name_of(keeper, "s0"), name_of(keeper, "s1")) == (0, "改过", None)
    assert sorted(store.id for store in keeper.current.all_stores()) == ["s0", "s2", "s3", "s4", "s9"]
    by_hand, chain = keeper.current.store("s4"), keeper.current.chains.get("c1")
    assert by_hand
    assert by_hand.notice == "用手改的，版本没有变"
    assert chain
    assert chain.name == "新字号"


async def test_a_collection_dropped_while_all_servers_were_down_is_seen(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    await database["stores"].drop()
    await database["stores"].insert_one(a_store("s2"))
    keeper = await keep()
    assert [store.id for store in keeper.current.all_stores()] == ["s2"]


async def test_a_database_that_was_wiped_and_seeded_anew_is_read(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    await database.client.drop_database(database.name)
    await database["stores"].insert_one(a_store("s2"))
    keeper = await keep()
    assert (keeper.reloads, [store.id for store in keeper.current.all_stores()]) == (1, ["s2"])


async def test_a_database_restored_from_a_copy_is_read_although_the_mark_is_there(
    database: Database, keep: Keep
) -> None:
    """A copy carries the mark as a document, but the stream knows nothing of it."""
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    rows = [row async for row in database["snapshot_marks"].find()]
    other = database.client.get_database(f"test_{secrets.token_hex(8)}", database.codec_options)
    await other["snapshot_marks"].insert_many(rows)
    await other["stores"].insert_one(a_store("s2"))
    keeper = await keep(other)
    assert (keeper.reloads, [store.id for store in keeper.current.all_stores()]) == (1, ["s2"])


async def test_another_database_with_the_same_state_folder_is_read(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    other = database.client.get_database(f"test_{secrets.token_hex(8)}", database.codec_options)
    await other["stores"].insert_one(a_store("s2"))
    keeper = await keep(other)
    assert (keeper.reloads, [store.id for store in keeper.current.all_stores()]) == (1, ["s2"])


async def test_other_districts_have_no_use_for_the_image(
    database: Database, keep: Keep, folder: ImageFolder, clock: SetClock
) -> None:
    await database["stores"].insert_many([a_store("s1"), a_store("s2", district="330110")])
    await an_image(keep)
    keeper = SnapshotKeeper(database, (), clock, (), ImageFolder(folder._path))
    await keeper.start()
    assert keeper.current.store_count == 2
    await keeper.stop()


@pytest.mark.parametrize(
    "token",
    [{"_data": "garbage"}, {"_data": "00"}, "nonsense"],
    ids=["no hex", "no token", "no document"],
)
async def test_a_place_in_the_stream_that_the_server_cannot_go_on_from_is_read_around(
    database: Database, keep: Keep, folder: ImageFolder, token: Any
) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    pointer = folder.path("current.json")
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "token": token}))
    await database["stores"].insert_one(a_store("s2"))
    keeper = await keep()
    assert (keeper.reloads, keeper.current.store_count) == (1, 2)


async def test_a_stream_that_begins_after_the_mark_proves_nothing(
    database: Database, keep: Keep, folder: ImageFolder
) -> None:
    """As after a loss of the server's log: the token is taken, but what came before it is missing."""
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    await database["stores"].delete_one({"_id": "s1"})
    async with database.watch(max_await_time_ms=50) as stream:
        await stream.try_next()
        later = stream.resume_token
    pointer = folder.path("current.json")
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "token": later}))
    keeper = await keep()
    assert (keeper.reloads, keeper.current.store_count) == (1, 0)


async def test_too_many_changes_since_the_image_are_not_caught_up_with(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_image(keep)
    monkeypatch.setattr(keeper_module, "MOST_TO_CATCH_UP", 5)
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(10)])
    keeper = await keep()
    assert (keeper.reloads, keeper.current.store_count) == (1, 10)
