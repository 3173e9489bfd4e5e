"""When a place is open: pure functions of a schedule, its exceptions and the holiday calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.clock import at_minute, local_day
from lifecircle.catalogue.hours.holidays import MAKEUP_REASON, HolidayCalendar
from lifecircle.catalogue.hours.model import ClockRange, HolidayMode, OpeningException, OpenRange, Schedule

NEXT_OPENING_DAYS = 400
"""How far the next opening is searched for: a season that comes once a year is found."""

CLOSING_DAYS = 35
"""Open for longer than this without a break counts as open around the clock."""

_ONE_DAY = timedelta(days=1)


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
    found = _openings(schedule, exceptions, calendar, first - _ONE_DAY, days + 1)
    return [opening for opening in found if opening.closes > begins]


def open_status(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, now: datetime
) -> OpenStatus:
    """Open at `now`? Openings that touch each other count as one."""
    if not (schedule.weekly or schedule.holiday_ranges or exceptions):
        return OpenStatus(False, None, None)
    today = local_day(now)
    endless, closes = at_minute(today + timedelta(days=CLOSING_DAYS), 0), None
    for opening in _openings(schedule, exceptions, calendar, today - _ONE_DAY, NEXT_OPENING_DAYS):
        if closes is None and opening.opens > now:
            return OpenStatus(False, opening.opens, None)
        if closes is not None and opening.opens > closes:
            break
        if opening.closes > now:
            closes = max(closes or opening.closes, opening.closes)
        if closes is not None and closes >= endless:
            return OpenStatus(True, None, None)
    return OpenStatus(closes is not None, None, closes)


def is_open(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, now: datetime
) -> bool:
    return any(
        opening.opens <= now < opening.closes
        for opening in open_ranges(schedule, exceptions, calendar, local_day(now), 1)
    )


def _openings(
    schedule: Schedule, exceptions: Sequence[OpeningException], calendar: HolidayCalendar, first: date, days: int
) -> Iterator[OpenRange]:
    """Every opening that begins on the days, in order, found as far as it is asked for."""
    for offset in range(days):
        day = first + timedelta(days=offset)
        plan = day_plan(schedule, exceptions, calendar, day)
        for clock in sorted(plan.ranges, key=_opening_minute):
            yield OpenRange(at_minute(day, clock.opens), at_minute(day, clock.closes), plan.reason)


def _opening_minute(clock: ClockRange) -> int:
    return clock.opens


def _week_ranges(schedule: Schedule, day: date, weekday: int) -> tuple[ClockRange, ...]:
    return tuple(row.range for row in schedule.weekly if row.weekday == weekday and row.is_valid_on(day))
