"""A series: several dates in one booking, all or none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from desk import CLERK, TEN, Offer, a_start, asked, check_claims, refusal, run_jobs, stored
from factories import SetClock, a_session, at

from lifecircle.catalogue.bookings.model import Booking, BookingRequest, BookingStatus
from lifecircle.catalogue.bookings.series import checked_starts, weekly_starts
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.notices.model import REMINDERS

TUESDAYS = weekly_starts(at("2026-12-01 14:00"), 12)


@pytest.fixture
async def course(offer: Offer) -> None:
    await offer(kind="SESSION", capacity=2, window_days=120, price=1000, sessions=[a_session(s) for s in TUESDAYS])


def asked_for(*starts: datetime, **changes: Any) -> BookingRequest:
    return replace(asked(starts[0], **changes), later_starts=tuple(starts[1:]))


async def booked(desk: BookingDesk, resident: str, *starts: datetime, **changes: Any) -> Booking:
    booking, _ = await desk.series(resident, asked_for(*starts, **changes), dry_run=False)
    assert booking
    return booking


@pytest.mark.usefixtures("course")
async def test_twelve_tuesdays_are_one_booking_with_the_claims_of_all(desk: BookingDesk, database: Database) -> None:
    nothing, verdicts = await desk.series("r1", asked_for(*TUESDAYS), dry_run=True)
    assert nothing is None
    assert [verdict.refusal for verdict in verdicts] == [None] * 12
    assert await database["bookings"].count_documents({}) == 0
    booking = await booked(desk, "r1", *TUESDAYS)
    assert [d.interval.start for d in booking.dates] == TUESDAYS
    assert (booking.interval.start, booking.price) == (TUESDAYS[0], 1000)
    assert await database["bookings"].count_documents({}) == 1
    for start in TUESDAYS:
        await desk.create(f"other {start}", asked(start))
        assert (await refusal(desk.create("late", asked(start)))).code == "TIME_SLOT_FULL"
    await check_claims(database)


@pytest.mark.usefixtures("course")
async def test_where_dates_clash_nothing_is_booked_and_each_says_why(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer("o2", window_days=120)
    for resident in ("a", "b"):
        await desk.create(resident, asked(TUESDAYS[3]))
    await desk.create("r1", asked(TUESDAYS[5], "o2"))
    starts = [*TUESDAYS[:6], TUESDAYS[0] + timedelta(days=1)]
    _, verdicts = await desk.series("r1", asked_for(*starts), dry_run=True)
    assert {v.start: v.refusal.code for v in verdicts if v.refusal} == {
        TUESDAYS[3]: "TIME_SLOT_FULL",
        TUESDAYS[5]: "OVERLAPS_YOUR_BOOKING",
        starts[6]: "OUTSIDE_HOURS",
    }
    refused = await refusal(desk.series("r1", asked_for(*starts), dry_run=False))
    assert refused.code == "TIME_SLOT_FULL"
    assert "共 7 次，其中 3 次不能预约" in refused.message
    assert "12月22日（周二）14:00" in refused.message
    assert len([row for row in await check_claims(database) if row["resident"] == "r1"]) == 1


async def test_dates_that_overlap_each_other_are_refused(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=5)
    request = asked_for(TEN, TEN + timedelta(minutes=30))
    _, verdicts = await desk.series("r1", request, dry_run=True)
    assert [v.refusal and v.refusal.code for v in verdicts] == [None, "OVERLAPS_YOUR_BOOKING"]
    assert (await refusal(desk.series("r1", request, dry_run=False))).code == "OVERLAPS_YOUR_BOOKING"


async def test_limits_count_the_dates_of_the_series_itself(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=5, resident_weekly_limit=2)
    starts = [a_start(f"{day} 10:00") for day in (25, 26, 28, 30)]
    _, verdicts = await desk.series("r1", asked_for(a_start("25 14:00"), *starts[1:]), dry_run=True)
    assert [v.refusal and v.refusal.code for v in verdicts] == [None, None, "LIMIT_REACHED", None]
    series = await booked(desk, "r1", a_start("25 14:00"), a_start("26 10:00"), a_start("30 10:00"))
    await desk.cancel("r1", series.id, None, a_start("26 10:00"))
    assert (await desk.create("r1", asked(a_start("28 10:00")))).status is BookingStatus.CONFIRMED


@pytest.mark.usefixtures("course")
async def test_the_same_key_gives_the_same_series_and_another_input_a_conflict(desk: BookingDesk) -> None:
    first = await booked(desk, "r1", *TUESDAYS[:4], idempotency_key="k1")
    assert await booked(desk, "r1", *TUESDAYS[:4], idempotency_key="k1") == first
    other = asked_for(*TUESDAYS[:5], idempotency_key="k1")
    assert (await refusal(desk.series("r1", other, dry_run=False))).code == "IDEMPOTENCY_CONFLICT"


@pytest.mark.usefixtures("course")
async def test_one_date_is_cancelled_alone_or_all_of_them(desk: BookingDesk, database: Database) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:3])
    without = await desk.cancel("r1", booking.id, "出差", TUESDAYS[0])
    assert (without.status, without.interval.start) == (BookingStatus.CONFIRMED, TUESDAYS[1])
    assert [without.status_of(d).value for d in without.dates] == ["CANCELLED", "CONFIRMED", "CONFIRMED"]
    assert "出差" in (without.events[-1].reason or "")
    assert await desk.cancel("r1", booking.id, "出差", TUESDAYS[0]) == without
    await check_claims(database)
    for resident in ("a", "b"):
        await desk.create(resident, asked(TUESDAYS[0]))
    assert (await refusal(desk.cancel("r1", booking.id, None, TUESDAYS[7]))).code == "NOT_FOUND"
    assert (await desk.cancel("r1", booking.id, None)).status is BookingStatus.CANCELLED
    for resident in ("a", "b"):
        await desk.create(resident, asked(TUESDAYS[1]))
    await check_claims(database)


@pytest.mark.usefixtures("course")
async def test_the_last_date_that_is_cancelled_ends_the_series(desk: BookingDesk) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:2])
    await desk.cancel("r1", booking.id, None, TUESDAYS[0])
    over = await desk.cancel("r1", booking.id, None, TUESDAYS[1])
    assert over.status is BookingStatus.CANCELLED
    assert {over.status_of(d) for d in over.dates} == {BookingStatus.CANCELLED}


@pytest.mark.usefixtures("course")
async def test_each_date_has_its_own_time_to_cancel(desk: BookingDesk, clock: SetClock) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:2])
    clock.now = TUESDAYS[0] - timedelta(minutes=119)
    assert (await refusal(desk.cancel("r1", booking.id, None, TUESDAYS[0]))).code == "TOO_LATE_TO_CANCEL"
    assert (await desk.cancel("r1", booking.id, None, TUESDAYS[1])).dates[1].ended is BookingStatus.CANCELLED


@pytest.mark.usefixtures("course")
async def test_one_date_moves_and_the_others_stay(desk: BookingDesk, database: Database) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:3])
    moved = await desk.reschedule("r1", booking.id, TUESDAYS[6], TUESDAYS[0])
    assert [d.interval.start for d in moved.dates] == [TUESDAYS[1], TUESDAYS[2], TUESDAYS[6]]
    assert moved.interval.start == TUESDAYS[1]
    assert (await refusal(desk.reschedule("r1", booking.id, TUESDAYS[2]))).code == "OVERLAPS_YOUR_BOOKING"
    await check_claims(database)


@pytest.mark.usefixtures("course")
async def test_the_series_goes_on_from_date_to_date_until_the_last(
    desk: BookingDesk, database: Database, clock: SetClock
) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:3])
    clock.now = TUESDAYS[0]
    assert (await desk.of_store.check_in(CLERK, booking.code)).status is BookingStatus.CHECKED_IN
    clock.advance(minutes=95)
    await run_jobs(desk, database, clock)
    second = await desk.of_resident("r1", booking.id)
    assert (second.status, second.interval.start) == (BookingStatus.CONFIRMED, TUESDAYS[1])
    clock.now = TUESDAYS[1] + timedelta(minutes=20)
    third = await desk.of_store.mark_no_show(CLERK, booking.id)
    assert (third.status, third.interval.start) == (BookingStatus.CONFIRMED, TUESDAYS[2])
    await check_claims(database)
    clock.now = TUESDAYS[2] + timedelta(days=3)
    await run_jobs(desk, database, clock)
    done = await desk.of_resident("r1", booking.id)
    assert done.status is BookingStatus.COMPLETED
    assert [done.status_of(d).value for d in done.dates] == ["COMPLETED", "NO_SHOW", "COMPLETED"]
    notices = (await stored(database, booking))["notices"]
    kinds = [told["kind"] for told in notices if told["kind"] not in REMINDERS]
    assert kinds == ["CONFIRMED", "CHECKED_IN", "NEXT_DATE", "NEXT_DATE", "COMPLETED"]


@pytest.mark.usefixtures("course")
async def test_a_date_of_a_series_stands_in_the_day_of_the_store(desk: BookingDesk) -> None:
    booking = await booked(desk, "r1", *TUESDAYS[:3])
    for on in (date(2026, 12, 1), date(2026, 12, 15)):
        assert [b.id for b in await desk.of_store.day(CLERK, "s1", on, 9, None)] == [booking.id]
    assert await desk.of_store.day(CLERK, "s1", date(2026, 12, 22), 9, None) == []


@pytest.mark.parametrize("count", [1, 53, -1])
def test_a_series_has_a_length(count: int) -> None:
    with pytest.raises(InvalidInput):
        weekly_starts(TEN, count)
    with pytest.raises(InvalidInput):
        checked_starts([TEN + timedelta(days=n) for n in range(count)])


def test_dates_are_put_in_order_each_once() -> None:
    assert checked_starts([TUESDAYS[1], TUESDAYS[0], TUESDAYS[1]]) == TUESDAYS[:2]
