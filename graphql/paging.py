"""Relay paging: page sizes, cursors, page info."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence

import strawberry

from lifecircle.catalogue.errors import BadRequest, InvalidCursor

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


def page_info(cursors: Sequence[str], *, has_next: bool, after: str | None) -> PageInfo:
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=after is not None,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
