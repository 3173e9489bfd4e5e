"""The keeper of a worker's snapshot, against a real change stream."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from factories import (
    DISTRICT,
    SetClock,
    a_category,
    a_chain,
    a_merchant,
    a_store,
    an_area,
    an_offering,
    an_override,
)
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change

PATIENCE = 20.0
"""Seconds until a change that never comes fails its test."""

Keep = Callable[..., Any]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)


@pytest.fixture
async def keep(database: Database, clock: SetClock) -> AsyncIterator[Keep]:
    """Starts a keeper; it is stopped when the test ends."""
    started: list[SnapshotKeeper] = []

    async def start(over: Any = database, *, followers: tuple[Any, ...] = ()) -> SnapshotKeeper:
        keeper = SnapshotKeeper(over, [DISTRICT], clock, followers)
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


async def pass_on(keeper: SnapshotKeeper, database: Database, key: str = "marker") -> None:
    """Returns when everything that was written so far has gone through the stream."""
    await database["stores"].insert_one(a_store(key))
    await until(lambda: keeper.current.store(key))


# --- following ---


async def test_the_snapshot_is_loaded_when_start_returns(database: Database, keep: Keep) -> None:
    await database["stores"].insert_many([a_store("s1"), a_store("s2")])
    await database["offerings"].insert_many([an_offering("o1"), an_offering("t1", chain="c1", store=None)])
    await database["chains"].insert_one(a_chain())
    await database["areas"].insert_one(an_area())
    await database["categories"].insert_one(a_category())
    await database["merchants"].insert_one(a_merchant())
    keeper = await keep()
    current = keeper.current
    assert keeper.reloads == 1
    assert sorted(store.id for store in current.all_stores()) == ["s1", "s2"]
    assert current.offering("o1")
    assert current.chains.get("c1")
    assert current.areas.get(DISTRICT)
    assert current.categories.get("convenience-store")
    assert current.merchants.get("m1")


async def test_more_stores_than_one_batch_are_loaded(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecircle.catalogue.snapshot.reading.BATCH", 7)
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(22)])
    assert (await keep()).current.store_count == 22


async def test_before_the_start_there_is_no_snapshot(database: Database, clock: SetClock) -> None:
    keeper = SnapshotKeeper(database, [DISTRICT], clock)
    with pytest.raises(RuntimeError, match="not loaded"):
        _ = keeper.current


async def test_an_edit_in_the_database_appears(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1"))
    keeper = await keep()
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"name": "新名字"}, "$inc": {"version": 1}})
    await until(lambda: name_of(keeper, "s1") == "新名字")
    await database["stores"].insert_one(a_store("s2"))
    await until(lambda: name_of(keeper, "s2"))
    await database["stores"].delete_one({"_id": "s1"})
    await until(lambda: name_of(keeper, "s1") is None)
    assert keeper.reloads == 1


async def test_an_override_appears_and_goes(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1", chain="c1"))
    await database["offerings"].insert_one(an_offering("t1", chain="c1", store=None, price=3000))
    keeper = await keep()

    def price() -> int | None:
        offering = keeper.current.offering("s1:t1")
        assert offering
        return offering.price

    await database["offerings"].insert_one(an_override("s1", "t1", price=2500))
    await until(lambda: price() == 2500)
    await database["offerings"].delete_one({"_id": "s1:t1"})
    await until(lambda: price() == 3000)


async def test_another_district_is_neither_loaded_nor_followed(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("far1", district="330110"))
    keeper = await keep()
    await database["stores"].insert_one(a_store("far2", district="330110"))
    await pass_on(keeper, database)
    assert [store.id for store in keeper.current.all_stores()] == ["marker"]


async def test_a_request_that_took_current_keeps_seeing_the_old_value(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1", name="旧"))
    keeper = await keep()
    taken = keeper.current
    await database["stores"].replace_one({"_id": "s1"}, a_store("s1", name="新", version=2))
    await until(lambda: name_of(keeper, "s1") == "新")
    await database["stores"].drop()
    await until(lambda: keeper.reloads == 2)
    held = taken.store("s1")
    assert held
    assert held.name == "旧"
    assert taken.store_count == 1


async def test_a_document_that_cannot_be_read_is_left_out_and_the_stream_goes_on(
    database: Database, keep: Keep
) -> None:
    await database["stores"].insert_one(a_store("s1", name="旧"))
    keeper = await keep()
    await database["stores"].insert_one({"_id": "broken", "district": DISTRICT, "version": 1})
    await database["stores"].replace_one({"_id": "s1"}, a_store("s1", address=None, location=None, version=2))
    await pass_on(keeper, database)
    assert keeper.current.store("broken") is None
    assert name_of(keeper, "s1") == "旧"


async def test_a_document_that_cannot_be_read_does_not_keep_the_others_from_loading(
    database: Database, keep: Keep
) -> None:
    broken = {"_id": "broken", "district": DISTRICT, "version": 1}
    for collection, row in (("stores", a_store()), ("offerings", an_offering()), ("chains", a_chain())):
        await database[collection].insert_many([broken, row])
    current = (await keep()).current
    assert [store.id for store in current.all_stores()] == ["s1"]
    assert current.chains.get("c1")
    assert current.offering("o1")
    assert not current.offering("broken")


async def test_the_age_grows_with_the_clock_until_the_stream_answers(keep: Keep, clock: SetClock) -> None:
    keeper = await keep()
    clock.advance(seconds=90)
    assert keeper.age_seconds == 90
    await until(lambda: keeper.age_seconds == 0)


# --- taking a change in at once ---


async def test_an_applied_change_is_seen_at_once_and_an_older_event_does_not_undo_it(
    database: Database, keep: Keep
) -> None:
    keeper = await keep()
    await database["stores"].insert_one(a_store("s1", name="第一版"))
    keeper.apply([Change("stores", "s1", a_store("s1", name="第二版", version=2))])
    assert name_of(keeper, "s1") == "第二版"
    await pass_on(keeper, database)
    assert name_of(keeper, "s1") == "第二版"


async def test_a_newer_event_replaces_what_was_applied(database: Database, keep: Keep) -> None:
    keeper = await keep()
    keeper.apply([Change("stores", "s1", a_store("s1", name="第二版", version=2))])
    await database["stores"].insert_one(a_store("s1", name="第三版", version=3))
    await until(lambda: name_of(keeper, "s1") == "第三版")


# --- folding ---


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


async def test_a_fold_loses_none_of_the_changes_that_come_in_meanwhile(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    fold = HeldFold(monkeypatch)
    keeper = await keep()
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(5)])
    await until(fold.began.is_set)
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
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    fold = HeldFold(monkeypatch)
    keeper = await keep()
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(5)])
    await until(fold.began.is_set)
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


# --- losing the stream ---


class BreakingDatabase:
    """The database, with a change stream that can be broken and stays away until it is let back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._error: PyMongoError | None = None
        self._back = asyncio.Event()
        self._back.set()
        self.watched = 0
        self.looks = 0

    def __getitem__(self, name: str) -> Any:
        return self._database[name]

    def break_stream(self, error: PyMongoError) -> None:
        self._error = error
        self._back.clear()

    def let_back(self) -> None:
        self._back.set()

    @property
    def is_broken(self) -> bool:
        return self._error is None and not self._back.is_set()

    def watch(self, *args: Any, **options: Any) -> BreakingStream:
        self.watched += 1
        return BreakingStream(self, self._database.watch(*args, **options))

    async def meet(self) -> None:
        if self._error:
            error, self._error = self._error, None
            raise error
        await self._back.wait()


