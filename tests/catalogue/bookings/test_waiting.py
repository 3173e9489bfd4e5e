"""The waiting list: a freed place is kept for the next in line, for a while, then for the one after."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from desk import CLERK, TEN, Offer, a_start, asked, check_claims, refusal, run_jobs, settle
from factories import SetClock
from keeping import Stuck
from scale import scaled

from lifecircle.catalogue.bookings.model import Booking, BookingStatus, Contact
from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.waiting.model import JoinRequest, WaitingEntry, WaitingStatus, offered_until
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import IdempotencyConflict

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
async def full(desk: BookingDesk, offer: Offer) -> Booking:
    await offer()
    return await desk.create("holder", asked())


async def join(desk: BookingDesk, resident: str, **changes: int | str) -> WaitingEntry:
    return await desk.waiting.join(resident, JoinRequest("o1", TEN, **changes))  # type: ignore[arg-type]


async def entry_of(desk: BookingDesk, entry: WaitingEntry) -> WaitingEntry:
    return await desk.waiting.of_resident(entry.resident, entry.id)


async def test_a_freed_place_is_kept_for_the_first_in_line(
    desk: BookingDesk, full: Booking, database: Database, clock: SetClock
) -> None:
    first = await join(desk, "r1")
    clock.advance(minutes=1)
    second = await join(desk, "r2")
    assert [await desk.waiting.position(entry) for entry in (first, second)] == [1, 2]
    await desk.cancel("holder", full.id, None)
    offered = await entry_of(desk, first)
    assert (offered.status, offered.offered_until) == (WaitingStatus.OFFERED, clock.now + HALF_AN_HOUR)
    assert [await desk.waiting.position(await entry_of(desk, e)) for e in (first, second)] == [None, 1]
    for outsider in ("stranger", "r2"):
        assert (await refusal(desk.create(outsider, asked()))).code == "TIME_SLOT_FULL"
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    assert TEN not in [free.interval.start for free in day.times]
    booking = await desk.create("r1", asked(idempotency_key="k1"))
    assert booking.status is BookingStatus.CONFIRMED
    assert await desk.create("r1", asked(idempotency_key="k1")) == booking
    assert (await entry_of(desk, first)).status is WaitingStatus.TAKEN
    assert await database["bookings"].count_documents({"status": "OFFERED"}) == 0
    await check_claims(database)


async def test_an_offer_that_lapses_goes_to_the_next_and_then_to_everybody(
    desk: BookingDesk, full: Booking, database: Database, clock: SetClock
) -> None:
    entries = []
    for resident in ("r1", "r2"):
        entries.append(await join(desk, resident))
        clock.advance(seconds=1)
    await desk.of_store.decline(CLERK, full.id, "停电")
    clock.advance(minutes=30)
    assert (await entry_of(desk, entries[0])).as_of(clock.now) is WaitingStatus.LAPSED
    await run_jobs(desk, database, clock)
    assert [(await entry_of(desk, e)).status.value for e in entries] == ["LAPSED", "OFFERED"]
    assert (await refusal(desk.create("r1", asked()))).code == "TIME_SLOT_FULL"
    clock.advance(minutes=31)
    assert (await desk.create("stranger", asked())).status is BookingStatus.CONFIRMED, "cleared away by whoever comes"
    assert [(await entry_of(desk, e)).status.value for e in entries] == ["LAPSED", "LAPSED"]
    rows = await database["waiting_entries"].find().sort("joined_at").to_list(None)
    assert [[told["kind"] for told in row["notices"]] for row in rows] == [["WAITING_OFFER", "WAITING_LAPSED"]] * 2
    assert [told["id"] for told in rows[0]["notices"]] == [f"{entries[0].id}:{version}" for version in (2, 3)]
    await check_claims(database)


async def test_an_expired_booking_goes_to_the_line_and_not_to_who_meets_it(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(auto_confirm=False, pending_minutes=30)
    await desk.create("holder", asked())
    entry = await join(desk, "r1")
    clock.advance(minutes=30)
    assert (await refusal(desk.create("stranger", asked()))).code == "TIME_SLOT_FULL"
    assert (await entry_of(desk, entry)).status is WaitingStatus.OFFERED


async def test_leaving_passes_the_kept_place_on(desk: BookingDesk, full: Booking, clock: SetClock) -> None:
    first = await join(desk, "r1")
    clock.advance(seconds=1)
    second = await join(desk, "r2")
    await desk.cancel("holder", full.id, None)
    assert (await desk.waiting.leave("r1", first.id)).status is WaitingStatus.LEFT
    assert (await desk.waiting.leave("r1", first.id)).status is WaitingStatus.LEFT
    assert (await entry_of(desk, second)).status is WaitingStatus.OFFERED
    await desk.waiting.leave("r2", second.id)
    assert (await desk.create("stranger", asked())).status is BookingStatus.CONFIRMED


async def test_joining_twice_is_once_and_again_after_leaving_is_at_the_end(
    desk: BookingDesk, full: Booking, database: Database, clock: SetClock
) -> None:
    entries = await asyncio.gather(*(join(desk, "r1", idempotency_key="k1") for _ in range(5)))
    assert len({entry.id for entry in entries}) == 1
    assert await database["waiting_entries"].count_documents({}) == 1
    clock.advance(seconds=1)
    other = await join(desk, "r2")
    await desk.waiting.leave("r1", entries[0].id)
    clock.advance(seconds=1)
    again = await join(desk, "r1")
    assert [await desk.waiting.position(entry) for entry in (other, again)] == [1, 2]


@pytest.mark.usefixtures("full")
async def test_the_same_key_for_another_time_is_a_conflict(desk: BookingDesk) -> None:
    await join(desk, "r1", idempotency_key="k1")
    await desk.create("holder", asked(a_start("26 12:00")))
    other = JoinRequest("o1", a_start("26 12:00"), idempotency_key="k1")
    assert (await refusal(desk.waiting.join("r1", other))).code == "IDEMPOTENCY_CONFLICT"


@pytest.mark.usefixtures("full")
async def test_nobody_waits_for_what_is_free_or_cannot_be(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    for start, code in (
        ("26 12:00", "STATE_CHANGED"),
        ("27 10:00", "HOLIDAY_CLOSED"),
        ("26 22:00", "OUTSIDE_HOURS"),
        ("24 10:00", "IN_THE_PAST"),
    ):
        assert (await refusal(desk.waiting.join("r1", JoinRequest("o1", a_start(start))))).code == code
    assert (await refusal(join(desk, "holder"))).code == "OVERLAPS_YOUR_BOOKING"
    assert (await refusal(join(desk, "r1", party_size=2))).code == "PARTY_TOO_LARGE"
    assert (await refusal(desk.waiting.join("r1", JoinRequest("o9", TEN)))).code == "NOT_FOUND"


async def test_somebody_elses_entry_is_not_found(desk: BookingDesk, full: Booking) -> None:
    entry = await join(desk, "r1")
    for answer in (desk.waiting.leave("r2", entry.id), desk.waiting.of_resident("r2", entry.id)):
        assert (await refusal(answer)).code == "NOT_FOUND"
    await desk.cancel("holder", full.id, None)
    assert (await entry_of(desk, entry)).status is WaitingStatus.OFFERED


async def test_one_resident_does_not_wait_everywhere(desk: BookingDesk, offer: Offer) -> None:
    await offer(grid_minutes=15, duration_minutes=30)
    starts = [a_start(f"26 {hour}:{minute}") for hour in range(10, 16) for minute in ("00", "30")][:11]
    for number, start in enumerate(starts):
        await desk.create(f"holder{number}", asked(start))
    for start in starts[:10]:
        await desk.waiting.join("r1", JoinRequest("o1", start))
    assert (await refusal(desk.waiting.join("r1", JoinRequest("o1", starts[10])))).code == "LIMIT_REACHED"


async def test_a_party_that_does_not_fit_lets_the_next_one_through(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(capacity=3, party_size_max=3)
    holders = [await desk.create(f"h{n}", asked()) for n in range(3)]
    family = await join(desk, "family", party_size=2)
    clock.advance(seconds=1)
    single = await join(desk, "single")
    await desk.cancel("h0", holders[0].id, None)
    assert [(await entry_of(desk, e)).status.value for e in (family, single)] == ["WAITING", "OFFERED"]
    await desk.cancel("h1", holders[1].id, None)
    await desk.cancel("h2", holders[2].id, None)
    assert (await entry_of(desk, family)).status is WaitingStatus.OFFERED
    assert (await desk.create("family", asked(party_size=2))).party_size == 2


async def test_who_booked_otherwise_leaves_the_line(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    await offer()
    holder = await desk.create("holder", asked())
    entry = await join(desk, "r1")
    await offer(capacity=2, version=2)
    assert (await desk.create("r1", asked())).status is BookingStatus.CONFIRMED
    assert (await entry_of(desk, entry)).status is WaitingStatus.TAKEN
    await desk.cancel("holder", holder.id, None)
    assert (await desk.create("stranger", asked())).status is BookingStatus.CONFIRMED


async def test_what_broke_off_between_freeing_and_offering_is_swept_up(
    desk: BookingDesk, full: Booking, database: Database, clock: SetClock
) -> None:
    entry, late = await join(desk, "r1"), await join(desk, "r2")
    await database["bookings"].delete_one({"_id": full.id})
    await run_jobs(desk, database, clock)
    statuses = {(await entry_of(desk, e)).status for e in (entry, late)}
    assert statuses == {WaitingStatus.OFFERED, WaitingStatus.WAITING}
    clock.now = TEN + timedelta(minutes=1)
    await run_jobs(desk, database, clock)
    await run_jobs_again(desk, database, clock)
    assert {(await entry_of(desk, e)).status for e in (entry, late)} == {WaitingStatus.LAPSED, WaitingStatus.OVER}
    await check_claims(database)


async def run_jobs_again(desk: BookingDesk, database: Database, clock: SetClock) -> None:
    clock.advance(minutes=6)
    await run_jobs(desk, database, clock)


async def test_many_cancel_and_many_wait_and_nobody_gets_what_another_has(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=4)
    holders = [await desk.create(f"h{n}", asked()) for n in range(4)]
    waiting = [await join(desk, f"w{n}") for n in range(6)]
    await settle(*(desk.cancel(b.resident, b.id, None) for b in holders))
    statuses = [(await entry_of(desk, entry)).status for entry in waiting]
    assert statuses.count(WaitingStatus.OFFERED) <= 4
    booked, _ = await settle(*(desk.create(f"w{n}", asked()) for n in range(6)))
    assert len(booked) == 4
    await check_claims(database)


@pytest.mark.parametrize(
    ("freed", "start", "until"),
    [
        ("25 12:00", "26 10:00", "25 12:30"),
        ("25 20:59", "26 10:00", "25 21:29"),
        ("25 21:00", "26 10:00", "26 08:30"),
        ("26 07:59", "26 10:00", "26 08:30"),
        ("26 07:50", "26 08:20", "26 08:20"),
        ("26 03:00", "26 08:20", "26 03:30"),
        ("26 09:45", "26 10:00", "26 10:00"),
    ],
)
def test_who_sleeps_is_kept_the_place_until_the_morning(freed: str, start: str, until: str) -> None:
    freed_at, start_at, until_at = (
        datetime.fromisoformat(f"2026-11-{text}").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        for text in (freed, start, until)
    )
    assert offered_until(start_at, freed_at) == until_at


# --- taking it while other things happen ---


@pytest.mark.parametrize("place", range(scaled(3, 7)))
async def test_whoever_books_other_times_meanwhile_still_gets_what_was_kept(
    desk: BookingDesk, full: Booking, offer: Offer, database: Database, place: int
) -> None:
    await offer("o2", capacity=9)
    entry = await join(desk, "r1")
    await desk.cancel("holder", full.id, None)
    hours = [a_start("26 11:00") + timedelta(hours=number) for number in range(6)]
    attempts = [desk.create("r1", asked(start, "o2")) for start in hours]
    attempts.insert(place, desk.create("r1", asked()))
    booked, refused = await settle(*attempts)
    assert (len(booked), refused) == (7, [])
    assert (await entry_of(desk, entry)).status is WaitingStatus.TAKEN
    await check_claims(database)


@pytest.mark.parametrize("apart", range(scaled(4, 20)))
async def test_the_same_key_at_once_takes_what_was_kept_once(
    desk: BookingDesk, full: Booking, database: Database, apart: int
) -> None:
    await join(desk, "r1")
    await desk.cancel("holder", full.id, None)
    request = asked(idempotency_key="k1")

    async def later(milliseconds: int) -> Booking:
        await asyncio.sleep(milliseconds / 1000)
        return await desk.create("r1", request)

    made = await asyncio.gather(*(later(number * apart) for number in range(4)))
    assert len({booking.id for booking in made}) == 1
    await check_claims(database)


async def test_another_input_under_the_key_that_took_what_was_kept_is_a_conflict(
    desk: BookingDesk, full: Booking
) -> None:
    await join(desk, "r1")
    await desk.cancel("holder", full.id, None)
    await desk.create("r1", asked(idempotency_key="k1"))
    with pytest.raises(IdempotencyConflict):
        await desk.create("r1", asked(idempotency_key="k1", contact=Contact(name="别人")))


@pytest.mark.parametrize("follows", [True, False])
async def test_the_key_that_took_what_was_kept_still_names_it_when_it_was_cancelled(
    desk: BookingDesk, full: Booking, database: Database, clock: SetClock, follows: bool
) -> None:
    """A worker that follows the stream does not take the booking for a stranger's either."""
    index = OccupancyIndex(database, (), clock)
    keeper = Stuck(database, (), clock, [index])
    await keeper.start()
    worker = replace(desk, live=Live(keeper, index)) if follows else desk
    await join(desk, "r1")
    await desk.cancel("holder", full.id, None)
    request = asked(idempotency_key="k1")
    taken = await worker.create("r1", request)
    await worker.cancel("r1", taken.id, None)
    again = await worker.create("r1", request)
    assert (again.id, again.status) == (taken.id, BookingStatus.CANCELLED)
    assert (await worker.create("r1", asked(idempotency_key="k2"))).status is BookingStatus.CONFIRMED
    await keeper.stop()
