"""Public holidays and make-up working days (调休) of mainland China, from the maintained library chinesecalendar."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Protocol

MAKEUP_REASON = "调休上班"


class HolidayCalendar(Protocol):
    def holiday(self, day: date) -> str | None:
        """The Chinese name of the public holiday that the day is off for; None on other days, weekends included."""
        ...

    def is_makeup_workday(self, day: date) -> bool:
        """Whether a Saturday or Sunday is worked to make up for a holiday."""
        ...

    def covers(self, day: date) -> bool:
        """Whether the table knows the day's year. Beyond it every day is a plain day of the week."""
        ...


class StateCalendar:
    """The State Council's yearly arrangement, as far as it has been published to the library."""

    def __init__(self) -> None:
        from chinese_calendar.constants import Holiday, holidays, workdays

        chinese = {member.value: member.chinese for member in Holiday}
        self._holidays = {day: chinese.get(name, name) for day, name in holidays.items()}
        self._workdays = frozenset(workdays)
        self._years = frozenset(day.year for day in holidays)

    def holiday(self, day: date) -> str | None:
        return self._holidays.get(day)

    def is_makeup_workday(self, day: date) -> bool:
        return day in self._workdays

    def covers(self, day: date) -> bool:
        return day.year in self._years


@lru_cache(maxsize=1)
def state_calendar() -> StateCalendar:
    """The table, read once per process."""
    return StateCalendar()