class BreakingStream:
    def __init__(self, database: BreakingDatabase, stream: Any) -> None:
        self._database, self._stream = database, stream

    async def __aenter__(self) -> BreakingStream:
        await self._database.meet()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stream.close()

    async def try_next(self) -> Document | None:
        await self._database.meet()
        self._database.looks += 1
        found: Document | None = await self._stream.try_next()
        return found

    @property
    def resume_token(self) -> Any:
        return self._stream.resume_token


@pytest.mark.parametrize(
    ("error", "reloads"),
    [(OperationFailure("the resume token is gone", 286), 2), (AutoReconnect("connection closed"), 1)],
    ids=["it cannot resume: reload", "it resumes where it was"],
)
async def test_what_happens_while_the_stream_is_away_is_not_missed(
    database: Database, keep: Keep, error: PyMongoError, reloads: int
) -> None:
    breaking = BreakingDatabase(database)
    await database["stores"].insert_many([a_store("s1"), a_store("s2")])
    keeper = await keep(breaking)
    breaking.break_stream(error)
    await until(lambda: breaking.is_broken)
    await database["stores"].insert_one(a_store("missed"))
    await database["stores"].delete_one({"_id": "s1"})
    assert name_of(keeper, "missed") is None
    breaking.let_back()
    await until(lambda: name_of(keeper, "missed") and name_of(keeper, "s1") is None)
    assert keeper.reloads == reloads
    assert breaking.watched == 2
    await pass_on(keeper, database)


