"""From a phrase to a span of time, once now is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import islice

from lifecircle.assistant.when.clocks import at, next_after, readings
from lifecircle.assistant.when.dates import Days, days_of, month_later
from lifecircle.assistant.when.frames import Frame, Length, Mark, Reach, Stretch
from lifecircle.assistant.when.phrases import Phrase
from lifecircle.assistant.when.spans import Grain, TimeSpan, finer

MOST_CANDIDATES = 30
NEXT_DAY = 2  # 第二天, 次日
FARTHEST = timedelta(days=200 * 366)


def resolve(phrase: Phrase, now: datetime) -> TimeSpan | None:
    span = _plain(phrase, now)
    if span is None:
        return None
    if phrase.limit:
        span = _limited(span, phrase, now)
    return replace(span, begin=phrase.begin, stop=phrase.stop)


def _plain(phrase: Phrase, now: datetime) -> TimeSpan | None:
    if phrase.stretch:
        return stretch(phrase.stretch, now)
    if phrase.frame.now:
        return TimeSpan(now, None, Grain.SECOND)
    if phrase.frame.delta is not None:
        return _after(phrase.frame.delta, now)
    return _first_to_come(phrase.frame, phrase.until, now)


def _after(delta: timedelta, now: datetime) -> TimeSpan | None:
    if delta > FARTHEST:
        return None
    grain = Grain.MINUTE if delta % timedelta(minutes=1) == timedelta() else Grain.SECOND
    return TimeSpan(now + delta, None, Grain.HOUR if delta % timedelta(hours=1) == timedelta() else grain)


def _first_to_come(frame: Frame, until: Frame | None, now: datetime) -> TimeSpan | None:
    """The likeliest reading that is not past; when all are, the likeliest."""
    likeliest = None
    for span in islice(_candidates(frame, now), MOST_CANDIDATES):
        whole = _ranged(span, until, now) if until else span
        # 周一到周五, said on a Wednesday, is next week's.
        begun = until is not None and frame.weekday is not None and whole.start.date() < now.date()
        if not begun and not _is_past(whole, now):
            return whole
        likeliest = likeliest or whole
    return likeliest


def _is_past(span: TimeSpan, now: datetime) -> bool:
    return span.start < now if span.end is None else span.end <= now


def _candidates(frame: Frame, now: datetime) -> Iterator[TimeSpan]:
    today = now.date()
    if not frame.is_dated:
        # Past midnight, 半夜两点 is still of the night that began yesterday.
        first = today - timedelta(days=1) if frame.part == "深夜" and frame.hour is not None else today
        for day in (first, today, today + timedelta(days=1)):
            yield from readings(frame, Days(day, day + timedelta(days=1)))
        return
    if not _is_near(frame):
        return
    for days in days_of(frame, today):
        spans = readings(frame, days)
        # Only of today can the other half of the day be meant: 今天八点, said at ten, is tonight.
        yield from spans if frame.day_shift == 0 else spans[:1]


def _is_near(frame: Frame) -> bool:
    """Whether the shifts stay within what dates can hold."""
    days = (frame.day_shift or 0) + 7 * (frame.weeks_later or 0) + 31 * (frame.months_later or 0)
    return days <= FARTHEST.days


def _ranged(first: TimeSpan, frame: Frame, now: datetime) -> TimeSpan:
    last = _end_of_range(first, frame, now)
    if last is None:
        return first
    grain = finer(first.grain, last.grain)
    return TimeSpan(first.start, last.end or last.start, grain)


def _end_of_range(first: TimeSpan, frame: Frame, now: datetime) -> TimeSpan | None:
    if frame.nth_day == NEXT_DAY and frame.is_timed:
        tomorrow = first.start.date() + timedelta(days=1)
        every = readings(frame, Days(tomorrow, tomorrow + timedelta(days=1)))
        return min(every, key=lambda span: span.start)
    if not frame.is_dated and frame.hour is not None:
        return TimeSpan(next_after(frame, first.start), None, Grain.MINUTE if frame.minute else first.grain)
    spans = _ends(first, frame, now)
    return next((span for span in spans if (span.end or span.start) > first.start), None)


def _ends(first: TimeSpan, frame: Frame, now: datetime) -> Iterator[TimeSpan]:
    if not frame.is_dated:
        return iter(readings(frame, Days(first.start.date(), first.start.date())))
    # 今天到后天 counts both from now; 3号到5号 counts the second from the first.
    counted = frame.day_shift is not None or frame.week is not None or frame.month_shift is not None
    return islice(_candidates(frame, now if counted else first.start), MOST_CANDIDATES)


def _limited(span: TimeSpan, phrase: Phrase, now: datetime) -> TimeSpan:
    if phrase.limit is Mark.BEFORE:
        end = span.end if span.end and (phrase.frame.edge or phrase.until) else span.start
        return TimeSpan(now if now < end else at(end.date()), end, span.grain)
    if phrase.limit is Mark.WITHIN and span.end:
        return replace(span, start=max(span.start, min(now, span.end)))
    if phrase.limit is Mark.AFTER:
        # 国庆后 is after the festival, but 5号以后 begins on the fifth.
        start = span.end if span.end and (phrase.frame.holiday or phrase.frame.edge) else span.start
        return TimeSpan(start, None, span.grain)
    return span if phrase.until else replace(span, end=None)


def stretch(said: Stretch, now: datetime) -> TimeSpan | None:
    """前两天 ends with the day before today, 后三天 begins tomorrow, 三天内 begins now."""
    length, unit = said.length, said.length.unit
    if _reach(now, length, 1) is None:
        return None
    here = _floor(now, unit)
    if said.reach is Reach.WITHIN:
        return _span(now, _reach(now, length, 1), unit)
    if said.reach is Reach.LAST:
        return _span(_reach(here, length, -1), here, unit)
    if said.reach is Reach.NEXT:
        here = _reach(here, Length(1, unit), 1) or here
    return _span(here, _reach(here, length, 1), unit)


def _span(start: datetime | None, end: datetime | None, grain: Grain) -> TimeSpan | None:
    return TimeSpan(start, end, grain) if start and end else None


def _reach(start: datetime, length: Length, sign: int) -> datetime | None:
    """So much later or earlier, or None beyond what anybody plans for."""
    if length.fixed is not None:
        return start + sign * length.fixed if length.fixed <= FARTHEST else None
    if length.months > 12 * 200:
        return None
    return datetime.combine(month_later(start.date(), sign * length.months), start.timetz())


def _floor(now: datetime, unit: Grain) -> datetime:
    match unit:
        case Grain.SECOND:
            return now.replace(microsecond=0)
        case Grain.MINUTE:
            return now.replace(second=0, microsecond=0)
        case Grain.HOUR:
            return now.replace(minute=0, second=0, microsecond=0)
    day: date = now.date()
    if unit is Grain.WEEK:
        day -= timedelta(days=day.weekday())
    elif unit is not Grain.DAY:
        day = day.replace(day=1, month=day.month if unit is Grain.MONTH else 1)
    return at(day)
