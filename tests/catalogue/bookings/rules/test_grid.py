"""The times that can be booked, and the interval that is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_session, at
from offers import TOMORROW, between, offered, openings

from lifecircle.catalogue.bookings.model import Interval
from lifecircle.catalogue.bookings.rules import time_text
from lifecircle.catalogue.bookings.times import OpenDays, bookable_times, interval_of
from lifecircle.catalogue.clock import SHANGHAI
from lifecircle.catalogue.errors import BookingRefused
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering


def starts(offering: Offering, opened: list[OpenRange]) -> list[str]:
    return [time_text(interval.start)[-5:] for interval in bookable_times(offering, opened).intervals]


def test_the_grid_ends_where_the_work_would_not_be_done_by_closing() -> None:
    assert starts(offered(), openings(("09:00", "12:00"))) == ["09:00", "09:30", "10:00", "10:30", "11:00"]


def test_a_work_longer_than_the_opening_has_no_start() -> None:
    assert starts(offered(duration_minutes=181), openings(("09:00", "12:00"))) == []
    assert starts(offered(duration_minutes=180), openings(("09:00", "12:00"))) == ["09:00"]


def test_no_work_runs_through_the_lunch_break() -> None:
    found = starts(offered(), openings(("09:00", "12:00"), ("13:30", "15:00")))
    assert found[-3:] == ["11:00", "13:30", "14:00"]


def test_until_24_00_the_last_start_is_one_length_before() -> None:
    found = bookable_times(offered(), openings(("21:00", "24:00"))).intervals
    assert found[-1] == Interval(at("2026-11-26 23:00"), at("2026-11-27 00:00"))


def test_an_evening_past_midnight_is_booked_into_the_next_day() -> None:
    opened = openings(("22:00", "02:00"), first=TOMORROW, days=1)
    times = [time_text(interval.start) for interval in bookable_times(offered(grid_minutes=60), opened).intervals]
    assert times == [
        *("11月25日（周三）22:00", "11月25日（周三）23:00", "11月26日（周四）00:00", "11月26日（周四）01:00"),
        *("11月26日（周四）22:00", "11月26日（周四）23:00", "11月27日（周五）00:00", "11月27日（周五）01:00"),
    ]


def test_the_leap_day_is_a_day_like_any_other() -> None:
    opened = openings(("23:00", "01:00"), first="2028-02-29", days=1)
    found = bookable_times(offered(), opened).intervals
    assert Interval(at("2028-02-29 23:30"), at("2028-03-01 00:30")) in found
    assert Interval(at("2028-02-28 23:30"), at("2028-02-29 00:30")) in found
    assert time_text(at("2028-02-29 23:30")) == "2月29日（周二）23:30"


def test_sessions_come_in_order_whatever_the_hours() -> None:
    late, early = a_session(at("2026-11-27 19:00")), a_session(at("2026-11-26 05:00"))
    found = bookable_times(offered(kind="SESSION", sessions=[late, early]), []).intervals
    assert [interval.start for interval in found] == [early["start"], late["start"]]


@pytest.mark.parametrize("changes", [{"kind": "REQUEST_ONLY"}, {"duration_minutes": None}])
def test_what_has_no_times_has_none(changes: dict[str, Any]) -> None:
    assert not bookable_times(offered(**changes), openings()).intervals


def placed(start: str, offering: Offering, opened: list[OpenRange], closed: str | None = None) -> str:
    day = at(start).astimezone(SHANGHAI).date()
    with pytest.raises(BookingRefused) as raised:
        interval_of(at(start), None, offering, OpenDays(opened, {day: closed} if closed else {}))
    return f"{raised.value.code} {raised.value.message}"


def test_a_start_on_the_grid_gives_its_interval() -> None:
    found = interval_of(at("2026-11-26 10:30"), None, offered(), OpenDays(openings(), {}))
    assert found == between("10:30", "11:30")


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ("2026-11-26 08:30", "08:30不在营业时间内"),
        ("2026-11-26 18:00", "18:00不在营业时间内"),
        ("2026-11-26 10:10", "每 30 分钟一档"),
        ("2026-11-26 17:30", "打烊前做完"),
        ("2026-11-26 10:00:01", "每 30 分钟一档"),
    ],
)
def test_a_start_outside_the_hours_or_off_the_grid_says_which(start: str, says: str) -> None:
    answer = placed(start, offered(), openings())
    assert answer.startswith("OUTSIDE_HOURS")
    assert says in answer


def test_a_closed_day_says_why() -> None:
    answer = placed("2026-10-01 10:00", offered(), [], "国庆节")
    assert answer == "HOLIDAY_CLOSED 10月1日（周四）不营业（国庆节）。"


def test_off_the_grid_in_the_small_hours_of_a_closed_day_is_still_off_the_grid() -> None:
    night = openings(("18:00", "02:00"), first=TOMORROW)[:1]
    assert placed("2026-11-26 00:20", offered(), night, "停业").startswith("OUTSIDE_HOURS")
    assert placed("2026-11-26 10:00", offered(), night, "停业").startswith("HOLIDAY_CLOSED")


def test_a_time_without_a_session_says_so() -> None:
    course = offered(kind="SESSION", sessions=[a_session(at("2026-11-26 19:00"))])
    assert placed("2026-11-26 19:30", course, openings(), "国庆节") == "OUTSIDE_HOURS 这个时间没有安排场次。"


def test_times_are_in_order_also_where_ranges_overlap() -> None:
    found = bookable_times(offered(grid_minutes=60), openings(("09:00", "13:00"), ("10:30", "14:30"))).intervals
    assert found == sorted(found, key=lambda interval: interval.start)
    assert len(found) == 8
