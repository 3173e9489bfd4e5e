"""The pension certification as this app knows it: rules, what was recorded, and where somebody stands.

The app certifies nobody. It keeps the date on which somebody says the agency certified them, computes when the next one
is due, and reminds. It never stores a face, a picture of an identity card or a bank number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

NATIONWIDE = "全国"
"""The region of the rules that hold where no local one is known."""

ENQUIRIES = "12333"
"""The phone for questions about social insurance."""


class State(StrEnum):
    VALID = "VALID"
    DUE_SOON = "DUE_SOON"
    """From the first reminder on."""
    WARNING = "WARNING"
    """Past the due date, in the time that some places give: still paid."""
    OVERDUE = "OVERDUE"
    """Past every deadline, before the payment that will be missing."""
    SUSPENDED = "SUSPENDED"
    """By the rule, payment has been suspended. Only the agency knows whether it has."""
    RESTORED = "RESTORED"
    """Certified again after a suspension: payment is resumed and made up for."""
    UNKNOWN = "UNKNOWN"
    """Nothing is recorded."""


STATE_TEXTS: Mapping[State, str] = {
    State.VALID: "有效",
    State.DUE_SOON: "即将到期",
    State.WARNING: "警示期",
    State.OVERDUE: "逾期",
    State.SUSPENDED: "暂停",
    State.RESTORED: "已恢复",
    State.UNKNOWN: "没有记录",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to be certified, and what to do there."""

    name: str
    steps: tuple[str, ...]
    phone: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    region: str
    scheme: str
    cycle_months: int
    warning_months: int
    """After the due date, while payment goes on."""
    local_rules_differ: bool
    """Ask on the spot: 以当地为准."""
    source: str
    source_url: str | None
    checked_on: date
    guide: str | None
    """The policy guide that explains the rule."""
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What a resident, or staff at a visit, has written down."""

    resident: str
    region: str
    scheme: str
    certified_on: date
    previous_on: date | None
    """The certification before it, under the same rule: shows whether payment had been suspended between the two."""
    by_staff: bool
    recorded_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands on a day. `record` is None where nothing is recorded; then the rule is the usual one."""

    state: State
    rule: Rule
    record: Record | None = None
    due_on: date | None = None
    """The last day on which certifying is in time."""


def rule_from_document(row: Mapping[str, Any]) -> Rule:
    return Rule(
        region=row["region"],
        scheme=row["scheme"],
        cycle_months=row["cycle_months"],
        warning_months=row["warning_months"],
        local_rules_differ=row["local_rules_differ"],
        source=row["source"],
        source_url=row["source_url"],
        checked_on=date.fromisoformat(row["checked_on"]),
        guide=row["guide"],
        channels=tuple(Channel(one["name"], tuple(one["steps"]), one["phone"]) for one in row["channels"]),
    )
