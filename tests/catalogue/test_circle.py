"""The life circle: rings, groups, gaps, score."""

from __future__ import annotations

import math
import random
from datetime import date
from typing import Any

import pytest
from factories import CENTER, NOON, PlainCalendar, a_category, a_chain, a_snapshot, a_store, an_area, at, hours

from lifecircle.catalogue.circle import rules
from lifecircle.catalogue.circle.look import nearest_of
from lifecircle.catalogue.circle.model import Group, LifeCircle
from lifecircle.catalogue.circle.service import life_circle
from lifecircle.catalogue.errors import InvalidInput, OutsideServiceArea
from lifecircle.catalogue.geo import EARTH_RADIUS, Point, distance, walk_minutes
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.closing import is_open_of

HERE, PLAIN = Point(*CENTER), PlainCalendar()
DEGREE = math.radians(1) * EARTH_RADIUS
"""Metres of a degree to the north."""

KINDS = {
    "convenience-store": "BASIC",
    "pharmacy": "BASIC",
    "repair": "BASIC",
    "cafe": "QUALITY",
    "gym": "QUALITY",
    "station": "PUBLIC",
}


def categories(**levels: str) -> list[dict[str, Any]]:
    given = levels or KINDS
    roots = [a_category(level.lower(), name=level, level=level, order=0) for level in ("BASIC", "QUALITY", "PUBLIC")]
    leaves = [
        a_category(code, name=code, level=level, parent=level.lower(), order=number)
        for number, (code, level) in enumerate(given.items(), 1)
    ]
    return [*roots, *leaves]


def north(key: str, metres: float, category: str = "convenience-store", **changes: Any) -> dict[str, Any]:
    place = [CENTER[0], CENTER[1] + metres / DEGREE]
    return a_store(key, category=category, location={"type": "Point", "coordinates": place}, **changes)


def town(*stores: dict[str, Any], **rows: Any) -> Snapshot:
    return a_snapshot(**{"areas": [an_area()], "categories": categories(), "stores": stores, **rows})


def circle(snapshot: Snapshot, minutes: int = 15, now: str = "2026-11-25 12:00") -> LifeCircle:
    return life_circle(snapshot, HERE, minutes, PLAIN, at(now))


def groups(found: LifeCircle) -> dict[str, Group]:
    return {group.category.code: group for group in found.groups}


@pytest.mark.parametrize("minutes", range(1, 61))
def test_the_edge_of_a_ring_is_walked_in_its_minutes(minutes: int) -> None:
    assert walk_minutes(rules.reach(minutes)) == minutes
    assert walk_minutes(rules.reach(minutes) + 0.01) == minutes + 1


def test_groups_count_what_stands_inside_and_what_is_open() -> None:
    found = circle(
        town(
            north("a", 100),
            north("b", 400, hours=hours(("06:00", "11:00"))),
            north("c", 923),
            north("d", 924),
            north("e", 50, "station"),
        )
    )
    (shops, station) = found.groups
    assert (shops.category.code, shops.count, shops.open, shops.ring) == ("convenience-store", 3, 2, 5)
    assert shops.within == {5: 1, 8: 2, 15: 3}
    assert (shops.nearest.store.id, round(shops.nearest.metres)) == ("a", 100)
    assert (station.count, station.nearest.store.id) == (1, "e")
    assert (found.minutes, found.radius) == (15, 923)


@pytest.mark.parametrize(
    ("metres", "minutes", "ring"),
    [(300, 15, 5), (310, 15, 8), (492, 15, 8), (493, 15, 15), (600, 10, 10), (1200, 30, 30), (60, 3, 3)],
)
def test_the_ring_is_that_of_the_nearest(metres: float, minutes: int, ring: int) -> None:
    assert groups(circle(town(north("a", metres)), minutes))["convenience-store"].ring == ring


def test_open_is_exact_to_the_minute() -> None:
    snapshot = town(north("a", 100, hours=hours(("09:00", "12:00"), ("13:30", "18:00"))))
    told = {
        clock: groups(circle(snapshot, now=f"2026-11-25 {clock}"))["convenience-store"].open
        for clock in ("11:59", "12:00", "13:29", "13:30")
    }
    assert told == {"11:59": 1, "12:00": 0, "13:29": 0, "13:30": 1}


def test_a_chains_hours_and_exceptions_count() -> None:
    closed = [{"date": "2026-11-25", "closed": True, "ranges": [], "reason": None}]
    late = {"chain": "c1", "hours": None}
    snapshot = town(
        north("a", 100, **late),
        north("b", 100, exceptions=closed, **late),
        chains=[a_chain(hours=hours(("20:00", "02:00")))],
    )
    assert groups(circle(snapshot, now="2026-11-25 21:00"))["convenience-store"].open == 1
    assert groups(circle(snapshot, now="2026-11-26 01:59"))["convenience-store"].open == 1
    assert groups(circle(snapshot, now="2026-11-26 21:00"))["convenience-store"].open == 2


def test_what_is_closed_for_a_while_is_missing_until_it_opens_again() -> None:
    snapshot = town(north("a", 100, state="CLOSED", closed_until="2026-12-01"), north("b", 50, state="MOVED"))
    before, after = circle(snapshot), circle(snapshot, now="2026-12-01 12:00")
    assert (before.groups, before.missing[0].category.code, before.missing[0].nearest_outside) == (
        [],
        "convenience-store",
        None,
    )
    assert (groups(after)["convenience-store"].count, after.score > before.score) == (1, True)


