"""A room to talk in."""

from __future__ import annotations

import pytest
from factories import SetClock
from talking import Room, a_room

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.sealing import KeyRing


@pytest.fixture
async def room(database: Database, keys: KeyRing, clock: SetClock) -> Room:
    return await a_room(database, keys, clock)
