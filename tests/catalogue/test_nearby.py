"""Stores around a place: every filter, both orders, and pages while the catalogue changes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Any

import pytest
from factories import (
    CENTER,
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

from lifecircle.catalogue.errors import BadRequest, InvalidInput
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes
from lifecircle.catalogue.stores.closing import is_listed, is_open_of
from lifecircle.catalogue.stores.model import AccessibilityFeature
from lifecircle.catalogue.stores.nearby import (
    MAX_RADIUS,
    NearbyQuery,
    SortKey,
    StoreFilter,
    StoreSort,
    check_place,
    count_nearby,
    nearby,
)

HERE = Point(*CENTER)
PLAIN = PlainCalendar()


def north(metres: float) -> dict[str, Any]:
    """A place so far north of the centre."""
    return {"type": "Point", "coordinates": [CENTER[0], CENTER[1] + metres / 111_195.08]}


def rated(total: int, count: int = 1) -> dict[str, int]:
    """By so many people that what ratings begin with hardly counts."""
    return {"sum": total * 10_000, "count": count * 10_000}


def a_query(radius: int = 3_000, sort: StoreSort = StoreSort.DISTANCE, **filters: Any) -> NearbyQuery:
    return NearbyQuery(HERE, radius, StoreFilter(**filters), sort)


def found(snapshot: Snapshot, query: NearbyQuery, calendar: PlainCalendar = PLAIN) -> list[str]:
    ids = [near.store.id for near in nearby(snapshot, query, calendar, NOON, first=1_000).stores]
    assert count_nearby(snapshot, query, calendar, NOON) == len(ids)
    return ids


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


def a_town(seed: int) -> Snapshot:
    """Three hundred stores of every kind: a base, changes over it, and the last few on top."""
    chance = random.Random(seed)
    categories = ["shop", "convenience-store", "corner-shop", "pharmacy"]
    weeks = [hours(), hours(("06:00", "11:59")), hours(("22:00", "13:00")), hours(weekdays="67"), None]

    def row(key: str, **changes: Any) -> dict[str, Any]:
        state = chance.choices(["OPEN", "CLOSED", "MOVED"], [8, 1, 1])[0]
        return a_store(
            key,
            location=north(chance.randrange(30) * 77),
            category=chance.choice(categories),
            hours=chance.choice(weeks),
            chain=chance.choice([None, "c1", "c2"]),
            community=chance.choice([None, "330199001001", "330199001002"]),
            accessibility=chance.choice([[], ["LIFT"], ["LIFT", "STEP_FREE"]]),
            rating=rated(chance.randrange(30), chance.randrange(7)),
            state=state,
            closed_until=chance.choice([None, "2026-11-20", "2026-11-25", "2026-12-01"]) if state == "CLOSED" else None,
            **changes,
        )

    def offering(key: str, **changes: Any) -> dict[str, Any]:
        return an_offering(
            key,
            price=chance.choice([None, 1_000, 9_000]),
            bookable=chance.random() < 0.5,
            at_home=chance.random() < 0.5,
            state=chance.choice(["ACTIVE", "ACTIVE", "PAUSED"]),
            **changes,
        )

    keys = [f"s{number:03d}" for number in range(300)]
    town = a_snapshot(
        areas=[an_area(), *(an_area(f"33019900100{n}", level="COMMUNITY", parent=DISTRICT) for n in (1, 2))],
        categories=[a_category(code, parent=None if code == "shop" else "shop") for code in categories],
        chains=[a_chain("c1", hours=hours(("00:00", "24:00"))), a_chain("c2", hours=hours(("20:00", "23:00")))],
        stores=[row(key) for key in keys],
        offerings=[
            *(offering(f"o{key}", store=key) for key in keys[::3]),
            *(offering(f"t{chain}", chain=chain, store=None) for chain in ("c1", "c2")),
            *(an_override(key, "tc1", price=500, bookable=False) for key in keys[::7]),
        ],
    )
    for step in range(5):
        changed = chance.sample(keys, 15)
        changes = [Change("stores", key, row(key, version=step + 2)) for key in changed]
        changes += [Change("stores", key, None) for key in chance.sample(keys, 3)]
        changes += [Change("offerings", f"o{key}", offering(f"o{key}", store=key, version=9)) for key in changed[:5]]
        changes += [Change("offerings", f"{changed[0]}:tc1", an_override(changed[0], "tc1", price=100, version=9))]
        town = with_changes(town, changes)
    return with_changes(
        town,
        [
            Change("stores", "last", row("last")),
            Change("offerings", "tc2", offering("tc2", chain="c2", store=None, version=9)),
            Change("chains", "c1", a_chain("c1", hours=hours(("08:00", "12:00"), ("12:01", "20:00")), version=9)),
        ],
    )


def by_hand(snapshot: Snapshot, query: NearbyQuery) -> list[str]:
    """Every store looked at, as anybody would write it."""
    wanted, found = query.filter, []
    for store in snapshot.all_stores():
        metres = round(distance(query.center, store.location), 3)
        offerings = snapshot.offerings_of(store)
        schedule = snapshot.schedule_of(store)
        conditions = [
            metres <= query.radius,
            is_listed(store, NOON.date()),
            wanted.category is None or store.category in snapshot.categories.descendants(wanted.category),
            wanted.chain is None or store.chain == wanted.chain,
            wanted.community is None or store.community in snapshot.areas.subtree(wanted.community),
            set(wanted.accessible) <= set(store.accessibility),
            wanted.min_rating is None or (store.rating or 0) >= wanted.min_rating,
            wanted.open_now is None or is_open_of(store, schedule, PLAIN, NOON) is wanted.open_now,
            wanted.open_at is None or is_open_of(store, schedule, PLAIN, wanted.open_at),
            wanted.bookable is None or any(o.bookable for o in offerings) is wanted.bookable,
            wanted.at_home is None or any(o.at_home for o in offerings) is wanted.at_home,
            wanted.max_price is None or any(o.price is not None and o.price <= wanted.max_price for o in offerings),
        ]
        if all(conditions):
            order = -(store.rating or 0.0) if query.sort is StoreSort.RATING else metres
            found.append((order, store.id))
    return [key for _, key in sorted(found)]


@pytest.mark.parametrize("seed", range(4))
def test_every_filter_finds_what_a_look_at_every_store_finds(seed: int) -> None:
    chance, town = random.Random(seed), a_town(seed)
    assert len(town.stores.layers) == 3, "a base, changes over it, and the last few on top"
    choices: dict[str, list[Any]] = {
        "category": ["shop", "corner-shop", "pharmacy"],
        "chain": ["c1", "c2"],
        "community": ["330199001001", DISTRICT],
        "accessible": [(AccessibilityFeature.LIFT,)],
        "min_rating": [3.0, 4.5],
        "open_now": [True, False],
        "open_at": [at("2026-11-25 12:00"), at("2026-11-28 23:30")],
        "bookable": [True, False],
        "at_home": [True, False],
        "max_price": [100, 1_000, 2**31 - 1],
    }
    folded = town.folded()
    for _ in range(60):
        names = chance.sample(sorted(choices), chance.choice([0, 1, 1, 2, 3]))
        if {"open_now", "open_at"} <= set(names):
            continue
        wanted = {name: chance.choice(choices[name]) for name in names}
        query = a_query(chance.choice([100, 800, 3_000]), chance.choice(list(StoreSort)[:2]), **wanted)
        expected = by_hand(town, query)
        assert found(town, query) == expected, wanted
        assert found(folded, query) == expected, wanted
        assert pages([town, town, folded], query, 7)[0] == expected, wanted


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


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(120.0, 90.0), (120.0, -90.0), (180.0, 30.0), (-180.0, 30.0), (float("nan"), 30.0)]
)
def test_poles_and_the_antimeridian_are_refused(longitude: float, latitude: float) -> None:
    assert refusal(NearbyQuery(Point(longitude, latitude), 100)).field == ("near",)


@pytest.mark.parametrize(("longitude", "latitude"), [(179.9999, 30.0), (-179.9999, -30.0), (15.0, 89.9), (15.0, -89.9)])
def test_near_the_edges_of_the_map_nothing_is_lost(longitude: float, latitude: float) -> None:
    chance = random.Random(1)
    center = Point(longitude, latitude)
    rows = []
    for number in range(300):
        lng = (longitude + chance.uniform(-0.05, 0.05) / math.cos(math.radians(latitude)) + 540) % 360 - 180
        place = {"type": "Point", "coordinates": [lng, max(-90, min(90, latitude + chance.uniform(-0.05, 0.05)))]}
        rows.append(a_store(f"s{number:03d}", location=place))
    snapshot = a_snapshot(stores=rows)
    for radius in (500, 3_000, 20_000):
        query = NearbyQuery(center, radius)
        assert found(snapshot, query) == by_hand(snapshot, query)
    assert found(snapshot, NearbyQuery(center, 20_000))


# --- refusals ---


def refusal(query: NearbyQuery) -> InvalidInput | BadRequest:
    with pytest.raises((InvalidInput, BadRequest)) as raised:
        nearby(a_snapshot(), query, PLAIN, NOON, first=1)
    return raised.value


@pytest.mark.parametrize("open_now", [True, False])
def test_open_now_with_open_at_is_a_bad_request(open_now: bool) -> None:
    refused = refusal(a_query(open_now=open_now, open_at=NOON))
    assert (refused.code, refused.field) == ("BAD_REQUEST", ("filter", "openNow"))


def test_stores_nearby_have_no_relevance() -> None:
    refused = refusal(a_query(sort=StoreSort.RELEVANCE))
    assert (refused.code, refused.field) == ("BAD_REQUEST", ("sort",))


@pytest.mark.parametrize("radius", [0, -1, MAX_RADIUS + 1])
def test_a_radius_out_of_bounds_is_refused(radius: int) -> None:
    refused = refusal(a_query(radius))
    assert (refused.code, refused.field) == ("INVALID_INPUT", ("radius",))


@pytest.mark.parametrize("radius", [1, MAX_RADIUS])
def test_a_radius_at_its_bounds_is_taken(radius: int) -> None:
    assert found(a_snapshot(stores=[a_store()]), a_query(radius)) == ["s1"]


def test_a_place_that_is_not_on_the_map_is_refused() -> None:
    assert refusal(NearbyQuery(Point(181.0, 30.0), 100)).field == ("near",)
    with pytest.raises(InvalidInput) as raised:
        check_place(Point(120.0, 90.0), "center")
    assert raised.value.field == ("center",)


# --- pages ---


def pages(snapshots: Iterable[Snapshot], query: NearbyQuery, size: int) -> tuple[list[str], list[int]]:
    """All ids, page by page, each page from the next snapshot (the last one stays)."""
    ids: list[str] = []
    sizes: list[int] = []
    after: SortKey | None = None
    coming = iter(snapshots)
    snapshot = next(coming)
    while len(sizes) < 1_000:
        page = nearby(snapshot, query, PLAIN, NOON, first=size, after=after)
        ids += [near.store.id for near in page.stores]
        sizes.append(len(page.stores))
        if not page.has_more:
            return ids, sizes
        after = page.stores[-1].key
        snapshot = next(coming, snapshot)
    raise AssertionError("the pages never end")


def a_crowd(count: int, seed: int) -> list[dict[str, Any]]:
    """Stores at few places with few ratings, so that there are many ties."""
    chance = random.Random(seed)
    keys = [f"s{number:04d}" for number in range(count)]
    chance.shuffle(keys)
    return [
        a_store(
            key,
            location=north(chance.randrange(12) * 40),
            rating=rated(chance.choice([7, 8, 9, 10]), 2) if chance.random() < 0.7 else rated(0, 0),
        )
        for key in keys
    ]


@pytest.mark.parametrize("sort", [StoreSort.DISTANCE, StoreSort.RATING])
@pytest.mark.parametrize("size", [1, 7, 64, 149, 150, 151])
def test_all_pages_together_give_every_store_once_in_one_order(sort: StoreSort, size: int) -> None:
    snapshot = a_snapshot(stores=a_crowd(150, seed=1))
    query = a_query(sort=sort)
    ids, sizes = pages([snapshot], query, size)
    assert ids == found(snapshot, query)
    assert len(set(ids)) == len(ids) == 150
    assert all(length == size for length in sizes[:-1])


@pytest.mark.parametrize("sort", [StoreSort.DISTANCE, StoreSort.RATING])
@pytest.mark.parametrize("seed", range(4))
def test_stores_that_come_and_go_between_pages_disturb_no_other(sort: StoreSort, seed: int) -> None:
    chance = random.Random(seed)
    rows = a_crowd(200, seed)
    versions = [a_snapshot(stores=rows)]
    staying = {row["_id"] for row in rows}
    for step in range(12):
        gone = chance.sample(sorted(staying), 4)
        staying -= set(gone)
        added = a_crowd(200, seed=1_000 + step)[:4]
        changes = [Change("stores", key, None) for key in gone]
        changes += [Change("stores", f"n{step}{row['_id']}", {**row, "_id": f"n{step}{row['_id']}"}) for row in added]
        changed = with_changes(versions[-1], changes)
        versions.append(changed.folded() if step % 4 == 3 else changed)
    ids, _ = pages(versions, a_query(sort=sort), 13)
    assert len(ids) == len(set(ids)), "no store comes twice"
    assert staying <= set(ids), "no store that stayed is left out"
    assert set(ids) - {row["_id"] for row in rows}, "some of the new ones were met"


def test_the_pages_of_a_filter_hold_only_what_it_leaves() -> None:
    snapshot = a_snapshot(stores=a_crowd(120, seed=3))
    query = a_query(min_rating=4.5)
    ids, sizes = pages([snapshot], query, 10)
    assert ids == found(snapshot, query)
    assert 0 < len(ids) < 120
    assert set(sizes[:-1]) == {10}


def test_a_page_after_the_last_store_is_empty() -> None:
    snapshot = a_snapshot(stores=[a_store()])
    (only,) = nearby(snapshot, a_query(), PLAIN, NOON, first=5).stores
    page = nearby(snapshot, a_query(), PLAIN, NOON, first=5, after=only.key)
    assert (page.stores, page.has_more) == ([], False)


def test_a_page_that_is_exactly_full_has_no_more() -> None:
    snapshot = a_snapshot(stores=[a_store("s1"), a_store("s2")])
    assert not nearby(snapshot, a_query(), PLAIN, NOON, first=2).has_more
    assert nearby(snapshot, a_query(), PLAIN, NOON, first=1).has_more


# --- by rating ---


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_by_rating_the_best_comes_first_ties_by_id_and_the_unrated_last(size: int) -> None:
    snapshot = a_snapshot(
        stores=[
            a_store("unrated", location=north(1)),
            a_store("z-best", location=north(900), rating=rated(10, 2)),
            a_store("a-best", location=north(800), rating=rated(5, 1)),
            a_store("middle", location=north(5), rating=rated(9, 2)),
            a_store("worst", location=north(3), rating=rated(1, 1)),
            a_store("too far", location=north(5_000), rating=rated(5, 1)),
        ]
    )
    ids, _ = pages([snapshot], a_query(sort=StoreSort.RATING), size)
    assert ids == ["a-best", "z-best", "middle", "worst", "unrated"]


def test_by_rating_the_distance_is_still_told() -> None:
    snapshot = a_snapshot(stores=[a_store("far", location=north(800), rating=rated(5)), a_store("near")])
    stores = nearby(snapshot, a_query(sort=StoreSort.RATING), PLAIN, NOON, first=2).stores
    assert [round(near.metres) for near in stores] == [800, 0]


def test_a_moved_store_is_found_at_its_new_place() -> None:
    snapshot = a_snapshot(stores=[a_store("s1", location=north(100)), a_store("s2", location=north(200))])
    moved = with_changes(snapshot, [Change("stores", "s1", a_store("s1", location=north(300), version=2))])
    assert found(moved, a_query()) == ["s2", "s1"]
    assert found(moved, a_query(250)) == ["s2"]
    assert found(moved.folded(), a_query()) == ["s2", "s1"]
