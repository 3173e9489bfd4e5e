"""Moving a booking: one write; the old place is lost only when the new one is won."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from desk import TEN, Offer, a_start, asked, check_claims, refusal, settle, stored
from factories import SetClock, a_session

from lifecircle.catalogue.bookings.model import Actor, BookingStatus, Interval
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database

NOON = a_start("26 12:00")


async def test_a_booking_moves_and_its_old_place_is_free(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    later = await desk.reschedule("r1", booking.id, NOON)
    assert (later.id, later.code) == (booking.id, booking.code)
    assert later.interval == Interval(NOON, NOON + timedelta(hours=1))
    assert (later.events[-1].actor, later.events[-1].reason) == (Actor.RESIDENT, "改期，原来是11月26日（周四）10:00")
    row = await stored(database, booking)
    assert [(told["id"], told["kind"]) for told in row["notices"]][-1] == (f"{booking.id}:2", "RESCHEDULED")
    assert (await desk.create("r2", asked())).interval.start == TEN
    assert (await refusal(desk.create("r3", asked(NOON)))).code == "TIME_SLOT_FULL"
    await check_claims(database)


async def test_it_may_overlap_where_it_was(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    later = await desk.reschedule("r1", booking.id, TEN + timedelta(minutes=30))
    assert later.interval.start == TEN + timedelta(minutes=30)
    await check_claims(database)


async def test_refused_it_stays_where_it_was(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    await offer("o2")
    booking = await desk.create("r1", asked())
    await desk.create("r2", asked(NOON))
    await desk.create("r1", asked(a_start("26 14:00"), "o2"))
    for start, code in (
        (NOON, "TIME_SLOT_FULL"),
        (a_start("26 14:00"), "OVERLAPS_YOUR_BOOKING"),
        (a_start("26 20:00"), "OUTSIDE_HOURS"),
        (a_start("25 12:30"), "TOO_SOON"),
        (a_start("24 12:00"), "IN_THE_PAST"),
        (a_start("27 10:00"), "HOLIDAY_CLOSED"),
    ):
        refused = await refusal(desk.reschedule("r1", booking.id, start))
        assert refused.code == code
        assert "最近可约" in refused.message
    assert await desk.of_resident("r1", booking.id) == booking
    await check_claims(database)


async def test_twice_the_same_is_once_also_at_the_same_moment(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    moved, refused = await settle(*(desk.reschedule("r1", booking.id, NOON) for _ in range(6)))
    assert refused == []
    assert {(each.version, each.interval.start) for each in moved} == {(2, NOON)}
    assert (await desk.reschedule("r1", booking.id, NOON)).version == 2


async def test_it_has_a_window_of_its_own_as_of_the_moment_of_booking(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(cancel_before_minutes=60, reschedule_before_minutes=240)
    booking = await desk.create("r1", asked())
    await offer(cancel_before_minutes=60, reschedule_before_minutes=0, version=2)
    clock.now = TEN - timedelta(minutes=240)
    booking = await desk.reschedule("r1", booking.id, a_start("26 11:00"))
    clock.now = a_start("26 11:00") - timedelta(minutes=239)
    refused = await refusal(desk.reschedule("r1", booking.id, NOON))
    assert (refused.code, "07:00" in refused.message) == ("TOO_LATE_TO_CANCEL", True)
    assert (await desk.cancel("r1", booking.id, None)).status is BookingStatus.CANCELLED


async def test_what_is_over_or_somebody_elses_does_not_move(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    assert (await refusal(desk.reschedule("r2", booking.id, NOON))).code == "NOT_FOUND"
    await desk.cancel("r1", booking.id, None)
    assert (await refusal(desk.reschedule("r1", booking.id, NOON))).code == "STATE_CHANGED"


async def test_price_length_and_party_go_with_it(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=4, party_size_max=4, min_duration_minutes=30, max_duration_minutes=120, price=1000)
    booking = await desk.create("r1", asked(party_size=3, duration_minutes=90))
    await offer(capacity=4, party_size_max=4, min_duration_minutes=30, max_duration_minutes=120, price=9000, version=2)
    later = await desk.reschedule("r1", booking.id, NOON)
    assert (later.price, later.party_size) == (4500, 3)
    assert later.interval.end - later.interval.start == timedelta(minutes=90)


async def test_a_session_moves_to_another_and_takes_its_length(desk: BookingDesk, offer: Offer) -> None:
    await offer(kind="SESSION", capacity=2, sessions=[a_session(TEN), a_session(NOON, 45)])
    booking = await desk.create("r1", asked())
    later = await desk.reschedule("r1", booking.id, NOON)
    assert later.interval == Interval(NOON, NOON + timedelta(minutes=45))


async def test_one_that_waits_to_be_confirmed_still_waits_no_longer_than_until_its_start(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(auto_confirm=False, lead_minutes=0, cancel_before_minutes=0, pending_minutes=120)
    booking = await desk.create("r1", asked())
    soon = clock.now + timedelta(minutes=60)
    moved = await desk.reschedule("r1", booking.id, soon)
    assert (moved.status, moved.expires_at) == (BookingStatus.PENDING, soon)


async def test_the_tickets_of_a_limit_move_along(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer(capacity=9, resident_daily_limit=1, daily_limit=2)
    first = await desk.create("r1", asked())
    assert (await desk.reschedule("r1", first.id, NOON)).interval.start == NOON
    await desk.reschedule("r1", first.id, a_start("28 10:00"))
    await desk.create("r1", asked())
    assert (await refusal(desk.create("r1", asked(a_start("28 15:00"))))).code == "LIMIT_REACHED"
    await check_claims(database)


async def test_two_who_swap_at_once_lose_nothing(desk: BookingDesk, offer: Offer, database: Database) -> None:
    """Neither place is free, so neither moves; both keep what they had."""
    await offer()
    one, other = await desk.create("r1", asked()), await desk.create("r2", asked(NOON))
    answers = await asyncio.gather(
        desk.reschedule("r1", one.id, NOON), desk.reschedule("r2", other.id, TEN), return_exceptions=True
    )
    assert len(answers) == 2
    assert {row["start"] for row in await check_claims(database)} == {TEN, NOON}


async def test_many_movers_and_bookers_of_one_place_leave_exactly_one(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer()
    made = [await desk.create(f"r{n}", asked(a_start(f"26 {hour}:00"))) for n, hour in enumerate((13, 14, 15, 16, 17))]
    moving = [desk.reschedule(booking.resident, booking.id, TEN) for booking in made]
    booking = [desk.create(f"new{n}", asked()) for n in range(5)]
    done, refused = await settle(*moving, *booking)
    assert len([each for each in done if each.interval.start == TEN]) == 1
    assert {answer.code for answer in refused} == {"TIME_SLOT_FULL"}
    assert len(await check_claims(database)) in (5, 6)


async def test_where_the_worker_is_busy_then_another_takes_over_and_is_named(desk: BookingDesk, offer: Offer) -> None:
    await offer(resources=[{"id": "wang", "name": "王师傅"}, {"id": "li", "name": "李师傅"}])
    booking = await desk.create("r1", asked(resource="wang"))
    await desk.create("r2", asked(NOON, resource="wang"))
    assert (await desk.reschedule("r1", booking.id, NOON)).resources == ("李师傅",)


async def test_what_it_may_be_moved_to_instead_counts_nothing_of_itself(desk: BookingDesk, offer: Offer) -> None:
    """It is twice as long as usual, holds the only place around, and is the one of its week."""
    await offer(min_duration_minutes=60, max_duration_minutes=120, resident_weekly_limit=1)
    booking = await desk.create("r1", asked(duration_minutes=120))
    for start, nearest in (("26 10:07", "10:30"), ("26 17:30", "16:00")):
        refused = await refusal(desk.reschedule("r1", booking.id, a_start(start)))
        assert refused.message.endswith(f"最近可约：11月26日（周四）{nearest}。")
        hours, minutes = map(int, nearest.split(":"))
        moved = await desk.reschedule("r1", booking.id, a_start(f"26 {hours:02}:{minutes:02}"))
        booking = await desk.reschedule("r1", moved.id, TEN)
