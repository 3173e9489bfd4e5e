"""Quiet hours: when nobody is disturbed without need."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecircle.catalogue.clock import at_minute, local, local_day

QUIET_FROM, QUIET_UNTIL = 21 * 60, 8 * 60
"""Minutes of the local day: nobody is disturbed from 21:00 until 08:00."""


def is_quiet(now: datetime) -> bool:
    minute = _minute_of_day(now)
    return minute >= QUIET_FROM or minute < QUIET_UNTIL


def next_loud(now: datetime) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into."""
    minute = _minute_of_day(now)
    if minute >= QUIET_FROM:
        return at_minute(local_day(now) + timedelta(days=1), QUIET_UNTIL)
    return at_minute(local_day(now), QUIET_UNTIL) if minute < QUIET_UNTIL else now


def _minute_of_day(now: datetime) -> int:
    moment = local(now)
    return moment.hour * 60 + moment.minute
