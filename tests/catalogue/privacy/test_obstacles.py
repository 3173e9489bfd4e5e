"""What stands in the way of a deletion."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from accounts import Enrol, Put, book, delete
from factories import SetClock

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import StateChanged
from lifecircle.catalogue.privacy.service import PrivacyDesk


async def test_the_last_owner_of_an_approved_merchant_stays(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database
) -> None:
    resident, other = await enrol("a"), await enrol("b")
    await member(resident)
    await member(other, role="MANAGER")
    with pytest.raises(StateChanged, match=r"好邻居商贸.*邀请另一位负责人"):
        await delete(desk, resident)
    row = await database["residents"].find_one({"_id": resident})
    assert row is not None
    assert "deletion" not in row
    assert "state" not in row
    assert await database["sessions"].count_documents({"resident": resident}) == 1


@pytest.mark.parametrize("state", ["APPLIED", "REJECTED", "SUSPENDED"])
async def test_the_owner_of_a_merchant_that_is_not_approved_may_go(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database, state: str
) -> None:
    resident = await enrol()
    await member(resident, state=state)
    await delete(desk, resident)
    assert await database["members"].count_documents({}) == 0


async def test_of_two_owners_who_leave_at_once_one_stays(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database
) -> None:
    people = [await enrol("a"), await enrol("b")]
    for resident in people:
        await member(resident)
    answers = await asyncio.gather(*(delete(desk, resident) for resident in people), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) in (
        ["StateChanged", "datetime"],
        ["StateChanged", "StateChanged"],
    )
    owners = await database["members"].find({"role": "OWNER"}).to_list(None)
    kept = {row["_id"] for row in await database["residents"].find({"state": {"$exists": False}}).to_list(None)}
    assert len(owners) >= 1
    assert {owner["resident"] for owner in owners} == kept


async def test_a_booking_past_its_cancellation_time_must_be_over_first(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, clock: SetClock, database: Database
) -> None:
    resident = await enrol()
    booking = await book(bookings, resident)
    clock.now = booking.cancellable_until + timedelta(milliseconds=1)
    with pytest.raises(StateChanged, match="日常保洁"):
        await delete(desk, resident)
    assert await database["bookings"].count_documents({"resident": resident, "status": "CONFIRMED"}) == 1
    clock.now = booking.interval.end
    await delete(desk, resident)
    (row,) = await database["bookings"].find().to_list(None)
    assert row["status"] == "CONFIRMED"
    assert row["claims"]
    assert resident not in str(row)


async def test_at_the_cancellation_time_itself_the_account_may_go(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, clock: SetClock
) -> None:
    resident = await enrol()
    clock.now = (await book(bookings, resident)).cancellable_until
    await delete(desk, resident)
