"""The desk of the pension certification, with a resident who has agreed to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from factories import SetClock
from office import Office, open_office

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.sealing import KeyRing


@pytest.fixture
async def office(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Office]:
    async with open_office(database, keys, clock) as made:
        yield made
