"""Holidays, 调休 and exceptions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from factories import at, hours
from opening import PLAIN, STATE, closed_on, open_at, schedule, with_holiday_ranges

from lifecircle.catalogue.clock import at_minute
from lifecircle.catalogue.hours.holidays import MAKEUP_REASON, StateCalendar
from lifecircle.catalogue.hours.model import (
    ClockRange,
    OpeningException,
    Schedule,
    clock_range,
    exceptions_from_document,
    schedule_from_document,
)
from lifecircle.catalogue.hours.rules import OpenStatus, day_plan, is_open, open_ranges, open_status


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
