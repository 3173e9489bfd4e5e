"""The catalogue's image in the state folder: it saves reading, and never hides an edit."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from factories import (
    DISTRICT,
    NOON,
    SetClock,
    a_category,
    a_chain,
    a_merchant,
    a_session,
    a_snapshot,
    a_store,
    an_area,
    an_offering,
    an_override,
)

from lifecircle.catalogue.database import Database, Document, connect, open_database
from lifecircle.catalogue.offerings.model import OfferingKind
from lifecircle.catalogue.snapshot import images as images_module
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.baked import bake, bake_changes, unbake, with_baked_changes
from lifecircle.catalogue.snapshot.codec import codec, from_text, to_text
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.image import ImageUnreadable
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.gateway.embedded import EmbeddedDatabase

PATIENCE = 20.0


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    return ImageFolder(tmp_path / "snapshot", [DISTRICT])


Keep = Callable[..., Awaitable[SnapshotKeeper]]


@pytest.fixture
async def keep(database: Database, clock: SetClock, folder: ImageFolder) -> AsyncIterator[Keep]:
    """Starts keepers over the folder, each as another process would, and stops them."""
    started: list[SnapshotKeeper] = []

    async def start(over: Any = None, within: ImageFolder | None = folder) -> SnapshotKeeper:
        own = ImageFolder(within._path, within._districts) if within else None
        keeper = SnapshotKeeper(over if over is not None else database, [DISTRICT], clock, (), own)
        started.append(keeper)
        async with asyncio.timeout(PATIENCE):
            await keeper.start()
        return keeper

    yield start
    for keeper in started:
        await keeper.stop()


def name_of(keeper: SnapshotKeeper, key: str) -> str | None:
    store = keeper.current.store(key)
    return store.name if store else None


async def an_image(keep: Keep) -> None:
    """What is in the database now, as an image that nobody keeps fresh."""
    keeper = await keep()
    await keeper.rebased()
    await keeper.stop()


def images(folder: ImageFolder) -> list[Path]:
    return sorted(folder._path.glob("*.image"))


# --- content ---


def a_full_catalogue() -> Snapshot:
    exceptions = [{"date": "2026-12-01", "closed": True, "ranges": [], "reason": "盘点"}]
    stores = [a_store(f"s{number}", name=f"第{number}家“{number}”\n") for number in range(40)]
    stores += [
        a_store("c-1", chain="c1", hours=None, photos=["https://example.org/1.jpg"], rating={"sum": 9, "count": 2}),
        a_store("c-2", chain="c1", hours=None, exceptions=exceptions, station_of="330199001", notice="搬家"),
        a_store("shut", state="CLOSED", closed_until="2026-12-24"),
    ]
    return a_snapshot(
        areas=[an_area(), an_area("330199001", level="SUBDISTRICT", parent=DISTRICT)],
        categories=[a_category(), a_category("pharmacy")],
        merchants=[a_merchant()],
        chains=[a_chain()],
        stores=stores,
        offerings=[
            an_offering("o1"),
            an_offering("t1", chain="c1", store=None, eligibility=[{"code": "AGE_60", "text": "年满 60 岁"}]),
            an_override("c-1", "t1", price=1, sessions=[a_session(NOON)]),
        ],
    )


def content(snapshot: Snapshot) -> dict[str, Any]:
    stores = sorted(snapshot.all_stores(), key=lambda store: store.id)
    return {
        "stores": stores,
        "near": list(snapshot.near(stores[0].location, 3_000)),
        "offerings": [snapshot.offerings_of(store) for store in stores],
        "hours": [snapshot.schedule_of(store) for store in stores],
        "stations": snapshot.stations_of("330199001"),
        "merchants": sorted(snapshot.merchants.items(), key=str),
        "chains": sorted(snapshot.chains.items(), key=str),
        "areas": list(snapshot.areas),
        "categories": list(snapshot.categories),
    }


def test_an_image_gives_back_the_same_catalogue(tmp_path: Path) -> None:
    snapshot = a_full_catalogue()
    bake(snapshot, tmp_path / "one.image", {})
    found, _ = unbake(tmp_path / "one.image")
    assert content(found) == content(snapshot)


def test_an_empty_catalogue_has_an_image_too(tmp_path: Path) -> None:
    bake(Snapshot.empty(NOON), tmp_path / "none.image", {})
    found, _ = unbake(tmp_path / "none.image")
    assert (found.store_count, list(found.areas), found.loaded_at) == (0, [], NOON)


def some_changes() -> list[Change]:
    return [
        Change("stores", "s3", None),
        Change("stores", "s4", a_store("s4", name="新名字", version=2)),
        Change("stores", "new", a_store("new", chain="c1", hours=None)),
        Change("chains", "c1", a_chain(name="新字号", version=2)),
        Change("merchants", "m1", None),
        Change("merchants", "m2", a_merchant("m2")),
        Change("offerings", "o1", None),
        Change("offerings", "c-1:t1", None),
        Change("offerings", "t1", an_offering("t1", chain="c1", store=None, price=77, version=2)),
        Change("areas", "330199002", an_area("330199002", level="SUBDISTRICT", parent=DISTRICT)),
    ]


def test_changes_folded_into_an_image_by_another_process_are_what_they_are_here(tmp_path: Path) -> None:
    image, changes, folded = (tmp_path / name for name in ("one.image", "one.changes", "two.image"))
    bake(a_full_catalogue(), image, {})
    changed = with_changes(unbake(image)[0], some_changes())
    bake_changes(changed, changes)
    assert content(with_baked_changes(unbake(image)[0], changes)) == content(changed)
    command = [sys.executable, "-P", "-m", "lifecircle.catalogue.snapshot.folding", image, changes, folded, "{}"]
    subprocess.run(command, check=True, cwd=tmp_path)
    found, _ = unbake(folded)
    assert content(found) == content(changed) == content(changed.folded())
    assert found.unfolded == 0


@dataclasses.dataclass(frozen=True)
class Inner:
    day: date
    kind: OfferingKind | None


@dataclasses.dataclass(frozen=True)
class Outer:
    inner: tuple[Inner, ...]
    pair: tuple[float, str]
    at: datetime | None


def test_records_of_any_shape_come_back_as_they_were() -> None:
    both_ways = codec(Outer)
    assert both_ways.encode
    assert both_ways.decode
    for record in (
        Outer((Inner(NOON.date(), OfferingKind.SESSION), Inner(NOON.date(), None)), (0.1, "二"), NOON),
        Outer((), (-1e-300, ""), None),
    ):
        assert both_ways.decode(from_text(to_text(both_ways.encode(record)))) == record


def test_a_type_that_has_no_plain_form_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="complex"):
        codec(complex)


# --- damage ---


def damaged(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "truncated":
        del content[len(content) // 2 :]
    elif how == "one byte":
        content[len(content) * 3 // 4] ^= 0x40
    elif how == "head":
        content[60] ^= 0x01
    elif how == "empty":
        content.clear()
    else:
        content[:] = secrets.token_bytes(5_000)
    path.write_bytes(content)


DAMAGES = ["truncated", "one byte", "head", "empty", "garbage"]


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_image_is_noticed(tmp_path: Path, how: str) -> None:
    bake(a_full_catalogue(), tmp_path / "one.image", {})
    damaged(tmp_path / "one.image", how)
    with pytest.raises(ImageUnreadable):
        unbake(tmp_path / "one.image")


@pytest.mark.parametrize("how", DAMAGES)
async def test_a_damaged_image_is_read_around_and_replaced(
    database: Database, keep: Keep, folder: ImageFolder, how: str
) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    (image,) = images(folder)
    damaged(image, how)
    keeper = await keep()
    assert (keeper.reloads, name_of(keeper, "s1")) == (1, "好邻居s1")
    await keeper.rebased()
    assert (await keep()).reloads == 0


async def test_a_damaged_pointer_is_read_around(database: Database, keep: Keep, folder: ImageFolder) -> None:
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    folder.path("current.json").write_text('{"image": "../../keys.json"')
    assert (await keep()).reloads == 1


async def test_an_image_of_another_release_is_not_opened(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    await an_image(keep)
    monkeypatch.setattr("lifecircle.catalogue.snapshot.baked.SHAPE", "1-of-another-release")
    assert (await keep()).reloads == 1


# --- currency ---


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


# --- several workers ---


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
    await until(lambda: here.current.unfolded < 5 and there.current.unfolded < 5)
    await until(lambda: here.current.store_count == there.current.store_count == 20)
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


# --- failures ---


async def test_without_a_process_for_it_folding_goes_on_a_thread_and_says_so(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = await keep()
    await keeper.rebased()
    monkeypatch.setattr(images_module, "_FOLDING", "lifecircle.no_such_module")
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    with caplog.at_level(logging.WARNING):
        await database["stores"].insert_many([a_store(f"s{number}") for number in range(8)])
        await until(lambda: keeper.current.store_count == 8 and keeper.current.unfolded < 5)
    assert "folding on a thread" in caplog.text


async def test_a_folder_that_cannot_be_written_costs_the_image_and_nothing_else(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(images_module, "bake", full)
    await database["stores"].insert_one(a_store("s1"))
    keeper = await keep()
    await keeper.rebased()
    await database["stores"].insert_one(a_store("s2"))
    await until(lambda: name_of(keeper, "s2"))
    assert "No space left" in caplog.text


async def test_an_image_whose_writing_was_broken_off_is_never_seen(
    database: Database, keep: Keep, folder: ImageFolder
) -> None:
    """As kill -9 leaves it: a part of the next image, a file of changes, and no change of the pointer."""
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    (image,) = images(folder)
    folder.path("next.image.partial").write_bytes(image.read_bytes()[:1000])
    folder.path("next.changes").write_bytes(b"half")
    keeper = await keep()
    assert (keeper.reloads, name_of(keeper, "s1")) == (0, "好邻居s1")


def test_the_lock_of_a_killed_process_is_free(folder: ImageFolder) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lifecircle.catalogue.snapshot.folder import ImageFolder;"
        "lock = ImageFolder(Path(sys.argv[1])).lock(); print(bool(lock), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code, str(folder._path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"True\n"
        assert folder.lock() is None
        holder.kill()
        holder.wait()
        lock = folder.lock()
    assert lock
    lock.release()


async def test_images_are_for_their_owner_only(keep: Keep, folder: ImageFolder) -> None:
    await an_image(keep)
    modes = {path.name: stat.S_IMODE(os.stat(path).st_mode) for path in folder._path.iterdir()}
    assert stat.S_IMODE(os.stat(folder._path).st_mode) == 0o700
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


async def test_an_image_that_grows_old_gets_a_new_place_in_the_stream(
    database: Database, keep: Keep, folder: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers keep a change only for so long; a quiet catalogue must stay startable from its image."""
    keeper = await keep()
    await keeper.rebased()
    before, image = folder.position(), images(folder)
    monkeypatch.setattr(keeper_module, "REFRESH_SECONDS", 0.05)
    await until(lambda: folder.position() != before)
    monkeypatch.undo()
    await keeper.rebased()
    assert images(folder) == image, "nothing had changed, so nothing was written anew"
    await keeper.stop()
    assert (await keep()).reloads == 0


