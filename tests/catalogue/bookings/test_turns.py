"""Nobody is in two places at once, whatever the workers have heard of each other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import CLERK, TEN, Offer, a_start, asked, check_claims, refusal, run_jobs, settle, stored
from factories import NOON, SetClock, a_store, hours
from keeping import Stuck
from patience import until_told
from scale import scaled

from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.turns import turns_among
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Refused
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

NewWorker = Callable[[], Awaitable[BookingDesk]]


@pytest.fixture
async def worker(desk: BookingDesk, offer: Offer, database: Database, clock: SetClock) -> AsyncIterator[NewWorker]:
    """Starts workers that follow the stream, until a test stops it. `desk` asks the database every time."""
    for key in ("o1", "o2", "o3"):
        await offer(key, capacity=3, cancel_before_minutes=0)
    started = list[SnapshotKeeper]()

    async def start() -> BookingDesk:
        index = OccupancyIndex(database, (), clock)
        started.append(Stuck(database, (), clock, [index]))
        await started[-1].start()
        return replace(desk, live=Live(started[-1], index))

    yield start
    for keeper in started:
        await keeper.stop()


@pytest.fixture
async def other(worker: NewWorker) -> BookingDesk:
    return await worker()


async def deaf(worker: BookingDesk, database: Database) -> None:
    """Has heard of everything until now, and hears nothing more."""
    assert worker.live
    index = worker.live.index

    async def has_heard() -> bool:
        rows = await database["bookings"].find().to_list(None)
        versions = {key: entry.version for key, entry in index._state.entries.items()}
        return versions == {row["_id"]: row["version"] for row in rows}

    await until_told(has_heard)
    await worker.live.keeper.stop()


async def test_of_a_booking_it_has_not_heard_of(desk: BookingDesk, other: BookingDesk, database: Database) -> None:
    await deaf(other, database)
    await desk.create("r1", asked(TEN))
    refused = await refusal(other.create("r1", asked(a_start("26 10:30"), "o2")))
    assert (refused.code, "10:00" in refused.message) == ("OVERLAPS_YOUR_BOOKING", True)
    assert (await other.create("r1", asked(a_start("26 11:00"), "o2"))).status is BookingStatus.CONFIRMED
    await check_claims(database)


async def test_of_a_move_it_has_not_heard_of(desk: BookingDesk, other: BookingDesk, database: Database) -> None:
    booking = await desk.create("r1", asked(TEN))
    await deaf(other, database)
    await desk.reschedule("r1", booking.id, a_start("26 15:00"))
    assert (await refusal(other.create("r1", asked(a_start("26 15:30"), "o2")))).code == "OVERLAPS_YOUR_BOOKING"
    assert (await other.create("r1", asked(TEN, "o2"))).interval.start == TEN, "where it was before is free again"
    await check_claims(database)


async def test_of_a_move_from_another_day(desk: BookingDesk, other: BookingDesk, database: Database) -> None:
    booking = await desk.create("r1", asked(a_start("28 10:00")))
    await deaf(other, database)
    await desk.reschedule("r1", booking.id, TEN)
    assert (await refusal(other.create("r1", asked(TEN, "o2")))).code == "OVERLAPS_YOUR_BOOKING"


async def test_of_what_was_cancelled_and_booked_otherwise(
    desk: BookingDesk, other: BookingDesk, database: Database
) -> None:
    """What is cancelled keeps its turn: else the next booking would take it, and nobody would notice."""
    first = await desk.create("r1", asked(TEN))
    await deaf(other, database)
    await desk.cancel("r1", first.id, None)
    assert (await other.create("r1", asked(TEN, "o2"))).interval.start == TEN, "the database knew better"
    assert (await refusal(desk.create("r1", asked(a_start("26 10:30"), "o3")))).code == "OVERLAPS_YOUR_BOOKING"
    assert "claims" not in await stored(database, first)
    assert turns_among((await stored(database, first))["tickets"])


async def test_a_move_does_not_run_into_itself_but_into_others(desk: BookingDesk, other: BookingDesk) -> None:
    first = await other.create("r1", asked(TEN))
    await other.create("r1", asked(a_start("26 12:00"), "o2"))
    moved = await other.reschedule("r1", first.id, a_start("26 10:30"))
    assert moved.interval.start == a_start("26 10:30")
    assert (await refusal(other.reschedule("r1", first.id, a_start("26 11:30")))).code == "OVERLAPS_YOUR_BOOKING"


async def test_of_many_attempts_at_once_one_is_booked(
    desk: BookingDesk, other: BookingDesk, database: Database
) -> None:
    starts = [TEN + timedelta(minutes=30 * (number % 2)) for number in range(12)]
    attempts = [
        (desk, other)[number % 2].create("r1", asked(start, f"o{number % 3 + 1}"))
        for number, start in enumerate(starts)
    ]
    booked, refused = await settle(*attempts)
    assert len(booked) == 1
    assert {each.code for each in refused} == {"OVERLAPS_YOUR_BOOKING"}
    await check_claims(database)


async def test_times_that_do_not_meet_are_all_booked_at_once(
    desk: BookingDesk, other: BookingDesk, database: Database
) -> None:
    attempts = [(desk, other)[n % 2].create("r1", asked(TEN + timedelta(hours=n), f"o{n % 3 + 1}")) for n in range(6)]
    booked, refused = await settle(*attempts)
    assert (len(booked), refused) == (6, [])
    await check_claims(database)


async def test_the_same_key_twice_is_the_booking_it_made(other: BookingDesk) -> None:
    asked_for = asked(TEN, idempotency_key="k1")
    first, again = await asyncio.gather(*(other.create("r1", asked_for) for _ in range(2)))
    assert first.id == again.id == (await other.create("r1", asked_for)).id


async def test_what_waited_in_vain_makes_room(
    desk: BookingDesk, other: BookingDesk, offer: Offer, clock: SetClock, database: Database
) -> None:
    await offer("o1", capacity=3, auto_confirm=False, version=2)
    waiting = await desk.create("r1", asked(TEN))
    await deaf(other, database)
    clock.now = waiting.expires_at or NOON
    assert (await other.create("r1", asked(TEN, "o2"))).status is BookingStatus.CONFIRMED
    assert (await stored(database, waiting))["status"] == "EXPIRED"


async def test_once_its_day_is_over_nothing_is_kept_of_a_turn(
    desk: BookingDesk, other: BookingDesk, database: Database, clock: SetClock
) -> None:
    cancelled, came = await desk.create("r1", asked(TEN)), await desk.create("r2", asked(TEN))
    await desk.cancel("r1", cancelled.id, None)
    clock.now = a_start("26 11:30")
    await desk.of_store.complete(CLERK, came.id)
    assert all([(await stored(database, each))["tickets"] for each in (cancelled, came)])
    clock.now = a_start("27 10:00")
    await run_jobs(desk, database, clock)
    for each in (cancelled, came):
        assert {"tickets", "lookup", "due_at", "claims"}.isdisjoint(await stored(database, each))


async def test_a_booking_of_an_earlier_release_is_in_the_way_too(
    desk: BookingDesk, other: BookingDesk, database: Database
) -> None:
    """It claimed the resident's cells and had no turn."""
    booking = await desk.create("r1", asked(TEN))
    await deaf(other, database)
    old = {"$unset": {"tickets": ""}, "$push": {"claims": {"$each": [f"~r1@{number}" for number in range(12)]}}}
    await database["bookings"].update_one({"_id": booking.id}, old)
    for worker in (desk, other):
        assert (await refusal(worker.create("r1", asked(a_start("26 10:30"), "o2")))).code == "OVERLAPS_YOUR_BOOKING"
    assert (await desk.create("r1", asked(a_start("26 12:00"), "o2"))).status is BookingStatus.CONFIRMED


