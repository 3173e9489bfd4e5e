"""The stream breaks, cannot resume, or a collection is dropped."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from factories import a_store
from keeping import Keep, name_of, pass_on
from patience import PATIENCE, until
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change


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
    await until(lambda: keeper.reloads == reloads)  # counted a moment after what was read can be seen
    assert breaking.watched == 2
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


async def test_writes_that_concern_nobody_here_are_not_looked_at_one_by_one(database: Database, keep: Keep) -> None:
    counting, loop = BreakingDatabase(database), asyncio.get_running_loop()
    keeper = await keep(counting)
    began, looks = loop.time(), counting.looks
    for number in range(40):
        await database["elsewhere"].insert_one({"_id": number})
    in_time = (loop.time() - began) * 1000 / keeper_module.AWAIT_MS
    assert counting.looks - looks <= in_time + 2
    await pass_on(keeper, database)
