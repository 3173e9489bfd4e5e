"""When an offering can be had: the grid of starts, the sessions, and which of them are free. Pure functions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from lifecircle.catalogue.bookings.claims import Taken, Times, free_counts, places_needed
from lifecircle.catalogue.bookings.model import Interval
from lifecircle.catalogue.bookings.texts import date_text, time_text
from lifecircle.catalogue.clock import at_minute, local_day, midnight
from lifecircle.catalogue.errors import HolidayClosed, OutsideHours
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering, OfferingKind
from lifecircle.catalogue.offerings.terms import Blackout


class FreeTime(NamedTuple):
    interval: Interval
    remaining: int


@dataclass(frozen=True, slots=True)
class DayAvailability:
    day: date
    times: tuple[FreeTime, ...]
    closed_reason: str | None


@dataclass(frozen=True, slots=True)
class OpenDays:
    """When a store is open on some days, and why it is not on others."""

    openings: Sequence[OpenRange]
    """In order, with one that begins as the last day ends."""
    closed: Mapping[date, str]
    """Days without any opening that the plain week would have, with their reason."""
    days_off: Collection[date] = frozenset()
    """Days without any opening because the week has none."""

    def reasons(self) -> dict[date, str]:
        return {**dict.fromkeys(self.days_off, "休息日"), **self.closed}


@dataclass(frozen=True, slots=True)
class Wish:
    """How much is wanted."""

    party_size: int = 1
    duration_minutes: int | None = None
    resource: str | None = None
    """The key of a resource."""


def blackout_on(offering: Offering, day: date) -> Blackout | None:
    return next((one for one in offering.rules.blackouts if one.first <= day <= one.last), None)


def interval_of(start: datetime, minutes: int | None, offering: Offering, days: OpenDays) -> Interval:
    """The time that would be taken. Raises HolidayClosed, OutsideHours."""
    day = local_day(start)
    blackout = blackout_on(offering, day)
    if blackout:
        raise HolidayClosed(f"{date_text(day)}不接受预约（{blackout.reason}）。", "start")
    times = bookable_times(offering, days.openings, minutes)
    at_start = times.within(start, start + timedelta.resolution).intervals
    if at_start:
        return at_start[0]
    if offering.kind is OfferingKind.SESSION:
        raise OutsideHours("这个时间没有安排场次。", "start")
    if any(opening.opens <= start < opening.closes for opening in days.openings):
        raise OutsideHours(f"请选整点开始的时段：每 {offering.grid_minutes} 分钟一档，且要在打烊前做完。", "start")
    if day in days.closed:
        raise HolidayClosed(f"{date_text(day)}不营业（{days.closed[day]}）。", "start")
    if day in days.days_off:
        raise OutsideHours(f"{date_text(day)}是休息日，不营业。", "start")
    raise OutsideHours(f"{time_text(start)}不在营业时间内。", "start")


def bookable_times(offering: Offering, openings: Sequence[OpenRange], minutes: int | None = None) -> Times:
    """Every time that the offering could be had, whether free or not, in order."""
    if offering.kind is OfferingKind.SESSION:
        return Times.of(sorted((Interval(s.start, s.end) for s in offering.sessions), key=lambda each: each.start))
    length = minutes or offering.duration_minutes
    if offering.kind is OfferingKind.REQUEST_ONLY or not length:
        return Times((), (), ())
    return _grid(tuple(openings), length, offering.grid_minutes)


@lru_cache(maxsize=128)
def _grid(openings: tuple[OpenRange, ...], minutes: int, grid_minutes: int) -> Times:
    """Kept, since many look at the same days: half a megabyte for a fortnight around the clock."""
    until = _without_break(openings)
    return Times.of(sorted(each for one in openings for each in _grid_of(one, until[one.opens], minutes, grid_minutes)))


def _without_break(openings: Sequence[OpenRange]) -> dict[datetime, datetime]:
    """By when an opening begins, until when it stays open: around the clock a day goes on into the next."""
    until: dict[datetime, datetime] = {}
    for opening in reversed(openings):
        until[opening.opens] = until.get(opening.closes, opening.closes)
    return until


def _grid_of(opening: OpenRange, until: datetime, minutes: int, grid_minutes: int) -> list[Interval]:
    length, step = timedelta(minutes=minutes), timedelta(minutes=grid_minutes)
    begun, done = -((opening.opens - opening.closes) // step), (until - opening.opens - length) // step + 1
    starts = [opening.opens + k * step for k in range(max(0, min(begun, done)))]
    return [Interval(start, start + length) for start in starts]


def free_times(offering: Offering, candidates: Times, taken: Taken, wish: Wish, now: datetime) -> list[FreeTime]:
    """What can be booked now: enough places, inside the window, not too soon, not blacked out."""
    earliest = max(now + timedelta(minutes=offering.lead_minutes), now + timedelta.resolution)
    latest = at_minute(local_day(now) + timedelta(days=offering.window_days + 1), 0)
    asked = candidates.within(earliest, latest)
    if offering.rules.blackouts:
        asked = Times.of([each for each in asked.intervals if not blackout_on(offering, local_day(each.start))])
    needed = places_needed(offering, wish.party_size)
    counts = free_counts(offering, asked, taken, wish.resource)
    return [
        FreeTime(interval, count) for interval, count in zip(asked.intervals, counts, strict=True) if count >= needed
    ]


def by_day(times: Sequence[FreeTime], first: date, days: int, closed: Mapping[date, str]) -> list[DayAvailability]:
    """`times` in order."""
    span = [first + timedelta(days=offset) for offset in range(days + 1)]
    begins = [bisect_left(times, midnight(day), key=lambda free: free.interval.start) for day in span]
    return [
        DayAvailability(day, tuple(times[begin:end]), closed.get(day))
        for day, begin, end in zip(span, begins, begins[1:], strict=False)
    ]


def span_of(first: date, days: int) -> Interval:
    return Interval(at_minute(first, 0), at_minute(first + timedelta(days=days), 0))
