"""Keeps a worker's snapshot true: loads it, follows the change stream, folds, and says how fresh it is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Sequence
from typing import Any, Protocol

from pymongo.errors import OperationFailure, PyMongoError

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import COLLECTIONS, UNREADABLE, Change, read_snapshot, with_changes

log = logging.getLogger("lifecircle.snapshot")

FOLD_AT = 512
"""Changes over the base before they are folded in."""

AWAIT_MS = 100
"""How long the server holds an idle look at the change stream."""

_RETRY_SECONDS = 0.5


class Follower(Protocol):
    """Somebody else's collection that is kept fresh through the same change stream."""

    collection: str

    async def reload(self) -> None: ...

    def apply(self, key: str, document: Document | None) -> None: ...


class SnapshotKeeper:
    """`current` is swapped as one reference: whoever took it sees one catalogue to the end of the request."""

    def __init__(
        self, database: Database, districts: Sequence[str], clock: Clock, followers: Sequence[Follower] = ()
    ) -> None:
        self._database = database
        self._districts = tuple(districts)
        self._clock = clock
        self._followers = {follower.collection: follower for follower in followers}
        self._current: Snapshot | None = None
        self._following: asyncio.Task[None] | None = None
        self._stopping = False
        self._ready = asyncio.Event()
        self._last_heard = clock()
        self._resume_token: Any = None
        self._meanwhile: list[Change] | None = None
        self.reloads = 0

    @property
    def current(self) -> Snapshot:
        if self._current is None:
            raise RuntimeError("the snapshot is not loaded yet")
        return self._current

    @property
    def age_seconds(self) -> float:
        """Seconds since the change stream last answered: how far behind the snapshot may be."""
        return max(0.0, (self._clock() - self._last_heard).total_seconds())

    async def start(self) -> None:
        """Returns when the snapshot is loaded."""
        self._following = asyncio.create_task(self._follow(), name="snapshot")
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._following, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._following.done():
            self._following.result()

    async def stop(self) -> None:
        self._stopping = True  # the driver turns a cancellation into an error of its own while the database is away
        if self._following:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following

    def apply(self, changes: Sequence[Change]) -> None:
        """Take changes in at once; the writer of a change calls this before it answers."""
        self._current = with_changes(self.current, changes)
        if self._meanwhile is not None:
            self._meanwhile.extend(changes)

    async def _follow(self) -> None:
        while not self._stopping:
            try:
                await self._follow_stream()
            except PyMongoError as error:
                self._forget_lost_token(error)
                log.warning("the change stream broke off, trying again: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)

    def _forget_lost_token(self, error: PyMongoError) -> None:
        """Where the server answers but cannot resume, changes may have been missed: reload."""
        if isinstance(error, OperationFailure):
            self._resume_token = None

    async def _follow_stream(self) -> None:
        pipeline = [{"$match": {"ns.coll": {"$in": [*COLLECTIONS, *self._followers]}}}]
        async with self._database.watch(
            pipeline, full_document="updateLookup", resume_after=self._resume_token, max_await_time_ms=AWAIT_MS
        ) as stream:
            event = await stream.try_next()  # opens the stream, so that nothing between it and the load is missed
            if self._resume_token is None:
                await self._load()
            while True:
                await self._take(event)
                self._resume_token, self._last_heard = stream.resume_token, self._clock()
                await self._fold_if_due()
                event = await stream.try_next()

    async def _load(self) -> None:
        await self._rebase(read_snapshot(self._database, self._districts, self._clock()))
        for follower in self._followers.values():
            await follower.reload()
        self.reloads += 1
        self._ready.set()
        log.info("snapshot loaded: %d stores", self.current.store_count)

    async def _take(self, event: Document | None) -> None:
        if event is None:
            return
        if "documentKey" not in event:  # a collection was dropped or renamed
            await self._load()
            return
        change = Change(event["ns"]["coll"], event["documentKey"]["_id"], event.get("fullDocument"))
        try:
            self._take_in(change)
        except UNREADABLE as error:  # one bad document must not end the following of all others
            log.error("%s %s cannot be read, what was known stays: %r", change.collection, change.id, error)

    def _take_in(self, change: Change) -> None:
        follower = self._followers.get(change.collection)
        if follower:
            follower.apply(change.id, change.document)
        elif self._concerns_us(change):
            self.apply([change])

    def _concerns_us(self, change: Change) -> bool:
        district = (change.document or {}).get("district")
        return not self._districts or district is None or district in self._districts

    async def _fold_if_due(self) -> None:
        """Fold on another thread."""
        if self.current.unfolded >= FOLD_AT:
            await self._rebase(asyncio.to_thread(self.current.folded))

    async def _rebase(self, building: Awaitable[Snapshot]) -> None:
        """Swap in a new base; changes that are taken in while it is built are laid over it."""
        self._meanwhile = []
        try:
            self._current = with_changes(await building, self._meanwhile)
        finally:
            self._meanwhile = None
