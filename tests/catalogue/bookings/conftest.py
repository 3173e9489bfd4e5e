"""A booking desk at one store, and what it offers."""

from __future__ import annotations

import random
from typing import Any

import pytest
from desk import HOLIDAY, Offer
from factories import PlainCalendar, SetClock, a_store, an_offering, hours

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.bookings.waiting.store import WaitingStore
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.sealing import KeyRing


@pytest.fixture
async def desk(database: Database, keys: KeyRing, clock: SetClock) -> BookingDesk:
    await BookingStore(database).create_indexes()
    await WaitingStore(database).create_indexes()
    await database["stores"].insert_one(a_store("s1", merchant="m1", hours=hours(mode="CLOSED")))
    return BookingDesk(database, keys, PlainCalendar({HOLIDAY: "国庆节"}), clock, random.Random(1).shuffle)


@pytest.fixture
def offer(database: Database) -> Offer:
    """Puts an offering on offer, or changes it."""

    async def put(key: str = "o1", **changes: Any) -> None:
        await database["offerings"].replace_one({"_id": key}, an_offering(key, **changes), upsert=True)

    return put
