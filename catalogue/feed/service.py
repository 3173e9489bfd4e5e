"""One change stream for each worker, fanned out to everybody there who listens.

Each listener has a queue of its own with an end: who reads too slowly is cut off, and holds up nobody. The stream runs
only while somebody listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.feed.store import FeedLost, Written, changes

log = logging.getLogger("lifecircle.feed")

QUEUE = 100
"""Changes that may wait for one listener."""

OPEN_SECONDS = 10.0

Wanted = Callable[[Document], bool]


class TooSlow(LifecircleError):
    """The listener has not kept up."""


class Watch:
    """What one listener has yet to read."""

    def __init__(self, collection: str, wanted: Wanted, most: int) -> None:
        self.collection = collection
        self.wanted = wanted
        self._most = most
        self._waiting: deque[Document] = deque()
        self._news = asyncio.Event()
        self._failure: LifecircleError | None = None

    async def next(self) -> Document:
        """The next change. Raises TooSlow, FeedLost."""
        while not self._waiting and self._failure is None:
            self._news.clear()
            await self._news.wait()
        if self._failure:
            raise self._failure
        return self._waiting.popleft()

    def offer(self, document: Document) -> None:
        if len(self._waiting) >= self._most:
            self.fail(TooSlow())
        elif self._failure is None:
            self._waiting.append(document)
            self._news.set()

    def fail(self, failure: LifecircleError) -> None:
        self._waiting.clear()
        self._failure = failure
        self._news.set()


class ChangeFeed:
    def __init__(self, database: Database, collections: Sequence[str], most_waiting: int = QUEUE) -> None:
        self._database = database
        self._collections = tuple(collections)
        self._most = most_waiting
        self._watches: set[Watch] = set()
        self._following: asyncio.Task[None] | None = None
        """The one that listeners may rely on; one that is about to end is not."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = asyncio.Event()

    @property
    def listeners(self) -> int:
        return len(self._watches)

    @contextlib.asynccontextmanager
    async def watch(self, collection: str, wanted: Wanted) -> AsyncIterator[Watch]:
        """Everything that is written from here on. Raises FeedLost where the database is away."""
        if collection not in self._collections:
            raise ValueError(f"the feed does not follow {collection}")
        watch = Watch(collection, wanted, self._most)
        self._watches.add(watch)
        try:
            await self._opened()
            yield watch
        finally:
            self._watches.discard(watch)

    async def stop(self) -> None:
        self._fail_all(FeedLost("the server stops"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _opened(self) -> None:
        if self._following is None or self._following.done():
            self._open = asyncio.Event()
            self._following = asyncio.create_task(self._follow(self._open), name="change feed")
            self._tasks.add(self._following)
            self._following.add_done_callback(self._tasks.discard)
        opening, following = asyncio.ensure_future(self._open.wait()), self._following
        try:
            waited = {opening, following}
            await asyncio.wait(waited, timeout=OPEN_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not opening.done():
                raise FeedLost("the change stream does not open")
        finally:
            opening.cancel()

    async def _follow(self, opened: asyncio.Event) -> None:
        try:
            async with contextlib.aclosing(changes(self._database, self._collections)) as stream:
                async for written in stream:
                    opened.set()
                    if written:
                        self._fan_out(written)
                    if not self._watches:
                        self._following = None  # closing the stream takes a while, and whoever comes then needs another
                        return
        except FeedLost as error:
            log.warning("the change feed broke off: %s", error)
            self._fail_all(error)
        except Exception as error:  # nobody may go on waiting for what will not come
            log.exception("the change feed broke off")
            self._fail_all(FeedLost(type(error).__name__))

    def _fail_all(self, failure: LifecircleError) -> None:
        for watch in list(self._watches):
            watch.fail(failure)

    def _fan_out(self, written: Written) -> None:
        for watch in list(self._watches):
            if watch.collection == written.collection and watch.wanted(written.document):
                watch.offer(written.document)
