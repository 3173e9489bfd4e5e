"""Content rules: what each field may hold."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from editing_town import COMMUNITY, INSIDE, a_town_of
from factories import PlainCalendar, a_snapshot, a_store, at, hours
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.hours import ExceptionRow, WeekRow, exception_documents, weekly_documents
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point, from_gcj02, to_gcj02
from lifecircle.catalogue.hours.model import Schedule, exceptions_from_document, schedule_from_document
from lifecircle.catalogue.stores.closing import (
    closure,
    day_plan_of,
    is_gone,
    is_listed,
    is_open_of,
    open_ranges_of,
    open_status_of,
)
from lifecircle.catalogue.stores.model import AccessibilityFeature, Store, store_from_document

TODAY = date(2026, 11, 25)
CITY = a_snapshot(**{name: rows for name, rows in a_town_of(1).items() if name in ("areas", "categories")})


def refused(rule: Any, *arguments: Any) -> str:
    with pytest.raises(InvalidInput) as error:
        rule(*arguments, "field")
    assert error.value.field == ("field",)
    return error.value.message


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  好邻居\u3000便利店 ", "好邻居 便利店"),
        ("生鲜超市（菜店）", "生鲜超市（菜店）"),
        ("两店", "两店"),
        ("店" * 60, "店" * 60),
    ],
)
def test_a_name_is_kept_in_one_spelling(text: str, clean: str) -> None:
    assert rules.name(text, "field") == clean


@pytest.mark.parametrize(
    "text", ["", "店", "店" * 61, "店\u200b铺子", "店\u202e铺", "店\x00铺", "\ufeff店铺", "店\ud800铺"]
)
def test_a_name_that_cannot_be_read_is_refused(text: str) -> None:
    refused(rules.name, text)


def test_a_paragraph_keeps_its_lines_and_nothing_hidden() -> None:
    assert rules.notice(" 第一行 \r\n\n第二行\t末 \n", "field") == "第一行\n\n第二行 末"
    assert rules.notice(" \n ", "field") is None
    refused(rules.notice, "字" * 201)
    refused(rules.description, "看\u2066不见")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("１３８ 1234 5678", "13812345678"),
        ("0571-88886666", "0571-88886666"),
        ("(0571)88886666", "0571-88886666"),
        ("010-12345678-801", "010-12345678-801"),
        ("4008001234", "400-800-1234"),
        ("12345", "12345"),
        ("95588", "95588"),
        ("110", "110"),
        ("  ", None),
    ],
)
def test_phones_that_residents_can_call(text: str, clean: str | None) -> None:
    assert rules.phone(text, "field") == clean


@pytest.mark.parametrize("text", ["1381234567", "88886666", "+1 415 555 0100", "999999", "12a45", "4001234", "0" * 41])
def test_phones_that_nobody_can_call(text: str) -> None:
    assert "电话" in refused(rules.phone, text)


@pytest.mark.parametrize("url", ["https://img.example.cn/a/1.jpg", "https://img.example.cn:443/a?x=1&y=%E5"])
def test_photos_by_https(url: str) -> None:
    assert rules.photos([url, url], "field") == [url]


@pytest.mark.parametrize(
    "url",
    [
        "http://img.example.cn/1.jpg",
        "https://",
        "https://localhost/1.jpg",
        "https://127.0.0.1/1.jpg",
        "https://user:pass@img.example.cn/1.jpg",
        "https://img.example.cn:8443/1.jpg",
        "https://img.example.cn:x/1.jpg",
        "https://img.example.cn/空 格.jpg",
        'https://img.example.cn/"><script>',
        "javascript:alert(1)",
        "//img.example.cn/1.jpg",
        "https://[::1]/1.jpg",
        "https://img.example.cn/" + "a" * 500,
    ],
)
def test_photos_that_are_no_https_address(url: str) -> None:
    refused(rules.photos, [url])


def test_at_most_nine_photos() -> None:
    urls = [f"https://img.example.cn/{number}.jpg" for number in range(10)]
    assert len(rules.photos(urls[:9], "field")) == 9
    refused(rules.photos, urls)


def test_features_stand_once_in_one_order() -> None:
    lift, steps = AccessibilityFeature.LIFT, AccessibilityFeature.STEP_FREE
    assert rules.accessibility([lift, steps, lift]) == ["STEP_FREE", "LIFT"]


def test_a_place_names_its_community_and_district() -> None:
    found = rules.place(INSIDE, CITY.areas, "field")
    assert (found.district, found.community) == ("330199", COMMUNITY)
    assert rules.place(Point(120.35, 30.5), CITY.areas, "field").community is None


@pytest.mark.parametrize(
    "point", [Point(121.5, 31.2), Point(30.29, 120.2), Point(180.0, 30.0), Point(float("nan"), 30.0)]
)
def test_a_place_outside_the_city_is_refused(point: Point) -> None:
    refused(rules.place, point, CITY.areas)


def test_a_category_is_a_leaf() -> None:
    assert rules.category("pharmacy", CITY.categories, "field") == "pharmacy"
    assert "便利店" in refused(rules.category, "basic", CITY.categories)
    refused(rules.category, "nothing", CITY.categories)


@pytest.mark.parametrize("text", ["", " ", "A 1", "a" * 33, "-1", "A\u200b1"])
def test_a_number_is_one_plain_word(text: str) -> None:
    refused(rules.number, text)
    assert rules.number(" Ａ-１2/桂 ", "field") == "A-12/桂"


@pytest.mark.parametrize("fen", [-1, rules.MOST_PRICE + 1])
def test_prices_have_two_ends(fen: int) -> None:
    refused(rules.price, fen)
    assert [rules.price(0, "field"), rules.price(rules.MOST_PRICE, "field")] == [0, rules.MOST_PRICE]


@pytest.mark.fuzz
@settings(max_examples=scaled(33, 200), deadline=None)
@given(st.text(max_size=80))
def test_whatever_is_written_is_kept_readable_or_refused(text: str) -> None:
    for rule in (rules.name, rules.address, rules.notice, rules.description, rules.phone, rules.number):
        try:
            kept = rule(text, "field")
        except InvalidInput:
            continue
        if kept is not None:
            assert rule(kept, "field") == kept
            assert kept.strip() == kept
            kept.encode()


# --- hours ---


def test_days_with_one_range_share_a_row() -> None:
    rows = [WeekRow(day, "08:30", "12:00") for day in (1, 2, 3)] + [WeekRow(1, "13:30", "17:00")]
    assert weekly_documents(rows) == [
        {"weekdays": "1", "opens": "13:30", "closes": "17:00"},
        {"weekdays": "123", "opens": "08:30", "closes": "12:00"},
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [WeekRow(0, "09:00", "18:00")],
        [WeekRow(8, "09:00", "18:00")],
        [WeekRow(1, "9:00", "18:00")],
        [WeekRow(1, "24:00", "25:00")],
        [WeekRow(1, "24:00", "08:00")],
        [WeekRow(1, "09:00", "18:00"), WeekRow(1, "17:59", "20:00")],
        [WeekRow(1, "22:00", "02:00"), WeekRow(1, "23:00", "23:30")],
        [WeekRow(1, "09:00", "18:00"), WeekRow(1, "09:00", "18:00")],
        [WeekRow(1, "09:00", "18:00", date(2026, 6, 1), date(2026, 5, 1))],
        [WeekRow(1, "09:00", "18:00"), WeekRow(1, "10:00", "12:00", date(2026, 6, 1), date(2026, 8, 1))],
        [WeekRow(1 + n % 7, "09:00", "10:00") for n in range(101)],
    ],
)
def test_a_week_that_makes_no_sense_is_refused(rows: list[WeekRow]) -> None:
    refused(weekly_documents, rows)


@pytest.mark.parametrize(
    "rows",
    [
        [WeekRow(1, "09:00", "12:00"), WeekRow(1, "12:00", "24:00")],
        [WeekRow(1, "00:00", "24:00")],
        [WeekRow(1, "22:00", "02:00"), WeekRow(2, "22:00", "02:00")],
        [
            WeekRow(1, "09:00", "18:00", None, date(2026, 5, 31)),
            WeekRow(1, "10:00", "22:00", date(2026, 6, 1), date(2026, 8, 31)),
        ],
    ],
)
def test_a_week_that_is_stored_is_read_back(rows: list[WeekRow]) -> None:
    read = schedule_from_document({"weekly": weekly_documents(rows)})
    assert len(read.weekly) == len(rows)


@pytest.mark.parametrize(
    "rows",
    [
        [ExceptionRow(TODAY + timedelta(days=401), closed=True)],
        [ExceptionRow(TODAY, closed=True), ExceptionRow(TODAY, closed=True)],
        [ExceptionRow(TODAY, closed=True, ranges=(("09:00", "10:00"),))],
        [ExceptionRow(TODAY, closed=False)],
        [ExceptionRow(TODAY, closed=False, ranges=(("09:00", "10:00"), ("09:30", "11:00")))],
        [ExceptionRow(TODAY, closed=False, ranges=(("25:00", "26:00"),))],
        [ExceptionRow(TODAY, closed=True, reason="长" * 41)],
        [ExceptionRow(TODAY + timedelta(days=n), closed=True) for n in range(121)],
    ],
)
def test_single_dates_that_make_no_sense_are_refused(rows: list[ExceptionRow]) -> None:
    with pytest.raises(InvalidInput) as error:
        exception_documents(rows, TODAY, "field")
    assert error.value.field == ("field",)


def test_single_dates_that_are_stored_are_read_back() -> None:
    rows = [ExceptionRow(TODAY + timedelta(days=400), closed=False, ranges=(("22:00", "02:00"),), reason="年货节")]
    (read,) = exceptions_from_document(exception_documents(rows, TODAY, "field"))
    assert (read.day, read.ranges[0].closes, read.reason) == (rows[0].day, 1560, "年货节")


# --- closed and moved ---

PLAIN = PlainCalendar()
NIGHTLY = schedule_from_document(hours(("22:00", "02:00")))
DAILY = schedule_from_document(hours(("09:00", "18:00")))


def shut(**changes: Any) -> Store:
    return store_from_document(a_store(**changes))


def test_a_store_closed_until_a_day_is_open_on_that_day() -> None:
    store = shut(state="CLOSED", closed_until="2026-11-28")
    days = [date(2026, 11, day) for day in (25, 27, 28, 29)]
    assert [closure(store, day) is not None for day in days] == [True, True, False, False]
    assert [is_listed(store, day) for day in days] == [False, False, True, True]
    assert not is_gone(store)
    assert day_plan_of(store, DAILY, PLAIN, days[0]).reason == "暂停营业，11月28日恢复"
    assert len(day_plan_of(store, DAILY, PLAIN, days[2]).ranges) == 1
    assert [local_day(r.opens) for r in open_ranges_of(store, DAILY, PLAIN, days[0], 5)] == days[2:]


def test_the_first_opening_after_a_closure_is_announced() -> None:
    store = shut(state="CLOSED", closed_until="2026-11-28")
    before = open_status_of(store, DAILY, PLAIN, at("2026-11-25 10:00"))
    assert (before.is_open, before.opens_at, before.closes_at) == (False, at("2026-11-28 09:00"), None)
    on_the_day = open_status_of(store, DAILY, PLAIN, at("2026-11-28 10:00"))
    assert (on_the_day.is_open, on_the_day.closes_at) == (True, at("2026-11-28 18:00"))
    round_the_clock = schedule_from_document(hours(("00:00", "24:00")))
    assert open_status_of(store, round_the_clock, PLAIN, at("2026-11-25 10:00")).opens_at == at("2026-11-28 00:00")


def test_hours_past_midnight_of_the_last_closed_day_do_not_reach_over() -> None:
    store = shut(state="CLOSED", closed_until="2026-11-28")
    assert not is_open_of(store, NIGHTLY, PLAIN, at("2026-11-28 01:00"))
    early = open_status_of(store, NIGHTLY, PLAIN, at("2026-11-28 01:00"))
    assert (early.is_open, early.opens_at) == (False, at("2026-11-28 22:00"))
    assert is_open_of(store, NIGHTLY, PLAIN, at("2026-11-29 01:00"))
    assert open_status_of(store, NIGHTLY, PLAIN, at("2026-11-29 01:00")).is_open


@pytest.mark.parametrize("changes", [{"state": "CLOSED"}, {"state": "MOVED", "moved_to": "s2"}])
def test_what_is_gone_never_opens(changes: dict[str, Any]) -> None:
    store = shut(**changes)
    assert is_gone(store)
    assert not is_listed(store, TODAY)
    assert open_ranges_of(store, DAILY, PLAIN, TODAY, 30) == []
    status = open_status_of(store, DAILY, PLAIN, at("2026-11-25 10:00"))
    assert (status.is_open, status.opens_at, status.closes_at) == (False, None, None)


def test_an_open_store_keeps_its_hours() -> None:
    store = shut()
    assert is_listed(store, TODAY)
    assert is_open_of(store, DAILY, PLAIN, at("2026-11-25 10:00"))
    assert not is_open_of(store, Schedule(), PLAIN, at("2026-11-25 10:00"))


def test_a_place_given_in_gcj02_is_the_same_place() -> None:
    back = from_gcj02(to_gcj02(INSIDE))
    assert rules.place(back, CITY.areas, "field").point == rules.place(INSIDE, CITY.areas, "field").point
