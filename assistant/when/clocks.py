"""Which hours of a day a frame may mean; hours past 24 lie on the next day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from lifecircle.assistant.when.dates import Days
from lifecircle.assistant.when.frames import Frame
from lifecircle.assistant.when.lexicon import PARTS
from lifecircle.assistant.when.spans import SHANGHAI, Grain, TimeSpan

LAST_AFTERNOON_HOUR = 6  # a bare 1 to 6 is meant for the afternoon, 7 to 12 for the morning


def at(day: date, hours: int = 0, minutes: int = 0, seconds: int = 0) -> datetime:
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return start + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def hours(hour: int, part: str | None, *, exact: bool = False) -> tuple[int, ...]:
    """The hours that one may mean, the likelier first: 三点 is 15 or 3, 下午三点 only 15."""
    if part:
        return (_hour_in_part(hour, PARTS[part][2]),)
    if exact or hour == 0 or hour > 12:
        return (hour,)
    if hour == 12:
        return (12, 24)
    return (hour + 12, hour) if hour <= LAST_AFTERNOON_HOUR else (hour, hour + 12)


def _hour_in_part(hour: int, earliest: int) -> int:
    """晚上12点 ends the day, 凌晨12点 begins it, 半夜2点 is in the next one."""
    if hour > 12 or (hour == 0 and earliest < 12):
        return hour
    return next(each for each in (hour % 12, hour % 12 + 12, hour % 12 + 24) if each >= earliest)


def grain_of(frame: Frame) -> Grain:
    if frame.second is not None:
        return Grain.SECOND
    return Grain.HOUR if frame.minute is None else Grain.MINUTE


def readings(frame: Frame, days: Days) -> list[TimeSpan]:
    """The spans that the frame's clock or part of day may mean on that day."""
    if frame.hour is not None:
        return [_point(frame, days.start, hour) for hour in hours(frame.hour, frame.part, exact=bool(frame.exact))]
    if frame.part:
        first, last, _ = PARTS[frame.part]
        return [TimeSpan(at(days.start, first), at(days.start, last), Grain.PART_OF_DAY)]
    return [TimeSpan(at(days.start), at(days.end), days.grain)]


def _point(frame: Frame, day: date, hour: int) -> TimeSpan:
    start = at(day, hour, frame.minute or 0, frame.second or 0)
    end = start + timedelta(hours=frame.to_hour - (frame.hour or 0)) if frame.to_hour else None
    return TimeSpan(start, end, grain_of(frame))


def next_after(frame: Frame, start: datetime) -> datetime:
    """The first moment after `start` that the frame's clock can mean; the end of 九点到五点."""
    hour = frame.hour or 0
    if frame.part:
        named = hours(hour, frame.part)
    elif hour > 12 or frame.exact or hour == 0:
        named = (hour,)
    else:
        named = (hour % 12, hour % 12 + 12)
    every = [at(start.date(), each + day, frame.minute or 0, frame.second or 0) for each in named for day in (0, 24)]
    return min(each for each in every if each > start)
