"""A deletion: what goes, what stays, and what the tombstone says."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from accounts import CONTACT, REQUEST, TEN, Enrol, Put, audit_rows, book, delete, exported, holders, staff_row
from factories import NOON, SetClock, a_merchant, an_offering

from lifecircle.catalogue.bookings.model import BookingRequest, booking_from_document
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Busy, Unauthenticated
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.rules import TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk, ProfileChange
from lifecircle.catalogue.sealing import KeyRing


async def test_a_deletion_frees_the_places_and_keeps_what_must_be_kept(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident, next_one = await enrol("ming"), await enrol("hong")
    booking = await book(bookings, resident, idempotency_key="k1")
    await delete(desk, resident)
    row = await database["bookings"].find_one({"_id": booking.id}) or {}
    left = booking_from_document(row)
    assert (left.status, left.interval, left.store, left.offering, left.price) == (
        "CANCELLED",
        booking.interval,
        booking.store,
        booking.offering,
        booking.price,
    )
    assert left.resident.startswith("gone-")
    assert row["contact"] is None
    assert {"claims", "idempotency"} & set(row) == set()
    assert (await book(bookings, next_one)).status == "CONFIRMED"


async def test_a_reason_that_a_resident_wrote_is_dropped_and_that_of_the_system_kept(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident = await enrol()
    booking = await book(bookings, resident)
    await bookings.cancel(resident, booking.id, "我妈妈住院了")
    assert await holders(database, "住院") == {"bookings"}
    await delete(desk, resident)
    assert await holders(database, "住院") == set()


async def test_a_booking_that_was_never_confirmed_ends_as_expired(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await database["offerings"].replace_one({"_id": "o1"}, an_offering(auto_confirm=False))
    await book(bookings, resident)
    clock.advance(hours=3)
    await delete(desk, resident)
    (row,) = await database["bookings"].find().to_list(None)
    assert (row["status"], row["events"][-1]["actor"], "claims" in row) == ("EXPIRED", "SYSTEM", False)


async def test_after_a_deletion_no_collection_knows_the_resident(
    desk: PrivacyDesk,
    enrol: Enrol,
    member: Put,
    bookings: BookingDesk,
    database: Database,
    keys: KeyRing,
    clock: SetClock,
) -> None:
    resident, phone = await enrol("ming", phone="13900001111"), "13900001111"
    owner = await enrol("owner")
    await member(owner)
    await member(resident, role="CLERK")
    await book(bookings, resident, idempotency_key="k1")
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    await desk.update_profile(resident, ProfileChange(home=Point(120.0, 30.0)))
    await database["staff"].insert_one(staff_row(resident))
    await database["conversations"].insert_one(
        {"_id": "c1", "resident": resident, "memory": None, "updated_at": NOON, "expires_at": NOON + timedelta(days=1)}
    )
    code = keys.lookup_hash(phone, field="sms-phone")
    await database["sms_codes"].insert_one({"_id": code, "code": "x", "tries": 0, "expires_at": clock()})
    lookup, history = keys.lookup_hash(phone, field="phone"), {"from": None, "to": "APPLIED", "reason": None}
    invited = {"_id": "i1", "merchant": "m2", "district": "330199", "resident": None, "role": "CLERK", "stores": []}
    await database["members"].insert_one({**invited, "version": 1, "phone_lookup": lookup, "phone": "sealed"})
    applied = {"applicant": {"resident": resident, "membership": "x"}, "contact_phone": keys.seal(phone, field="phone")}
    steps = {"history": [{**history, "actor": resident, "at": clock()}], "open_slot": f"{resident}#0"}
    await database["merchants"].insert_one({**a_merchant("m3", state="APPLIED"), **applied, **steps, "owners": []})
    traces = (resident, resident.partition(".")[2], lookup, code)

    found = await holders(database, *traces)
    assert found == {
        *(
            "bookings",
            "consents",
            "conversations",
            "members",
            "merchants",
            "residents",
            "sessions",
            "sms_codes",
            "staff",
        )
    }
    covered = frozenset[str]().union(*(holding.collections for holding in desk.holdings))
    assert found <= covered

    await delete(desk, resident)
    assert await holders(database, *traces) == set()
    (withdrawn,) = await database["merchants"].find({"_id": "m3"}).to_list(None)
    assert (withdrawn["state"], withdrawn["contact_phone"]) == ("REJECTED", None)
    tombstone = withdrawn["applicant"]["resident"]
    assert await holders(database, tombstone) == {"audit", "bookings", "merchants", "residents"}
    assert await database["sessions"].count_documents({"resident": owner}) == 1


async def test_the_tombstone_says_nothing_but_that_somebody_was_there(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    deleted_at = await delete(desk, await enrol(phone="13900001111"))
    (row,) = await database["residents"].find().to_list(None)
    assert deleted_at == clock.now
    assert row.pop("_id").startswith("gone-")
    assert row == {"state": "DELETED", "nickname": None, "phone": None, "created_at": clock.now, "version": 1}


async def test_the_audit_shows_the_tombstone_where_the_resident_was(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident, subject = await enrol(), Subject("Booking", "b1")
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=resident, subject=subject)
    await delete(desk, resident)
    (entry,) = await desk.audit.trail(subject, 10)
    (stone,) = await database["residents"].find().to_list(None)
    assert entry.actor == stone["_id"]
    about = await desk.audit.trail(Subject("Resident", stone["_id"]), 10)
    assert [one.action for one in about] == [AuditAction.ACCOUNT_DELETED]
    assert about[0].request_id == REQUEST


async def test_the_same_person_comes_back_as_somebody_new(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    first = await enrol("ming")
    await book(bookings, first)
    await delete(desk, first)
    again = await enrol("ming")
    data = await exported(desk, again)
    assert (data["bookings"], data["consents"], len(data["sessions"])) == ([], [], 1)
    await delete(desk, again)
    assert await database["residents"].count_documents({"state": "DELETED"}) == 2


async def test_an_account_that_is_gone_cannot_be_deleted_again(desk: PrivacyDesk, enrol: Enrol) -> None:
    resident = await enrol()
    await delete(desk, resident)
    with pytest.raises(Unauthenticated):
        await delete(desk, resident)
    with pytest.raises(Unauthenticated):
        await desk.update_profile(resident, ProfileChange(nickname="x"))


async def test_deleting_many_times_at_once_happens_once(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident = await enrol()
    await book(bookings, resident)
    answers = await asyncio.gather(*(delete(desk, resident) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, datetime) for answer in answers) == 1
    assert all(isinstance(answer, (datetime, Busy, Unauthenticated)) for answer in answers)
    assert [row["action"] for row in await audit_rows(database)] == ["ACCOUNT_DELETED"]


async def test_of_a_series_that_has_begun_the_dates_to_come_are_free(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    resident, next_one = await enrol("ming"), await enrol("hong")
    later = TEN + timedelta(days=7)
    course = BookingRequest("o1", TEN, contact=CONTACT, later_starts=(later,))
    booking, _ = await bookings.series(resident, course, dry_run=False)
    assert booking
    clock.now = booking.interval.end + timedelta(minutes=30)
    await delete(desk, resident)
    row = await database["bookings"].find_one({"_id": booking.id}) or {}
    left = booking_from_document(row)
    assert (left.status, [date.ended for date in left.dates]) == ("CANCELLED", ["COMPLETED", None])
    assert "claims" not in row
    assert (await book(bookings, next_one, later)).status == "CONFIRMED"
