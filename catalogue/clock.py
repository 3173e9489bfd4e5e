"""Time: aware UTC inside, Asia/Shanghai at the edge. The clock is always passed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The present, aware, in UTC, to the millisecond: what the database keeps of an instant."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def local(instant: datetime) -> datetime:
    """The instant as people in the city read it."""
    return instant.astimezone(SHANGHAI)


def local_day(instant: datetime) -> date:
    return local(instant).date()


def midnight(day: date) -> datetime:
    """The first instant of a local day, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)


def at_minute(day: date, minute: int) -> datetime:
    """The instant `minute` minutes after a local day began; 1440 and more reach into the next day.

    China has had no daylight saving time since 1991, so wall-clock and elapsed minutes agree.
    """
    return midnight(day) + timedelta(minutes=minute)
