"""What residents say about when, and what they mean by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from said import CLOCKS, DAYS, FAR_DAYS, NO_TIMES, NOW, SENTENCES, SHANGHAI, SPANS, moment, when

from lifecircle.assistant.when import TimeSpan, parse, parse_all
from lifecircle.assistant.when.spans import Grain
from lifecircle.catalogue.text import traditional


@pytest.mark.parametrize(("text", "day"), (DAYS | FAR_DAYS).items())
def test_a_day_lasts_from_midnight_to_midnight(text: str, day: str) -> None:
    assert when(text) == TimeSpan(moment(day), moment(day) + timedelta(days=1), Grain.DAY)


@pytest.mark.parametrize(("text", "start"), (CLOCKS | SENTENCES).items())
def test_a_clock_is_a_point_without_an_end(text: str, start: str) -> None:
    span = when(text)
    assert (span.start, span.end) == (moment(start), None)


@pytest.mark.parametrize(("text", "expected"), SPANS.items())
def test_a_span_has_its_start_its_end_and_its_grain(text: str, expected: str) -> None:
    bounds, grain = expected.rsplit(" ", 1)
    start, end = bounds.split("/")
    assert when(text) == TimeSpan(moment(start), moment(end), Grain(grain))


@pytest.mark.parametrize("text", [*DAYS, *FAR_DAYS, *CLOCKS, *SPANS, *SENTENCES, *NO_TIMES])
def test_traditional_script_means_the_same(text: str) -> None:
    assert parse_all(traditional(text), NOW) == parse_all(text, NOW)


@pytest.mark.parametrize("text", NO_TIMES)
def test_quantities_places_names_and_idioms_are_no_times(text: str) -> None:
    assert parse_all(text, NOW) == []


def test_now_may_be_in_any_zone() -> None:
    late_in_london = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)  # already Thursday in Shanghai
    assert when("今天", late_in_london).start == moment("11-26")
    assert when("半小时后", late_in_london).start == moment("11-26 04:30")


def test_now_is_a_point_to_the_second() -> None:
    assert when("现在") == TimeSpan(NOW, None, Grain.SECOND)


def test_a_weekday_settles_the_year_even_a_past_one() -> None:
    assert when("周日, 二月十号", datetime(2013, 2, 12, tzinfo=SHANGHAI)).start == moment("2013-02-10")


def test_every_time_of_a_text_is_found_in_order() -> None:
    found = parse_all("明天上午十点或者下午三点,下周三或者周四", NOW)
    starts = [moment("11-26 10:00"), moment("11-26 15:00"), moment("12-02"), moment("12-03")]
    assert [span.start for span in found] == starts


def test_days_named_together_share_the_clock_said_last() -> None:
    found = parse_all("周一、周二和周四晚上七点", NOW)
    assert [span.start for span in found] == [moment("11-30 19:00"), moment("12-01 19:00"), moment("11-26 19:00")]


def test_a_span_knows_where_it_stands_in_the_folded_text() -> None:
    span = when("你好,本周五下午4点上门")
    assert "你好,本周五下午4点上门"[span.begin : span.stop] == "本周五下午4点"


def test_until_ends_a_point_with_its_own_unit() -> None:
    assert when("下午三点").until == moment("11-25 16:00")
    assert when("下午三点半").until == moment("11-25 15:31")


@pytest.mark.parametrize(
    "text", ["", " ", "。", "9999年后", "九千九百九十九个月后", "2月31号", "农历二月三十一", "25:00", "十三月"]
)
def test_impossible_times_are_none(text: str) -> None:
    assert parse(text, NOW) is None