async def test_writes_that_concern_nobody_here_are_not_looked_at_one_by_one(database: Database, keep: Keep) -> None:
    counting, loop = BreakingDatabase(database), asyncio.get_running_loop()
    keeper = await keep(counting)
    began, looks = loop.time(), counting.looks
    for number in range(40):
        await database["elsewhere"].insert_one({"_id": number})
    in_time = (loop.time() - began) * 1000 / keeper_module.AWAIT_MS
    assert counting.looks - looks <= in_time + 2
    await pass_on(keeper, database)


async def test_a_dropped_collection_makes_it_reload_and_it_follows_on(database: Database, keep: Keep) -> None:
    await database["stores"].insert_many([a_store("s1"), a_store("s2")])
    keeper = await keep()
    await database["stores"].drop()
    await until(lambda: keeper.reloads == 2)
    assert keeper.current.store_count == 0
    await database["stores"].insert_one(a_store("s3"))
    await until(lambda: name_of(keeper, "s3"))


async def test_a_change_applied_during_a_reload_survives_it(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reload read the store before it was edited; the editor has been promised to see its edit."""
    keeper = await keep()
    real, read, go_on = keeper_module.read_snapshot, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> Snapshot:
        found = await real(*args)
        read.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(keeper_module, "read_snapshot", slow)
    await database["stores"].insert_one(a_store("s0"))
    await database["stores"].drop()
    async with asyncio.timeout(PATIENCE):
        await read.wait()
    keeper.apply([Change("stores", "s1", a_store("s1", name="刚改的"))])
    go_on.set()
    await until(lambda: keeper.reloads == 2)
    assert name_of(keeper, "s1") == "刚改的"


# --- followers ---


class Notes:
    """A follower that writes down what it is told."""

    collection = "policies"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows: dict[str, Document] = {}
        self.reloads = 0

    async def reload(self) -> None:
        self.reloads += 1
        self.rows = {row["_id"]: row async for row in self._database[self.collection].find()}

    def apply(self, key: str, document: Document | None) -> None:
        self.rows.pop(key, None)
        if document:
            self.rows[key] = document


async def test_a_follower_is_loaded_at_the_start_and_told_of_every_change(database: Database, keep: Keep) -> None:
    await database["policies"].insert_one({"_id": "p1", "title": "养老金"})
    notes = Notes(database)
    keeper = await keep(followers=(notes,))
    assert notes.rows == {"p1": {"_id": "p1", "title": "养老金"}}
    await database["policies"].insert_one({"_id": "p2", "title": "低保"})
    await database["policies"].update_one({"_id": "p1"}, {"$set": {"title": "养老金认证"}})
    await until(lambda: "p2" in notes.rows and notes.rows["p1"]["title"] == "养老金认证")
    await database["policies"].delete_one({"_id": "p2"})
    await until(lambda: "p2" not in notes.rows)
    assert notes.reloads == 1
    assert keeper.current.unfolded == 0, "what belongs to a follower is no change of the catalogue"


async def test_a_follower_reloads_with_the_snapshot(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store())
    notes = Notes(database)
    keeper = await keep(followers=(notes,))
    await database["stores"].drop()
    await until(lambda: keeper.reloads == 2)
    assert notes.reloads == 2


async def test_a_collection_without_a_follower_is_not_listened_to(database: Database, keep: Keep) -> None:
    keeper = await keep()
    await database["policies"].insert_one({"_id": "p1"})
    await pass_on(keeper, database)
    assert keeper.current.store_count == 1


async def test_two_keepers_see_each_others_edits(database: Database, keep: Keep) -> None:
    here, there = await keep(), await keep()
    await database["stores"].insert_one(a_store("s1"))
    here.apply([Change("stores", "s1", a_store("s1"))])
    assert name_of(here, "s1")
    await until(lambda: name_of(there, "s1"))


async def test_a_stopped_keeper_follows_no_more(database: Database, keep: Keep) -> None:
    stopped, other = await keep(), await keep()
    await stopped.stop()
    await pass_on(other, database)
    assert stopped.current.store_count == 0
