"""Opening hours in short, and one question asked in both ways."""

from __future__ import annotations

from datetime import date

from factories import PlainCalendar, at, hours

from lifecircle.catalogue.hours.holidays import HolidayCalendar, state_calendar
from lifecircle.catalogue.hours.model import OpeningException, Schedule, schedule_from_document
from lifecircle.catalogue.hours.rules import is_open, open_status

PLAIN = PlainCalendar()
STATE = state_calendar()


def schedule(*ranges: tuple[str, str], **options: str) -> Schedule:
    return schedule_from_document(hours(*ranges, **options))


def with_holiday_ranges(*ranges: tuple[str, str]) -> Schedule:
    document = hours(("09:00", "18:00"), mode="RANGES")
    document["holidays"]["ranges"] = [{"opens": opens, "closes": closes} for opens, closes in ranges]
    return schedule_from_document(document)


def closed_on(day: str, reason: str | None = None) -> OpeningException:
    return OpeningException(date.fromisoformat(day), (), reason)


def open_at(
    plan: Schedule, text: str, calendar: HolidayCalendar = PLAIN, exceptions: tuple[OpeningException, ...] = ()
) -> bool:
    """What both questions answer; they must agree."""
    now = at(text)
    answer = is_open(plan, exceptions, calendar, now)
    assert open_status(plan, exceptions, calendar, now).is_open is answer
    return answer
