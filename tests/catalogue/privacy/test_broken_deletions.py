"""A deletion that was killed, slept or ran twice is finished once."""

from __future__ import annotations

from datetime import datetime

import pytest
from accounts import REQUEST, Breaks, Enrol, Put, audit_rows, book, delete, holders, run_jobs
from factories import SetClock
from killed import Killed

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Busy
from lifecircle.catalogue.privacy.model import Purpose
from lifecircle.catalogue.privacy.rules import STALE_DELETION, TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.privacy.store import AccountStore, AuditStore


def with_break(desk: PrivacyDesk, after: str, breaks: Breaks) -> PrivacyDesk:
    """The desk, killed right after the named holding was erased."""
    broken = PrivacyDesk(desk.database, desk.keys, desk.clock, desk.members)
    holdings = list(desk.holdings)
    holdings.insert([holding.name for holding in holdings].index(after) + 1, breaks)
    broken.__dict__["holdings"] = holdings
    return broken


@pytest.mark.parametrize("after", ["memberships", "sessions", "bookings", "consents", "profile"])
async def test_a_deletion_that_was_killed_is_finished_by_the_job(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock, after: str
) -> None:
    resident = await enrol(phone="13900001111")
    booking = await book(bookings, resident)
    broken = with_break(desk, after, Breaks())
    with pytest.raises(Killed):
        await delete(broken, resident)
    half = await database["residents"].find_one({"_id": resident}) or {}
    assert half["state"] == "DELETING"
    assert after in half["deletion"]["done"]
    clock.now = booking.interval.start  # too late to cancel by now, but the deletion was asked for in time
    assert "finish-deletions" in await run_jobs(broken)
    assert await holders(database, resident) == set()
    (stone,) = await database["residents"].find().to_list(None)
    assert stone["state"] == "DELETED"
    (row,) = await database["bookings"].find().to_list(None)
    assert (row["status"], row["resident"]) == ("CANCELLED", stone["_id"])
    assert [entry["action"] for entry in await audit_rows(database)] == ["ACCOUNT_DELETED"]


async def test_a_deletion_whose_process_is_gone_is_taken_over_after_a_while(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await AuditStore(database).alias(resident)
    assert await AccountStore(database).begin(resident, "dead", clock(), REQUEST)
    with pytest.raises(Busy):
        await delete(desk, resident)
    await run_jobs(desk)
    assert await database["residents"].count_documents({"state": "DELETING"}) == 1
    clock.advance(seconds=STALE_DELETION.total_seconds())
    await run_jobs(desk)
    assert await holders(database, resident) == set()


async def test_a_run_that_slept_erases_nothing_of_the_account_that_followed(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol("ming")

    class Sleeps(Breaks):
        """While this run sleeps, another finishes, and the same person signs in anew."""

        async def erase(self, resident: str, now: datetime) -> None:
            clock.advance(minutes=5)
            await run_jobs(desk)
            assert await enrol("ming") == resident

    with pytest.raises(Busy):
        await delete(with_break(desk, "memberships", Sleeps()), resident)
    assert await database["sessions"].count_documents({"resident": resident}) == 1
    row = await database["residents"].find_one({"_id": resident}) or {}
    assert (row["nickname"], row.get("state")) == ("ming", None)


async def test_erasing_as_of_a_moment_leaves_what_came_later(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    resident, moment = await enrol(), clock.now
    clock.advance(seconds=1)
    await book(bookings, resident)
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    later = {"_id": "later", "resident": resident, "created_at": clock.now, "expires_at": clock.now}
    await database["sessions"].insert_one(later)
    for holding in desk.holdings:
        await holding.erase(resident, moment)
    assert [row["_id"] for row in await database["sessions"].find().to_list(None)] == ["later"]
    assert await database["bookings"].count_documents({"resident": resident, "status": "CONFIRMED"}) == 1
    assert await database["consents"].count_documents({"resident": resident}) == 1


async def test_a_run_that_slept_before_its_last_step_buries_nobody_else(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident, store = await enrol("ming"), AccountStore(database)
    await AuditStore(database).alias(resident)
    asleep = await store.begin(resident, "asleep", clock(), REQUEST)
    assert asleep
    clock.advance(minutes=5)
    await run_jobs(desk)
    assert await enrol("ming") == resident
    await store.bury(asleep, clock())
    assert await database["residents"].count_documents({"_id": resident}) == 1
    assert await database["residents"].count_documents({"state": "DELETED"}) == 1


async def test_a_deletion_that_is_no_longer_allowed_gives_the_account_back(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await AuditStore(database).alias(resident)
    await AccountStore(database).begin(resident, "dead", clock(), REQUEST)  # killed before it looked
    await member(resident)
    clock.advance(minutes=5)
    assert "finish-deletions" in await run_jobs(desk)
    row = await database["residents"].find_one({"_id": resident}) or {}
    assert (row["nickname"], "state" in row, "deletion" in row) == ("ming", False, False)