@pytest.fixture
async def abroad(worker: NewWorker, offer: Offer, database: Database) -> list[BookingDesk]:
    """Two workers of all districts; o2 and o3 are in another."""
    await database["stores"].insert_one(a_store("s2", district="330102", merchant="m2", hours=hours(mode="CLOSED")))
    for key in ("o2", "o3"):
        await offer(key, capacity=3, cancel_before_minutes=0, store="s2", district="330102")
    return [await worker(), await worker()]


async def test_each_district_counts_turns_by_itself(
    desk: BookingDesk, abroad: list[BookingDesk], database: Database
) -> None:
    """What a worker has seen in one says nothing of the other: no turn is left out there."""
    knowing, _ = abroad
    await knowing.create("r1", asked(TEN))
    second = await knowing.create("r1", asked(a_start("26 14:00"), "o2"))
    assert (await knowing.reschedule("r1", second.id, a_start("26 16:00"))).version == 2
    assert (await desk.create("r1", asked(a_start("26 14:00"), "o3"))).status is BookingStatus.CONFIRMED
    await check_claims(database)


async def test_who_has_not_heard_of_another_district_is_refused_there_too(
    abroad: list[BookingDesk], database: Database
) -> None:
    knowing, unknowing = abroad
    await deaf(unknowing, database)
    await knowing.create("r1", asked(TEN))
    await knowing.create("r1", asked(a_start("26 14:00"), "o2"))
    assert (await refusal(unknowing.create("r1", asked(a_start("26 14:30"), "o3")))).code == "OVERLAPS_YOUR_BOOKING"


@pytest.mark.parametrize("seed", range(scaled(2, 40)))
async def test_whatever_they_do_at_once(
    desk: BookingDesk, other: BookingDesk, database: Database, clock: SetClock, seed: int
) -> None:
    """One worker hears late or never, one asks; few residents, so that they meet all the time."""
    chance, made = random.Random(seed), list[Booking]()
    assert other.live

    async def one() -> Booking:
        worker = chance.choice([desk, other])
        start = TEN + timedelta(minutes=30 * chance.randrange(10), days=chance.choice([0, 0, 2]))
        if made and chance.random() < 0.5:
            booking = chance.choice(made)
            if chance.random() < 0.4:
                return await worker.cancel(booking.resident, booking.id, None)
            return await worker.reschedule(booking.resident, booking.id, start)
        return await worker.create(f"r{chance.randrange(3)}", asked(start, f"o{chance.randrange(3) + 1}"))

    codes = set[str]()
    for number in range(15):
        if number == 8:
            await other.live.keeper.stop()
        answers = await asyncio.gather(*(one() for _ in range(4)), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, Booking):
                made.append(answer)
            else:
                assert isinstance(answer, Refused), answer
                codes.add(answer.code)
        await check_claims(database)
    assert "OVERLAPS_YOUR_BOOKING" in codes
