"""Keeps a worker's snapshot true: loads it, follows the change stream, folds, and says how fresh it is.

With a state folder the base lies in an image that all workers map (docs/decisions/0011-snapshot-image.md); without one
it lies in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from pymongo.errors import OperationFailure, PyMongoError

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, happened_at, next_events
from lifecircle.catalogue.snapshot.folder import ImageFolder, Position
from lifecircle.catalogue.snapshot.images import Images
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import COLLECTIONS, UNREADABLE, Change, read_snapshot, with_changes
from lifecircle.catalogue.snapshot.rebasing import AT_ONCE, Rebasing
from lifecircle.catalogue.snapshot.store import MARKS, Marks

log = logging.getLogger("lifecircle.snapshot")

FOLD_AT = 512
"""Changes over the base before they are folded in."""

AWAIT_MS = 100
"""How long an idle look at the change stream takes; a change that comes just after one waits so long at most."""

GATHER_MS = 20
"""How long after a look that brought something the next one waits: what happens meanwhile comes together."""

REFRESH_SECONDS = 600.0
"""How old the place of an image in the change stream may grow: servers keep a change only for so long."""

CATCH_UP_SECONDS = 5.0
MOST_TO_CATCH_UP = 10_000
"""Changes since an image was made, above which reading everything is faster."""

_RETRY_SECONDS = 0.5


class Unproven(Exception):
    """An image may lack something: everything is read instead."""


class Follower(Protocol):
    """Somebody else's collection that is kept fresh through the same change stream."""

    collection: str

    async def reload(self) -> None: ...

    def apply(self, key: str, document: Document | None) -> None: ...


