"""Making and cancelling bookings against a real database: who gets a place, who is told what."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from bson import json_util
from factories import DISTRICT, PlainCalendar, SetClock, a_session, a_store, an_offering, an_override, at, hours

from lifecircle.catalogue.bookings.claims import place_claims, resident_claims
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Actor,
    Booking,
    BookingRequest,
    BookingStatus,
    Contact,
    Interval,
)
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.database import Database, Document, connect, open_database
from lifecircle.catalogue.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotBookable,
    NotFound,
    OverlapsYourBooking,
    Refused,
    StateChanged,
    TimeSlotFull,
    TooLateToCancel,
    Unavailable,
)
from lifecircle.catalogue.offerings.model import offering_from_document
from lifecircle.catalogue.sealing import KeyRing, Keys

TEN = at("2026-11-26 10:00")
HOLIDAY = date(2026, 11, 27)

Offer = Callable[..., Awaitable[None]]


@pytest.fixture
async def desk(database: Database, keys: KeyRing, clock: SetClock) -> BookingDesk:
    await BookingStore(database).create_indexes()
    await database["stores"].insert_one(a_store("s1", merchant="m1", hours=hours(mode="CLOSED")))
    return BookingDesk(database, keys, PlainCalendar({HOLIDAY: "国庆节"}), clock, random.Random(1).shuffle)


@pytest.fixture
def offer(database: Database) -> Offer:
    """Puts an offering on offer, or changes it."""

    async def put(key: str = "o1", **changes: Any) -> None:
        await database["offerings"].replace_one({"_id": key}, an_offering(key, **changes), upsert=True)

    return put


def asked(start: datetime = TEN, offering: str = "o1", **changes: Any) -> BookingRequest:
    return BookingRequest(offering, start, **changes)


def a_start(text: str) -> datetime:
    return at(f"2026-11-{text}")


async def refusal(answer: Awaitable[Any]) -> Refused:
    with pytest.raises(Refused) as raised:
        await answer
    return raised.value


async def settle(*attempts: Awaitable[Booking]) -> tuple[list[Booking], list[Refused]]:
    """All at once; who got a booking, and who was refused. Anything else fails the test."""
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    surprises = [answer for answer in answers if not isinstance(answer, (Booking, Refused))]
    assert surprises == []
    booked = [answer for answer in answers if isinstance(answer, Booking)]
    return booked, [answer for answer in answers if isinstance(answer, Refused)]


async def stored(database: Database, booking: Booking) -> Document:
    found = await database["bookings"].find_one({"_id": booking.id})
    assert found
    return found


async def check_claims(database: Database) -> list[Document]:
    """A booking that holds carries exactly its own claims, every other has no such field."""
    rows = await database["bookings"].find().to_list(None)
    for row in rows:
        if BookingStatus(row["status"]) not in HOLDING:
            assert "claims" not in row
            continue
        terms = await database["offerings"].find_one({"_id": row["offering"]})
        assert terms
        interval = Interval(row["start"], row["end"])
        places = place_claims(offering_from_document(terms), interval, row["seats"])
        assert sorted(row["claims"]) == sorted([*places, *resident_claims(row["resident"], interval)])
    return rows


# --- making one ---


async def test_a_booking_is_made_and_read_back(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    assert booking.status is BookingStatus.CONFIRMED
    assert booking.interval == Interval(TEN, TEN + timedelta(hours=1))
    assert (booking.store, booking.merchant, booking.offering_name, booking.price) == ("s1", "m1", "日常保洁", 9000)
    assert [(event.status, event.actor) for event in booking.events] == [(BookingStatus.CONFIRMED, Actor.RESIDENT)]
    assert len(booking.code) == 8
    assert await desk.of_resident("r1", booking.id) == booking


async def test_the_price_is_for_the_whole_party_and_stays_as_of_the_moment(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=4, party_size_max=4, price=1500)
    booking = await desk.create("r1", asked(party_size=3))
    await offer(capacity=4, party_size_max=4, price=9900, version=2)
    assert (await desk.of_resident("r1", booking.id)).price == 4500
    assert (await desk.create("r2", asked())).price == 9900, "the next one gets the price of its own moment"


async def test_a_price_to_be_agreed_stays_open(desk: BookingDesk, offer: Offer) -> None:
    await offer(price=None)
    assert (await desk.create("r1", asked())).price is None


async def test_a_chain_offering_is_booked_at_the_stores_own_price(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["stores"].insert_many([a_store(key, chain="c1") for key in ("s2", "s3")])
    await offer("t1", chain="c1", store=None, price=3000)
    await database["offerings"].insert_one(an_override("s2", "t1", price=2500))
    booked = [await desk.create("r1", asked(TEN + timedelta(hours=2 * n), f"s{n + 2}:t1")) for n in range(2)]
    assert [(booking.store, booking.price) for booking in booked] == [("s2", 2500), ("s3", 3000)]
    full, here = await settle(*(desk.create(f"r{n}", asked(offering="s2:t1")) for n in range(2, 5)))
    assert (len(full), len(here)) == (0, 3)


@pytest.mark.parametrize("offering", ["nothing", "s1:nothing", "s9:o1", ""])
async def test_an_offering_that_is_not_there_is_not_found(desk: BookingDesk, offer: Offer, offering: str) -> None:
    await offer()
    assert isinstance(await refusal(desk.create("r1", asked(offering=offering))), NotFound)


async def test_a_paused_offering_and_a_closed_store_are_not_found(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(state="PAUSED")
    assert isinstance(await refusal(desk.create("r1", asked())), NotFound)
    await offer()
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"state": "CLOSED"}})
    assert isinstance(await refusal(desk.create("r1", asked())), NotFound)


# --- the edges of the clock ---


@pytest.mark.parametrize(
    ("start", "code", "nearest"),
    [
        ("2026-11-25 10:00", "IN_THE_PAST", "11月25日（周三）13:00"),
        ("2026-11-20 10:00", "IN_THE_PAST", "11月25日（周三）13:00"),
        ("2026-11-25 12:30", "TOO_SOON", "11月25日（周三）13:00"),
        ("2026-12-26 10:00", "TOO_FAR_AHEAD", "12月25日（周五）17:00"),
        ("2027-11-25 10:00", "TOO_FAR_AHEAD", "12月25日（周五）17:00"),
        ("2026-11-26 18:30", "OUTSIDE_HOURS", "11月26日（周四）17:00"),
        ("2026-11-26 06:00", "OUTSIDE_HOURS", "11月26日（周四）09:00"),
        ("2026-11-26 10:10", "OUTSIDE_HOURS", "11月26日（周四）10:00"),
        ("2026-11-27 07:00", "HOLIDAY_CLOSED", "11月26日（周四）17:00"),
        ("2026-11-27 17:00", "HOLIDAY_CLOSED", "11月28日（周六）09:00"),
        ("2026-11-30 10:00", "TIME_SLOT_FULL", "11月30日（周一）09:00"),
    ],
)
async def test_every_refusal_of_a_time_has_its_code_and_names_the_nearest_free_time(
    desk: BookingDesk, offer: Offer, start: str, code: str, nearest: str
) -> None:
    await offer()
    await desk.create("r0", asked(a_start("30 10:00")))
    refused = await refusal(desk.create("r1", asked(at(start))))
    assert refused.code == code
    assert refused.message.endswith(f"最近可约：{nearest}。")
    assert refused.field == ("start",)


async def test_the_nearest_free_time_has_room_for_the_party(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=2, party_size_max=2)
    for number, start in enumerate(("26 09:00", "26 10:00", "26 11:00")):
        await desk.create(f"r{number}", asked(a_start(start)))
    refused = await refusal(desk.create("r9", asked(party_size=2)))
    assert refused.code == "TIME_SLOT_FULL"
    assert "11月26日（周四）12:00" in refused.message


async def test_where_nothing_is_free_nothing_is_promised(desk: BookingDesk, offer: Offer) -> None:
    await offer(kind="SESSION", sessions=[a_session(TEN)])
    await desk.create("r1", asked())
    refused = await refusal(desk.create("r2", asked()))
    assert refused.code == "TIME_SLOT_FULL"
    assert "最近可约" not in refused.message


async def test_an_evening_past_midnight_can_be_booked_on_both_sides_of_it(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["stores"].replace_one({"_id": "s1"}, a_store(hours=hours(("18:00", "02:00"), weekdays="4")))
    await offer()
    across = await desk.create("r1", asked(a_start("26 23:30")))
    assert across.interval == Interval(a_start("26 23:30"), a_start("27 00:30"))
    assert (await refusal(desk.create("r2", asked(a_start("27 00:00"))))).code == "TIME_SLOT_FULL"
    assert (await desk.create("r2", asked(a_start("27 01:00")))).interval.end == a_start("27 02:00")
    assert (await refusal(desk.create("r3", asked(a_start("27 01:30"))))).code == "OUTSIDE_HOURS"
    assert (await refusal(desk.create("r3", asked(a_start("26 01:00"))))).code == "OUTSIDE_HOURS"


async def test_until_24_00_means_until_midnight(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await database["stores"].replace_one({"_id": "s1"}, a_store(hours=hours(("20:00", "24:00"))))
    await offer()
    assert (await desk.create("r1", asked(a_start("26 23:00")))).interval.end == a_start("27 00:00")
    assert (await refusal(desk.create("r2", asked(a_start("27 00:00"))))).code == "OUTSIDE_HOURS"


async def test_the_leap_day_can_be_booked(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    clock.now = at("2028-02-28 12:00")
    await offer(window_days=1)
    booking = await desk.create("r1", asked(at("2028-02-29 10:00")))
    assert booking.interval.start == at("2028-02-29 10:00")
    assert (await refusal(desk.create("r2", asked(at("2028-03-01 10:00"))))).code == "TOO_FAR_AHEAD"


async def test_the_hours_that_decide_are_read_from_the_database(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer()
    closed = [{"date": "2026-11-26", "closed": True, "ranges": [], "reason": "停电"}]
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"exceptions": closed}})
    refused = await refusal(desk.create("r1", asked()))
    assert (refused.code, "停电" in refused.message) == ("HOLIDAY_CLOSED", True)


async def test_a_store_that_opens_beside_the_grid_of_claims_is_full_and_not_busy(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["stores"].replace_one({"_id": "s1"}, a_store(hours=hours(("09:03", "12:00"))))
    await offer(duration_minutes=30)
    await desk.create("r1", asked(a_start("26 09:33")))
    assert (await refusal(desk.create("r2", asked(a_start("26 09:03"))))).code == "TIME_SLOT_FULL"
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    assert a_start("26 09:03") not in [free.interval.start for free in day.times]


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


# --- the same request again ---


async def test_the_same_key_with_the_same_input_gives_the_same_booking(
    desk: BookingDesk, offer: Offer, clock: SetClock, database: Database
) -> None:
    await offer(capacity=3)
    request = asked(idempotency_key="k1", contact=Contact(name="张三", location=(120.2, 30.3)))
    first = await desk.create("r1", request)
    clock.advance(minutes=3)
    assert await desk.create("r1", replace(request)) == first
    assert await database["bookings"].count_documents({}) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"start": TEN + timedelta(hours=2)},
        {"party_size": 2},
        {"contact": Contact(phone="13800138001")},
        {"offering": "o2"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_the_same_key_with_other_input_is_a_conflict(
    desk: BookingDesk, offer: Offer, database: Database, change: dict[str, Any]
) -> None:
    await offer(capacity=3, party_size_max=3)
    await offer("o2")
    request = asked(idempotency_key="k1", contact=Contact(phone="13800138000"))
    await desk.create("r1", request)
    refused = await refusal(desk.create("r1", replace(request, **change)))
    assert isinstance(refused, IdempotencyConflict)
    assert await database["bookings"].count_documents({}) == 1


@pytest.mark.parametrize("capacity", [1, 5])
@pytest.mark.parametrize("kind", ["APPOINTMENT", "SESSION"])
async def test_one_key_many_times_at_once_makes_one_booking_for_all(
    desk: BookingDesk, offer: Offer, database: Database, capacity: int, kind: str
) -> None:
    await offer(capacity=capacity, kind=kind, sessions=[a_session(TEN)])
    for key in ("k1", "k2"):
        resident = f"resident of {key}"
        await database["bookings"].delete_many({})
        booked, refused = await settle(*(desk.create(resident, asked(idempotency_key=key)) for _ in range(12)))
        assert refused == []
        assert len({booking.id for booking in booked}) == 1
        assert await database["bookings"].count_documents({}) == 1


async def test_two_residents_may_choose_the_same_key(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=2)
    first = await desk.create("r1", asked(idempotency_key="k1"))
    second = await desk.create("r2", asked(idempotency_key="k1"))
    assert first.id != second.id


async def test_a_key_still_answers_when_the_offering_is_taken_off_or_its_time_has_come(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer()
    request = asked(idempotency_key="k1")
    first = await desk.create("r1", request)
    await offer(state="PAUSED", version=2)
    clock.now = TEN + timedelta(minutes=10)
    assert await desk.create("r1", request) == first


async def test_a_key_still_answers_after_the_keys_were_rotated(desk: BookingDesk, offer: Offer, keys: KeyRing) -> None:
    await offer()
    request = asked(idempotency_key="k1", contact=Contact(phone="13800138000"))
    first = await desk.create("r1", request)
    lookup = Keys("k2", {**keys.lookup.by_id, "k2": b"2" * 32})
    rotated = replace(desk, keys=KeyRing(keys.sealing, lookup, keys.tokens))
    assert await rotated.create("r1", request) == first


# --- what is kept about people ---

PHONE, ADDRESS = "13800138000", "文澜路1号3幢502"


async def test_nothing_of_the_contact_can_be_read_in_the_stored_document(
    desk: BookingDesk, offer: Offer, database: Database, keys: KeyRing
) -> None:
    await offer()
    contact = Contact("王小明", PHONE, ADDRESS, (120.123456, 30.654321), "门铃坏了")
    booking = await desk.create("r1", asked(contact=contact, idempotency_key="my-own-key"))
    row = await stored(database, booking)
    raw = json_util.dumps(row, ensure_ascii=False)
    for secret in ("王小明", PHONE, ADDRESS, "120.123456", "门铃坏了", "my-own-key"):
        assert secret not in raw
    opened = keys.unseal(row["contact"], field="contact")
    assert all(text in opened for text in ("王小明", PHONE, ADDRESS, "门铃坏了"))


async def test_the_fingerprint_of_a_request_is_keyed_so_that_no_phone_can_be_guessed_from_it(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=2)
    other = Keys("k1", {"k1": b"x" * 32})
    desks = [desk, replace(desk, keys=KeyRing(other, other, other))]
    request = asked(contact=Contact(phone=PHONE), idempotency_key="k1")
    rows = [await stored(database, await at_desk.create(f"r{n}", request)) for n, at_desk in enumerate(desks)]
    assert rows[0]["idempotency"]["hash"] != rows[1]["idempotency"]["hash"]


async def test_without_a_contact_there_is_none(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    assert (await stored(database, await desk.create("r1", asked())))["contact"] is None


async def test_the_first_notice_lies_in_the_booking_itself(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    notice = {"id": f"{booking.id}:0", "kind": "CONFIRMED", "at": clock.now, "delivered_at": None}
    assert (await stored(database, booking))["notices"] == [notice]


# --- what is free ---


async def test_availability_lists_days_with_free_times_and_reasons(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    await desk.create("r1", asked())
    days = await desk.availability("o1", date(2026, 11, 25), 4)
    times = [[f"{free.interval.start.astimezone(at('2026-11-25').tzinfo):%H:%M}" for free in day.times] for day in days]
    assert [day.day.day for day in days] == [25, 26, 27, 28]
    assert [day.closed_reason for day in days] == [None, None, "国庆节", None]
    assert [len(found) for found in times] == [9, 14, 0, 17]
    assert days[0].times[0].interval.start == at("2026-11-25 13:00")
    assert {a_start("26 09:30"), TEN, a_start("26 10:30")}.isdisjoint(free.interval.start for free in days[1].times)


async def test_everything_that_availability_shows_can_be_booked_and_nothing_else(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer(duration_minutes=45, capacity=2)
    for number, start in enumerate(("26 09:00", "26 09:30", "26 14:00", "26 14:00")):
        await desk.create(f"early{number}", asked(a_start(start)))
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    shown = {free.interval.start for free in day.times}
    grid = [a_start("26 09:00") + timedelta(minutes=30 * step) for step in range(18)]
    bookable = set()
    for number, start in enumerate(grid):
        booked, _ = await settle(desk.create(f"late{number}", asked(start)))
        if booked:
            bookable.add(start)
            await desk.cancel(f"late{number}", booked[0].id, None)
    assert bookable == shown
    assert 0 < len(shown) < 18


async def test_availability_for_a_party_shows_only_times_with_room(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=3, party_size_max=3)
    await desk.create("r1", asked(party_size=2))

    async def remaining(party: int) -> int | None:
        (day,) = await desk.availability("o1", date(2026, 11, 26), 1, party)
        return {free.interval.start: free.remaining for free in day.times}.get(TEN)

    assert [await remaining(party) for party in (1, 2)] == [1, None]


@pytest.mark.parametrize(("days", "party", "field"), [(0, 1, "days"), (63, 1, "days"), (1, 0, "partySize")])
async def test_availability_has_bounds(desk: BookingDesk, offer: Offer, days: int, party: int, field: str) -> None:
    await offer()
    refused = await refusal(desk.availability("o1", date(2026, 11, 26), days, party))
    assert (type(refused), refused.field) == (InvalidInput, (field,))


async def test_availability_of_what_is_not_for_booking_says_so(desk: BookingDesk, offer: Offer) -> None:
    await offer(bookable=False)
    assert isinstance(await refusal(desk.availability("o1", date(2026, 11, 26), 1)), NotBookable)
    assert isinstance(await refusal(desk.availability("o9", date(2026, 11, 26), 1)), NotFound)


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


# --- without a database ---


async def test_a_lost_database_is_told_as_unavailable(desk: BookingDesk, offer: Offer) -> None:
    client = connect("mongodb://127.0.0.1:1/", server_selection_ms=100)
    lost = replace(desk, database=open_database(client, "nothing"))
    attempts: list[Awaitable[Any]] = [
        lost.create("r1", asked()),
        lost.cancel("r1", "b1", None),
        lost.of_resident("r1", "b1"),
        lost.list_of_resident("r1", [], 5, None),
        lost.availability("o1", date(2026, 11, 26), 1),
    ]
    for attempt in attempts:
        assert isinstance(await refusal(attempt), Unavailable)
    client.close()


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
