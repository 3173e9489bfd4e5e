"""Midnight at the edge of a holiday, an exception, a make-up day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from factories import at
from opening import PLAIN, STATE, closed_on, open_at, schedule, with_holiday_ranges

from lifecircle.catalogue.hours.model import OpeningException, clock_range
from lifecircle.catalogue.hours.rules import OpenStatus, is_open, open_ranges, open_status


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
