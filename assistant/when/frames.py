"""The parts of a time expression, before anybody knows what day it is.

A `Frame` holds what one word says (下周 fills `week`, 三点半 fills `hour` and `minute`); neighbouring words are merged
until two of them say different things about the same part.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import Enum, StrEnum, auto

from lifecircle.assistant.when.spans import Grain


class Mark(Enum):
    """Words that turn their neighbour into a range, a limit or nothing at all."""

    TO = auto()
    BEFORE = auto()
    AFTER = auto()
    WITHIN = auto()
    SINCE = auto()
    IN = auto()


class Edge(StrEnum):
    """Which piece of a month or year: 月初, 月中, 月底, 上旬, 中旬, 下旬."""

    EARLY = "early"
    MIDDLE = "middle"
    LATE = "late"
    FIRST_THIRD = "first_third"
    SECOND_THIRD = "second_third"
    LAST_THIRD = "last_third"


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time, as said: 两个半小时."""

    count: float
    unit: Grain

    @property
    def fixed(self) -> timedelta | None:
        days = {Grain.DAY: 1.0, Grain.WEEK: 7.0}.get(self.unit)
        if days is not None:
            return timedelta(days=days * self.count)
        seconds = {Grain.SECOND: 1, Grain.MINUTE: 60, Grain.HOUR: 3600}.get(self.unit)
        return None if seconds is None else timedelta(seconds=seconds * self.count)

    @property
    def months(self) -> int:
        return int(self.count * {Grain.MONTH: 1, Grain.YEAR: 12}.get(self.unit, 0))


class Reach(Enum):
    """Where a stretch of time lies: 前两天, 后三天, 三天内, 最近三天."""

    LAST = auto()
    NEXT = auto()
    WITHIN = auto()
    RECENT = auto()


@dataclass(frozen=True, slots=True)
class Stretch:
    reach: Reach
    length: Length


@dataclass(frozen=True, slots=True)
class Frame:
    """Shifts count from now: `week=1` is next week, `weeks_later=2` the same weekday in two weeks."""

    year: int | None = None
    year_shift: int | None = None
    month: int | None = None
    month_shift: int | None = None
    months_later: int | None = None
    day: int | None = None
    day_shift: int | None = None
    week: int | None = None
    weeks_later: int | None = None
    weekday: int | None = None
    nth_weekday: int | None = None
    weekend: bool | None = None
    holiday: str | None = None
    break_days: bool | None = None
    nth_day: int | None = None
    days: int | None = None
    lunar: bool | None = None
    leap: bool | None = None
    edge: Edge | None = None
    of_year: bool | None = None
    quarter: int | None = None
    quarter_shift: int | None = None
    half: int | None = None
    season: int | None = None
    part: str | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    exact: bool | None = None
    to_hour: int | None = None
    delta: timedelta | None = None
    now: bool | None = None

    @property
    def is_timed(self) -> bool:
        return self.hour is not None or self.part is not None

    @property
    def is_dated(self) -> bool:
        return any(getattr(self, name) is not None for name in DATE_FIELDS)

    @property
    def is_moment(self) -> bool:
        """A moment counted from now; no date or clock can be added to it."""
        return self.delta is not None or self.now is not None


CLOCK_FIELDS = ("hour", "minute", "second", "exact", "to_hour")
FIELDS = tuple(field.name for field in fields(Frame))
DATE_FIELDS = tuple(name for name in FIELDS if name not in (*CLOCK_FIELDS, "part", "delta", "now"))
OF_WEEK = {"weekday"}
OF_MONTH = {"day", "edge", "nth_weekday", "weekday"}


def merged(one: Frame, other: Frame) -> Frame | None:
    """Both at once, or None when they disagree on a part."""
    if one.is_moment or other.is_moment:
        return None
    said = {name: value for name in FIELDS if (value := getattr(other, name)) is not None}
    if any(getattr(one, name) not in (None, value) for name, value in said.items()):
        return None
    if one.hour is not None and other.hour is not None:
        return None
    return replace(one, **said)


def date_of(frame: Frame) -> Frame:
    return replace(frame, part=None, **dict.fromkeys(CLOCK_FIELDS))


def clock_of(frame: Frame) -> Frame:
    return replace(frame, **dict.fromkeys(DATE_FIELDS))


def continued(earlier: Frame, frame: Frame) -> Frame:
    """A bare weekday or day of the month lies in the week or month named before it: 下周三或者周四."""
    said = {name for name in DATE_FIELDS if getattr(frame, name) is not None}
    if said == {"weekday"} and earlier.weekday is not None and earlier.week is not None:
        return replace(frame, week=earlier.week)
    if said == {"day"} and earlier.day is not None and not earlier.lunar:
        return replace(frame, year=earlier.year, month=earlier.month, month_shift=earlier.month_shift)
    return frame


def narrows(wide: Frame, frame: Frame) -> bool:
    """Whether the frame names a day within the week or month that the wide one named: 下周…, 周三."""
    said = {name for name in DATE_FIELDS if getattr(frame, name) is not None}
    named = {name for name in DATE_FIELDS if getattr(wide, name) is not None}
    if named == {"week"}:
        return said == OF_WEEK
    return bool(said) and said <= OF_MONTH and named in ({"month"}, {"month_shift"}, {"year", "month"})
