"""The desk for privacy, and residents with what they have done."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from accounts import Enrol, Put
from factories import PlainCalendar, SetClock, a_merchant, a_store, an_area, an_offering

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.privacy.store import create_privacy_indexes
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@pytest.fixture
async def desk(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[PrivacyDesk]:
    await create_privacy_indexes(database)
    await PeopleStore(database).create_indexes()
    await MembershipStore(database).create_indexes()
    await database["areas"].insert_one(an_area())
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    yield PrivacyDesk(database, keys, clock, MembershipDesk(database, keys, keeper, clock))
    await keeper.stop()


@pytest.fixture
async def bookings(database: Database, keys: KeyRing, clock: SetClock) -> BookingDesk:
    await BookingStore(database).create_indexes()
    await database["stores"].insert_one(a_store())
    await database["offerings"].insert_one(an_offering(capacity=1))
    return BookingDesk(database, keys, PlainCalendar(), clock)


@pytest.fixture
def enrol(database: Database, keys: KeyRing, clock: SetClock) -> Enrol:
    """Makes a resident as signing in does, with a session."""

    async def put(name: str = "ming", phone: str | None = None) -> str:
        key = keys.lookup_hash(name, field="openid")
        number: Document = {"phone": None}
        if phone:
            sealed, lookup = keys.seal(phone, field="phone"), keys.lookup_hash(phone, field="phone")
            number = {"phone": sealed, "phone_lookup": lookup}
        profile = {"openid": keys.seal(name, field="openid"), "nickname": name, "created_at": clock(), "version": 1}
        await database["residents"].insert_one({"_id": key, **profile, **number})
        times = {"created_at": clock(), "seen_at": clock(), "expires_at": clock() + timedelta(days=30)}
        tokens = {"refresh": "fingerprint-now", "used": ["fingerprint-before"], "device": "手机"}
        await database["sessions"].insert_one({"_id": secrets.token_hex(8), "resident": key, **tokens, **times})
        return key

    return put


@pytest.fixture
def member(database: Database) -> Put:
    async def put(resident: str, merchant: str = "m1", role: str = "OWNER", state: str = "APPROVED") -> None:
        row = a_merchant(merchant, state=state, owners=[])
        await database["merchants"].update_one({"_id": merchant}, {"$setOnInsert": row}, upsert=True)
        one = {"_id": f"{merchant}:{resident[-8:]}", "district": row["district"], "merchant": merchant}
        await database["members"].insert_one({**one, "resident": resident, "role": role, "stores": [], "version": 1})

    return put
