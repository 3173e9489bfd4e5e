"""Opening hours to the minute: breaks, midnight, around the clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from factories import at
from opening import PLAIN, closed_on, open_at, schedule

from lifecircle.catalogue.hours.rules import OpenStatus, is_open, open_ranges, open_status


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
