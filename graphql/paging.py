"""Relay paging: page sizes, cursors, page info."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import strawberry

from lifecircle.catalogue.errors import BadRequest, InvalidCursor
from lifecircle.catalogue.pages import PageKey

DEFAULT_FIRST = 20
MAX_FIRST = 100


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether the page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; pass it as `after`.")


def page_size(first: int | None) -> int:
    """Raises BadRequest outside 1 … 100."""
    if first is None:
        return DEFAULT_FIRST
    if not 1 <= first <= MAX_FIRST:
        raise BadRequest(f"每页数量应在 1 到 {MAX_FIRST} 之间。", "first")
    return first


def cursor(kind: str, *key: str | float | int) -> str:
    """A place in an order; `kind` names the order, so that a cursor of another list is recognised."""
    return base64.urlsafe_b64encode(json.dumps([kind, *key], ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str | None, kind: str, *types: type | tuple[type, ...]) -> list[object] | None:
    """The key inside a cursor of the kind. Raises InvalidCursor."""
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = json.loads(raw)
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidCursor from None
    if not isinstance(found, list) or len(found) != len(types) + 1 or found[0] != kind:
        raise InvalidCursor
    if not all(_fits(value, wanted) for value, wanted in zip(found[1:], types, strict=True)):
        raise InvalidCursor
    return found[1:]


def _fits(value: object, wanted: type | tuple[type, ...]) -> bool:
    """Cursors are ours, but anybody can forge one: no booleans, no infinities, no half characters."""
    if isinstance(value, str) and not value.isascii():
        return False
    if isinstance(value, float) and not math.isfinite(value):
        return False
    return isinstance(value, wanted) and not isinstance(value, bool)


def time_cursor(kind: str, at: datetime, key: str) -> str:
    """A place in an order by time."""
    return cursor(kind, at.isoformat(), key)


def read_time_cursor(text: str | None, kind: str) -> PageKey | None:
    """The place that `time_cursor` wrote, in UTC. Raises InvalidCursor."""
    key = read_cursor(text, kind, str, str)
    return (_instant(str(key[0])), str(key[1])) if key else None


def read_key_cursor(text: str | None, kind: str) -> str | None:
    """The key inside a cursor of an order by one text. Raises InvalidCursor."""
    key = read_cursor(text, kind, str)
    return str(key[0]) if key else None


def _instant(text: str) -> datetime:
    """Within the years that every driver and every time zone can hold."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidCursor from None
    if at.tzinfo is None or not 1900 <= at.year <= 2200:
        raise InvalidCursor
    return at.astimezone(UTC)


def begin_after(ids: Sequence[str], key: str | None) -> int:
    """Where a page of a list in hand begins that comes after the key. Raises InvalidCursor where the key is gone."""
    if key is None:
        return 0
    if key not in ids:
        raise InvalidCursor
    return ids.index(key) + 1


class Edge(Protocol):
    cursor: str


def page_info(edges: Sequence[Edge], *, has_next: bool, after: str | None) -> PageInfo:
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
