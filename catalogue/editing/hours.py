"""What opening hours may hold, and the documents that keep them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.editing.rules import line
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.hours.model import ClockRange, clock_range

MOST_ROWS = 100
MOST_EXCEPTIONS = 120
MOST_RANGES = 6
"""Of one day."""
MOST_DAYS_AHEAD = 400

_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One weekly range, as it was written."""

    weekday: int
    opens: str
    closes: str
    valid_from: date | None = None
    valid_through: date | None = None


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """Other hours on one date, as they were written."""

    day: date
    closed: bool
    ranges: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


def weekly_documents(rows: Sequence[WeekRow], *field: str) -> list[Document]:
    """Days that share a range share a row. Raises InvalidInput."""
    if len(rows) > MOST_ROWS:
        raise InvalidInput(f"营业时段最多 {MOST_ROWS} 条。", *field)
    clocks = [_checked(row, *field) for row in rows]
    for (one, one_clock), (other, other_clock) in combinations(zip(rows, clocks, strict=True), 2):
        if one.weekday == other.weekday and _meet(one_clock, other_clock) and _share_a_day(one, other):
            raise InvalidInput(
                f"周{_WEEKDAYS[one.weekday - 1]}的 {one.opens}-{one.closes} 和 {other.opens}-{other.closes} 重叠，"
                "请合并或错开。",
                *field,
            )
    return _joined(rows)


def exception_documents(rows: Sequence[ExceptionRow], today: date, *field: str) -> list[Document]:
    """In the order of their dates; dates that are over are left out. Raises InvalidInput."""
    if len(rows) > MOST_EXCEPTIONS:
        raise InvalidInput(f"特殊日期最多 {MOST_EXCEPTIONS} 个。", *field)
    days = [row.day for row in rows]
    twice = next((day for day in days if days.count(day) > 1), None)
    if twice:
        raise InvalidInput(f"{twice} 填了两次，一天请只填一条，多个时段写在同一条里。", *field)
    documents = [_exception(row, today, *field) for row in sorted(rows, key=lambda row: row.day)]
    return [document for document in documents if document["date"] >= today.isoformat()]


def _checked(row: WeekRow, *field: str) -> ClockRange:
    if not 1 <= row.weekday <= 7:
        raise InvalidInput("星期应为 1（周一）到 7（周日）。", *field)
    if row.valid_from and row.valid_through and row.valid_from > row.valid_through:
        raise InvalidInput("时段的开始日期不能晚于结束日期。", *field)
    return _clock(row.opens, row.closes, *field)


def _clock(opens: str, closes: str, *field: str) -> ClockRange:
    try:
        return clock_range(opens, closes)
    except ValueError:
        raise InvalidInput(
            f"“{opens}-{closes}”不是正确的营业时段，请写成 08:30-17:00；到半夜写 24:00，过了半夜写次日几点。", *field
        ) from None


def _meet(one: ClockRange, other: ClockRange) -> bool:
    return one.opens < other.closes and other.opens < one.closes


def _share_a_day(one: WeekRow, other: WeekRow) -> bool:
    begins = max(one.valid_from or date.min, other.valid_from or date.min)
    return begins <= min(one.valid_through or date.max, other.valid_through or date.max)


def _joined(rows: Iterable[WeekRow]) -> list[Document]:
    weekdays: dict[tuple[str, str, date | None, date | None], set[int]] = {}
    for row in rows:
        weekdays.setdefault((row.opens, row.closes, row.valid_from, row.valid_through), set()).add(row.weekday)
    documents = []
    for (opens, closes, begins, ends), days in weekdays.items():
        document: Document = {"weekdays": "".join(map(str, sorted(days))), "opens": opens, "closes": closes}
        if begins:
            document["valid_from"] = begins.isoformat()
        if ends:
            document["valid_through"] = ends.isoformat()
        documents.append(document)
    return sorted(documents, key=lambda one: (one.get("valid_from", ""), one["weekdays"], one["opens"], one["closes"]))


def _exception(row: ExceptionRow, today: date, *field: str) -> Document:
    if row.day > today + timedelta(days=MOST_DAYS_AHEAD):
        raise InvalidInput(f"特殊日期最远可以设置到 {MOST_DAYS_AHEAD} 天以后。", *field)
    if row.closed and row.ranges:
        raise InvalidInput(f"{row.day} 选了休息，就不能再填营业时段。", *field)
    if not row.closed and not 1 <= len(row.ranges) <= MOST_RANGES:
        raise InvalidInput(f"{row.day} 请填 1 到 {MOST_RANGES} 个营业时段，或选择休息。", *field)
    clocks = [_clock(opens, closes, *field) for opens, closes in row.ranges]
    if any(_meet(one, other) for one, other in combinations(clocks, 2)):
        raise InvalidInput(f"{row.day} 的营业时段有重叠，请合并或错开。", *field)
    return {
        "date": row.day.isoformat(),
        "closed": row.closed,
        "ranges": [{"opens": opens, "closes": closes} for opens, closes in row.ranges],
        "reason": line(row.reason, "原因", 1, 40, *field) if row.reason and row.reason.strip() else None,
    }
