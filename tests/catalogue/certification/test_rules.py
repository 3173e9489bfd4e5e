"""Due dates and states, day by day."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from certified import a_record, a_rule, day
from hypothesis import given
from hypothesis import strategies as st

from lifecircle.catalogue.certification.model import Rule, State
from lifecircle.catalogue.certification.rules import (
    REMIND_DAYS,
    add_months,
    check_day,
    days_to_remind_of,
    due_on,
    previous_day,
    state_of,
    suspended_from,
    warned_until,
)
from lifecircle.catalogue.errors import InvalidInput

NATIONAL, HAIKOU, QINGDAO = a_rule(), a_rule(cycle_months=6), a_rule(warning_months=3)
LONG_AGO = day("2020-01-01")

days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
months = st.integers(0, 120)
rules = st.builds(a_rule, cycle_months=st.integers(1, 60), warning_months=st.integers(0, 12))


# --- counting months ---


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2025-03-10", 12, "2026-03-10"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2025-12-01", 6, "2026-06-01"),
        ("2025-12-31", 2, "2026-02-28"),
        ("2025-10-31", 1, "2025-11-30"),
        ("2025-11-30", 1, "2025-12-30"),
        ("2025-12-15", 1, "2026-01-15"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-03-31", -13, "2025-02-28"),
        ("2025-05-05", 0, "2025-05-05"),
    ],
)
def test_a_period_of_months_ends_with_the_same_day_or_the_end_of_the_month(start: str, count: int, end: str) -> None:
    assert add_months(day(start), count) == day(end)


@given(days, months)
def test_months_are_whole_and_the_day_moves_only_back_to_the_end_of_a_month(start: date, count: int) -> None:
    end = add_months(start, count)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == count
    length = calendar.monthrange(end.year, end.month)[1]
    assert end.day == min(start.day, length)


@given(days, days, months)
def test_who_certifies_earlier_is_never_due_later(one: date, other: date, count: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, count) <= add_months(second, count)


@given(days, st.integers(-120, 120))
def test_going_there_and_back_loses_at_most_the_days_that_a_month_lacks(start: date, count: int) -> None:
    back = add_months(add_months(start, count), -count)
    assert back <= start
    assert (start - back).days <= 3


@given(days, rules)
def test_deadlines_follow_each_other(certified: date, rule: Rule) -> None:
    assert certified < due_on(certified, rule) <= warned_until(certified, rule) < suspended_from(certified, rule)
    assert suspended_from(certified, rule).day == 1
    assert (suspended_from(certified, rule) - warned_until(certified, rule)).days <= 31


# --- states ---


@pytest.mark.parametrize(
    ("rule", "today", "state"),
    [
        (NATIONAL, "2025-03-10", State.VALID),
        (NATIONAL, "2026-01-08", State.VALID),
        (NATIONAL, "2026-01-09", State.DUE_SOON),
        (NATIONAL, "2026-03-10", State.DUE_SOON),
        (NATIONAL, "2026-03-11", State.OVERDUE),
        (NATIONAL, "2026-03-31", State.OVERDUE),
        (NATIONAL, "2026-04-01", State.SUSPENDED),
        (NATIONAL, "2030-01-01", State.SUSPENDED),
        (HAIKOU, "2025-07-12", State.DUE_SOON),
        (HAIKOU, "2025-07-11", State.VALID),
        (HAIKOU, "2025-09-10", State.DUE_SOON),
        (HAIKOU, "2025-09-11", State.OVERDUE),
        (HAIKOU, "2025-10-01", State.SUSPENDED),
        (QINGDAO, "2026-03-10", State.DUE_SOON),
        (QINGDAO, "2026-03-11", State.WARNING),
        (QINGDAO, "2026-06-10", State.WARNING),
        (QINGDAO, "2026-06-11", State.OVERDUE),
        (QINGDAO, "2026-06-30", State.OVERDUE),
        (QINGDAO, "2026-07-01", State.SUSPENDED),
        (NATIONAL, "2025-03-01", State.VALID),  # a clock that was set back
    ],
)
def test_every_state_has_its_first_and_last_day(rule: Rule, today: str, state: State) -> None:
    assert state_of(a_record(day("2025-03-10")), rule, day(today)) is state


def test_who_is_due_on_the_last_of_a_month_may_miss_the_very_next_payment() -> None:
    record = a_record(day("2025-03-31"))
    assert state_of(record, NATIONAL, day("2026-03-31")) is State.DUE_SOON
    assert state_of(record, NATIONAL, day("2026-04-01")) is State.SUSPENDED


def test_without_a_record_nothing_is_known() -> None:
    assert state_of(None, NATIONAL, day("2026-01-01")) is State.UNKNOWN


@pytest.mark.parametrize(
    ("previous", "certified", "today", "state"),
    [
        ("2024-03-10", "2025-04-01", "2025-04-01", State.RESTORED),  # suspended since that very day
        ("2024-03-10", "2025-04-01", "2025-05-31", State.RESTORED),
        ("2024-03-10", "2025-04-01", "2025-06-01", State.VALID),
        ("2024-03-10", "2025-04-30", "2025-05-31", State.RESTORED),
        ("2024-03-10", "2025-12-31", "2026-01-31", State.RESTORED),
        ("2024-03-10", "2025-12-31", "2026-02-01", State.VALID),
        ("2024-03-10", "2025-03-31", "2025-03-31", State.VALID),  # only overdue: nothing was missing
        ("2024-03-10", "2025-03-10", "2025-03-10", State.VALID),
        (None, "2025-04-01", "2025-04-01", State.VALID),
    ],
)
def test_a_suspension_that_ended_is_shown_until_payment_is_back(
    previous: str | None, certified: str, today: str, state: State
) -> None:
    record = a_record(day(certified), previous_on=day(previous) if previous else None)
    assert state_of(record, NATIONAL, day(today)) is state


@given(days, rules, st.integers(0, 4_000))
def test_states_only_ever_move_on(certified: date, rule: Rule, after: int) -> None:
    order = [State.RESTORED, State.VALID, State.DUE_SOON, State.WARNING, State.OVERDUE, State.SUSPENDED]
    record, today = a_record(certified), certified + timedelta(days=after)
    now, tomorrow = state_of(record, rule, today), state_of(record, rule, today + timedelta(days=1))
    assert order.index(now) <= order.index(tomorrow)


# --- recording ---


def test_today_can_be_recorded_and_tomorrow_cannot() -> None:
    check_day(day("2026-11-25"), day("2026-11-25"))
    with pytest.raises(InvalidInput) as refused:
        check_day(day("2026-11-26"), day("2026-11-25"))
    assert refused.value.field == ("certifiedOn",)


def test_a_birthday_is_no_certification() -> None:
    check_day(day("2016-11-25"), day("2026-11-25"))
    for wrong in ("2016-11-24", "1955-03-01", "1900-01-01"):
        with pytest.raises(InvalidInput):
            check_day(day(wrong), day("2026-11-25"))


@pytest.mark.parametrize(
    ("certified", "previous"),
    [("2026-11-01", "2025-06-01"), ("2025-05-01", "2024-05-01"), ("2024-05-01", None), ("2023-01-01", None)],
)
def test_a_later_day_follows_and_an_earlier_one_corrects(certified: str, previous: str | None) -> None:
    earlier = a_record(day("2025-06-01"), previous_on=day("2024-05-01"))
    expected = day(previous) if previous else None
    assert previous_day(earlier, "全国", "企业职工", day(certified)) == expected


def test_elsewhere_and_in_another_scheme_counting_begins_anew() -> None:
    earlier = a_record(day("2024-06-01"))
    assert previous_day(earlier, "青岛市", "企业职工", day("2026-06-01")) is None
    assert previous_day(earlier, "全国", "城乡居民", day("2026-06-01")) is None
    assert previous_day(None, "全国", "企业职工", day("2026-06-01")) is None


# --- reminding ---


@pytest.mark.parametrize(
    ("today", "days_left"),
    [
        ("2026-01-08", None),
        ("2026-01-09", 60),
        ("2026-02-07", 60),
        ("2026-02-08", 30),
        ("2026-03-02", 30),
        ("2026-03-03", 7),
        ("2026-03-10", 7),
        ("2026-03-11", None),
        ("2027-01-09", None),
    ],
)
def test_the_latest_reminder_that_has_begun_is_the_one(today: str, days_left: int | None) -> None:
    assert days_to_remind_of(a_record(day("2025-03-10")), NATIONAL, LONG_AGO, day(today)) == days_left


def test_nobody_is_reminded_of_what_they_saw_when_they_recorded_it() -> None:
    record = a_record(day("2025-03-10"))
    assert days_to_remind_of(record, NATIONAL, day("2026-01-20"), day("2026-01-20")) is None
    assert days_to_remind_of(record, NATIONAL, day("2026-01-20"), day("2026-02-08")) == 30
    assert days_to_remind_of(record, NATIONAL, day("2026-03-05"), day("2026-03-09")) is None


@given(days, rules, st.integers(0, 2_000))
def test_a_reminder_is_always_before_the_due_date(certified: date, rule: Rule, after: int) -> None:
    today = certified + timedelta(days=after)
    found = days_to_remind_of(a_record(certified), rule, date.min, today)
    left = (due_on(certified, rule) - today).days
    assert (found is None) == (not 0 <= left <= max(REMIND_DAYS))
    assert found is None or left <= found
