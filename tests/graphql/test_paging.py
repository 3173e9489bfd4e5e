"""Cursors: our own come back, forged ones are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from lifecircle.catalogue.errors import InvalidCursor
from lifecircle.graphql.paging import begin_after, cursor, read_key_cursor, read_time_cursor, time_cursor

AT = datetime(2026, 11, 25, 12, 30, tzinfo=timezone(timedelta(hours=8)))


def test_a_place_by_time_comes_back_in_utc() -> None:
    found = read_time_cursor(time_cursor("list", AT, "k1"), "list")
    assert found == (AT, "k1")
    assert found[0].tzinfo is UTC
    assert read_time_cursor(None, "list") is None


@pytest.mark.parametrize(
    "text",
    [
        time_cursor("another", AT, "k1"),
        cursor("list", "yesterday", "k1"),
        cursor("list", "2026-11-25T12:30:00", "k1"),
        cursor("list", "0001-01-01T00:00:00+14:00", "k1"),
        cursor("list", "9999-12-31T23:59:59-12:00", "k1"),
        cursor("list", AT.isoformat()),
        cursor("list", 7, "k1"),
        "no base64!",
    ],
)
def test_a_forged_place_by_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        read_time_cursor(text, "list")


def test_a_place_by_key_comes_back_and_one_that_is_gone_is_refused() -> None:
    key = read_key_cursor(cursor("list", "b"), "list")
    assert [begin_after(["a", "b", "c"], place) for place in (None, key)] == [0, 2]
    with pytest.raises(InvalidCursor):
        begin_after(["a", "c"], key)
