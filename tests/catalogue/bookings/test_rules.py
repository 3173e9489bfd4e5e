"""What may be booked and when: the pure part, at the edges of the clock."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from factories import NOON, PlainCalendar, a_session, an_offering, at, hours

from lifecircle.catalogue.bookings.claims import (
    cells,
    free_counter,
    free_places,
    holds_of,
    is_resident_claim,
    place_claims,
    places,
    resident_claims,
    taken_by,
)
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Actor,
    Booking,
    BookingRequest,
    BookingStatus,
    Hold,
    Interval,
)
from lifecircle.catalogue.bookings.moves import MOVES, check_cancellable, check_moment, may_move
from lifecircle.catalogue.bookings.rules import check_terms, lead_text, price_of, status_text, time_text
from lifecircle.catalogue.bookings.times import (
    FreeTime,
    OpenDays,
    Wish,
    bookable_intervals,
    by_day,
    free_times,
    interval_of,
    span_of,
)
from lifecircle.catalogue.clock import SHANGHAI
from lifecircle.catalogue.errors import BookingRefused, InThePast, InvalidInput, StateChanged, TooLateToCancel, TooSoon
from lifecircle.catalogue.hours.model import OpenRange, schedule_from_document
from lifecircle.catalogue.hours.rules import open_ranges
from lifecircle.catalogue.offerings.model import Offering, offering_from_document

TOMORROW = "2026-11-26"


def offered(key: str = "o1", **changes: Any) -> Offering:
    return offering_from_document(an_offering(key, **changes))


def asked(start: datetime, **changes: Any) -> BookingRequest:
    return BookingRequest("o1", start, **changes)


def openings(*ranges: tuple[str, str], first: str = TOMORROW, days: int = 1) -> list[OpenRange]:
    plan = schedule_from_document(hours(*ranges))
    return open_ranges(plan, (), PlainCalendar(), date.fromisoformat(first), days)


def between(start: str, end: str) -> Interval:
    return Interval(at(f"{TOMORROW} {start}"), at(f"{TOMORROW} {end}"))


def starts(offering: Offering, opened: list[OpenRange]) -> list[str]:
    return [time_text(interval.start)[-5:] for interval in bookable_intervals(offering, opened)]


def refused(request: BookingRequest, offering: Offering, now: datetime = NOON) -> str:
    with pytest.raises((BookingRefused, InvalidInput)) as raised:
        check_terms(request, offering, now)
    return raised.value.code


def a_booking(status: BookingStatus = BookingStatus.CONFIRMED, **changes: Any) -> Booking:
    plain = Booking(
        id="b1",
        district="330199",
        code="ABCD2345",
        resident="r1",
        store="s1",
        merchant=None,
        offering="o1",
        offering_name="日常保洁",
        store_name="好邻居",
        status=status,
        interval=Interval(at("2026-11-26 10:00"), at("2026-11-26 11:00")),
        party_size=1,
        price=9000,
        cancel_before_minutes=120,
        events=(),
        expires_at=None,
        version=1,
    )
    return replace(plain, **changes)


# --- terms ---


def test_a_request_within_the_terms_is_taken() -> None:
    check_terms(asked(at("2026-11-26 10:00")), offered(), NOON)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2026-11-24 10:00", "IN_THE_PAST"),
        ("2026-11-25 11:59", "IN_THE_PAST"),
        ("2026-11-25 12:00", "IN_THE_PAST"),
        ("2026-11-25 12:01", "TOO_SOON"),
        ("2026-11-25 12:59", "TOO_SOON"),
        ("2026-12-26 00:00", "TOO_FAR_AHEAD"),
        ("2027-11-25 10:00", "TOO_FAR_AHEAD"),
    ],
)
def test_each_wrong_moment_has_a_code_of_its_own(start: str, code: str) -> None:
    assert refused(asked(at(start)), offered(lead_minutes=60, window_days=30)) == code


@pytest.mark.parametrize("start", ["2026-11-25 13:00", "2026-12-25 23:59"])
def test_the_first_and_the_last_moment_of_the_window_are_in_it(start: str) -> None:
    check_terms(asked(at(start)), offered(lead_minutes=60, window_days=30), NOON)


def test_without_lead_time_the_next_minute_can_be_booked_but_not_this_one() -> None:
    at_once = offered(lead_minutes=0)
    check_terms(asked(at("2026-11-25 12:01")), at_once, NOON)
    assert refused(asked(NOON), at_once) == "IN_THE_PAST"


def test_the_window_counts_local_days_not_hours() -> None:
    """23:59 in Shanghai is 15:59 UTC; one minute later the window reaches a day further."""
    offering, start = offered(window_days=1, lead_minutes=0), at("2026-11-27 09:00")
    assert refused(asked(start), offering, at("2026-11-25 23:59")) == "TOO_FAR_AHEAD"
    check_terms(asked(start), offering, at("2026-11-26 00:00"))


def test_the_window_counts_the_leap_day() -> None:
    offering = offered(window_days=2, lead_minutes=0)
    now = at("2028-02-27 12:00")
    check_terms(asked(at("2028-02-29 23:59")), offering, now)
    assert refused(asked(at("2028-03-01 00:00")), offering, now) == "TOO_FAR_AHEAD"


@pytest.mark.parametrize(
    "changes",
    [{"bookable": False}, {"kind": "REQUEST_ONLY"}, {"state": "PAUSED"}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_not_for_booking_online_says_so(changes: dict[str, Any]) -> None:
    assert refused(asked(at("2026-11-26 10:00")), offered(**changes)) == "NOT_BOOKABLE"


@pytest.mark.parametrize(("size", "code"), [(0, "INVALID_INPUT"), (-1, "INVALID_INPUT"), (4, "PARTY_TOO_LARGE")])
def test_the_party_has_a_smallest_and_a_largest_size(size: int, code: str) -> None:
    assert refused(asked(at("2026-11-26 10:00"), party_size=size), offered(capacity=10, party_size_max=3)) == code


def test_no_party_is_larger_than_the_capacity() -> None:
    small = offered(capacity=2, party_size_max=10)
    check_terms(asked(at("2026-11-26 10:00"), party_size=2), small, NOON)
    assert refused(asked(at("2026-11-26 10:00"), party_size=3), small) == "PARTY_TOO_LARGE"


def test_another_duration_than_the_offerings_is_refused() -> None:
    check_terms(asked(at("2026-11-26 10:00"), duration_minutes=60), offered(), NOON)
    assert refused(asked(at("2026-11-26 10:00"), duration_minutes=90), offered()) == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 分钟"), (45, "45 分钟"), (60, "1 小时"), (90, "90 分钟"), (2880, "2 天")]
)
def test_lead_times_read_naturally(minutes: int, text: str) -> None:
    assert lead_text(minutes) == text


# --- the grid ---


def test_the_grid_ends_where_the_work_would_not_be_done_by_closing() -> None:
    assert starts(offered(), openings(("09:00", "12:00"))) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_a_work_longer_than_the_opening_has_no_start() -> None:
    assert starts(offered(duration_minutes=181), openings(("09:00", "12:00"))) == []
    assert starts(offered(duration_minutes=180), openings(("09:00", "12:00"))) == ["09:00"]


def test_no_work_runs_through_the_lunch_break() -> None:
    found = starts(offered(), openings(("09:00", "12:00"), ("13:30", "15:00")))
    assert found[-3:] == ["11:00", "13:30", "14:00"]


def test_until_24_00_the_last_start_is_one_length_before() -> None:
    found = bookable_intervals(offered(), openings(("21:00", "24:00")))
    assert found[-1] == Interval(at("2026-11-26 23:00"), at("2026-11-27 00:00"))


def test_an_evening_past_midnight_is_booked_into_the_next_day() -> None:
    opened = openings(("22:00", "02:00"), first=TOMORROW, days=1)
    times = [time_text(interval.start) for interval in bookable_intervals(offered(grid_minutes=60), opened)]
    assert times == [
        *("11月25日（周三）22:00", "11月25日（周三）23:00", "11月26日（周四）00:00", "11月26日（周四）01:00"),
        *("11月26日（周四）22:00", "11月26日（周四）23:00", "11月27日（周五）00:00", "11月27日（周五）01:00"),
    ]


def test_the_leap_day_is_a_day_like_any_other() -> None:
    opened = openings(("23:00", "01:00"), first="2028-02-29", days=1)
    found = bookable_intervals(offered(), opened)
    assert Interval(at("2028-02-29 23:30"), at("2028-03-01 00:30")) in found
    assert Interval(at("2028-02-28 23:30"), at("2028-02-29 00:30")) in found
    assert time_text(at("2028-02-29 23:30")) == "2月29日（周二）23:30"


def test_sessions_come_in_order_whatever_the_hours() -> None:
    late, early = a_session(at("2026-11-27 19:00")), a_session(at("2026-11-26 05:00"))
    found = bookable_intervals(offered(kind="SESSION", sessions=[late, early]), [])
    assert [interval.start for interval in found] == [early["start"], late["start"]]


@pytest.mark.parametrize("changes", [{"kind": "REQUEST_ONLY"}, {"duration_minutes": None}])
def test_what_has_no_times_has_none(changes: dict[str, Any]) -> None:
    assert bookable_intervals(offered(**changes), openings()) == []


# --- the interval that is asked for ---


def placed(start: str, offering: Offering, opened: list[OpenRange], closed: str | None = None) -> str:
    day = at(start).astimezone(SHANGHAI).date()
    with pytest.raises(BookingRefused) as raised:
        interval_of(at(start), None, offering, OpenDays(opened, {day: closed} if closed else {}))
    return f"{raised.value.code} {raised.value.message}"


def test_a_start_on_the_grid_gives_its_interval() -> None:
    found = interval_of(at("2026-11-26 10:30"), None, offered(), OpenDays(openings(), {}))
    assert found == between("10:30", "11:30")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("2026-11-26 08:30", "08:30不在营业时间内"),
        ("2026-11-26 18:00", "18:00不在营业时间内"),
        ("2026-11-26 10:10", "每 30 分钟一档"),
        ("2026-11-26 17:30", "打烊前做完"),
        ("2026-11-26 10:00:01", "每 30 分钟一档"),
    ],
)
def test_a_start_outside_the_hours_or_off_the_grid_says_which(start: str, says: str) -> None:
    answer = placed(start, offered(), openings())
    assert answer.startswith("OUTSIDE_HOURS")
    assert says in answer


def test_a_closed_day_says_why() -> None:
    answer = placed("2026-10-01 10:00", offered(), [], "国庆节")
    assert answer == "HOLIDAY_CLOSED 10月1日（周四）不营业（国庆节）。"


def test_off_the_grid_in_the_small_hours_of_a_closed_day_is_still_off_the_grid() -> None:
    night = openings(("18:00", "02:00"), first=TOMORROW)[:1]
    assert placed("2026-11-26 00:20", offered(), night, "停业").startswith("OUTSIDE_HOURS")
    assert placed("2026-11-26 10:00", offered(), night, "停业").startswith("HOLIDAY_CLOSED")


def test_a_time_without_a_session_says_so() -> None:
    course = offered(kind="SESSION", sessions=[a_session(at("2026-11-26 19:00"))])
    assert placed("2026-11-26 19:30", course, openings(), "国庆节") == "OUTSIDE_HOURS 这个时间没有安排场次。"


# --- places ---


def held(offering: Offering, interval: Interval, *seats: int) -> tuple[Hold, ...]:
    return holds_of(offering, interval, [places(offering)[seat] for seat in seats])


def free_seats(offering: Offering, interval: Interval, *holds: Hold) -> list[int]:
    free = [place.seat for place in free_places(offering, interval, taken_by(holds))]
    assert free_counter(offering, taken_by(holds))(interval) == len(free)
    return free


def test_capacity_less_what_is_held_at_any_moment_is_free() -> None:
    offering = offered(capacity=3)
    holds = [*held(offering, between("09:30", "10:30"), 0), *held(offering, between("10:30", "11:30"), 1)]
    assert free_seats(offering, between("10:00", "11:00"), *holds) == [2]
    assert free_seats(offering, between("11:00", "11:30"), *holds) == [0, 2]
    assert free_seats(offering, between("11:30", "12:30"), *holds) == [0, 1, 2]


def test_free_places_and_claims_agree_whatever_the_times_and_the_buffers() -> None:
    """From 09:03 on, neighbours share a cell of five minutes: what cannot be claimed must not be called free."""
    chance = random.Random(4)
    base = at(f"{TOMORROW} 09:00")
    for _ in range(400):
        offering = offered(buffer_before_minutes=chance.choice([0, 7]), buffer_after_minutes=chance.choice([0, 10]))
        first, second = (
            Interval(base + timedelta(minutes=start), base + timedelta(minutes=start + chance.randrange(5, 40)))
            for start in (chance.randrange(90), chance.randrange(90))
        )
        one, other = held(offering, first, 0), held(offering, second, 0)
        share = not set(place_claims(one)).isdisjoint(place_claims(other))
        assert free_seats(offering, second, *one) == ([] if share else [0])


def test_sessions_that_overlap_do_not_share_places() -> None:
    course = offered(kind="SESSION", capacity=2)
    full = held(course, between("10:00", "11:30"), 0, 1)
    assert free_seats(course, between("10:30", "12:00"), *full) == [0, 1]
    assert free_seats(course, between("10:00", "11:30"), *full) == []


def test_sessions_that_begin_in_the_same_cell_share_their_claims_and_so_their_places() -> None:
    course = offered(kind="SESSION", capacity=1)
    full = held(course, between("10:01", "11:00"), 0)
    assert free_seats(course, between("10:03", "11:00"), *full) == []
    assert free_seats(course, between("10:05", "11:00"), *full) == [0]


WORKERS = [{"id": "wang", "name": "王师傅"}, {"id": "li", "name": "李师傅"}]


def test_named_resources_take_the_place_of_seats_and_are_shared_by_the_stores_offerings() -> None:
    cut, colour = offered(resources=WORKERS, capacity=9), offered(key="o2", resources=WORKERS[:1], duration_minutes=120)
    busy = held(cut, between("10:00", "11:00"), 0)
    assert [place.of for place in free_places(cut, between("10:00", "11:00"), taken_by(busy))] == ["=s1/li"]
    assert free_places(colour, between("10:30", "12:30"), taken_by(busy)) == []
    assert len(free_places(colour, between("11:00", "13:00"), taken_by(busy))) == 1


def test_a_session_has_places_whoever_holds_it() -> None:
    assert len(places(offered(kind="SESSION", resources=WORKERS, capacity=9))) == 9


def free(offering: Offering, opened: list[OpenRange], holds: list[Hold], party: int, now: datetime) -> list[FreeTime]:
    return free_times(offering, bookable_intervals(offering, opened), taken_by(holds), Wish(party), now)


def test_free_times_leave_out_what_is_full_too_soon_or_too_far() -> None:
    offering = offered(lead_minutes=60, window_days=1, capacity=2, party_size_max=2)
    opened = openings(("09:00", "11:00"), first="2026-11-25", days=3)
    holds = [*held(offering, between("09:00", "10:00"), 0), *held(offering, between("09:00", "10:00"), 1)]
    found = {time_text(f.interval.start): f.remaining for f in free(offering, opened, holds, 1, at("2026-11-25 08:30"))}
    assert found == {"11月25日（周三）09:30": 2, "11月25日（周三）10:00": 2, "11月26日（周四）10:00": 2}


def test_free_times_need_places_for_the_whole_party() -> None:
    offering = offered(capacity=2, lead_minutes=0)
    holds = [*held(offering, between("09:00", "10:00"), 1)]
    opened = openings(("09:00", "10:00"))
    assert [each.remaining for each in free(offering, opened, holds, 1, NOON)] == [1]
    assert free(offering, opened, holds, 2, NOON) == []


def test_a_day_that_is_blacked_out_has_no_free_time() -> None:
    closed = [{"first": TOMORROW, "last": TOMORROW, "reason": "培训"}]
    assert free(offered(blackouts=closed), openings(), [], 1, NOON) == []


@pytest.mark.parametrize(("minutes", "fen"), [(None, 9000), (60, 9000), (90, 13500), (35, 5250)])
def test_the_price_follows_the_time_that_was_chosen(minutes: int | None, fen: int) -> None:
    assert price_of(offered(price=9000), 1, minutes) == fen


def test_a_party_pays_once_for_one_court_and_each_for_a_place() -> None:
    assert price_of(offered(price=5000, one_place_per_party=True, party_size_max=6), 6, None) == 5000
    assert price_of(offered(price=5000, capacity=6, party_size_max=6), 6, None) == 30000


def test_days_without_a_free_time_are_listed_with_their_reason() -> None:
    opened = openings(("09:00", "10:00"), days=2)
    times = free(offered(), opened, [], 1, NOON)
    days = by_day(times, date(2026, 11, 26), 3, {date(2026, 11, 28): "盘点"})
    assert [(day.day.day, len(day.times), day.closed_reason) for day in days] == [
        *((26, 1, None), (27, 1, None), (28, 0, "盘点"))
    ]


def test_a_span_of_days_runs_from_local_midnight_to_local_midnight() -> None:
    assert span_of(date(2028, 2, 28), 2) == Interval(at("2028-02-28 00:00"), at("2028-03-01 00:00"))


# --- claims ---


def test_two_appointments_share_a_claim_exactly_when_they_overlap_and_have_a_seat_in_common() -> None:
    offering, chance = offered(capacity=3), random.Random(9)
    base = at(f"{TOMORROW} 09:00")

    def some() -> Interval:
        start = base + timedelta(minutes=5 * chance.randrange(40))
        return Interval(start, start + timedelta(minutes=5 * chance.randrange(1, 20)))

    for _ in range(300):
        (first, seat), (second, other) = (some(), chance.randrange(3)), (some(), chance.randrange(3))
        one, two = place_claims(held(offering, first, seat)), place_claims(held(offering, second, other))
        share = not set(one).isdisjoint(two)
        assert share is (first.overlaps(second) and seat == other)


def test_different_grid_starts_of_one_appointment_collide() -> None:
    offering = offered()
    ten = set(place_claims(held(offering, between("10:00", "11:00"), 0)))
    assert ten & set(place_claims(held(offering, between("10:45", "11:45"), 0)))
    assert not ten & set(place_claims(held(offering, between("11:00", "12:00"), 0)))


def test_a_session_claims_one_key_a_place_and_a_resident_every_cell() -> None:
    course = offered(kind="SESSION", capacity=2)
    assert len(list(place_claims(held(course, between("10:00", "11:30"), 0, 1)))) == 2
    assert len(list(resident_claims("r1", between("10:00", "11:30")))) == 18
    assert all(is_resident_claim(claim) for claim in resident_claims("r1", between("10:00", "10:05")))
    assert not any(is_resident_claim(claim) for claim in place_claims(held(course, between("10:00", "10:05"), 0)))


def test_cells_are_rounded_outwards() -> None:
    assert len(cells(between("10:00", "10:05"))) == 1
    assert len(cells(between("10:01", "10:05"))) == 1
    assert len(cells(between("10:01", "10:06"))) == 2
    assert len(cells(Interval(at("2026-11-26 23:55"), at("2026-11-27 00:05")))) == 2


# --- the life of a booking ---


def test_every_status_has_a_name_and_the_final_ones_hold_nothing() -> None:
    assert all(status_text(status) for status in BookingStatus)
    assert {move.start for move in MOVES} == HOLDING
    assert {move.to for move in MOVES} == set(BookingStatus) - {BookingStatus.PENDING}


def test_a_move_is_allowed_or_not() -> None:
    assert may_move(a_booking(BookingStatus.PENDING), BookingStatus.CONFIRMED)
    assert not may_move(a_booking(BookingStatus.PENDING), BookingStatus.COMPLETED)
    for final in (BookingStatus.CANCELLED, BookingStatus.COMPLETED, BookingStatus.EXPIRED, BookingStatus.NO_SHOW):
        assert not any(may_move(a_booking(final), status) for status in BookingStatus)


def test_each_move_belongs_to_somebody() -> None:
    pending, confirmed = a_booking(BookingStatus.PENDING), a_booking()
    assert may_move(pending, BookingStatus.CONFIRMED, Actor.MERCHANT)
    assert not may_move(pending, BookingStatus.CONFIRMED, Actor.RESIDENT)
    assert not may_move(pending, BookingStatus.EXPIRED, Actor.MERCHANT)
    assert not may_move(confirmed, BookingStatus.CANCELLED, Actor.MERCHANT)
    assert not may_move(confirmed, BookingStatus.NO_SHOW, Actor.SYSTEM)
    assert all(move.who <= set(Actor) and move.who for move in MOVES)


@pytest.mark.parametrize(
    ("to", "moment", "wrong"),
    [
        (BookingStatus.CHECKED_IN, "08:59", TooSoon),
        (BookingStatus.CHECKED_IN, "09:00", None),
        (BookingStatus.CHECKED_IN, "10:59", None),
        (BookingStatus.CHECKED_IN, "11:00", InThePast),
        (BookingStatus.NO_SHOW, "09:59", TooSoon),
        (BookingStatus.NO_SHOW, "10:00", None),
        (BookingStatus.COMPLETED, "09:59", TooSoon),
        (BookingStatus.COMPLETED, "10:00", None),
        (BookingStatus.DECLINED, "09:59", None),
        (BookingStatus.DECLINED, "10:00", InThePast),
        (BookingStatus.CONFIRMED, "10:00", InThePast),
    ],
)
def test_the_store_says_things_at_their_time(
    to: BookingStatus, moment: str, wrong: type[BookingRefused] | None
) -> None:
    now = at(f"{TOMORROW} {moment}")
    if wrong is None:
        check_moment(a_booking(), to, now)
        return
    with pytest.raises(wrong):
        check_moment(a_booking(), to, now)


def test_cancelling_is_possible_up_to_the_last_minute_of_its_time() -> None:
    check_cancellable(a_booking(), at("2026-11-26 08:00"))
    with pytest.raises(TooLateToCancel, match="11月26日（周四）08:00"):
        check_cancellable(a_booking(), at("2026-11-26 08:00") + timedelta(seconds=1))


@pytest.mark.parametrize(
    "status", [BookingStatus.CHECKED_IN, BookingStatus.COMPLETED, BookingStatus.EXPIRED, BookingStatus.NO_SHOW]
)
def test_what_is_over_cannot_be_cancelled(status: BookingStatus) -> None:
    with pytest.raises(StateChanged, match=status_text(status)):
        check_cancellable(a_booking(status), NOON)
