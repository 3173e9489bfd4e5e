"""What a worker knows of the places that are held: exact, whatever order the news comes in, and never old."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from desk import TEN, Offer, a_start, asked, refusal
from factories import NOON, SetClock, at
from keeping import Stuck, following
from patience import until, until_told

from lifecircle.catalogue.bookings import store
from lifecircle.catalogue.bookings.claims import taken_by
from lifecircle.catalogue.bookings.limits import used_by
from lifecircle.catalogue.bookings.model import BookingStatus, dates_from_document
from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.occupancy.made import BookingRate
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.turns import without_turns
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import BookingRefused, RateLimited
from lifecircle.catalogue.people.rates import Limit
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

DAY = date(2026, 11, 26)


@pytest.fixture
async def live(database: Database, clock: SetClock, desk: BookingDesk) -> AsyncIterator[Live]:
    async with following(database, clock) as live:
        yield live


@pytest.fixture
async def watching(desk: BookingDesk, offer: Offer, live: Live) -> BookingDesk:
    """A worker that follows the change stream."""
    await offer(capacity=2)
    return replace(desk, live=live)


async def remaining(desk: BookingDesk) -> int:
    (day,) = await desk.availability("o1", DAY, 1)
    return {free.interval.start: free.remaining for free in day.times}.get(TEN, 0)


async def truth(database: Database) -> dict[str, dict[int, int]]:
    rows = await database["bookings"].find({"claims": {"$exists": True}}).to_list(None)
    return taken_by(hold for row in rows for day in dates_from_document(row) for hold in day.holds)


async def test_own_writes_are_known_at_once(watching: BookingDesk) -> None:
    booking = await watching.create("r1", asked())
    assert await remaining(watching) == 1
    await watching.reschedule("r1", booking.id, a_start("26 15:00"))
    assert await remaining(watching) == 2
    other = await watching.create("r2", asked())
    assert await remaining(watching) == 1
    await watching.cancel("r2", other.id, None)
    assert await remaining(watching) == 2


async def test_what_other_workers_write_comes_by_the_stream(
    watching: BookingDesk, desk: BookingDesk, live: Live, database: Database
) -> None:
    booking = await desk.create("r1", asked())
    await seen(live, database)
    assert await remaining(watching) == 1
    await desk.cancel("r1", booking.id, None)
    await seen(live, database)
    assert await remaining(watching) == 2


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2026, 11, 27), date(2027, 3, 1)])
async def test_a_day_without_any_time_is_empty_whatever_is_booked_on_others(watching: BookingDesk, day: date) -> None:
    """Yesterday, a holiday, and beyond the booking window."""
    await watching.create("r1", asked())
    (found,) = await watching.availability("o1", day, 1)
    assert found.times == ()


async def test_who_asks_for_a_session_that_is_none_is_refused_whatever_is_booked(
    offer: Offer, watching: BookingDesk
) -> None:
    await offer("course", kind="SESSION", sessions=[{"start": TEN, "end": TEN + timedelta(hours=1)}])
    await watching.create("r1", asked(offering="course"))
    refused = await refusal(watching.create("r2", asked(at("2026-12-20 10:00"), offering="course")))
    assert refused.code == "OUTSIDE_HOURS"


async def seen(live: Live, database: Database) -> None:
    """Until the index says what the database says."""

    async def is_told() -> bool:
        return live.index.taken(NOON) == await truth(database)

    await until_told(is_told)


async def test_a_stream_that_is_behind_is_not_believed(watching: BookingDesk, desk: BookingDesk, live: Live) -> None:
    assert isinstance(live.keeper, Stuck)
    await live.keeper.stop()
    await desk.create("r1", asked())
    assert await remaining(watching) == 2, "nothing has come by the stream, which claims to be fresh"
    live.keeper.stuck = 1.6
    assert await remaining(watching) == 1
    await desk.create("r2", asked())
    assert await remaining(watching) == 0


async def test_news_from_the_end_of_a_queue_are_not_believed_to_be_all(
    watching: BookingDesk, desk: BookingDesk, live: Live, database: Database, clock: SetClock
) -> None:
    await live.keeper.stop()
    booking = await desk.create("r1", asked())
    await desk.create("r2", asked())
    clock.advance(seconds=3)
    live.index.apply(booking.id, await database["bookings"].find_one({"_id": booking.id}))
    assert await remaining(watching) == 0, "the one that is still in the queue counts"


async def test_where_the_worker_does_not_know_of_a_booking_the_claim_still_decides(
    watching: BookingDesk, desk: BookingDesk, live: Live
) -> None:
    await live.keeper.stop()
    for number in range(2):
        await desk.create(f"r{number}", asked())
    assert await remaining(watching) == 2
    assert (await refusal(watching.create("r9", asked()))).code == "TIME_SLOT_FULL"


async def test_where_the_worker_believes_a_freed_place_to_be_taken_it_asks(
    watching: BookingDesk, desk: BookingDesk, live: Live
) -> None:
    made = [await watching.create(f"r{number}", asked()) for number in range(2)]
    await live.keeper.stop()
    await desk.cancel("r0", made[0].id, None)
    assert await remaining(watching) == 0
    assert (await watching.create("r9", asked())).status is BookingStatus.CONFIRMED


async def test_an_expired_holder_is_forgotten_without_any_news(
    watching: BookingDesk, offer: Offer, clock: SetClock, live: Live, database: Database
) -> None:
    await offer(capacity=2, auto_confirm=False, version=2)
    await watching.create("r1", asked())
    assert await remaining(watching) == 1
    await live.keeper.stop()
    clock.advance(hours=2)
    assert await remaining(watching) == 2


async def test_after_a_reload_it_is_as_the_database_says(
    watching: BookingDesk, live: Live, database: Database, clock: SetClock
) -> None:
    for number in range(5):
        await watching.create(f"r{number}", asked(TEN + timedelta(minutes=30 * number)))
    fresh = OccupancyIndex(database, (), clock)
    await fresh.reload()
    assert fresh.taken(NOON) == await truth(database) == live.index.taken(NOON)
    elsewhere = OccupancyIndex(database, ["999999"], clock)
    await elsewhere.reload()
    assert elsewhere.taken(NOON) == {}


@pytest.mark.parametrize("seed", range(6))
async def test_in_whatever_order_the_news_come_the_newest_of_each_counts(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock, seed: int
) -> None:
    """Every version of every booking, shuffled, some twice: the index ends as the database is."""
    chance = random.Random(seed)
    await offer(capacity=3, daily_limit=9)
    news: list[tuple[str, Document | None]] = []
    for number in range(10):
        resident = f"r{number}"
        try:
            booking = await desk.create(resident, asked(TEN + timedelta(minutes=30 * chance.randrange(6))))
        except BookingRefused:
            continue
        news.append(await message(database, booking.id))
        if chance.random() < 0.5:
            await desk.cancel(resident, booking.id, None)
            news.append(await message(database, booking.id))
    index = OccupancyIndex(database, (), clock)
    everything = news + chance.sample(news, 5)
    chance.shuffle(everything)
    for key, document in everything:
        index.apply(key, document)
    assert index.taken(NOON) == await truth(database)
    held = await database["bookings"].find({"claims": {"$exists": True}}).to_list(None)
    used = index.used_tickets(NOON)
    assert sum(mask.bit_count() for mask in used.values()) == len(held)
    assert used == used_by(ticket for row in held for ticket in without_turns(row["tickets"]))


async def message(database: Database, key: str) -> tuple[str, Document | None]:
    return key, await database["bookings"].find_one({"_id": key})


def test_a_document_that_cannot_be_read_changes_nothing(database: Database, clock: SetClock) -> None:
    index = OccupancyIndex(database, (), clock)
    broken: list[dict[str, Any]] = [{}, {"version": 1}, {"version": "x", "dates": 3, "district": "d"}]
    for document in broken:
        index.apply("b1", document)
    assert index.taken(NOON) == {}


# --- how often ---


def a_booking_document(resident: str, made_at: datetime, **more: object) -> Document:
    return {"resident": resident, "created_at": made_at, "status": "CONFIRMED", **more}


def test_tries_are_counted_for_each_resident_until_the_window_ends(clock: SetClock) -> None:
    rate = BookingRate(Limit("booking", 2, 3_600), clock)
    for resident in ("r1", "r1", "r2"):
        rate.take(resident)
    with pytest.raises(RateLimited) as refused:
        rate.take("r1")
    assert 0 < refused.value.retry_after <= 3_600
    rate.take("r2")
    clock.now += timedelta(hours=1)
    rate.take("r1")


def test_bookings_made_elsewhere_count_once_each_and_only_in_their_window(clock: SetClock) -> None:
    rate = BookingRate(Limit("booking", 2, 3_600), clock)
    rate.note("b1", a_booking_document("r1", clock.now - timedelta(hours=1)))
    rate.note("b2", a_booking_document("r1", clock.now, status="OFFERED"))
    for _ in range(3):
        rate.note("b3", a_booking_document("r1", clock.now))
    rate.take("r1")
    rate.note("b4", a_booking_document("r1", clock.now))
    with pytest.raises(RateLimited):
        rate.take("r1")
    rate.take("r2")


async def test_a_worker_counts_what_another_has_booked_for_the_resident(
    database: Database, desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    """Also one that starts later, and cancelling does not make room for more."""
    await offer(capacity=2)
    following, late = (BookingRate(Limit("booking", 1, 3_600), clock) for _ in range(2))
    index = OccupancyIndex(database, (), clock, following)
    keeper = SnapshotKeeper(database, (), clock, [index])
    await keeper.start()
    booked = await desk.create("r1", asked(TEN))
    await until(lambda: bool(index.taken(clock.now)))
    await OccupancyIndex(database, (), clock, late).reload()
    await desk.cancel("r1", booked.id, None)
    await until(lambda: not index.taken(clock.now))
    await keeper.stop()
    for rate in (following, late):
        with pytest.raises(RateLimited):
            rate.take("r1")


@pytest.mark.parametrize("a_look", [1, 7, 5_000])
async def test_whenever_something_is_due_it_is_read_at_the_start(
    database: Database, desk: BookingDesk, offer: Offer, clock: SetClock, monkeypatch: pytest.MonkeyPatch, a_look: int
) -> None:
    """Long ago, now, soon, in years: each once."""
    monkeypatch.setattr(store, "_A_LOOK", a_look)
    monkeypatch.setattr(store, "_FEW", a_look)
    await offer()
    booking = await desk.create("r1", asked())
    row = await database["bookings"].find_one_and_delete({"_id": booking.id})
    assert row
    offsets = [timedelta(minutes=minutes) for minutes in (-2_000_000, -40_000, -31, -30, -1, 0, 1, 29, 30, 31, 600)]
    offsets += [timedelta(days=days) for days in (1, 2, 13, 13, 13, 29, 300, 799, 801, 5_000)]
    del row["claims"], row["tickets"]
    rest = [{**row, "_id": f"b{number}", "due_at": clock.now + offset} for number, offset in enumerate(offsets)]
    await database["bookings"].insert_many(rest)
    rows = [row["_id"] async for row in store.BookingStore(database).live([], clock.now)]
    assert len(rows) == len(set(rows)) == len(offsets)
    assert [row async for row in store.BookingStore(database).live(["elsewhere"], clock.now)] == []
