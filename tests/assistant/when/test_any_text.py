"""Hostile and random text: always an answer, never one that ends before it starts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from said import CLOCKS, DAYS, FAR_DAYS, NOW, SHANGHAI, SPANS
from scale import scaled

from bench.when import HOSTILE
from lifecircle.assistant.when import parse, parse_all
from lifecircle.assistant.when.parser import LONGEST
from lifecircle.assistant.when.phrases import MOST_PHRASES


@pytest.mark.parametrize("piece", HOSTILE)
def test_of_hostile_text_only_so_much_is_read_and_told(piece: str) -> None:
    """What bounds the work; how long it takes is told by `bench/when.py`."""
    text = (piece * 10_000)[:10_000]
    found = parse_all(text, NOW)
    assert found == parse_all(text[:LONGEST], NOW)
    assert len(found) <= MOST_PHRASES
    bounds = [bound for span in found for bound in (span.begin, span.stop)]
    assert bounds == sorted(bounds), "one after the other, none within another"
    assert not bounds or bounds[-1] <= LONGEST
    assert parse(text, NOW) in (found or [None])


def test_a_time_after_so_many_words_is_not_read() -> None:
    assert parse("啊" * (LONGEST - 2) + "明天", NOW) is not None
    assert parse("啊" * LONGEST + "明天", NOW) is None


WORDS = [
    *DAYS,
    *FAR_DAYS,
    *CLOCKS,
    *SPANS,
    "到",
    "前",
    "后",
    "的",
    ",",
    "或者",
    "农历",
    "闰",
    "第",
    "三",
    "99",
    "每",
    "内",
]


@pytest.mark.fuzz
@settings(max_examples=scaled(50, 300), deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), max_size=8),
    now=st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_whatever_is_said_a_span_never_ends_before_it_starts(words: list[str], now: datetime) -> None:
    for span in parse_all("".join(words), now):
        assert span.start.tzinfo == SHANGHAI
        assert span.end is None or span.end >= span.start


@pytest.mark.fuzz
@settings(max_examples=scaled(33, 200), deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    parse_all(text, NOW)
