"""Opening hours as HSDS 3 schedules, whose fields are those of RFC 5545, and back. Pure.

- a weekly range: `freq: WEEKLY`, `byday`, `opens_at`, `closes_at`, its season in `valid_from` and `valid_to`;
- an exception by date: `count: 1`, `dtstart` = `until` = the date, without hours where the place is closed all day;
- a session: `count: 1`, `dtstart` and `opens_at` its start, `until` and `closes_at` its end.

Times are those of Asia/Shanghai (`timezone: 8`). `closes_at` at or before `opens_at` means the next day; 24:00 is
allowed. What public holidays do to a week has no field in HSDS and stands in the record's attributes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from lifecircle.catalogue.clock import SHANGHAI, local
from lifecircle.catalogue.exchange.ids import hsds_id

Row = dict[str, Any]

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_OFFSET = 8


def week_rows(owner: str, weekly: Iterable[Mapping[str, Any]]) -> list[Row]:
    """`owner` names the record that the rows belong to, for their ids."""
    return [_week_row(f"{owner}/{number}", row) for number, row in enumerate(weekly)]


def exception_rows(owner: str, exceptions: Iterable[Mapping[str, Any]]) -> list[Row]:
    """A row for each range of the date; one without hours where it is closed."""
    return [
        row
        for exception in exceptions
        for number, clock in enumerate(exception["ranges"] or [{}])
        for row in [_exception_row(f"{owner}/{exception['date']}/{number}", exception, clock)]
    ]


def session_rows(owner: str, sessions: Iterable[Mapping[str, datetime]]) -> list[Row]:
    return [_session_row(f"{owner}/{number}", one) for number, one in enumerate(sessions)]


def read_week(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Raises KeyError, ValueError."""
    return [_read_week_row(row) for row in rows if row.get("freq") == "WEEKLY"]


def read_exceptions(rows: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Raises KeyError, ValueError."""
    found: dict[str, Row] = {}
    for row in (row for row in rows if row.get("freq") is None):
        day = date.fromisoformat(row["dtstart"]).isoformat()
        plain: Row = {"date": day, "closed": True, "ranges": [], "reason": row.get("description")}
        exception = found.setdefault(day, plain)
        if "opens_at" in row:
            exception["closed"] = False
            exception["ranges"].append({"opens": row["opens_at"], "closes": row["closes_at"]})
    return list(found.values())


def read_sessions(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, datetime]]:
    """Raises KeyError, ValueError."""
    return [
        {"start": _instant(row["dtstart"], row["opens_at"]), "end": _instant(row["until"], row["closes_at"])}
        for row in rows
    ]


def _week_row(key: str, row: Mapping[str, Any]) -> Row:
    shown: Row = {
        "id": hsds_id("schedules", key),
        "timezone": _OFFSET,
        "freq": "WEEKLY",
        "wkst": "MO",
        "byday": ",".join(_DAYS[int(weekday) - 1] for weekday in row["weekdays"]),
        "opens_at": row["opens"],
        "closes_at": row["closes"],
    }
    if row.get("valid_from"):
        shown["valid_from"] = row["valid_from"]
    if row.get("valid_through"):
        shown["valid_to"] = row["valid_through"]
    return shown


def _read_week_row(row: Mapping[str, Any]) -> Row:
    weekdays = "".join(str(_DAYS.index(day) + 1) for day in row["byday"].split(","))
    read: Row = {"weekdays": weekdays, "opens": row["opens_at"], "closes": row["closes_at"]}
    if "valid_from" in row:
        read["valid_from"] = date.fromisoformat(row["valid_from"]).isoformat()
    if "valid_to" in row:
        read["valid_through"] = date.fromisoformat(row["valid_to"]).isoformat()
    return read


def _exception_row(key: str, exception: Mapping[str, Any], clock: Mapping[str, str]) -> Row:
    day = exception["date"]
    shown: Row = {"id": hsds_id("schedules", key), "timezone": _OFFSET, "dtstart": day, "until": day, "count": 1}
    if clock:
        shown |= {"opens_at": clock["opens"], "closes_at": clock["closes"]}
    if exception.get("reason") is not None:
        shown["description"] = exception["reason"]
    return shown


def _session_row(key: str, session: Mapping[str, datetime]) -> Row:
    start, end = local(session["start"]), local(session["end"])
    return {
        "id": hsds_id("schedules", key),
        "timezone": _OFFSET,
        "dtstart": start.date().isoformat(),
        "until": end.date().isoformat(),
        "count": 1,
        "opens_at": start.time().isoformat(_precision(start)),
        "closes_at": end.time().isoformat(_precision(end)),
    }


def _precision(moment: datetime) -> str:
    return "auto" if moment.second or moment.microsecond else "minutes"


def _instant(day: str, clock: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), SHANGHAI).astimezone(UTC)