class SnapshotKeeper:
    """`current` is swapped as one reference: whoever took it sees one catalogue to the end of the request."""

    def __init__(
        self,
        database: Database,
        districts: Sequence[str],
        clock: Clock,
        followers: Sequence[Follower] = (),
        folder: ImageFolder | None = None,
    ) -> None:
        self._database = database
        self._districts = tuple(districts)
        self._clock = clock
        self._followers = {follower.collection: follower for follower in followers}
        self._images = Images(folder, Marks(database, folder.name)) if folder else None
        self._current: Snapshot | None = None
        self._following: asyncio.Task[None] | None = None
        self._stopping = False
        self._ready = asyncio.Event()
        self._last_heard = clock()
        self._resume_token: Any = None
        self._own: dict[tuple[str, str], Change] = {}
        """What this worker wrote and the stream has not brought back yet."""
        self._rebasing = Rebasing(self._swap)
        self._mark: str | None = None
        """Set to make an image as soon as the stream brings it."""
        self._own_marks: set[str] = set()
        self.reloads = 0

    @property
    def current(self) -> Snapshot:
        if self._current is None:
            raise RuntimeError("the snapshot is not loaded yet")
        return self._current

    @property
    def age_seconds(self) -> float:
        """How far behind the snapshot may be: the stream has not answered for so long, or brings what is so old."""
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
        await self._rebasing.give_up()
        if self._images:
            self._images.release_lock()

    async def rebased(self) -> None:
        """Returns when no new base is being made."""
        await self._rebasing.done()

    def apply(self, changes: Sequence[Change]) -> None:
        """Take changes in at once; the writer of a change calls this before it answers."""
        self._own.update({(change.collection, change.id): change for change in changes})
        self._lay_over(changes)

    async def apply_many(self, changes: Sequence[Change]) -> None:
        """As `apply` for a whole import: requests get their turn in between."""
        for first in range(0, len(changes), AT_ONCE):
            self.apply(changes[first : first + AT_ONCE])
            await asyncio.sleep(0)

    def _lay_over(self, changes: Sequence[Change]) -> None:
        self._current = with_changes(self.current, changes)
        self._rebasing.note(changes)

    def _swap(self, snapshot: Snapshot) -> None:
        self._current = snapshot

    # --- following ---

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
        found = await self._images.find() if self._images and not self._ready.is_set() else None
        if self._images and found:
            try:
                await self._follow_from(found[1].token, (self._images, *found))
            except (Unproven, OperationFailure) as error:
                if self._ready.is_set():
                    raise
                log.warning("the image of the catalogue is not used, everything is read anew: %s", error)
                self._current = None
                self._images.unproven.add(found[1].mark)
        else:
            await self._follow_from(self._resume_token, None)

    async def _follow_from(self, token: Any, image: tuple[Images, Snapshot, Position] | None) -> None:
        collections = [*COLLECTIONS, MARKS, *self._followers]
        async with self._database.watch(
            [{"$match": {"ns.coll": {"$in": collections}}}],
            full_document="updateLookup",
            resume_after=token,
            max_await_time_ms=AWAIT_MS,
        ) as stream:
            events = await self._catch_up(stream, *image) if image else []
            looked_at = asyncio.get_running_loop().time()
            events += await next_events(stream)  # opens the stream: nothing between it and the load is missed
            if token is None:
                await self._load(stream.resume_token)
            while True:
                for number, event in enumerate(events, 1):
                    await self._take(event)
                    self._resume_token = event["_id"]
                    if number % AT_ONCE == 0:
                        await asyncio.sleep(0)
                self._resume_token, self._last_heard = stream.resume_token, self._heard_of(events)
                await self._fold_if_due()
                await _rest(looked_at + (GATHER_MS if events else AWAIT_MS) / 1000)
                looked_at = asyncio.get_running_loop().time()
                events = await next_events(stream)

    def _heard_of(self, events: Sequence[Document]) -> datetime:
        """Until when everything is known: now, where the look brought nothing; else more may be queued behind it."""
        now = self._clock()
        return min(now, happened_at(events[-1])) if events else now

    async def _catch_up(self, stream: Any, images: Images, snapshot: Snapshot, position: Position) -> list[Document]:
        """Ready when the stream has brought everything since the image, and has proved it.

        Returns what it has brought beyond. Raises Unproven.
        """
        self._current, images.image = snapshot, position.image
        mark, is_proven, count = await images.marks.set(self._clock(), makes_image=False), False, 0
        beyond: list[Document] | None = None
        try:
            async with asyncio.timeout(CATCH_UP_SECONDS):
                while beyond is None:
                    events = await next_events(stream)
                    for place, event in enumerate(events):
                        if _is_mark(event, mark):
                            beyond = events[place + 1 :]
                            break
                        is_proven = is_proven or _is_mark(event, position.mark)
                        count += 1
                        if count > MOST_TO_CATCH_UP or "documentKey" not in event:
                            raise Unproven("too much has happened since it was made")
                        self._take_document(event)
        except TimeoutError:
            raise Unproven("the change stream cannot go on from where it was made") from None
        finally:
            await images.marks.remove(mark)
        if not is_proven:
            raise Unproven("the change stream has lost what came after it")
        self._resume_token, self._rebasing.based_at = stream.resume_token, asyncio.get_running_loop().time()
        await self._reload_followers()
        log.info("snapshot mapped from an image: %d stores, %d events since", self.current.store_count, count)
        return beyond

    async def _load(self, token: Any) -> None:
        """Read everything. What is being made from the old is given up."""
        await self._rebasing.give_up()
        self._own.clear()
        self._mark = mark = None
        if self._images:
            self._images.image = None
            mark = await self._set_mark(self._images) if self._images.take_lock() else None
        self._rebasing.begin(partial(read_snapshot, self._database, self._districts, self._clock()))
        await self._rebasing.finished()
        self.reloads += 1
        await self._reload_followers()
        log.info("snapshot loaded: %d stores", self.current.store_count)
        if self._images and mark:
            self._rebasing.begin(partial(self._images.make, self.current, mark, token, self._clock()))

    async def _reload_followers(self) -> None:
        for follower in self._followers.values():
            await follower.reload()
        self._ready.set()

    async def _take(self, event: Document) -> None:
        if event["ns"].get("coll") == MARKS:
            self._take_mark(event)
        elif "documentKey" not in event:  # a collection was dropped or renamed
            await self._load(self._resume_token)
        else:
            self._take_document(event)

    def _take_document(self, event: Document) -> None:
        if event["ns"]["coll"] == MARKS:
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
            return
        own = self._own.get((change.collection, change.id))
        if own and not _is_newer(own, change):
            del self._own[change.collection, change.id]
        if self._concerns_us(change):
            self._lay_over([change])

    def _concerns_us(self, change: Change) -> bool:
        district = (change.document or {}).get("district")
        return not self._districts or district is None or district in self._districts

    # --- a new base ---

    async def _fold_if_due(self) -> None:
        if self._mark or not self._rebasing.may_begin:
            return
        is_due = self.current.unfolded >= FOLD_AT
        if self._images is None:
            if is_due:
                self._rebasing.begin(partial(asyncio.to_thread, self.current.folded))
        elif (is_due or self._rebasing.age >= REFRESH_SECONDS) and self._images.take_lock():
            self._mark = await self._set_mark(self._images)

    async def _set_mark(self, images: Images) -> str:
        mark = await images.marks.set(self._clock(), makes_image=True)
        self._own_marks.add(mark)
        return mark

    def _take_mark(self, event: Document) -> None:
        """An image that bears a mark holds everything that the stream brought before it."""
        row = event.get("fullDocument")
        if self._images is None or event.get("operationType") != "insert" or row is None:
            return
        mark: str = row["_id"]
        if mark == self._mark:
            self._mark = None
            self._rebasing.begin(partial(self._images.make, self.current, mark, self._resume_token, self._clock()))
        elif row["makes_image"] and row["folder"] == self._images.folder.name and mark not in self._own_marks:
            self._rebasing.begin(partial(self._images.await_image, mark), list(self._own.values()))


async def _rest(until: float) -> None:
    """The embedded engine ends a look at every write, whatever it was to.

    Asked anew at once, each turn of a chat would cost each worker a round trip for each of its writes, and under load
    each booking one for itself alone.
    """
    await asyncio.sleep(max(0.0, until - asyncio.get_running_loop().time()))


def _is_mark(event: Document, mark: str) -> bool:
    return bool(event["ns"].get("coll") == MARKS and event.get("documentKey", {}).get("_id") == mark)


def _is_newer(change: Change, other: Change) -> bool:
    return bool(change.document and other.document and change.document["version"] > other.document["version"])
