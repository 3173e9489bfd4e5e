"""The rules of booking as a merchant writes them: each checked by itself, and all together. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.errors import InvalidInput

MOST_RESOURCES, MOST_BLACKOUTS, MOST_SESSIONS = 50, 50, 200
LONGEST_SESSION = timedelta(hours=24)
LONGEST_BLACKOUT = timedelta(days=366)
STEP_MINUTES = 5

_IN = "rules"
"""The part of the input that all of these stand in."""
_DAY = 1440
_MONTH = 30 * _DAY

RULE_NAMES = {
    "min_duration_minutes": "minDurationMinutes",
    "max_duration_minutes": "maxDurationMinutes",
    "buffer_before_minutes": "bufferBeforeMinutes",
    "buffer_after_minutes": "bufferAfterMinutes",
    "one_place_per_party": "onePlacePerParty",
    "daily_limit": "dailyLimit",
    "weekly_limit": "weeklyLimit",
    "resident_daily_limit": "residentDailyLimit",
    "resident_weekly_limit": "residentWeeklyLimit",
    "service_radius": "serviceRadius",
    "reschedule_before_minutes": "rescheduleBeforeMinutes",
    "grid_minutes": "gridMinutes",
    "window_days": "windowDays",
    "pending_minutes": "pendingMinutes",
}
"""As the input spells them; the others are spelled alike."""

EMPTIABLE_RULES = frozenset(
    {
        "min_duration_minutes",
        "max_duration_minutes",
        "daily_limit",
        "weekly_limit",
        "resident_daily_limit",
        "resident_weekly_limit",
        "service_radius",
        "reschedule_before_minutes",
    }
)
"""Where None says something: one fixed length, no limit, no radius, as cancelling."""


@dataclass(frozen=True, slots=True)
class ResourceGiven:
    id: str | None
    """None: a new one."""
    name: str


@dataclass(frozen=True, slots=True)
class BlackoutGiven:
    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class SessionGiven:
    start: datetime
    end: datetime


def _whole(what: str, least: int, most: int) -> Callable[[Any, str], int]:
    return lambda value, field: rules.whole(value, what, least, most, _IN, field)


def _resources(given: Iterable[ResourceGiven], field: str) -> list[dict[str, str]]:
    rows = [
        {
            "id": one.id or secrets.token_hex(6),
            "name": rules.line(one.name, "资源名称", 1, 30, _IN, field, str(k), "name"),
        }
        for k, one in enumerate(given)
    ]
    if len(rows) > MOST_RESOURCES:
        raise InvalidInput(f"最多 {MOST_RESOURCES} 个人员、房间或场地。", _IN, field)
    if any(len({row[key] for row in rows}) < len(rows) for key in ("id", "name")):
        raise InvalidInput("人员、房间或场地的名称和编号不能重复。", _IN, field)
    return rows


def _blackouts(given: Iterable[BlackoutGiven], field: str) -> list[dict[str, str]]:
    rows = []
    for k, one in enumerate(given):
        if not one.first <= one.last <= one.first + LONGEST_BLACKOUT:
            raise InvalidInput("停约的最后一天不能早于第一天，最长一年。", _IN, field, str(k), "last")
        reason = rules.line(one.reason, "停约原因", 1, 40, _IN, field, str(k), "reason")
        rows.append({"first": one.first.isoformat(), "last": one.last.isoformat(), "reason": reason})
    if len(rows) > MOST_BLACKOUTS:
        raise InvalidInput(f"最多 {MOST_BLACKOUTS} 段停约日期。", _IN, field)
    return rows


def _sessions(given: Iterable[SessionGiven], field: str) -> list[dict[str, datetime]]:
    """In order. Two that begin in one step of the grid would share their places."""
    rows, begun = [], set[int]()
    for k, one in enumerate(given):
        step = int(one.start.timestamp()) // (STEP_MINUTES * 60)
        if not one.start < one.end <= one.start + LONGEST_SESSION:
            raise InvalidInput("每场的结束时间应晚于开始时间，最长 24 小时。", _IN, field, str(k), "end")
        if step in begun:
            raise InvalidInput(f"两场的开始时间至少相差 {STEP_MINUTES} 分钟。", _IN, field, str(k), "start")
        begun.add(step)
        rows.append({"start": one.start, "end": one.end})
    if len(rows) > MOST_SESSIONS:
        raise InvalidInput(f"最多 {MOST_SESSIONS} 场，请删去已经结束的场次。", _IN, field)
    return sorted(rows, key=lambda row: row["start"])


def _grid(value: int, field: str) -> int:
    if rules.whole(value, "开始时间的间隔（分钟）", STEP_MINUTES, _DAY, _IN, field) % STEP_MINUTES:
        raise InvalidInput(f"开始时间的间隔应为 {STEP_MINUTES} 分钟的倍数。", _IN, field)
    return value


CLEAN_RULES: Mapping[str, Callable[[Any, str], Any]] = {
    "min_duration_minutes": _whole("最短时长（分钟）", STEP_MINUTES, _DAY),
    "max_duration_minutes": _whole("最长时长（分钟）", STEP_MINUTES, _DAY),
    "buffer_before_minutes": _whole("开始前预留（分钟）", 0, 240),
    "buffer_after_minutes": _whole("结束后预留（分钟）", 0, 240),
    "resources": _resources,
    "daily_limit": _whole("每天最多预约数", 1, 10_000),
    "weekly_limit": _whole("每周最多预约数", 1, 50_000),
    "resident_daily_limit": _whole("每人每天最多预约数", 1, 50),
    "resident_weekly_limit": _whole("每人每周最多预约数", 1, 200),
    "blackouts": _blackouts,
    "sessions": _sessions,
    "grid_minutes": _grid,
    "service_radius": _whole("上门范围（米）", 100, 50_000),
    "reschedule_before_minutes": _whole("改期提前时间（分钟）", 0, _MONTH),
    "window_days": _whole("可预约天数", 1, 180),
    "pending_minutes": _whole("商户确认时限（分钟）", STEP_MINUTES, 3 * _DAY),
}


def check_rules_together(row: Mapping[str, Any]) -> None:
    """Raises InvalidInput."""
    least, most, usual = (row.get(f"{name}duration_minutes") for name in ("min_", "max_", ""))
    if (least is None) != (most is None):
        raise InvalidInput("最短时长和最长时长请一起填写，或者都不填。", _IN, "maxDurationMinutes")
    if least is None or most is None:
        return
    if least > most or usual is None or not least <= usual <= most:
        raise InvalidInput("最短时长不能大于最长时长，通常时长应在两者之间。", _IN, "minDurationMinutes")
    if least % STEP_MINUTES or most % STEP_MINUTES:
        raise InvalidInput(f"最短和最长时长应为 {STEP_MINUTES} 的倍数。", _IN, "minDurationMinutes")
