"""Who gets a place when many want it; one resident, one place at a time."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from desk import TEN, Offer, asked, check_claims, refusal, settle, stored
from factories import DISTRICT, SetClock, a_session

from lifecircle.catalogue.bookings.model import HOLDING, Booking, BookingStatus
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import OverlapsYourBooking, StateChanged, TimeSlotFull

# --- places ---


async def test_of_thirty_at_once_exactly_one_gets_the_only_place(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer()
    booked, refused = await settle(*(desk.create(f"r{number}", asked()) for number in range(30)))
    assert len(booked) == 1
    assert {type(answer) for answer in refused} == {TimeSlotFull}
    assert len(await check_claims(database)) == 1


async def test_overlapping_starts_at_once_give_the_place_to_no_two(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(grid_minutes=15)
    starts = [TEN + timedelta(minutes=15 * (number % 4)) for number in range(16)]
    booked, refused = await settle(*(desk.create(f"r{n}", asked(start)) for n, start in enumerate(starts)))
    assert len(booked) == 1
    assert {type(answer) for answer in refused} == {TimeSlotFull}
    assert len(await check_claims(database)) == 1


async def test_a_session_of_five_places_gives_exactly_five(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer(kind="SESSION", capacity=5, sessions=[a_session(TEN)])
    booked, refused = await settle(*(desk.create(f"r{number}", asked()) for number in range(20)))
    assert (len(booked), {type(answer) for answer in refused}) == (5, {TimeSlotFull})
    rows = await check_claims(database)
    assert sorted(seat for row in rows for seat in row["seats"]) == [0, 1, 2, 3, 4]


async def test_parties_take_as_many_places_as_they_are(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer(kind="SESSION", capacity=7, party_size_max=3, sessions=[a_session(TEN)])
    booked, refused = await settle(*(desk.create(f"r{number}", asked(party_size=3)) for number in range(8)))
    assert (len(booked), {type(answer) for answer in refused}) == (2, {TimeSlotFull})
    assert (await desk.create("single", asked())).party_size == 1
    assert isinstance(await refusal(desk.create("one more", asked())), TimeSlotFull)
    rows = await check_claims(database)
    assert sorted(seat for row in rows for seat in row["seats"]) == list(range(7))


async def test_an_appointment_with_three_seats_never_has_four_at_a_time(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=3)
    starts = [TEN + timedelta(minutes=30 * (number % 3)) for number in range(24)]
    booked, _ = await settle(*(desk.create(f"r{n}", asked(start)) for n, start in enumerate(starts)))
    await check_claims(database)
    for moment in (TEN + timedelta(minutes=minute) for minute in range(0, 150, 5)):
        assert sum(b.interval.start <= moment < b.interval.end for b in booked) <= 3
    assert len(booked) >= 3


async def test_too_large_a_party_is_told_how_many_may_come(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=10, party_size_max=4)
    refused = await refusal(desk.create("r1", asked(party_size=5)))
    assert (refused.code, refused.field) == ("PARTY_TOO_LARGE", ("partySize",))
    assert "4 位" in refused.message


# --- one resident, one place at a time ---


async def test_an_overlap_with_ones_own_booking_names_it(desk: BookingDesk, offer: Offer) -> None:
    await offer(name="日常保洁")
    await offer("o2", name="修脚")
    await desk.create("r1", asked())
    refused = await refusal(desk.create("r1", asked(TEN + timedelta(minutes=30), "o2")))
    assert isinstance(refused, OverlapsYourBooking)
    assert "11月26日（周四）10:00" in refused.message
    assert "日常保洁" in refused.message
    await desk.create("r1", asked(TEN + timedelta(hours=1), "o2"))


@pytest.mark.parametrize("capacity", [1, 2])
async def test_booking_the_same_time_twice_says_that_it_is_ones_own(
    desk: BookingDesk, offer: Offer, capacity: int
) -> None:
    """Whether or not the own booking took the last place: "full" would read as if the first had failed."""
    await offer(capacity=capacity)
    await desk.create("r1", asked())
    refused = await refusal(desk.create("r1", asked()))
    assert isinstance(refused, OverlapsYourBooking)
    assert "日常保洁" in refused.message


async def test_two_overlapping_ones_of_a_resident_at_once_give_one(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=9)
    await offer("o2", capacity=9)
    attempts = [desk.create("r1", asked(TEN, f"o{1 + number % 2}")) for number in range(8)]
    booked, refused = await settle(*attempts)
    assert (len(booked), {type(answer) for answer in refused}) == (1, {OverlapsYourBooking})
    await check_claims(database)


# --- waiting for the merchant ---


async def test_a_pending_booking_holds_its_place_until_it_expires(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(auto_confirm=False)
    waiting = await desk.create("r1", asked())
    assert waiting.status is BookingStatus.PENDING
    assert waiting.expires_at == clock.now + timedelta(hours=2)
    clock.advance(hours=2, seconds=-1)
    assert isinstance(await refusal(desk.create("r2", asked())), TimeSlotFull)
    assert (await desk.of_resident("r1", waiting.id)).status is BookingStatus.PENDING
    clock.advance(seconds=1)
    assert (await desk.of_resident("r1", waiting.id)).status is BookingStatus.EXPIRED
    assert (await desk.create("r2", asked())).status is BookingStatus.PENDING
    row = await stored(database, waiting)
    assert (row["status"], "claims" in row) == ("EXPIRED", False)
    assert [(event["status"], event["actor"]) for event in row["events"]][-1] == ("EXPIRED", "SYSTEM")
    await check_claims(database)


async def test_of_many_who_meet_an_expired_holder_exactly_one_gets_the_place(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(auto_confirm=False)
    await desk.create("r0", asked())
    clock.advance(hours=3)
    booked, refused = await settle(*(desk.create(f"r{number}", asked()) for number in range(1, 16)))
    assert (len(booked), {type(answer) for answer in refused}) == (1, {TimeSlotFull})
    await check_claims(database)


async def test_ones_own_expired_booking_is_no_overlap(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    await offer(auto_confirm=False)
    await offer("o2")
    await desk.create("r1", asked())
    clock.advance(hours=3)
    assert (await desk.create("r1", asked(offering="o2"))).status is BookingStatus.CONFIRMED


async def test_a_pending_booking_waits_no_longer_than_until_its_own_start(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(auto_confirm=False, lead_minutes=0)
    start = clock.now + timedelta(minutes=30)
    assert (await desk.create("r1", asked(start))).expires_at == start


async def test_an_expired_booking_cannot_be_cancelled(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    await offer(auto_confirm=False)
    waiting = await desk.create("r1", asked())
    clock.advance(hours=3)
    refused = await refusal(desk.cancel("r1", waiting.id, None))
    assert isinstance(refused, StateChanged)
    assert "已过期" in refused.message


async def test_an_expired_holder_is_not_shown_as_holding(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    await offer(auto_confirm=False)
    await desk.create("r1", asked())

    async def is_free() -> bool:
        (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
        return TEN in [free.interval.start for free in day.times]

    assert not await is_free()
    clock.advance(hours=3)
    assert await is_free()


# --- whatever happens ---


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_any_mixture_of_bookings_and_cancellations_the_claims_are_those_of_the_holders(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock, seed: int
) -> None:
    chance = random.Random(seed)
    offered = {"o1": 1, "o2": 3, "o3": 4, "o4": 1}
    await offer("o1")
    await offer("o2", capacity=3, party_size_max=2, grid_minutes=15, duration_minutes=45)
    sessions = [a_session(TEN + timedelta(minutes=60 * n)) for n in range(4)]
    await offer("o3", kind="SESSION", capacity=4, party_size_max=3, sessions=sessions)
    await offer("o4", auto_confirm=False)
    made: list[Booking] = []

    async def one() -> Booking:
        if made and chance.random() < 0.35:
            booking = chance.choice(made)
            return await desk.cancel(booking.resident, booking.id, None)
        start = TEN + timedelta(minutes=15 * chance.randrange(16))
        request = asked(start, chance.choice(list(offered)), party_size=chance.choice([1, 1, 2, 3]))
        return await desk.create(f"r{chance.randrange(8)}", request)

    for _ in range(25):
        booked, _ = await settle(*(one() for _ in range(3)))
        made += [booking for booking in booked if booking.status is not BookingStatus.CANCELLED]
        clock.advance(minutes=chance.randrange(25))

    rows = await check_claims(database)
    holding = [row for row in rows if BookingStatus(row["status"]) in HOLDING]
    claims = [claim for row in holding for claim in row["claims"]]
    assert len(claims) == len(set(claims))
    assert {row["status"] for row in rows} >= {"CONFIRMED", "CANCELLED"}
    for moment in (TEN + timedelta(minutes=minute) for minute in range(0, 360, 5)):
        now = [row for row in holding if row["start"] <= moment < row["end"]]
        for key in ("o1", "o2", "o4"):
            assert sum(row["party_size"] for row in now if row["offering"] == key) <= offered[key]
        residents = [row["resident"] for row in now]
        assert len(residents) == len(set(residents))
    for session in sessions:
        places = [r["party_size"] for r in holding if r["offering"] == "o3" and r["start"] == session["start"]]
        assert sum(places) <= 4
    assert all(row["district"] == DISTRICT for row in rows)