@pytest.mark.parametrize("collection", ["areas", "categories", "chains", "offerings"])
async def test_a_new_place_in_the_stream_hides_no_change_before_it(
    database: Database, keep: Keep, folder: ImageFolder, monkeypatch: pytest.MonkeyPatch, collection: str
) -> None:
    row = {"areas": an_area, "categories": a_category, "chains": a_chain, "offerings": an_offering}[collection]()
    await database[collection].insert_one(row)
    keeper = await keep()
    await keeper.rebased()
    before = folder.position()
    assert before
    await database[collection].update_one({"_id": row["_id"]}, {"$set": {"name": "新名字"}, "$inc": {"version": 1}})

    def name(of: SnapshotKeeper) -> str:
        holder: Any = of.current.offerings.by_id if collection == "offerings" else getattr(of.current, collection)
        return str(holder.get(row["_id"]).name)

    await until(lambda: name(keeper) == "新名字")
    monkeypatch.setattr(keeper_module, "REFRESH_SECONDS", 0.05)
    await until(lambda: folder.position() not in (None, before))
    monkeypatch.undo()
    await keeper.stop()
    fresh = await keep()
    assert (fresh.reloads, name(fresh)) == (0, "新名字")


async def test_an_image_outlives_a_database_that_was_killed(
    tmp_path: Path, clock: SetClock, folder: ImageFolder
) -> None:
    """The database's log outlives kill -9, and what is edited after its restart is seen on top of the image."""

    async def once(edit: Callable[[Database], Awaitable[Any]]) -> tuple[int, dict[str, str]]:
        with EmbeddedDatabase(tmp_path / "state") as embedded:
            client = connect(embedded.uri, server_selection_ms=20_000)
            database = open_database(client, "lifecircle")
            await edit(database)
            keeper = SnapshotKeeper(database, [DISTRICT], clock, (), folder)
            async with asyncio.timeout(PATIENCE):
                await keeper.start()
            await keeper.rebased()
            seen = {store.id: store.name for store in keeper.current.all_stores()}
            await database["stores"].update_one({"_id": "s1"}, {"$set": {"name": "最后改的"}, "$inc": {"version": 1}})
            await keeper.stop()
            assert embedded.pid
            embedded._stopping.set()
            os.kill(embedded.pid, signal.SIGKILL)
            client.close()
            return keeper.reloads, seen

    assert await once(lambda db: db["stores"].insert_many([a_store("s1"), a_store("s2")])) == (
        1,
        {"s1": "好邻居s1", "s2": "好邻居s2"},
    )
    assert await once(lambda db: db["stores"].delete_one({"_id": "s2"})) == (0, {"s1": "最后改的"})
