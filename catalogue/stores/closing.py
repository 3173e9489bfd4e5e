"""A store that is closed for a while, for good, or that has moved: the one place that says what it means.

`closed_until` is a day, not a job: on that day the store is open again by itself, in every answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.clock import local_day, midnight
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import OpeningException, OpenRange, Schedule
from lifecircle.catalogue.hours.rules import DayPlan, OpenStatus, day_plan, open_ranges, open_status
from lifecircle.catalogue.stores.model import Store

OPEN, CLOSED, MOVED = "OPEN", "CLOSED", "MOVED"
TAKEN_OFF = "临时休息"

_ONE_DAY = timedelta(days=1)
_SHUT = OpenStatus(False, None, None)


@dataclass(frozen=True, slots=True)
class Closure:
    """Why a store is shut on a day, and when it opens again (None: never)."""

    reason: str
    until: date | None


def closure(store: Store, day: date) -> Closure | None:
    """What keeps the store shut on the day; None where its hours hold."""
    if store.state == OPEN:
        return None
    if store.state == MOVED:
        return Closure("已搬迁", None)
    if store.closed_until is None:
        return Closure("已停业", None)
    if day >= store.closed_until:
        return None
    return Closure(f"暂停营业，{store.closed_until.month}月{store.closed_until.day}日恢复", store.closed_until)


def why_shut(store: Store, day: date) -> str | None:
    """Why the store has said that nobody is there on that day: a closure, or a date without hours."""
    shut = closure(store, day)
    if shut:
        return shut.reason
    dated = next((one for one in store.exceptions if one.day == day), None)
    return None if dated is None or dated.ranges else dated.reason or TAKEN_OFF


def is_listed(store: Store, today: date) -> bool:
    """Whether lists and searches show it: what is shut today is found by its id only."""
    return store.state == OPEN or closure(store, today) is None


def is_gone(store: Store) -> bool:
    """Closed for good, or moved: nothing can be booked here any more."""
    return store.state == MOVED or (store.state == CLOSED and store.closed_until is None)


def day_plan_of(store: Store, schedule: Schedule, calendar: HolidayCalendar, day: date) -> DayPlan:
    """As `hours.rules.day_plan`, closures worked in."""
    shut = closure(store, day)
    return DayPlan((), shut.reason) if shut else day_plan(schedule, store.exceptions, calendar, day)


def open_ranges_of(
    store: Store, schedule: Schedule, calendar: HolidayCalendar, first: date, days: int
) -> list[OpenRange]:
    """As `hours.rules.open_ranges`, closures worked in."""
    if store.state == OPEN:
        return open_ranges(schedule, store.exceptions, calendar, first, days)
    found = open_ranges(schedule, store.exceptions, calendar, first, days)
    return [opening for opening in found if closure(store, local_day(opening.opens)) is None]


def open_status_of(store: Store, schedule: Schedule, calendar: HolidayCalendar, now: datetime) -> OpenStatus:
    """As `hours.rules.open_status`, closures worked in."""
    if store.state == OPEN:
        return open_status(schedule, store.exceptions, calendar, now)
    if is_gone(store) or store.closed_until is None:
        return _SHUT
    reopens = midnight(store.closed_until)
    exceptions = _with_eve_shut(store.exceptions, store.closed_until)
    status = open_status(schedule, exceptions, calendar, max(now, reopens))
    if now >= reopens:
        return status
    return OpenStatus(False, reopens if status.is_open else status.opens_at, None)


def is_open_of(store: Store, schedule: Schedule, calendar: HolidayCalendar, now: datetime) -> bool:
    """As `hours.rules.is_open`, closures worked in."""
    return any(r.opens <= now < r.closes for r in open_ranges_of(store, schedule, calendar, local_day(now), 1))


def _with_eve_shut(exceptions: Sequence[OpeningException], reopens: date) -> tuple[OpeningException, ...]:
    """Hours past midnight of the last closed day do not reach into the first open one."""
    return (OpeningException(reopens - _ONE_DAY, ()), *exceptions)