def test_missing_kinds_name_the_nearest_outside() -> None:
    found = circle(town(north("a", 100), north("far", 5000, "pharmacy"), north("near", 1500, "pharmacy")))
    gaps = {gap.category.code: gap.nearest_outside for gap in found.missing}
    assert set(gaps) == {"pharmacy", "repair"}, "quality kinds and public services are no basic kinds"
    assert gaps["repair"] is None
    assert gaps["pharmacy"] is not None
    assert (gaps["pharmacy"].store.id, round(gaps["pharmacy"].metres)) == ("near", 1500)


def test_a_smaller_circle_misses_what_a_larger_one_has() -> None:
    snapshot = town(north("a", 600))
    small, large = circle(snapshot, 5), circle(snapshot, 15)
    outside = small.missing[0].nearest_outside
    assert outside is not None
    assert (small.groups, outside.store.id, groups(large)["convenience-store"].count) == ([], "a", 1)
    assert small.score == large.score, "the score is about the standard circle, whatever is asked for"


def test_what_stands_below_a_kind_belongs_to_it() -> None:
    below = [*categories(), a_category("night-pharmacy", level="BASIC", parent="pharmacy", order=9)]
    found = circle(town(north("a", 100, "night-pharmacy"), categories=below))
    assert [gap.category.code for gap in found.missing] == ["convenience-store", "repair"]
    assert list(groups(found)) == ["night-pharmacy"]


def test_of_two_at_the_same_door_the_first_by_id_is_the_nearest() -> None:
    found = circle(town(north("b", 100), north("a", 100)))
    assert groups(found)["convenience-store"].nearest.store.id == "a"


@pytest.mark.parametrize("minutes", [0, -1, 61, 10**9])
def test_nobody_walks_less_than_a_minute_or_more_than_an_hour(minutes: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        circle(town(), minutes)
    assert refused.value.field == ("minutes",)


def test_outside_the_city_there_is_no_circle() -> None:
    with pytest.raises(OutsideServiceArea, match="服务区域"):
        life_circle(town(), Point(121.47, 31.23), 15, PLAIN, NOON)


# --- score ---


def test_everything_at_the_door_is_worth_a_hundred_and_nothing_is_worth_nothing() -> None:
    full = town(*(north(code, 10, code) for code in KINDS))
    assert circle(full).score == 100.0
    assert circle(town()).score == 0.0


@pytest.mark.parametrize(
    ("category", "metres", "points"),
    [
        ("convenience-store", 300, 25.0),
        ("convenience-store", 600, 12.5),  # expected within 5 minutes, 10 away: half of a third of 75
        ("pharmacy", 490, 25.0),
        ("pharmacy", 920, 13.3),  # expected within 8, 15 away
        ("repair", 920, 25.0),
        ("repair", 924, 0.0),
        ("cafe", 920, 18.75),  # one of two kinds, and 2/3 of them would earn all 25 points
        ("station", 10, 0.0),
    ],
)
def test_a_kind_earns_by_the_ring_that_it_is_expected_in(category: str, metres: float, points: float) -> None:
    assert circle(town(north("a", metres, category))).score == pytest.approx(points, abs=0.06)


def test_more_of_the_same_and_what_is_closed_at_night_do_not_change_the_score() -> None:
    one, many = town(north("a", 100)), town(north("a", 100), north("b", 120), north("c", 140))
    assert circle(one).score == circle(many).score == circle(one, now="2026-11-25 03:00").score


# --- against a plain scan ---


def test_a_random_town_is_counted_as_a_plain_scan_counts_it() -> None:
    chance = random.Random(7)
    weeks = [hours(), hours(("18:00", "02:00")), hours(("06:00", "11:30"), ("13:00", "20:00"), weekdays="12345")]
    rows = [
        a_store(
            f"s{number:03d}",
            category=chance.choice(list(KINDS)),
            hours=chance.choice(weeks),
            location={"type": "Point", "coordinates": [CENTER[0] + x, CENTER[1] + y]},
            state=chance.choice(["OPEN"] * 9 + ["MOVED"]),
        )
        for number in range(400)
        for x, y in [(chance.uniform(-0.02, 0.02), chance.uniform(-0.02, 0.02))]
    ]
    snapshot = town(*rows[:300])
    snapshot = with_changes(snapshot, [Change("stores", row["_id"], row) for row in rows[300:]])
    gone = [Change("stores", row["_id"], None) for row in rows[::17]]
    snapshot = with_changes(snapshot, gone)
    for now in ("2026-11-25 12:00", "2026-11-28 19:00", "2026-11-29 01:00"):
        found, expected = groups(circle(snapshot, 20, now)), dict[str, list[Any]]()
        for store in snapshot.all_stores():
            metres = round(distance(HERE, store.location), 3)
            if store.state == "OPEN" and walk_minutes(metres) <= 20:
                is_open = is_open_of(store, snapshot.schedule_of(store), PLAIN, at(now))
                expected.setdefault(store.category, []).append((metres, is_open))
        assert {code: (g.count, g.open, round(g.nearest.metres, 3)) for code, g in found.items()} == {
            code: (len(seen), sum(is_open for _, is_open in seen), min(metres for metres, _ in seen))
            for code, seen in expected.items()
        }
        for code in KINDS:
            nearest = nearest_of(snapshot, HERE, [code], date(2026, 11, 25))
            scan = min(
                round(distance(HERE, store.location), 3)
                for store in snapshot.all_stores()
                if store.category == code and store.state == "OPEN"
            )
            assert nearest is not None
            assert nearest.metres == pytest.approx(scan, abs=0.002)
