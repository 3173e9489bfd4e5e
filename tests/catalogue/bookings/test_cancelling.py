"""Cancelling, and a resident's list."""

from __future__ import annotations

from datetime import timedelta

from desk import TEN, Offer, a_start, asked, check_claims, refusal, settle, stored
from factories import SetClock

from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import NotFound, TooLateToCancel

# --- cancelling ---


async def test_cancelling_frees_the_place_and_twice_is_once(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    clock.advance(minutes=5)
    cancelled = await desk.cancel("r1", booking.id, "临时有事")
    assert (cancelled.status, cancelled.version) == (BookingStatus.CANCELLED, 2)
    assert cancelled.events[-1].reason == "临时有事"
    assert await desk.cancel("r1", booking.id, "又按了一次") == cancelled
    assert "claims" not in await stored(database, booking)
    assert (await desk.create("r2", asked())).status is BookingStatus.CONFIRMED
    assert (await desk.create("r1", asked(TEN + timedelta(hours=1)))).status is BookingStatus.CONFIRMED
    await check_claims(database)


async def test_cancelling_many_times_at_once_gives_everybody_the_cancelled_booking(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    cancelled, refused = await settle(*(desk.cancel("r1", booking.id, None) for _ in range(8)))
    assert refused == []
    assert {answer.status for answer in cancelled} == {BookingStatus.CANCELLED}
    assert {len(answer.events) for answer in cancelled} == {2}


async def test_two_cancelled_bookings_do_not_collide(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    for resident in ("r1", "r2", "r1"):
        await desk.cancel(resident, (await desk.create(resident, asked())).id, None)
    assert [row["status"] for row in await check_claims(database)] == ["CANCELLED"] * 3


async def test_after_its_time_a_booking_cannot_be_cancelled_and_keeps_its_place(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(cancel_before_minutes=120)
    first, second = await desk.create("r1", asked()), await desk.create("r2", asked(TEN + timedelta(hours=1)))
    clock.now = TEN - timedelta(minutes=120) + timedelta(seconds=1)
    refused = await refusal(desk.cancel("r1", first.id, None))
    assert isinstance(refused, TooLateToCancel)
    assert "11月26日（周四）08:00" in refused.message
    assert (await desk.cancel("r2", second.id, None)).status is BookingStatus.CANCELLED
    assert "claims" in await stored(database, first)


async def test_the_time_to_cancel_is_that_of_the_moment_of_booking(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(cancel_before_minutes=60)
    booking = await desk.create("r1", asked())
    await offer(cancel_before_minutes=1440, version=2)
    clock.now = TEN - timedelta(minutes=90)
    assert (await desk.cancel("r1", booking.id, None)).status is BookingStatus.CANCELLED


async def test_somebody_elses_booking_is_not_found(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    for attempt in (desk.of_resident("r2", booking.id), desk.cancel("r2", booking.id, None)):
        assert isinstance(await refusal(attempt), NotFound)
    unknown, foreign = (
        await refusal(desk.of_resident("r2", "nothing")),
        await refusal(desk.of_resident("r2", booking.id)),
    )
    assert unknown.message == foreign.message, "nobody learns that it exists"
    assert (await desk.of_resident("r1", booking.id)).status is BookingStatus.CONFIRMED


# --- a resident's list ---


async def test_the_list_runs_from_the_latest_start_and_pages_give_each_once(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=9)
    made = [await desk.create("r1", asked(a_start(f"26 {hour:02d}:00"))) for hour in (9, 15, 11, 13, 17)]
    await desk.create("r2", asked())
    cancelled = await desk.cancel("r1", made[2].id, None)
    again = await desk.create("r1", asked(a_start("26 11:00")))
    seen: list[Booking] = []
    while page := await desk.list_of_resident("r1", [], 2, (seen[-1].interval.start, seen[-1].id) if seen else None):
        seen += page
    assert [booking.interval.start for booking in seen] == sorted((b.interval.start for b in seen), reverse=True)
    assert {booking.id for booking in seen} == {booking.id for booking in [*made, again]}
    assert len(seen) == 6 == await desk.count_of_resident("r1", [])
    only = await desk.list_of_resident("r1", [BookingStatus.CANCELLED], 9, None)
    assert [booking.id for booking in only] == [cancelled.id]
    assert await desk.count_of_resident("r1", [BookingStatus.CANCELLED]) == 1
