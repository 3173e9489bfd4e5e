"""Clock times as text."""

from __future__ import annotations

import pytest

from lifecircle.catalogue.hours.model import clock_range, clock_text, parse_clock


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("08:30", 510), ("23:59", 1439), ("24:00", 1440)])
def test_clock_texts_are_read_and_written(text: str, minute: int) -> None:
    assert parse_clock(text) == minute
    assert clock_text(minute) == text


def test_a_minute_after_midnight_reads_as_the_next_day() -> None:
    assert clock_text(1441) == "00:01"


@pytest.mark.parametrize(
    "text",
    ["", "8:30", "24:01", "25:00", "08:60", "0830", "08:3", "08:300", " 08:30", "08:30\n", "08：30", "-1:00", "0８:30"],
)
def test_malformed_clock_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a clock time"):
        parse_clock(text)


def test_a_range_cannot_open_at_24_00() -> None:
    with pytest.raises(ValueError, match="24:00"):
        clock_range("24:00", "08:00")
