"""Opening hours to the minute: breaks, midnight, holidays, 调休, exceptions, seasons."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from factories import PlainCalendar, at, hours

from lifecircle.catalogue.clock import at_minute
from lifecircle.catalogue.hours.holidays import MAKEUP_REASON, HolidayCalendar, StateCalendar, state_calendar
from lifecircle.catalogue.hours.model import (
    ClockRange,
    OpeningException,
    Schedule,
    clock_range,
    clock_text,
    exceptions_from_document,
    parse_clock,
    schedule_from_document,
)
from lifecircle.catalogue.hours.rules import (
    OpenStatus,
    day_plan,
    is_open,
    open_ranges,
    open_status,
)

PLAIN = PlainCalendar()
STATE = state_calendar()


def schedule(*ranges: tuple[str, str], **options: str) -> Schedule:
    return schedule_from_document(hours(*ranges, **options))


def with_holiday_ranges(*ranges: tuple[str, str]) -> Schedule:
    document = hours(("09:00", "18:00"), mode="RANGES")
    document["holidays"]["ranges"] = [{"opens": opens, "closes": closes} for opens, closes in ranges]
    return schedule_from_document(document)


def closed_on(day: str, reason: str | None = None) -> OpeningException:
    return OpeningException(date.fromisoformat(day), (), reason)


def open_at(
    plan: Schedule, text: str, calendar: HolidayCalendar = PLAIN, exceptions: tuple[OpeningException, ...] = ()
) -> bool:
    """What both questions answer; they must agree."""
    now = at(text)
    answer = is_open(plan, exceptions, calendar, now)
    assert open_status(plan, exceptions, calendar, now).is_open is answer
    return answer


# --- minutes ---


@pytest.mark.parametrize(
    ("clock", "is_open_then"),
    [
        *(("08:59", False), ("09:00", True), ("11:59", True), ("12:00", False), ("12:01", False)),
        *(("13:29", False), ("13:30", True), ("17:59", True), ("18:00", False)),
    ],
)
def test_a_lunch_break_begins_and_ends_on_the_minute(clock: str, is_open_then: bool) -> None:
    assert open_at(schedule(("09:00", "12:00"), ("13:30", "18:00")), f"2026-11-25 {clock}") is is_open_then


def test_before_during_and_after_the_break_the_next_change_is_named() -> None:
    plan = schedule(("09:00", "12:00"), ("13:30", "18:00"))
    assert open_status(plan, (), PLAIN, at("2026-11-25 11:59")) == OpenStatus(True, None, at("2026-11-25 12:00"))
    assert open_status(plan, (), PLAIN, at("2026-11-25 12:00")) == OpenStatus(False, at("2026-11-25 13:30"), None)
    assert open_status(plan, (), PLAIN, at("2026-11-25 18:00")) == OpenStatus(False, at("2026-11-26 09:00"), None)


def test_ranges_that_touch_are_one_opening() -> None:
    plan = schedule(("09:00", "12:00"), ("12:00", "18:00"))
    assert open_status(plan, (), PLAIN, at("2026-11-25 11:00")).closes_at == at("2026-11-25 18:00")


@pytest.mark.parametrize(
    ("text", "is_open_then"),
    [
        *(("2026-11-27 17:59", False), ("2026-11-27 18:00", True), ("2026-11-27 23:59", True)),
        *(("2026-11-28 00:00", True), ("2026-11-28 01:59", True), ("2026-11-28 02:00", False)),
        ("2026-11-28 02:01", False),
    ],
)
def test_a_range_past_midnight_belongs_to_the_evening_it_began_in(text: str, is_open_then: bool) -> None:
    only_fridays = schedule(("18:00", "02:00"), weekdays="5")
    assert open_at(only_fridays, text) is is_open_then


def test_after_midnight_the_closing_and_the_next_opening_are_right() -> None:
    every_evening = schedule(("18:00", "02:00"))
    assert open_status(every_evening, (), PLAIN, at("2026-11-28 01:59")).closes_at == at("2026-11-28 02:00")
    assert open_status(every_evening, (), PLAIN, at("2026-11-28 02:00")).opens_at == at("2026-11-28 18:00")


def test_an_opening_that_began_the_evening_before_is_given_whole() -> None:
    (opening, *_) = open_ranges(schedule(("18:00", "02:00"), weekdays="5"), (), PLAIN, date(2026, 11, 28), 1)
    assert (opening.opens, opening.closes) == (at("2026-11-27 18:00"), at("2026-11-28 02:00"))


def test_an_opening_that_ended_at_midnight_does_not_touch_the_day() -> None:
    assert open_ranges(schedule(("18:00", "24:00"), weekdays="5"), (), PLAIN, date(2026, 11, 28), 1) == []


def test_24_00_is_the_end_of_the_day() -> None:
    plan = schedule(("09:00", "24:00"))
    assert open_at(plan, "2026-11-25 23:59")
    assert not open_at(plan, "2026-11-26 00:00")
    assert open_status(plan, (), PLAIN, at("2026-11-25 23:59")).closes_at == at("2026-11-26 00:00")


def test_a_range_that_closes_when_it_opens_lasts_a_day() -> None:
    plan = schedule(("09:00", "09:00"), weekdays="3")
    assert open_at(plan, "2026-11-26 08:59")
    assert not open_at(plan, "2026-11-26 09:00")


@pytest.mark.parametrize("ranges", [("00:00", "24:00"), ("00:00", "00:00"), ("09:00", "09:00")])
def test_around_the_clock_has_no_closing_time(ranges: tuple[str, str]) -> None:
    assert open_status(schedule(ranges), (), PLAIN, at("2026-11-25 12:00")) == OpenStatus(True, None, None)


def test_around_the_clock_until_an_exception_closes_it() -> None:
    status = open_status(schedule(("00:00", "24:00")), (closed_on("2026-12-05"),), PLAIN, at("2026-11-25 12:00"))
    assert status == OpenStatus(True, None, at("2026-12-05 00:00"))


# --- holidays and 调休 ---


def test_the_first_of_october_is_off_for_an_office_and_not_for_a_shop() -> None:
    assert date(2026, 10, 1).isoweekday() == 4
    assert not open_at(schedule(mode="CLOSED"), "2026-10-01 10:00", STATE)
    assert open_at(schedule(mode="SAME"), "2026-10-01 10:00", STATE)
    assert day_plan(schedule(mode="CLOSED"), (), STATE, date(2026, 10, 1)).reason == "国庆节"


def test_the_day_before_and_the_day_after_the_holiday_are_plain() -> None:
    office = schedule(weekdays="12345", mode="CLOSED")
    assert open_at(office, "2026-09-30 10:00", STATE)
    assert not open_at(office, "2026-10-07 10:00", STATE)
    assert open_at(office, "2026-10-08 10:00", STATE)


@pytest.mark.parametrize("day", ["2026-09-20", "2026-10-10"])
def test_an_office_works_on_the_makeup_sunday_and_saturday(day: str) -> None:
    office, shop = schedule(weekdays="12345", mode="CLOSED"), schedule(weekdays="12345")
    assert date.fromisoformat(day).isoweekday() in (6, 7)
    assert open_at(office, f"{day} 10:00", STATE)
    assert day_plan(office, (), STATE, date.fromisoformat(day)).reason == MAKEUP_REASON
    assert not open_at(shop, f"{day} 10:00", STATE), "a shop that does not follow the state calendar rests"


def test_an_ordinary_saturday_is_no_working_day() -> None:
    assert not open_at(schedule(weekdays="12345", mode="CLOSED"), "2026-10-17 10:00", STATE)


def test_holiday_ranges_hold_instead_of_the_week() -> None:
    plan = with_holiday_ranges(("10:00", "16:00"))
    assert not open_at(plan, "2026-10-01 09:30", STATE)
    assert open_at(plan, "2026-10-01 10:00", STATE)
    assert not open_at(plan, "2026-10-01 16:00", STATE)
    assert open_at(plan, "2026-10-08 09:30", STATE)


def test_closed_on_holidays_means_closed_even_where_ranges_are_left_over() -> None:
    document = hours(mode="CLOSED")
    document["holidays"]["ranges"] = [{"opens": "10:00", "closes": "16:00"}]
    assert not open_at(schedule_from_document(document), "2026-10-01 12:00", STATE)


def test_an_exception_beats_a_holiday_both_ways() -> None:
    opened = OpeningException(date(2026, 10, 1), (clock_range("10:00", "12:00"),), "国庆义诊")
    assert open_at(schedule(mode="CLOSED"), "2026-10-01 11:00", STATE, (opened,))
    assert not open_at(schedule(mode="CLOSED"), "2026-10-01 12:00", STATE, (opened,))
    assert day_plan(schedule(mode="CLOSED"), (opened,), STATE, date(2026, 10, 1)).reason == "国庆义诊"
    assert not open_at(with_holiday_ranges(("10:00", "16:00")), "2026-10-01 11:00", STATE, (closed_on("2026-10-01"),))


def test_an_exception_beats_a_makeup_day() -> None:
    assert not open_at(
        schedule(weekdays="12345", mode="CLOSED"), "2026-10-10 10:00", STATE, (closed_on("2026-10-10", "停电"),)
    )


def test_an_exception_holds_on_its_own_date_only() -> None:
    closed = (closed_on("2026-11-25"),)
    assert [open_at(schedule(), f"2026-11-{day} 10:00", PLAIN, closed) for day in (24, 25, 26)] == [True, False, True]


def test_exceptions_are_read_from_documents() -> None:
    rows: list[dict[str, Any]] = [
        {"date": "2026-11-25", "closed": True, "ranges": [], "reason": "盘点"},
        {"date": "2026-11-26", "closed": False, "ranges": [{"opens": "22:00", "closes": "01:00"}], "reason": None},
    ]
    assert exceptions_from_document(rows) == (
        OpeningException(date(2026, 11, 25), (), "盘点"),
        OpeningException(date(2026, 11, 26), (ClockRange(1320, 1500),), None),
    )


def test_the_next_opening_is_found_over_a_long_holiday() -> None:
    office = schedule(weekdays="12345", mode="CLOSED")
    # 13 February 2026 is a Friday; Saturday is 调休; the Spring Festival is off from the 15th to the 23rd.
    assert open_status(office, (), STATE, at("2026-02-13 18:00")).opens_at == at("2026-02-14 09:00")
    assert open_status(office, (), STATE, at("2026-02-14 18:00")).opens_at == at("2026-02-24 09:00")


def test_the_next_opening_is_found_after_four_weeks_of_closure_and_none_where_none_is_in_sight() -> None:
    closed = tuple(OpeningException(date(2026, 11, 25) + timedelta(days=offset), ()) for offset in range(28))
    assert open_status(schedule(), closed, PLAIN, at("2026-11-25 10:00")).opens_at == at("2026-12-23 09:00")
    assert open_status(Schedule(), (), PLAIN, at("2026-11-25 10:00")) == OpenStatus(False, None, None)


def test_every_opening_of_the_holiday_week_carries_its_reason() -> None:
    plan = with_holiday_ranges(("10:00", "16:00"))
    found = open_ranges(plan, (closed_on("2026-10-03"),), STATE, date(2026, 9, 30), 10)
    assert [(opening.opens, opening.reason) for opening in found] == [
        (at("2026-09-30 09:00"), None),
        *((at(f"2026-10-0{day} 10:00"), "国庆节") for day in (1, 2, 4, 5, 6, 7)),
        *((at(f"2026-10-0{day} 09:00"), None) for day in (8, 9)),
    ]


def test_beyond_the_holiday_table_every_day_is_a_plain_day_of_the_week() -> None:
    beyond = StateCalendar()
    year = max(year for year in range(2004, 2100) if beyond.covers(date(year, 6, 1))) + 1
    for month, day in ((1, 1), (5, 1), (10, 1), (10, 4)):
        then = date(year, month, day)
        assert beyond.holiday(then) is None
        assert not beyond.is_makeup_workday(then)
        noon = at_minute(then, 720)
        weekdays_only = schedule(weekdays="12345", mode="CLOSED")
        assert is_open(weekdays_only, (), beyond, noon) is (then.isoweekday() <= 5)


def test_the_table_knows_its_own_years() -> None:
    assert STATE.covers(date(2026, 12, 31))
    assert not STATE.covers(date(2003, 1, 1))
    assert STATE.holiday(date(2026, 9, 25)) == "中秋"
    assert STATE.holiday(date(2026, 9, 12)) is None, "a plain Saturday is no holiday"


# --- seasons ---


def seasonal(valid_from: str | None, valid_through: str | None) -> Schedule:
    row = {
        "weekdays": "3",
        "opens": "09:00",
        "closes": "18:00",
        "valid_from": valid_from,
        "valid_through": valid_through,
    }
    return schedule_from_document({"weekly": [row]})


@pytest.mark.parametrize(
    ("valid_from", "valid_through", "is_open_then"),
    [
        *((None, None, True), ("2026-11-25", "2026-11-25", True), ("2026-11-26", None, False)),
        *((None, "2026-11-24", False), ("2026-11-01", None, True), (None, "2026-12-31", True)),
    ],
)
def test_a_row_holds_in_its_season_with_both_ends(
    valid_from: str | None, valid_through: str | None, is_open_then: bool
) -> None:
    assert open_at(seasonal(valid_from, valid_through), "2026-11-25 10:00") is is_open_then


def test_summer_and_winter_hours_change_over_on_the_day() -> None:
    summer, winter = seasonal(None, "2026-11-24"), seasonal("2026-11-25", None)
    both = Schedule((*summer.weekly, *winter.weekly))
    assert len(open_ranges(both, (), PLAIN, date(2026, 11, 18), 14)) == 2


def test_a_range_past_midnight_outlives_the_season_that_it_began_in() -> None:
    late = {"weekdays": "1234567", "opens": "18:00", "closes": "02:00", "valid_through": "2026-11-24"}
    early = {"weekdays": "1234567", "opens": "18:00", "closes": "22:00", "valid_from": "2026-11-25"}
    both = schedule_from_document({"weekly": [late, early]})
    assert open_at(both, "2026-11-25 01:59")
    assert not open_at(both, "2026-11-25 02:00")
    assert open_status(both, (), PLAIN, at("2026-11-25 01:59")).closes_at == at("2026-11-25 02:00")
    assert not open_at(both, "2026-11-26 01:00")


# --- midnight at the edge of a holiday, an exception, a make-up day ---


@pytest.mark.parametrize(("mode", "open_on_the_evening"), [("CLOSED", False), ("SAME", True)])
def test_the_night_before_a_holiday_ends_as_it_began(mode: str, open_on_the_evening: bool) -> None:
    bar = schedule(("18:00", "02:00"), mode=mode)
    assert open_at(bar, "2026-10-01 01:59", STATE), "the evening of 30 September is a plain one"
    assert not open_at(bar, "2026-10-01 02:00", STATE)
    assert open_at(bar, "2026-10-01 18:00", STATE) is open_on_the_evening
    assert open_at(bar, "2026-10-08 01:59", STATE) is open_on_the_evening, "the evening of 7 October is the holiday's"


def test_holiday_hours_past_midnight_reach_into_the_plain_day_after() -> None:
    bar = with_holiday_ranges(("20:00", "03:00"))
    assert open_at(bar, "2026-10-08 02:59", STATE)
    assert not open_at(bar, "2026-10-08 03:00", STATE)
    (night,) = [o for o in open_ranges(bar, (), STATE, date(2026, 10, 8), 1) if o.closes == at("2026-10-08 03:00")]
    assert (night.opens, night.reason) == (at("2026-10-07 20:00"), "国庆节")


def test_a_day_that_is_an_exception_begins_with_the_rest_of_the_night_before() -> None:
    bar, closed = schedule(("18:00", "02:00")), (closed_on("2026-11-25", "盘点"),)
    assert open_at(bar, "2026-11-25 01:59", PLAIN, closed)
    assert not open_at(bar, "2026-11-25 19:00", PLAIN, closed)
    assert not open_at(bar, "2026-11-26 01:00", PLAIN, closed)
    status = open_status(bar, closed, PLAIN, at("2026-11-25 02:00"))
    assert status == OpenStatus(False, at("2026-11-26 18:00"), None)


def test_an_exception_past_midnight_joins_the_plain_morning_after() -> None:
    night = OpeningException(date(2026, 11, 25), (clock_range("20:00", "09:00"),), "通宵")
    status = open_status(schedule(), (night,), PLAIN, at("2026-11-26 03:00"))
    assert status == OpenStatus(True, None, at("2026-11-26 18:00")), "it goes on as the day from 09:00"


def test_the_makeup_sunday_to_the_minute() -> None:
    office = schedule(("09:00", "12:00"), ("13:30", "17:00"), weekdays="12345", mode="CLOSED")
    told = {
        clock: open_at(office, f"2026-09-20 {clock}", STATE) for clock in ("08:59", "09:00", "11:59", "12:00", "12:01")
    }
    assert told == {"08:59": False, "09:00": True, "11:59": True, "12:00": False, "12:01": False}
    assert open_status(office, (), STATE, at("2026-09-19 10:00")).opens_at == at("2026-09-20 09:00")
    assert open_status(office, (), STATE, at("2026-09-20 17:00")).opens_at == at("2026-09-21 09:00")


def test_an_office_that_closes_on_30_september_opens_again_on_8_october() -> None:
    office = schedule(weekdays="12345", mode="CLOSED")
    assert open_status(office, (), STATE, at("2026-09-30 17:59")).closes_at == at("2026-09-30 18:00")
    assert open_status(office, (), STATE, at("2026-09-30 18:00")).opens_at == at("2026-10-08 09:00")


def test_a_range_until_24_00_and_one_from_00_00_are_one_night() -> None:
    plan = schedule(("00:00", "03:00"), ("20:00", "24:00"))
    assert open_status(plan, (), PLAIN, at("2026-11-25 23:59")) == OpenStatus(True, None, at("2026-11-26 03:00"))
    assert open_at(plan, "2026-11-26 00:00")


def test_the_minute_is_kept_to_the_second_before() -> None:
    plan = schedule(("09:00", "12:00"))
    just_before = at("2026-11-25 12:00") - timedelta(microseconds=1)
    assert is_open(plan, (), PLAIN, just_before)
    assert open_status(plan, (), PLAIN, just_before).closes_at == at("2026-11-25 12:00")


# --- long closures ---


def test_the_next_opening_is_found_beyond_a_season() -> None:
    pool = {"weekdays": "67", "opens": "10:00", "closes": "20:00", "valid_from": "2027-06-01"}
    assert open_status(schedule_from_document({"weekly": [pool]}), (), PLAIN, at("2026-11-25 10:00")).opens_at == at(
        "2027-06-05 10:00"
    )


# --- clock texts ---


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)])
def test_clock_texts_are_read_and_written(text: str, minute: int) -> None:
    assert parse_clock(text) == minute
    assert clock_text(minute) == text


def test_a_minute_after_midnight_reads_as_the_next_day() -> None:
    assert clock_text(1441) == "00:01"


@pytest.mark.parametrize(
    "text",
    ["", "8:30", "24:01", "25:00", "08:60", "0830", "08:3", "08:300", " 08:30", "08:30\n", "08：30", "-1:00", "0８:30"],
)
def test_malformed_clock_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a clock time"):
        parse_clock(text)


def test_a_range_cannot_open_at_24_00() -> None:
    with pytest.raises(ValueError, match="24:00"):
        clock_range("24:00", "08:00")


def test_is_open_and_open_ranges_tell_the_same_story_minute_by_minute() -> None:
    plan = schedule(("00:00", "00:10"), ("09:00", "12:00"), ("23:50", "00:05"), weekdays="1357")
    openings = open_ranges(plan, (), PLAIN, date(2026, 11, 24), 3)

    def inside(now: datetime) -> bool:
        return any(opening.opens <= now < opening.closes for opening in openings)

    start = at("2026-11-24 00:00")
    minutes = [start + timedelta(minutes=minute) for minute in range(3 * 1440)]
    told = [is_open(plan, (), PLAIN, now) for now in minutes]
    assert told == [inside(now) for now in minutes]
    assert sum(told) == 5 + 10 + 180 + 10 + 5 + 0
