"""What is kept for how long, and purged after."""

from __future__ import annotations

from datetime import timedelta

from accounts import Enrol, book, delete, holders, run_jobs
from factories import SetClock

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.rules import AUDIT_KEPT, TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk


async def test_the_audit_is_purged_after_three_years_and_not_before(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    assert timedelta(days=3 * 365) < AUDIT_KEPT
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=resident, subject=Subject("Booking", "b1"))
    clock.now += AUDIT_KEPT
    await run_jobs(desk)
    assert await database["audit"].count_documents({}) == 1
    clock.advance(days=1)
    await run_jobs(desk)
    assert await database["audit"].count_documents({}) == 0


async def test_a_tombstone_goes_with_the_last_that_refers_to_it(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    await delete(desk, await enrol())
    clock.now += AUDIT_KEPT
    await run_jobs(desk)
    assert await database["residents"].count_documents({}) == 1
    clock.advance(days=1)
    await run_jobs(desk)
    assert await database["residents"].count_documents({}) == 0


async def test_what_has_expired_is_forgotten_without_the_database_s_help(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    await enrol()
    clock.advance(days=20)
    await enrol("other")
    clock.advance(days=15)
    await database["conversations"].insert_one({"_id": "old", "resident": None, "expires_at": clock()})
    await run_jobs(desk)
    assert await database["conversations"].count_documents({}) == 0
    assert await database["sessions"].count_documents({}) == 1


async def test_what_a_request_under_way_left_behind_is_erased(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    gone, here = await enrol("ming"), await enrol("hong")
    await delete(desk, gone)
    late = await book(bookings, gone)
    await desk.give_consent(here, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    row = {"resident": gone, "number": 0, "purpose": "TERMS", "version": "1", "given": True, "at": clock()}
    await database["consents"].insert_one(row)
    await run_jobs(desk)
    assert await holders(database, gone) == set()
    assert (await database["bookings"].find_one({"_id": late.id}) or {})["status"] == "CANCELLED"
    assert await database["consents"].count_documents({"resident": here}) == 1
    assert await database["sessions"].count_documents({"resident": here}) == 1
