"""When a certification is due, where somebody stands, who is to be reminded. Pure; days are days in Shanghai.

Counting: 民法典 art. 201 (the day it begins with does not count) and 202 (a period of months ends with the day of the
same number, or with the last day of a month that has none). Where art. 203 would give a day more, the last one being a
holiday, we do not: certifying by phone is possible every day, and who comes early loses nothing.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

from lifecircle.catalogue.certification.model import Record, Rule, State
from lifecircle.catalogue.errors import InvalidInput

REMIND_DAYS = (60, 30, 7)
"""How many days before the last day residents are reminded."""

SOON_DAYS = max(REMIND_DAYS)

OLDEST_YEARS = 10
"""A certification longer ago is a slip of the pen, more often than not a birthday."""


def add_months(day: date, months: int) -> date:
    """The day of the same number, or the last of a month that has none (民法典 art. 202): 31 Jan → 28 or 29 Feb."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def due_on(certified_on: date, rule: Rule) -> date:
    """The last day on which the next certification is in time.

    At most 12 months between two (山东省社会保险事业中心 2024-03-20; 江门市 2018), counted anew from each one.
    """
    return add_months(certified_on, rule.cycle_months)


def warned_until(certified_on: date, rule: Rule) -> date:
    """The last day on which payment surely goes on: the due date, or the end of the warning period after it.

    Qingdao gives three months (report on certification by data match, in force since 2019-01).
    """
    return add_months(due_on(certified_on, rule), rule.warning_months)


def suspended_from(certified_on: date, rule: Rule) -> date:
    """Overdue: payment is suspended (山东省社会保险事业中心 2024-03-20).

    Pensions are paid by the month, so what is first missing is the payment of the month after the last deadline; our
    reading of the rule, which is why answers say "可能".
    """
    return _first_of_next_month(warned_until(certified_on, rule))


def state_of(record: Record | None, rule: Rule, today: date) -> State:
    """The states of the ministry's vocabulary; UNKNOWN where nothing is recorded."""
    if record is None:
        return State.UNKNOWN
    last_day = due_on(record.certified_on, rule)
    if today > last_day:
        return _late_state(record.certified_on, rule, today)
    if last_day - today <= timedelta(days=SOON_DAYS):
        return State.DUE_SOON
    return State.RESTORED if _has_just_been_restored(record, rule, today) else State.VALID


def _late_state(certified_on: date, rule: Rule, today: date) -> State:
    if today <= warned_until(certified_on, rule):
        return State.WARNING
    return State.OVERDUE if today < suspended_from(certified_on, rule) else State.SUSPENDED


def _has_just_been_restored(record: Record, rule: Rule, today: date) -> bool:
    """Certified during a suspension, and the month after, in which payment comes back with what was missing.

    After certifying payment resumes and arrears are paid (山东省社会保险事业中心 2024-03-20), mostly in the next month.
    """
    if record.previous_on is None or record.certified_on < suspended_from(record.previous_on, rule):
        return False
    return today < _first_of_next_month(_first_of_next_month(record.certified_on))


def check_day(certified_on: date, today: date) -> None:
    """Raises InvalidInput."""
    if certified_on > today:
        raise InvalidInput("认证日期不能晚于今天，请填上次认证成功的那一天。", "certifiedOn")
    if certified_on < add_months(today, -12 * OLDEST_YEARS):
        raise InvalidInput(f"认证日期在 {OLDEST_YEARS} 年以前，请核对年份，填最近一次认证成功的日期。", "certifiedOn")


def previous_day(earlier: Record | None, region: str, scheme: str, certified_on: date) -> date | None:
    """The certification before the one that is being recorded.

    A later day than the recorded one follows it; an earlier one corrects it. Elsewhere or in another scheme counting
    begins anew.
    """
    if earlier is None or (earlier.region, earlier.scheme) != (region, scheme):
        return None
    if certified_on > earlier.certified_on:
        return earlier.certified_on
    before = earlier.previous_on
    return before if before is not None and before < certified_on else None


def days_to_remind_of(record: Record, rule: Rule, recorded_day: date, today: date) -> int | None:
    """Which of the reminders is due: 60, 30 or 7 days; None: none.

    A worker that was away makes up for the latest one that it missed. What lay before the recording nobody missed:
    whoever wrote the date down has just seen when it is due.
    """
    last_day = due_on(record.certified_on, rule)
    left = (last_day - today).days
    begun = [days for days in REMIND_DAYS if 0 <= left <= days]
    latest = min(begun, default=None)
    if latest is None or last_day - timedelta(days=latest) < recorded_day:
        return None
    return latest


def _first_of_next_month(day: date) -> date:
    return add_months(day.replace(day=1), 1)
