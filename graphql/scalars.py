"""DateTime and Date as the contract has them: an offset always, +08:00 out."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from lifecircle.catalogue.clock import SHANGHAI

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
"""RFC 3339; the standard library reads more than that."""
_YEARS = range(1900, 2201)
"""What the calendar can count with, and nobody books beyond."""


def _show(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).isoformat()


def _read(value: object) -> datetime:
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        raise GraphQLError("DateTime: a string like 2026-12-01T10:00:00+08:00 is needed")
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError("DateTime: not a time like 2026-12-01T10:00:00+08:00") from None
    if instant.tzinfo is None:
        raise GraphQLError("DateTime: an offset is needed, like +08:00")
    if instant.year not in _YEARS:
        raise GraphQLError("DateTime: the year is out of range")
    return instant.astimezone(UTC)


def _read_day(value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise GraphQLError("Date: a string like 2026-12-01 is needed")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise GraphQLError("Date: not a day like 2026-12-01") from None
    if day.year not in _YEARS:
        raise GraphQLError("Date: the year is out of range")
    return day


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 with an offset; +08:00 in answers. A value without an offset is refused.",
        serialize=_show,
        parse_value=_read,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A calendar day in Asia/Shanghai, ISO 8601: 2026-12-01.",
        serialize=date.isoformat,
        parse_value=_read_day,
    ),
}
