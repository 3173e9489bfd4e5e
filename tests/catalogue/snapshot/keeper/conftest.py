"""Keepers over the test's database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from factories import DISTRICT, SetClock
from keeping import Keep, keepers

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@pytest.fixture
async def keep(database: Database, clock: SetClock) -> AsyncIterator[Keep]:
    """Starts a keeper; it is stopped when the test ends."""

    def make(over: Any = database, *, followers: tuple[Any, ...] = ()) -> SnapshotKeeper:
        return SnapshotKeeper(over, [DISTRICT], clock, followers)

    async with keepers(make) as start:
        yield start
