"""Which days a frame may mean, the likeliest first; the caller takes the first that has not gone by."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lifecircle.assistant.when import holidays, lunar
from lifecircle.assistant.when.frames import Edge, Frame
from lifecircle.assistant.when.lexicon import MONTH_EDGES, YEAR_EDGES
from lifecircle.assistant.when.spans import Grain

ONE_DAY = timedelta(days=1)
LEAP_CYCLE = 9  # years in which every 29 February has come round


@dataclass(frozen=True, slots=True)
class Days:
    """From a day up to another, the last not included."""

    start: date
    end: date
    grain: Grain = Grain.DAY


def one(day: date | None, length: int = 1) -> Iterator[Days]:
    if day:
        yield Days(day, day + timedelta(days=length))


def days_of(frame: Frame, today: date) -> Iterator[Days]:
    for days in _days_of(frame, today):
        if frame.nth_day is None or frame.holiday:
            yield days
        else:
            yield from one(_nth_day(days, frame.nth_day))


def _nth_day(days: Days, which: int) -> date:
    """The first is 1; 0 is the day before, -1 the last."""
    return days.end - ONE_DAY if which < 0 else days.start + timedelta(days=which - 1)


def _days_of(frame: Frame, today: date) -> Iterator[Days]:
    if frame.lunar:
        return _lunar(frame, today)
    if frame.holiday:
        return _holiday(frame, today)
    if frame.quarter or frame.quarter_shift is not None or frame.half is not None or frame.season is not None:
        return _blocks_of_year(frame, today)
    if _names_month(frame):
        return _calendar(frame, today)
    if frame.day_shift is not None:
        return one(today + timedelta(days=frame.day_shift), frame.days or 1)
    return _weeks(frame, today)


def _names_month(frame: Frame) -> bool:
    said = (frame.year, frame.year_shift, frame.month, frame.month_shift, frame.months_later, frame.day, frame.edge)
    return any(value is not None for value in said) or frame.nth_weekday is not None


def _years(frame: Frame, today: date, ahead: int = LEAP_CYCLE, behind: int = 0) -> Iterator[int]:
    if frame.year is not None:
        yield frame.year
    elif frame.year_shift is not None:
        yield today.year + frame.year_shift
    else:
        yield from range(today.year - behind, today.year + ahead)


def _weeks(frame: Frame, today: date) -> Iterator[Days]:
    monday = today - timedelta(days=today.weekday())
    if frame.weeks_later is not None:
        start = monday if frame.weekday is not None else today
        return one(start + timedelta(days=7 * frame.weeks_later + (frame.weekday or 0)))
    if frame.week is None and frame.weekday is None and not frame.weekend:
        return iter(())
    shifts = (0, 1) if frame.week is None else (frame.week,)
    return (_within_week(frame, monday + timedelta(days=7 * shift)) for shift in shifts)


def _within_week(frame: Frame, monday: date) -> Days:
    if frame.weekday is not None:
        day = monday + timedelta(days=frame.weekday)
        return Days(day, day + ONE_DAY)
    end = monday + timedelta(days=7)
    return Days(monday + timedelta(days=5), end, Grain.WEEKEND) if frame.weekend else Days(monday, end, Grain.WEEK)


def month_later(day: date, months: int) -> date:
    """The same day so many months on, or the last of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _calendar(frame: Frame, today: date) -> Iterator[Days]:
    if frame.months_later is not None and frame.day is None:
        return one(month_later(today, frame.months_later))
    found = (days for year, month in _months(frame, today) for days in _within_month(frame, year, month))
    if frame.weekday is None or frame.nth_weekday is not None or frame.day is None:
        return found
    return _on_weekday(frame, today)


def _on_weekday(frame: Frame, today: date) -> Iterator[Days]:
    """周日, 二月十号: the weekday settles the year, even a past one; a wrong weekday is not listened to."""
    every = [
        days
        for year, month in _months(frame, today, behind=1)
        for days in _within_month(frame, year, month)
        if days.start.year <= today.year + 1
    ]
    near = sorted(every, key=lambda days: abs(days.start - today))
    right = [days for days in near if days.start.weekday() == frame.weekday]
    return iter(right or [days for days in every if days.end > today] or every)


