"""Background jobs under a lease: of all workers exactly one runs a job at a time.

A lease is one document `{_id: job, holder, fence, until, next_at}`, taken and renewed by compare-and-set with the clock
that was passed in. A holder's lease ends at `until`; others take over `MARGIN` later: so much may clocks differ.
The fence rises at each take-over: a holder that slept through the end of its lease finds out at `guard()`, and what it
writes under `fenced()` cannot undo the work of its successor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReturnDocument

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Collection, ConnectionFailure, Database, Document, DuplicateKeyError
from lifecircle.catalogue.errors import LifecircleError

log = logging.getLogger("lifecircle.jobs")

LEASE = timedelta(seconds=30)
MARGIN = timedelta(seconds=5)
RETRY = timedelta(seconds=60)
"""How soon a job that failed is tried again, where its period is not shorter still."""

_BEAT_SECONDS = LEASE.total_seconds() / 3


class LeaseLost(LifecircleError):
    """Another holder has taken over: stop, and write nothing more."""


@dataclass
class Lease:
    """What a job holds while it runs."""

    job: str
    holder: str
    fence: int
    until: datetime
    leases: Collection
    clock: Clock

    async def guard(self) -> None:
        """Call before each effect: renews the lease, so that it is held for `LEASE` from now.

        Raises LeaseLost when another holder has taken over since.
        """
        until = self.clock() + LEASE
        if not await self._set({"until": until}):
            raise LeaseLost(self.job)
        self.until = until

    async def give_back(self, next_at: datetime) -> None:
        """Free at once for the next holder; nothing happens when the lease is lost."""
        await self._set({"holder": None, "until": None, "next_at": next_at})

    def fenced(self, where: Mapping[str, Any]) -> Document:
        """The condition `where`, and that no later holder has written the document.

        Use it with an update that holds `stamp()`, on documents that this job alone writes.
        """
        unseen = [{"fence": {"$exists": False}}, {"fence": {"$lte": self.fence}}]
        return {"$and": [dict(where), {"$or": unseen}]}

    def stamp(self) -> Document:
        """Goes into the `$set` of every fenced write."""
        return {"fence": self.fence}

    async def _set(self, change: Document) -> bool:
        mine = {"_id": self.job, "holder": self.holder, "fence": self.fence}
        return (await self.leases.update_one(mine, {"$set": change})).matched_count == 1


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    period: timedelta
    run: Callable[[Lease], Awaitable[None]]
    """Idempotent: it may be broken off anywhere and begun again by another worker."""


def new_owner_id() -> str:
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class JobRunner:
    def __init__(self, database: Database, clock: Clock, owner_id: str, *, tick_seconds: float = 5.0) -> None:
        self._leases = database["leases"]
        self._clock = clock
        self._owner = owner_id
        self._tick = tick_seconds
        self._jobs: dict[str, Job] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._stopping = False

    def register(self, *jobs: Job) -> None:
        for job in jobs:
            if job.name in self._jobs:
                raise ValueError(f"two jobs are named {job.name}")
            self._jobs[job.name] = job

    def start(self) -> None:
        """Each job in its own loop: one that takes long holds up no other."""
        self._loops = [asyncio.create_task(self._loop(job), name=f"job {job.name}") for job in self._jobs.values()]

    async def stop(self) -> None:
        """Break off what runs and give its leases back."""
        self._stopping = True  # the driver turns a cancellation into an error of its own while the database is away
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []

    async def run_due(self) -> Sequence[str]:
        """One round: run every job that is due and free. The names of those that this worker ran to their end."""
        return [job.name for job in self._jobs.values() if await self._run_if_due(job)]

    async def _loop(self, job: Job) -> None:
        """Outlives whatever happens: the database may be away for a while."""
        while not self._stopping:
            try:
                await self._run_if_due(job)
            except ConnectionFailure as error:
                log.warning("job %s: the database is away (%s)", job.name, type(error).__name__)
            except Exception:
                log.exception("job %s: no lease could be taken", job.name)
            await asyncio.sleep(self._tick)

    async def _run_if_due(self, job: Job) -> bool:
        lease = await self.take(job)
        return lease is not None and await self._run(job, lease)

    async def take(self, job: Job) -> Lease | None:
        """The lease, if the job is due and nobody holds it."""
        seen, now = await self._seen(job), self._clock()
        if not _is_free(seen, now) or not _is_due(seen, job, now):
            return None
        unchanged = {"_id": job.name, "fence": seen["fence"], "until": seen["until"], "next_at": seen["next_at"]}
        until = now + LEASE
        taken = await self._leases.find_one_and_update(
            unchanged,
            {"$set": {"holder": self._owner, "until": until}, "$inc": {"fence": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return Lease(job.name, self._owner, taken["fence"], until, self._leases, self._clock) if taken else None

    async def _seen(self, job: Job) -> Document:
        found = await self._leases.find_one({"_id": job.name})
        if found is None:
            fresh: Document = {"_id": job.name, "holder": None, "fence": 0, "until": None, "next_at": None}
            with contextlib.suppress(DuplicateKeyError):  # several workers start at once
                await self._leases.insert_one(fresh)
            found = await self._leases.find_one({"_id": job.name}) or fresh
        return found

    async def _run(self, job: Job, lease: Lease) -> bool:
        wait = timedelta()  # broken off by `stop`: the next worker goes on at once
        try:
            await self._work(job, lease)
            wait = job.period
        except LeaseLost:
            log.warning("job %s: another worker has taken over", job.name)
        except Exception:
            wait = min(job.period, RETRY)
            log.exception("job %s failed, it will be tried again", job.name)
        finally:
            await lease.give_back(self._clock() + wait)
        return wait == job.period

    async def _work(self, job: Job, lease: Lease) -> None:
        """The job, with its lease kept alive beside it; the first of the two to fail ends both."""
        work = asyncio.ensure_future(job.run(lease))
        beat = asyncio.create_task(_keep(lease))
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            (work if work.done() else beat).result()
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)


@contextlib.asynccontextmanager
async def jobs_running(database: Database, clock: Clock, jobs: Sequence[Job]) -> AsyncIterator[None]:
    """Run them in this worker until the block ends."""
    runner = JobRunner(database, clock, new_owner_id())
    runner.register(*jobs)
    runner.start()
    try:
        yield
    finally:
        await runner.stop()


async def _keep(lease: Lease) -> None:
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        await lease.guard()


def _is_free(seen: Document, now: datetime) -> bool:
    return seen["until"] is None or seen["until"] + MARGIN <= now


def _is_due(seen: Document, job: Job, now: datetime) -> bool:
    """A time further ahead than one period was written by a clock that has been set back since."""
    return seen["next_at"] is None or not now < seen["next_at"] <= now + job.period
