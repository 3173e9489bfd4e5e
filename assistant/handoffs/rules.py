"""Whose business a hand-over is, when its staff are there, and what the resident is told. Pure."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from lifecircle.assistant.answers import CITY_HOTLINE
from lifecircle.assistant.handoffs.model import Handoff
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.catalogue.areas import Area, AreaLevel, Areas
from lifecircle.catalogue.clock import local, local_day
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import HolidayMode, OpeningException, Schedule, WeeklyRange, clock_range
from lifecircle.catalogue.hours.rules import OpenStatus, open_status
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.snapshot.model import Snapshot

INTENT = "handoff"

ASKED_FOR = "居民要求人工服务"
NOT_ANSWERED = "助手没能答上来"

CLOSED_TEXT = "这次人工服务已经结束，接下来由助手继续为您服务。"
URGENT = f"急事请直接拨打 {CITY_HOTLINE.number}。"

_WEEKDAYS = "一二三四五六日"
_RANGES = (clock_range("08:30", "12:00"), clock_range("13:30", "17:30"))
USUAL_OFFICE = Schedule(
    tuple(WeeklyRange(weekday, clock) for weekday in range(1, 6) for clock in _RANGES), HolidayMode.CLOSED
)
"""Where an area has no station of its own whose hours are known."""


def handoff_id(conversation: str, number: int) -> str:
    """The same for a turn that is taken again; nothing leads from it back to the conversation."""
    return hashlib.sha256(f"handoff:{conversation}:{number}".encode()).hexdigest()[:32]


def place_of(areas: Areas, *points: Point | None) -> Area | None:
    """The smallest area that holds the first point that lies in any; else a whole district."""
    for point in points:
        found = areas.locate(point) if point else None
        if found:
            return found
    return next((area for area in areas if area.level is AreaLevel.DISTRICT), None)


def served_by(areas: Areas, point: Point | None) -> tuple[str, ...]:
    """The path of the area that the point lies in."""
    area = place_of(areas, point)
    return areas.path(area.id) if area else ()


def may_see(roles: Roles | None, handoff: Handoff) -> bool:
    """The staff of its areas, and the resident whose it is."""
    return roles is not None and (handoff.area in roles.areas or _is_own(roles, handoff))


def may_close(roles: Roles, handoff: Handoff) -> bool:
    """Residents may go back to the assistant by themselves."""
    return may_see(roles, handoff)


def _is_own(roles: Roles, handoff: Handoff) -> bool:
    return handoff.resident is not None and handoff.resident == roles.resident


# --- office hours ---


def office_status(snapshot: Snapshot, path: tuple[str, ...], calendar: HolidayCalendar, now: datetime) -> OpenStatus:
    """Of the nearest station on the way up from the area; else the usual hours of an office."""
    schedule, exceptions = _office(snapshot, path)
    return open_status(schedule, exceptions, calendar, now)


def _office(snapshot: Snapshot, path: tuple[str, ...]) -> tuple[Schedule, tuple[OpeningException, ...]]:
    for area in path:
        for station in snapshot.stations_of(area):
            schedule = snapshot.schedule_of(station)
            if station.state == "OPEN" and schedule.weekly:
                return schedule, station.exceptions
    return USUAL_OFFICE, ()


# --- words ---


def opened_reply(area: Area, status: OpenStatus, now: datetime) -> Reply:
    if status.is_open:
        text = f"好的，已经转给{area.name}的工作人员，会在这里回复您，请稍等。"
    else:
        text = f"现在不是上班时间。您的话已经转给{area.name}的工作人员，{_back(status, now)}会在这里回复您。"
    return Reply(f"{text}\n\n{URGENT}", ReplyKind.HANDOFF, INTENT, cards=(CITY_HOTLINE,))


def passed_on_reply(status: OpenStatus, now: datetime) -> Reply:
    when = "" if status.is_open else f"，{_back(status, now)}会回复您"
    text = f"已经转告工作人员{when}。\n\n{URGENT}"
    return Reply(text, ReplyKind.HANDOFF, INTENT, cards=(CITY_HOTLINE,))


def _back(status: OpenStatus, now: datetime) -> str:
    return f"{opening_text(status.opens_at, now)}上班后" if status.opens_at else "上班后"


def opening_text(opens_at: datetime, now: datetime) -> str:
    """ "今天 13:30", "明天 08:30", "11月30日（周一） 08:30"."""
    day, clock = local_day(opens_at), f"{local(opens_at):%H:%M}"
    days = (day - local_day(now)) // timedelta(days=1)
    if days in (0, 1):
        return f"{'明天' if days else '今天'} {clock}"
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}） {clock}"
