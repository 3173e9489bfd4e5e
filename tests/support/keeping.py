"""Keepers of snapshots as tests start them, and what is seen through one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from factories import SetClock, a_store
from patience import PATIENCE, until

from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

Keep = Callable[..., Awaitable[SnapshotKeeper]]


class Stuck(SnapshotKeeper):
    """A keeper whose stream answered so long ago."""

    stuck = 0.0

    @property
    def age_seconds(self) -> float:
        return self.stuck


@asynccontextmanager
async def keepers(make: Callable[..., SnapshotKeeper]) -> AsyncIterator[Keep]:
    """Starts what `make` makes, as many as a test asks for, and stops them when it ends."""
    started: list[SnapshotKeeper] = []

    async def start(*args: Any, **options: Any) -> SnapshotKeeper:
        keeper = make(*args, **options)
        started.append(keeper)
        async with asyncio.timeout(PATIENCE):
            await keeper.start()
        return keeper

    yield start
    for keeper in started:
        await keeper.stop()


@asynccontextmanager
async def following(database: Database, clock: SetClock) -> AsyncIterator[Live]:
    """What a worker knows that follows the stream, until the block ends."""
    index = OccupancyIndex(database, (), clock)
    keeper = Stuck(database, (), clock, [index])
    await keeper.start()
    yield Live(keeper, index)
    await keeper.stop()


def name_of(keeper: SnapshotKeeper, key: str) -> str | None:
    store = keeper.current.store(key)
    return store.name if store else None


async def pass_on(keeper: SnapshotKeeper, database: Database, key: str = "marker") -> None:
    """Returns when everything that was written so far has gone through the stream."""
    await database["stores"].insert_one(a_store(key))
    await until(lambda: keeper.current.store(key))


async def an_image(keep: Keep) -> None:
    """What is in the database now, as an image that nobody keeps fresh."""
    keeper = await keep()
    await keeper.rebased()
    await keeper.stop()


def images(folder: ImageFolder) -> list[Path]:
    return sorted(folder._path.glob("*.image"))
