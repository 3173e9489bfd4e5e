"""Limits on how many bookings a day or a week may begin. A limit of five is five tickets, and each is claimed once.

So a limit holds across workers as a place does: two bookings that want the same ticket share a key of a unique index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lifecircle.catalogue.bookings.claims import mask_of
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.offerings.model import Offering


@dataclass(frozen=True, slots=True)
class Limit:
    key: str
    most: int
    text: str
    """What to tell somebody who meets it."""


def limits_on(offering: Offering, day: date, resident: str | None = None) -> list[Limit]:
    """Of the offering as a whole; with a resident, also theirs."""
    rules, week = offering.rules, _week_of(day)
    found = [
        _limit(rules.daily_limit, f"{offering.id}!d{day}", "这一天的预约已满（每天最多 {} 单）。"),
        _limit(rules.weekly_limit, f"{offering.id}!{week}", "这一周的预约已满（每周最多 {} 单）。"),
    ]
    if resident is not None:
        mine = f"{offering.id}!~{resident}"
        found += [
            _limit(rules.resident_daily_limit, f"{mine}!d{day}", "这项服务每人每天最多预约 {} 次，您这一天已经约满。"),
            _limit(rules.resident_weekly_limit, f"{mine}!{week}", "这项服务每人每周最多预约 {} 次，您这一周已经约满。"),
        ]
    return [limit for limit in found if limit]


def has_limits(offering: Offering) -> bool:
    rules = offering.rules
    return any((rules.daily_limit, rules.weekly_limit, rules.resident_daily_limit, rules.resident_weekly_limit))


def reached(offering: Offering, day: date, used: Mapping[str, int], resident: str | None = None) -> Limit | None:
    """The first limit that leaves no ticket; `used`: by key, one bit a ticket."""
    return next((one for one in limits_on(offering, day, resident) if not _free(one, used)), None)


def tickets_for(
    offering: Offering, start: datetime, used: Mapping[str, int], resident: str
) -> list[tuple[Limit, list[str]]]:
    """Every limit with its free tickets."""
    limits = limits_on(offering, local_day(start), resident)
    return [(limit, [f"{limit.key}#{number}" for number in _free(limit, used)]) for limit in limits]


def used_by(tickets: Iterable[str]) -> dict[str, int]:
    """By key, one bit a ticket."""
    numbers: dict[str, list[int]] = {}
    for ticket in tickets:
        key, _, number = ticket.rpartition("#")
        numbers.setdefault(key, []).append(int(number))
    return {key: mask_of(held) for key, held in numbers.items()}


def given_up(used: Mapping[str, int], tickets: Iterable[str]) -> dict[str, int]:
    """What is used by others than who holds the tickets."""
    return {**used, **{key: used.get(key, 0) & ~mask for key, mask in used_by(tickets).items()}}


def key_of_ticket(ticket: str) -> str:
    return ticket.rpartition("#")[0]


def _week_of(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"w{year}-{week:02}"


def _limit(most: int | None, key: str, text: str) -> Limit | None:
    return None if most is None else Limit(key, most, text.format(most))


def _free(limit: Limit, used: Mapping[str, int]) -> list[int]:
    held = used.get(limit.key, 0)
    return [number for number in range(limit.most) if not held >> number & 1]


def without_date(tickets: Sequence[str], day: date) -> list[str]:
    """The tickets of a series that are left when its date on the day is given up: one of each limit goes."""
    week, given = _week_of(day), set[str]()
    kept = []
    for ticket in tickets:
        key = key_of_ticket(ticket)
        if key not in given and key.rpartition("!")[2] in (f"d{day}", week):
            given.add(key)
        else:
            kept.append(ticket)
    return kept
