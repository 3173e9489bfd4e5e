"""Opening hours: weekly rows, exceptions by date, what happens on public holidays.

Shapes follow HSDS 3 schedules. A clock reading is minutes after local midnight; a range that passes midnight closes
after minute 1440 and belongs to the day it began on, whatever the next day is: holiday, exception, another season.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

DAY_MINUTES = 1440
_WEEKDAYS = "1234567"
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")


class HolidayMode(StrEnum):
    """What a public holiday does to the week."""

    SAME = "SAME"
    """Nothing: the plain week holds."""
    CLOSED = "CLOSED"
    """Closed on public holidays, open on make-up working days (调休): an office that follows the state calendar."""
    RANGES = "RANGES"
    """Open at the holiday ranges instead."""


@dataclass(frozen=True, slots=True)
class ClockRange:
    """Minutes after midnight; `closes` > `opens`, and past 1440 where the range passes midnight."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class WeeklyRange:
    weekday: int
    """ISO: Monday 1 … Sunday 7."""
    range: ClockRange
    valid_from: date | None = None
    valid_through: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether the season of this row holds the day; the weekday is not looked at."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_through is None or day <= self.valid_through
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    weekly: tuple[WeeklyRange, ...] = ()
    holiday_mode: HolidayMode = HolidayMode.SAME
    holiday_ranges: tuple[ClockRange, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningException:
    """What holds on one date in place of the week: closed (no ranges) or other ranges."""

    day: date
    ranges: tuple[ClockRange, ...]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class OpenRange:
    """From `opens` until just before `closes`, aware UTC."""

    opens: datetime
    closes: datetime
    reason: str | None = None


def parse_clock(text: str) -> int:
    """ "HH:MM" (24:00 allowed) → minutes after midnight. Raises ValueError."""
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is not a clock time like 08:30")
    return int(text[:2]) * 60 + int(text[3:])


def clock_text(minute: int) -> str:
    """Minutes after midnight → "HH:MM" on the clock; 1440 is "24:00", later minutes belong to the next day."""
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02d}:{minute % 60:02d}"


def clock_range(opens: str, closes: str) -> ClockRange:
    """A range as people write it: `closes` at or before `opens` means the next day. Raises ValueError."""
    first, last = parse_clock(opens), parse_clock(closes)
    if first == DAY_MINUTES:
        raise ValueError("a range cannot open at 24:00")
    return ClockRange(first, last if last > first else last + DAY_MINUTES)


def schedule_from_document(document: Mapping[str, Any]) -> Schedule:
    """Raises ValueError, KeyError on a malformed document.

    A row is ``{weekdays: "12345", opens: "08:30", closes: "12:00"}``, with `valid_from` and `valid_through` where it
    has a season. Days that share a range share a row, since a city's stores are read at every start.
    """
    holidays = document.get("holidays") or {}
    rows = [row for stored in document["weekly"] for row in _rows(stored)]
    return Schedule(
        tuple(sorted(rows, key=lambda row: (row.weekday, row.range.opens))),
        HolidayMode(holidays.get("mode", "SAME")),
        _ranges(holidays.get("ranges", ())),
    )


def exceptions_from_document(rows: Iterable[Mapping[str, Any]]) -> tuple[OpeningException, ...]:
    return tuple(
        OpeningException(
            date.fromisoformat(row["date"]), () if row["closed"] else _ranges(row["ranges"]), row.get("reason")
        )
        for row in rows
    )


def _rows(stored: Mapping[str, Any]) -> Iterator[WeeklyRange]:
    clock = clock_range(stored["opens"], stored["closes"])
    begins, ends = _day(stored.get("valid_from")), _day(stored.get("valid_through"))
    for weekday in stored["weekdays"]:
        if weekday not in _WEEKDAYS:
            raise ValueError(f"{weekday!r} is no ISO weekday")
        yield WeeklyRange(int(weekday), clock, begins, ends)


def _ranges(rows: Iterable[Mapping[str, str]]) -> tuple[ClockRange, ...]:
    return tuple(clock_range(row["opens"], row["closes"]) for row in rows)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
