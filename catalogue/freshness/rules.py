"""How long a record counts as true: one table, and what follows from it. Pure.

See docs/decisions/0007-freshness.md. A record is fresh up to and including its last day.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class RecordKind(StrEnum):
    STORE = "STORE"
    """Phone and opening hours."""
    GUIDE = "GUIDE"
    NEWS = "NEWS"


FRESH_DAYS: dict[RecordKind, int] = {RecordKind.STORE: 90, RecordKind.GUIDE: 180, RecordKind.NEWS: 14}
"""Days after somebody vouched for a record."""


def is_stale(kind: RecordKind, assured_on: date, today: date) -> bool:
    return assured_on < oldest_fresh_day(kind, today)


def oldest_fresh_day(kind: RecordKind, today: date) -> date:
    """Records that were assured on an earlier day are stale."""
    return today - timedelta(days=FRESH_DAYS[kind])


def freshness(kind: RecordKind, assured_on: date, today: date) -> float:
    """1 while a record is fresh; after that it halves each time as long again goes by. For rankings."""
    late = (today - assured_on).days - FRESH_DAYS[kind]
    return 1.0 if late <= 0 else float(0.5 ** (late / FRESH_DAYS[kind]))
