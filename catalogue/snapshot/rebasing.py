"""Changing a worker's base: one at a time, beside everything else, and nothing that comes in meanwhile is lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from lifecircle.catalogue.snapshot.images import ImageLost
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import UNREADABLE, Change, with_changes

log = logging.getLogger("lifecircle.snapshot")

AT_ONCE = 200
"""Changes worked in without letting a request in between."""

_RETRY_SECONDS = 60.0

Build = Callable[[], Awaitable[Snapshot | None]]
"""Makes the new base; nothing where the old one will do."""


class Rebasing:
    def __init__(self, swap: Callable[[Snapshot], None]) -> None:
        self._swap = swap
        self._task: asyncio.Task[None] | None = None
        self._meanwhile: list[Change] | None = None
        self._not_before = 0.0
        self.based_at = 0.0
        """When the base was last as new as could be, on the loop's clock."""

    @property
    def may_begin(self) -> bool:
        is_under_way = self._task is not None and not self._task.done()
        return not is_under_way and _now() >= self._not_before

    @property
    def age(self) -> float:
        return _now() - self.based_at

    def note(self, changes: Sequence[Change]) -> None:
        """These have come in."""
        if self._meanwhile is not None:
            self._meanwhile.extend(changes)

    def begin(self, build: Build, over: Sequence[Change] = ()) -> None:
        """`over`: what the new base may lack already. Whatever was under way is given up."""
        if self._task:
            self._task.cancel()
        self._meanwhile = meanwhile = list(over)
        self._task = asyncio.create_task(self._change(build, meanwhile), name="snapshot base")

    async def done(self) -> None:
        """Returns when nothing is under way."""
        while self._task and not self._task.done():
            await asyncio.wait({self._task})

    async def finished(self) -> None:
        """As `done`; raises what it ended with."""
        if self._task:
            await self._task

    async def give_up(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _change(self, build: Build, meanwhile: list[Change]) -> None:
        try:
            snapshot = await build()
            if snapshot:
                while len(meanwhile) > AT_ONCE:
                    snapshot = with_changes(snapshot, meanwhile[:AT_ONCE])
                    del meanwhile[:AT_ONCE]
                    await asyncio.sleep(0)
                self._swap(with_changes(snapshot, meanwhile))
            self.based_at = _now()
        except (ImageLost, *UNREADABLE) as error:
            log.warning("the catalogue stays as it is, with its changes over it: %s", error)
            self._not_before = _now() + _RETRY_SECONDS
        finally:
            if self._meanwhile is meanwhile:
                self._meanwhile = None


def _now() -> float:
    return asyncio.get_running_loop().time()
