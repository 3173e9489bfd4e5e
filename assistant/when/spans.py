"""What the parser gives back: a span of time in Asia/Shanghai and how finely it was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Grain(StrEnum):
    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    PART_OF_DAY = "part_of_day"
    DAY = "day"
    WEEKEND = "weekend"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    SEASON = "season"
    YEAR = "year"


FINENESS = {grain: rank for rank, grain in enumerate(Grain)}
ONE = {Grain.SECOND: timedelta(seconds=1), Grain.MINUTE: timedelta(minutes=1), Grain.HOUR: timedelta(hours=1)}


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """`end` is exclusive; None when nobody said one: a point (十点) or an open span (三点以后).

    `begin` and `stop` are where it stands in the folded text.
    """

    start: datetime
    end: datetime | None
    grain: Grain
    begin: int = field(default=0, compare=False)
    stop: int = field(default=0, compare=False)

    @property
    def until(self) -> datetime:
        """The end, or for a point the end of its own hour, minute or second, as duckling counts it."""
        return self.end or self.start + ONE.get(self.grain, timedelta(days=1))


def finer(one: Grain, other: Grain) -> Grain:
    return min(one, other, key=FINENESS.__getitem__)
