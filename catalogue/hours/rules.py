"""When a place is open: pure functions of a schedule, its exceptions and the holiday calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.clock import at_minute, local_day
from lifecircle.catalogue.hours.holidays import MAKEUP_REASON, HolidayCalendar
from lifecircle.catalogue.hours.model import ClockRange, HolidayMode, OpeningException, OpenRange, Schedule

LOOK_AHEAD_DAYS = 35
"""How far the next opening is searched for: longer than any closure by holiday, shorter than a season."""


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What holds on one day, and why it is not the plain week."""

    ranges: tuple[ClockRange, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenStatus:
    is_open: bool
    opens_at: datetime | None
    """The next opening; None while open, and where none is in sight."""
    closes_at: datetime | None
    """The end of the present opening; None while closed, and where it is open around the clock."""


def day_plan(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, day: date
) -> DayPlan:
    """An exception by date beats a public holiday, which beats the week."""
    for exception in exceptions:
        if exception.day == day:
            return DayPlan(exception.ranges, exception.reason)
    holiday = calendar.holiday(day)
    if holiday and schedule.holiday_mode is not HolidayMode.SAME:
        return DayPlan(schedule.holiday_ranges if schedule.holiday_mode is HolidayMode.RANGES else (), holiday)
    if schedule.holiday_mode is HolidayMode.CLOSED and calendar.is_makeup_workday(day):
        return DayPlan(_week_ranges(schedule, day, weekday=1), MAKEUP_REASON)
    return DayPlan(_week_ranges(schedule, day, weekday=day.isoweekday()))


def open_ranges(
    schedule: Schedule,
    exceptions: Sequence[OpeningException],
    calendar: HolidayCalendar,
    first: date,
    days: int,
) -> list[OpenRange]:
    """Every opening that touches the days, in order; one that began the evening before is given whole."""
    begins = at_minute(first, 0)
    found: list[OpenRange] = []
    for offset in range(-1, days):
        day = first + timedelta(days=offset)
        plan = day_plan(schedule, exceptions, calendar, day)
        for clock in plan.ranges:
            opening = OpenRange(at_minute(day, clock.opens), at_minute(day, clock.closes), plan.reason)
            if opening.closes > begins:
                found.append(opening)
    return sorted(found, key=lambda opening: opening.opens)


def open_status(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, now: datetime
) -> OpenStatus:
    """Open at `now`? Openings that touch each other count as one."""
    today = local_day(now)
    near = _status(_joined(open_ranges(schedule, exceptions, calendar, today, 3)), now)
    if near.is_open and near.closes_at and local_day(near.closes_at) < today + timedelta(days=2):
        return near
    if near.opens_at:
        return near
    return _status(_joined(open_ranges(schedule, exceptions, calendar, today, LOOK_AHEAD_DAYS)), now, horizon=today)


def is_open(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, now: datetime
) -> bool:
    return any(
        opening.opens <= now < opening.closes
        for opening in open_ranges(schedule, exceptions, calendar, local_day(now), 1)
    )


def _status(openings: list[OpenRange], now: datetime, horizon: date | None = None) -> OpenStatus:
    for opening in openings:
        if opening.opens <= now < opening.closes:
            endless = horizon and opening.closes >= at_minute(horizon, (LOOK_AHEAD_DAYS - 1) * 1440)
            return OpenStatus(True, None, None if endless else opening.closes)
        if opening.opens > now:
            return OpenStatus(False, opening.opens, None)
    return OpenStatus(False, None, None)


def _joined(openings: list[OpenRange]) -> list[OpenRange]:
    joined: list[OpenRange] = []
    for opening in openings:
        if joined and opening.opens <= joined[-1].closes:
            last = joined.pop()
            opening = OpenRange(last.opens, max(last.closes, opening.closes), last.reason)
        joined.append(opening)
    return joined


def _week_ranges(schedule: Schedule, day: date, weekday: int) -> tuple[ClockRange, ...]:
    return tuple(row.range for row in schedule.weekly if row.weekday == weekday and row.is_valid_on(day))
