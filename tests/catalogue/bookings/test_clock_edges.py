"""The edges of the clock and the calendar: each refusal has its code and names what is possible."""

from __future__ import annotations

from datetime import date

import pytest
from desk import TEN, Offer, a_start, asked, refusal
from factories import SetClock, a_session, a_store, at, hours

from lifecircle.catalogue.bookings.model import Interval
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database


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


async def test_around_the_clock_a_day_goes_on_into_the_next_unless_that_is_closed(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    closed = [{"date": "2026-11-29", "closed": True, "ranges": [], "reason": "停电"}]
    always = hours(("00:00", "24:00"))
    await database["stores"].replace_one({"_id": "s1"}, a_store(hours=always, exceptions=closed))
    await offer()
    days = await desk.availability("o1", date(2026, 11, 26), 3)
    assert [day.times[-1].interval.start for day in days] == [
        a_start("26 23:30"),
        a_start("27 23:30"),
        a_start("28 23:00"),
    ]
    assert [len(day.times) for day in days] == [48, 48, 47]
    across = await desk.create("r1", asked(a_start("26 23:30")))
    assert across.interval == Interval(a_start("26 23:30"), a_start("27 00:30"))
    (day,) = await desk.availability("o1", date(2026, 11, 27), 1)
    assert day.times[0].interval.start == a_start("27 00:30")
    assert (await refusal(desk.create("r2", asked(a_start("28 23:30"))))).code == "OUTSIDE_HOURS"


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
