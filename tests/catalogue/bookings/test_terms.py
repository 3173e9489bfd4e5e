"""What an offering may ask of those who book it: each term holds, and each refusal says what is possible."""

from __future__ import annotations

import asyncio
import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from desk import TEN, Offer, a_start, asked, check_claims, refusal, settle, stored
from factories import SetClock, a_chain, a_session, a_store, an_area, an_offering, an_override, at, hours

from lifecircle.catalogue.bookings.model import BookingStatus, Contact, Interval
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.offerings.model import at_store, offering_from_document

WORKERS = [{"id": "wang", "name": "王师傅"}, {"id": "li", "name": "李师傅"}]
ROOM = [{"id": "room", "name": "一号室"}]


# --- durations and buffers ---


async def test_the_resident_chooses_the_time_between_the_shortest_and_the_longest(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer(min_duration_minutes=30, max_duration_minutes=180, price=6000)
    booking = await desk.create("r1", asked(duration_minutes=120))
    assert booking.interval == Interval(TEN, TEN + timedelta(hours=2))
    assert booking.price == 12000
    assert (await refusal(desk.create("r2", asked(a_start("26 09:00"), duration_minutes=90)))).code == "TIME_SLOT_FULL"
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1, 1, 180)
    assert [free.interval.start for free in day.times][:2] == [a_start("26 12:00"), a_start("26 12:30")]


@pytest.mark.parametrize("minutes", [29, 181, 33, 0, -60])
async def test_another_time_than_may_be_chosen_is_refused(desk: BookingDesk, offer: Offer, minutes: int) -> None:
    await offer(min_duration_minutes=30, max_duration_minutes=180)
    for answer in (
        desk.create("r1", asked(duration_minutes=minutes)),
        desk.availability("o1", date(2026, 11, 26), 1, 1, minutes),
    ):
        refused = await refusal(answer)
        assert (refused.code, refused.field) == ("INVALID_INPUT", ("durationMinutes",))
        assert "30 到 180 分钟" in refused.message


async def test_buffers_keep_the_worker_free_and_leave_the_resident_alone(desk: BookingDesk, offer: Offer) -> None:
    await offer(buffer_after_minutes=30, buffer_before_minutes=15)
    await offer("o2")
    await desk.create("r1", asked())
    assert (await refusal(desk.create("r2", asked(a_start("26 11:00"))))).code == "TIME_SLOT_FULL"
    assert (await desk.create("r1", asked(a_start("26 11:00"), "o2"))).status is BookingStatus.CONFIRMED
    assert (await desk.create("r2", asked(a_start("26 12:00")))).interval.start == a_start("26 12:00")
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    shown = {free.interval.start for free in day.times}
    assert {a_start("26 08:30"), a_start("26 09:00"), a_start("26 11:00"), a_start("26 11:30")}.isdisjoint(shown)


# --- named resources ---