def _months(frame: Frame, today: date, behind: int = 0) -> Iterator[tuple[int, int]]:
    """Year and month (0 for the whole year) that the frame may lie in."""
    shift = frame.month_shift if frame.month_shift is not None else frame.months_later
    if shift is not None:
        start = month_later(today.replace(day=1), shift)
        yield start.year, start.month
    elif frame.month is not None:
        yield from ((year, frame.month) for year in _years(frame, today, behind=behind))
    elif frame.of_year or frame.year is not None or frame.year_shift is not None:
        yield from ((year, 0) for year in _years(frame, today))
    else:
        starts = (month_later(today.replace(day=1), months) for months in range(-behind, 24))
        yield from ((start.year, start.month) for start in starts)


def _within_month(frame: Frame, year: int, month: int) -> Iterator[Days]:
    if not month:
        return iter(_within_year(frame, year))
    last = monthrange(year, month)[1]
    if frame.nth_weekday is not None and frame.weekday is not None:
        return one(_nth_weekday(year, month, frame.nth_weekday, frame.weekday))
    if frame.day is not None:
        return one(date(year, month, frame.day) if 1 <= frame.day <= last else None)
    if frame.edge:
        first, end = MONTH_EDGES[frame.edge]
        return one(date(year, month, first), min(end, last) - first + 1)
    return iter([Days(date(year, month, 1), date(year, month, last) + ONE_DAY, Grain.MONTH)])


def _within_year(frame: Frame, year: int) -> list[Days]:
    if frame.day is not None:
        return []
    first, last = YEAR_EDGES.get(frame.edge or Edge.FIRST_THIRD, (1, 12))
    grain = Grain.MONTH if frame.edge else Grain.YEAR
    return [Days(date(year, first, 1), month_later(date(year, last, 1), 1), grain)]


def _nth_weekday(year: int, month: int, which: int, weekday: int) -> date | None:
    start = date(year, month, 1)
    length = monthrange(year, month)[1]
    days = [start + timedelta(days=offset) for offset in range((weekday - start.weekday()) % 7, length, 7)]
    return days[which - (which > 0)] if which <= len(days) else None


def _blocks_of_year(frame: Frame, today: date) -> Iterator[Days]:
    if frame.quarter_shift is not None:
        first = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
        start = month_later(first, 3 * frame.quarter_shift)
        yield Days(start, month_later(start, 3), Grain.QUARTER)
        return
    for year in _years(frame, today, ahead=2, behind=1):
        if frame.season is not None:
            start = date(year, 3 * frame.season + 3, 1)
            yield Days(start, month_later(start, 3), Grain.SEASON)
        elif frame.half is not None:
            start = date(year, 6 * frame.half + 1, 1)
            yield Days(start, month_later(start, 6), Grain.QUARTER)
        elif frame.quarter and frame.quarter <= 4:
            start = date(year, 3 * frame.quarter - 2, 1)
            yield Days(start, month_later(start, 3), Grain.QUARTER)


def _holiday(frame: Frame, today: date) -> Iterator[Days]:
    name = frame.holiday or ""
    for year in _years(frame, today, ahead=2, behind=1):
        day = holidays.festival(name, year)
        if day is None:
            continue
        if frame.break_days and frame.nth_day is None and frame.day is None:
            yield _festival_days(frame, name, day)
        elif frame.day is not None:
            yield from _within_month(Frame(day=frame.day), day.year, frame.month or day.month)
        else:
            yield from one(_nth_day(_festival_days(frame, name, day), 1 if frame.nth_day is None else frame.nth_day))


def _festival_days(frame: Frame, name: str, day: date) -> Days:
    """Its break for 国庆假期, else the day alone."""
    return Days(*holidays.statutory_break(name, day)) if frame.break_days else Days(day, day + ONE_DAY)


def _lunar(frame: Frame, today: date) -> Iterator[Days]:
    this_year = lunar.lunar_year_of(today)
    if frame.month is None and frame.holiday == "春节":
        frame = replace(frame, month=1)
    if frame.month is None:
        starts = lunar.month_starts(today) if frame.day else ()
        for start, length in starts:
            if frame.day and frame.day <= length:
                yield from one(start + timedelta(days=frame.day - 1))
        return
    for year in _years(frame, date(this_year, 1, 1), ahead=20):
        yield from _lunar_day(frame, year, frame.month)


def _lunar_day(frame: Frame, year: int, month: int) -> Iterator[Days]:
    leap = bool(frame.leap)
    end = lunar.month_end(year, month, leap=leap)
    if frame.day is None:
        start = lunar.solar(year, month, 1, leap=leap)
        if start and end:
            yield Days(start, end + ONE_DAY, Grain.MONTH)
    else:  # 腊月三十 is said of New Year's Eve even when that month ends on the 29th
        yield from one(lunar.solar(year, month, frame.day, leap=leap) or (end if frame.day == 30 else None))
