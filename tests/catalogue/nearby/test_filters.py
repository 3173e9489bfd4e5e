"""Stores around a place: every filter, alone and combined."""

from __future__ import annotations

import math
from typing import Any

import pytest
from around import HERE, PLAIN, a_query, found, north, rated
from factories import (
    DISTRICT,
    NOON,
    PlainCalendar,
    a_category,
    a_chain,
    a_snapshot,
    a_store,
    an_area,
    an_offering,
    an_override,
    at,
    hours,
)

from lifecircle.catalogue.geo import distance
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.model import AccessibilityFeature
from lifecircle.catalogue.stores.nearby import nearby


def a_street() -> Snapshot:
    """Seven stores, 100 m to 700 m to the north, each the answer to some filter."""
    return a_snapshot(
        areas=[
            an_area(),
            an_area("330199001", level="SUBDISTRICT", parent=DISTRICT),
            an_area("330199001001", level="COMMUNITY", parent="330199001"),
            an_area("330199001002", level="COMMUNITY", parent="330199001"),
        ],
        categories=[
            a_category("shop", name="商店"),
            a_category("convenience-store", parent="shop"),
            a_category("corner-shop", parent="convenience-store"),
            a_category("pharmacy", name="药店"),
        ],
        chains=[a_chain("c1", hours=hours(("00:00", "24:00")))],
        stores=[
            a_store("a", location=north(100), community="330199001001", rating=rated(45, 10)),
            a_store("b", location=north(200), category="pharmacy", accessibility=["LIFT", "STEP_FREE"]),
            a_store("c", location=north(300), category="corner-shop", hours=hours(("06:00", "10:00"))),
            a_store("d", location=north(400), chain="c1", hours=None, rating=rated(50, 10)),
            a_store("e", location=north(500), community="330199001002", accessibility=["LIFT"]),
            a_store("f", location=north(600), rating=rated(44, 10)),
            a_store("g", location=north(700), hours=hours(weekdays="67")),
            a_store("closed-down", location=north(50), state="CLOSED"),
        ],
        offerings=[
            an_offering("oa", store="a", price=9_000, at_home=True, bookable=True),
            an_offering("ob", store="b", price=None, at_home=False, bookable=False),
            an_offering("oe", store="e", price=5_000, at_home=False, bookable=True, state="PAUSED"),
            an_offering("of", store="f", price=12_000, at_home=False, bookable=True),
            an_offering("t1", chain="c1", store=None, price=3_000, at_home=True, bookable=False),
            an_override("d", "t1", price=20_000),
        ],
    )


def test_without_a_filter_every_open_store_comes_the_nearest_first() -> None:
    assert found(a_street(), a_query()) == ["a", "b", "c", "d", "e", "f", "g"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"category": "shop"}, "acdefg"),
        ({"category": "convenience-store"}, "acdefg"),
        ({"category": "corner-shop"}, "c"),
        ({"category": "pharmacy"}, "b"),
        ({"category": "unknown"}, ""),
        ({"open_now": True}, "abdef"),
        ({"open_now": False}, "cg"),
        ({"open_at": at("2026-11-26 07:00")}, "cd"),
        ({"open_at": at("2026-11-28 10:00")}, "abdefg"),
        ({"bookable": True}, "af"),
        ({"bookable": False}, "bcdeg"),
        ({"at_home": True}, "ad"),
        ({"at_home": False}, "bcefg"),
        ({"chain": "c1"}, "d"),
        ({"chain": "c2"}, ""),
        ({"community": "330199001001"}, "a"),
        ({"community": "330199001"}, "ae"),
        ({"community": DISTRICT}, "ae"),
        ({"community": "330199009"}, ""),
        ({"accessible": (AccessibilityFeature.LIFT,)}, "be"),
        ({"accessible": (AccessibilityFeature.LIFT, AccessibilityFeature.STEP_FREE)}, "b"),
        ({"accessible": (AccessibilityFeature.PARKING,)}, ""),
        ({"min_rating": 4.5}, "ad"),
        ({"min_rating": 4.4}, "adf"),
        ({"min_rating": 5.0}, "d"),
        ({"max_price": 9_000}, "a"),
        ({"max_price": 8_999}, ""),
        ({"max_price": 20_000}, "adf"),
    ],
    ids=str,
)
def test_each_filter_leaves_what_it_says(wanted: dict[str, Any], expected: str) -> None:
    assert found(a_street(), a_query(**wanted)) == list(expected)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"category": "shop", "open_now": True, "bookable": True}, "af"),
        ({"category": "shop", "open_now": True, "bookable": True, "min_rating": 4.5}, "a"),
        ({"at_home": True, "max_price": 10_000}, "a"),
        ({"community": "330199001", "accessible": (AccessibilityFeature.LIFT,)}, "e"),
        ({"chain": "c1", "open_now": False}, ""),
        ({"open_at": at("2026-11-26 07:00"), "at_home": True, "chain": "c1"}, "d"),
    ],
    ids=str,
)
def test_filters_combine(wanted: dict[str, Any], expected: str) -> None:
    assert found(a_street(), a_query(**wanted)) == list(expected)


def test_a_holiday_counts_for_open_now() -> None:
    snapshot = a_snapshot(stores=[a_store("office", hours=hours(mode="CLOSED")), a_store("shop")])
    assert found(snapshot, a_query(open_now=True), PlainCalendar({NOON.date(): "国庆节"})) == ["shop"]


def test_open_now_is_right_to_the_minute_around_a_lunch_break() -> None:
    snapshot = a_snapshot(stores=[a_store("s1", hours=hours(("08:30", "12:00"), ("13:30", "17:30")))])
    for clock, is_open in (("11:59", True), ("12:00", False), ("13:29", False), ("13:30", True), ("17:30", False)):
        for second in (0, 59):
            moment = at(f"2026-11-25 {clock}").replace(second=second)
            page = nearby(snapshot, a_query(open_now=True), PLAIN, moment, first=5)
            assert bool(page.stores) is is_open, clock


def test_a_chain_that_changes_its_hours_is_open_or_shut_at_once() -> None:
    snapshot = a_snapshot(stores=[a_store("s1", chain="c1", hours=None)], chains=[a_chain()])
    assert found(snapshot, a_query(open_now=True)) == ["s1"]
    changed = with_changes(snapshot, [Change("chains", "c1", a_chain(hours=hours(("20:00", "22:00")), version=2))])
    assert found(changed, a_query(open_now=True)) == []
    assert found(snapshot, a_query(open_now=True)) == ["s1"]


def test_a_store_exactly_on_the_radius_is_inside() -> None:
    for metres in (100, 250, 999, 3_000):
        snapshot = a_snapshot(stores=[a_store("s1", location=north(metres))])
        store = snapshot.store("s1")
        assert store
        exact = round(distance(HERE, store.location), 3)
        assert found(snapshot, a_query(math.ceil(exact))) == ["s1"]
        assert found(snapshot, a_query(math.ceil(exact) - 1)) == ([] if math.ceil(exact) - 1 < exact else ["s1"])