async def test_a_named_worker_is_in_one_place_at_a_time_over_all_offerings(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer("cut", resources=WORKERS)
    await offer("colour", resources=WORKERS[:1], duration_minutes=120)
    starts = [TEN + timedelta(minutes=30 * (n % 5)) for n in range(20)]
    attempts = [desk.create(f"r{n}", asked(s, "cut" if n % 2 else "colour")) for n, s in enumerate(starts)]
    booked, refused = await settle(*attempts)
    assert {answer.code for answer in refused} == {"TIME_SLOT_FULL"}
    for worker in ("王师傅", "李师傅"):
        busy = sorted((b.interval for b in booked if b.resources == (worker,)), key=lambda interval: interval.start)
        assert all(one.end <= other.start for one, other in itertools.pairwise(busy))
    assert all(len(booking.resources) == 1 for booking in booked)
    await check_claims(database)


async def test_a_worker_can_be_asked_for_by_name(desk: BookingDesk, offer: Offer) -> None:
    await offer(resources=WORKERS)
    assert (await desk.create("r1", asked(resource="li"))).resources == ("李师傅",)
    assert (await refusal(desk.create("r2", asked(resource="li")))).code == "TIME_SLOT_FULL"
    assert (await desk.create("r2", asked())).resources == ("王师傅",)
    refused = await refusal(desk.create("r3", asked(resource="zhao")))
    assert (refused.code, "王师傅、李师傅" in refused.message) == ("INVALID_INPUT", True)


async def test_a_room_of_another_store_is_another_room(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await database["stores"].insert_one(a_store("s2"))
    await offer("o1", resources=ROOM)
    await offer("o2", store="s2", resources=ROOM)
    await desk.create("r1", asked())
    assert (await desk.create("r2", asked(offering="o2"))).resources == ("一号室",)


# --- one court for a party ---


async def test_a_party_of_six_takes_one_court_and_pays_for_one(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=2, party_size_max=6, one_place_per_party=True, price=5000)
    first = await desk.create("r1", asked(party_size=6))
    assert (first.party_size, first.price) == (6, 5000)
    await desk.create("r2", asked(party_size=1))
    assert (await refusal(desk.create("r3", asked(party_size=2)))).code == "TIME_SLOT_FULL"
    assert (await refusal(desk.create("r3", asked(party_size=7)))).code == "PARTY_TOO_LARGE"


# --- limits ---


@pytest.mark.parametrize(
    ("rule", "others", "next_free"),
    [
        ("daily_limit", ["26 12:00", "26 14:00"], "25 17:00"),
        ("resident_daily_limit", ["26 12:00", "26 14:00"], "25 17:00"),
        ("resident_weekly_limit", ["24 10:00", "25 14:00"], None),
    ],
)
async def test_a_limit_is_reached_and_says_so(
    desk: BookingDesk, offer: Offer, clock: SetClock, rule: str, others: list[str], next_free: str | None
) -> None:
    clock.now = at("2026-11-23 08:00")
    await offer(capacity=9, window_days=6, **{rule: 2})
    for start in others:
        await desk.create("r1", asked(a_start(start)))
    refused = await refusal(desk.create("r1", asked()))
    assert refused.code == "LIMIT_REACHED"
    assert "最多" in refused.message
    assert ("最近可约" in refused.message) is (next_free is not None)
    if rule != "daily_limit":
        assert (await desk.create("r2", asked())).status is BookingStatus.CONFIRMED


async def test_the_week_of_a_limit_runs_from_monday_to_sunday(desk: BookingDesk, offer: Offer) -> None:
    await offer(resident_weekly_limit=1, window_days=30)
    await desk.create("r1", asked(a_start("29 10:00")))
    assert (await refusal(desk.create("r1", asked(a_start("28 10:00"))))).code == "LIMIT_REACHED"
    assert (await desk.create("r1", asked(a_start("30 10:00")))).status is BookingStatus.CONFIRMED


async def test_of_many_at_once_no_more_than_the_limit_get_in_and_the_day_is_shown_full(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=20, daily_limit=3)
    booked, refused = await settle(*(desk.create(f"r{n}", asked()) for n in range(12)))
    assert (len(booked), {answer.code for answer in refused}) == (3, {"LIMIT_REACHED"})
    days = await desk.availability("o1", date(2026, 11, 25), 2)
    assert [bool(day.times) for day in days] == [True, False]
    await desk.cancel(booked[0].resident, booked[0].id, None)
    assert (await desk.create("late", asked())).status is BookingStatus.CONFIRMED
    await check_claims(database)


async def test_a_ticket_of_somebody_who_was_never_confirmed_is_free_again(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(capacity=9, daily_limit=1, auto_confirm=False, pending_minutes=30)
    await desk.create("r1", asked())
    assert (await refusal(desk.create("r2", asked()))).code == "LIMIT_REACHED"
    clock.advance(minutes=30)
    assert (await desk.create("r2", asked(a_start("26 14:00")))).status is BookingStatus.PENDING


# --- where, when not, and who ---

ADDRESS = "文澜路1号3幢502"


async def test_a_home_visit_reaches_as_far_as_its_radius_or_its_areas(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    ring = [[120.3, 30.3], [120.4, 30.3], [120.4, 30.4], [120.3, 30.4], [120.3, 30.3]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    await database["areas"].insert_one(an_area("a1", name="东新社区", level="COMMUNITY", polygon=polygon))
    await offer(capacity=9, service_radius=3000, service_areas=["a1"])
    near, inside, far = (120.21, 30.30), (120.35, 30.35), (120.30, 30.29)
    for number, place in enumerate((near, inside)):
        await desk.create(f"r{number}", asked(contact=Contact(address=ADDRESS, location=place)))
    refused = await refusal(desk.create("r9", asked(contact=Contact(address=ADDRESS, location=far))))
    assert (refused.code, refused.field) == ("OUTSIDE_SERVICE_AREA", ("address",))
    assert "3 公里、东新社区" in refused.message
    nowhere = await refusal(desk.create("r9", asked(contact=Contact(address=ADDRESS))))
    assert (nowhere.code, nowhere.field) == ("INVALID_INPUT", ("address", "location"))


async def test_instead_of_a_worker_who_is_taken_another_time_of_the_same_is_named(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer(resources=WORKERS)
    await desk.create("r1", asked(resource="wang"))
    refused = await refusal(desk.create("r2", asked(resource="wang")))
    assert refused.message.endswith("最近可约：11月26日（周四）09:00。")


async def test_a_blackout_says_why_and_what_is_next(desk: BookingDesk, offer: Offer) -> None:
    await offer(blackouts=[{"first": "2026-11-26", "last": "2026-11-28", "reason": "外出培训"}])
    refused = await refusal(desk.create("r1", asked()))
    assert refused.code == "HOLIDAY_CLOSED"
    assert "外出培训" in refused.message
    assert refused.message.endswith("最近可约：11月25日（周三）17:00。")
    days = await desk.availability("o1", date(2026, 11, 25), 3)
    assert [(bool(day.times), day.closed_reason) for day in days] == [(True, None), *[(False, "外出培训")] * 2]


async def test_the_weekly_day_off_is_outside_hours_and_a_day_off_by_date_is_a_closed_day(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    closed = [{"date": "2026-11-30", "closed": True, "ranges": [], "reason": None}]
    await database["stores"].replace_one({"_id": "s1"}, a_store(hours=hours(weekdays="12345"), exceptions=closed))
    await offer()
    off = await refusal(desk.create("r1", asked(a_start("28 10:00"))))
    assert (off.code, "休息日" in off.message) == ("OUTSIDE_HOURS", True)
    by_date = await refusal(desk.create("r1", asked(a_start("30 10:00"))))
    assert (by_date.code, "临时休息" in by_date.message) == ("HOLIDAY_CLOSED", True)
    days = await desk.availability("o1", date(2026, 11, 28), 3)
    assert [day.closed_reason for day in days] == ["休息日", "休息日", "临时休息"]


async def test_a_declaration_is_needed_where_a_rule_says_so_and_is_not_stored(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(eligibility=[{"code": "pension", "text": "领取养老金的人员", "must_declare": True}])
    refused = await refusal(desk.create("r1", asked()))
    assert (refused.code, "领取养老金的人员" in refused.message) == ("NOT_ELIGIBLE", True)
    assert "最近可约" not in refused.message
    booking = await desk.create("r1", asked(declares_eligible=True))
    assert not any("eligib" in name for name in await stored(database, booking))


# --- what cannot be read ---


@pytest.mark.parametrize(
    "bad",
    [
        {"capacity": "3"},
        {"kind": "SOMETIMES"},
        {"price": -1},
        {"sessions": [{"start": 1}]},
        {"resources": ["wang"]},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_where_an_override_cannot_be_read_the_chain_s_value_holds(bad: dict[str, Any]) -> None:
    template = offering_from_document(an_offering("t1", chain="c1", store=None))
    here = at_store(template, "s2", an_override("s2", "t1", **{"price": 2500, **bad}))
    (name,) = bad
    assert getattr(here, name, None) == getattr(template, name, None)
    assert name in here.inherits
    assert here.price == (template.price if name == "price" else 2500)


async def test_an_override_that_cannot_be_read_keeps_nobody_from_booking(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["chains"].insert_one(a_chain())
    await database["stores"].insert_one(a_store("s2", chain="c1"))
    await offer("t1", chain="c1", store=None)
    await database["offerings"].insert_one(an_override("s2", "t1", duration_minutes="an hour"))
    assert (await desk.create("r1", asked(offering="s2:t1"))).status is BookingStatus.CONFIRMED


async def test_the_nearest_free_time_is_one_at_which_the_resident_is_free(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    await offer("o2")
    await desk.create("r0", asked())
    await desk.create("r1", asked(a_start("26 09:00"), "o2"))
    await desk.create("r1", asked(a_start("26 11:00"), "o2"))
    refused = await refusal(desk.create("r1", asked()))
    assert refused.code == "TIME_SLOT_FULL"
    assert "11月26日（周四）12:00" in refused.message


async def test_a_session_begins_when_it_does_whatever_its_neighbours(desk: BookingDesk, offer: Offer) -> None:
    await offer(kind="SESSION", capacity=2, sessions=[a_session(TEN), a_session(TEN + timedelta(minutes=30))])
    await asyncio.gather(*(desk.create(f"r{n}", asked()) for n in range(2)))
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    assert [(free.interval.start, free.remaining) for free in day.times] == [(TEN + timedelta(minutes=30), 2)]
