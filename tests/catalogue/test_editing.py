"""A merchant's members edit stores, chains, offerings and hours, against a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from editing_town import COMMUNITY, INSIDE, NEW_STORE, OWNER, Town, bookings_of, member, settle
from factories import PlainCalendar, SetClock, at

from lifecircle.catalogue.bookings.model import BookingRequest
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.editing.hours import ExceptionRow, WeekRow
from lifecircle.catalogue.editing.offerings import SaveOffering
from lifecircle.catalogue.editing.stores import Closing
from lifecircle.catalogue.errors import (
    Duplicate,
    Forbidden,
    HolidayClosed,
    IdempotencyConflict,
    InvalidInput,
    NotBookable,
    NotFound,
    Refused,
    StateChanged,
)
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole
from lifecircle.catalogue.sealing import KeyRing

MANAGER, CLERK = MemberRole.MANAGER, MemberRole.CLERK
TODAY = date(2026, 11, 25)


@pytest.fixture
async def town(database: Database, clock: SetClock) -> AsyncIterator[Town]:
    made = await settle(database, clock, stores=4)
    yield made
    await made.keeper.stop()


# --- stores ---


async def test_a_new_store_is_seen_at_once_in_its_community(town: Town) -> None:
    made = await town.desk.stores.create(OWNER, "m1", "c1", {**NEW_STORE, "number": "N9"}, None)
    seen = town.keeper.current.store(made.id)
    assert seen == made
    assert (made.community, made.operator_name, made.chain, made.version) == (COMMUNITY, "好邻居商贸", "c1", 1)
    assert made.assured_on == TODAY
    assert town.keeper.current.schedule_of(made) == town.keeper.current.chains.get("c1").hours  # type: ignore[union-attr]
    assert [offering.name for offering in town.keeper.current.offerings_of(made)] == ["洗衣"]


async def test_a_chains_store_without_a_name_takes_the_brands(town: Town) -> None:
    given = {name: value for name, value in NEW_STORE.items() if name != "name"}
    assert (await town.desk.stores.create(OWNER, "m1", "c1", given, None)).name == "好邻居"
    with pytest.raises(InvalidInput) as refused:
        await town.desk.stores.create(OWNER, "m1", None, given, None)
    assert refused.value.field == ("name",)


@pytest.mark.parametrize("missing", ["category", "address", "location"])
async def test_a_new_store_says_what_it_is_and_where(town: Town, missing: str) -> None:
    given = {name: value for name, value in NEW_STORE.items() if name != missing}
    with pytest.raises(InvalidInput) as refused:
        await town.desk.stores.create(OWNER, "m1", None, given, None)
    assert refused.value.field == (missing,)


async def test_a_number_is_given_once_in_a_merchant(town: Town) -> None:
    with pytest.raises(Duplicate) as refused:
        await town.desk.stores.create(OWNER, "m1", None, {**NEW_STORE, "number": "N1"}, None)
    assert refused.value.field == ("number",)
    theirs = member(merchant="m2")
    assert (await town.desk.stores.create(theirs, "m2", None, {**NEW_STORE, "number": "N1"}, None)).number == "N1"


async def test_the_same_key_makes_one_store_and_another_input_is_refused(town: Town) -> None:
    made = await asyncio.gather(*(town.desk.stores.create(OWNER, "m1", None, NEW_STORE, "key") for _ in range(5)))
    assert len({store.id for store in made}) == 1
    with pytest.raises(IdempotencyConflict):
        await town.desk.stores.create(OWNER, "m1", None, {**NEW_STORE, "phone": "12345"}, "key")
    assert await town.database["stores"].count_documents({"name": NEW_STORE["name"]}) == 1
    other = await town.desk.stores.create(member(resident="r2"), "m1", None, NEW_STORE, "key")
    assert other.id != made[0].id


async def test_what_is_left_out_stays_and_none_empties(town: Town) -> None:
    first = await town.desk.stores.update(OWNER, "s1", 1, {"notice": "今天有新鲜草莓", "phone": "13812345678"})
    assert (first.notice, first.phone, first.name, first.version) == ("今天有新鲜草莓", "13812345678", "好邻居s1", 2)
    second = await town.desk.stores.update(OWNER, "s1", 2, {"notice": None, "name": None})
    assert (second.notice, second.phone, second.name, second.version) == (None, "13812345678", "好邻居s1", 3)
    assert town.keeper.current.store("s1") == second


async def test_an_edit_that_changes_nothing_is_none(town: Town) -> None:
    assert (await town.desk.stores.update(OWNER, "s1", 1, {"name": " 好邻居s1 ", "photos": []})).version == 1
    assert await town.history("stores:s1") == []


async def test_a_store_that_moves_within_the_district_changes_its_community(town: Town) -> None:
    moved = await town.desk.stores.update(OWNER, "s1", 1, {"location": Point(120.35, 30.5), "address": "远山路3号"})
    assert (moved.community, moved.location) == (None, Point(120.35, 30.5))


async def test_editing_vouches_for_the_record(town: Town) -> None:
    assert (await town.row("stores", "s1"))["assured_on"] == "2026-11-20"
    await town.desk.stores.update(OWNER, "s1", 1, {"phone": "95588"})
    assert (await town.row("stores", "s1"))["assured_on"] == "2026-11-25"


async def test_of_two_who_edit_at_once_one_wins(town: Town) -> None:
    async def edit(number: int) -> str:
        try:
            await town.desk.stores.update(member(resident=f"r{number}"), "s1", 1, {"notice": f"第{number}版"})
        except StateChanged as refusal:
            return f"{refusal.code} {refusal.field}"
        return "DONE"

    outcomes = await asyncio.gather(*(edit(number) for number in range(8)))
    assert sorted(outcomes) == ["DONE"] + ["STATE_CHANGED ('version',)"] * 7
    assert (await town.row("stores", "s1"))["version"] == 2
    assert len(await town.history("stores:s1")) == 1


# --- who may ---


@pytest.mark.parametrize(
    ("roles", "refusal"),
    [
        (Roles("nobody"), Forbidden),
        (member(CLERK), Forbidden),
        (member(merchant="m2"), Forbidden),
        (member(MANAGER, "s2"), Forbidden),
    ],
)
async def test_only_those_who_run_a_store_edit_it(town: Town, roles: Roles, refusal: type[Refused]) -> None:
    before = await town.everything()
    week, day = [WeekRow(1, "09:00", "18:00")], [ExceptionRow(TODAY, closed=True)]
    for attempt in (
        town.desk.stores.update(roles, "s1", 1, {"name": "别家的店"}),
        town.desk.stores.close(roles, "s1", 1, Closing(permanently=True)),
        town.desk.hours.set_of_store(roles, "s1", 1, week),
        town.desk.hours.set_exceptions(roles, "s1", 1, day),
        town.desk.hours.set_of_chain(roles, "c1", 1, week),
        town.desk.offerings.save(roles, SaveOffering("own", version=1, given={"price": 1})),
        town.desk.offerings.save(roles, SaveOffering("wash", version=1, given={"price": 1})),
        town.desk.offerings.save(roles, SaveOffering("s1:wash", version=1, given={"price": 1})),
        town.desk.offerings.save(roles, SaveOffering(store="s1", given={"name": "新服务"})),
        town.desk.offerings.save(roles, SaveOffering(chain="c1", given={"name": "新服务"})),
        town.desk.offerings.archive(roles, "own", 1),
        town.desk.chains.create(roles, "m1", "新品牌", None),
        town.desk.stores.create(roles, "m1", None, NEW_STORE, None),
    ):
        with pytest.raises(refusal):
            await attempt
    assert await town.everything() == before


async def test_a_manager_of_some_stores_edits_those(town: Town) -> None:
    roles = member(MANAGER, "s2")
    assert (await town.desk.stores.update(roles, "s2", 1, {"phone": "12345"})).phone == "12345"
    saved = await town.desk.offerings.save(roles, SaveOffering("s2:wash", version=1, given={"price": 3500}))
    assert saved.price == 3500


async def test_nobody_edits_a_public_facility_or_what_is_not_there(town: Town) -> None:
    with pytest.raises(Forbidden):
        await town.desk.stores.update(OWNER, "public", 1, {"name": "我的社区"})
    for attempt in (
        town.desk.stores.update(OWNER, "nothing", 1, {}),
        town.desk.offerings.save(OWNER, SaveOffering("nothing", version=1)),
        town.desk.offerings.save(OWNER, SaveOffering("s1:theirs", version=1)),
        town.desk.offerings.archive(OWNER, "s1:own", 1),
        town.desk.stores.create(OWNER, "m1", "c2", NEW_STORE, None),
        town.desk.stores.close(OWNER, "s1", 1, Closing(moved_to="other")),
    ):
        with pytest.raises(NotFound):
            await attempt


async def test_a_merchant_edits_only_after_its_approval(town: Town) -> None:
    with pytest.raises(Forbidden):
        await town.desk.stores.create(member(merchant="m3"), "m3", None, NEW_STORE, None)


# --- a chain and its stores ---


async def test_a_price_changed_for_a_chain_is_seen_everywhere_but_at_the_override(database: Database) -> None:
    town = await settle(database, SetClock(), stores=40)
    try:
        ids = [f"s{number}" for number in range(1, 41)]
        own = await town.desk.offerings.save(OWNER, SaveOffering("s7:wash", version=1, given={"price": 2500}))
        assert (own.price, "price" in own.inherits, own.version) == (2500, False, 2)
        changed = await town.desk.offerings.save(OWNER, SaveOffering("wash", version=1, given={"price": 3300}))
        assert (changed.price, changed.version) == (3300, 2)

        def prices() -> dict[str, int | None]:
            now = town.keeper.current
            return {key: now.offering(f"{key}:wash").price for key in ids}  # type: ignore[union-attr]

        assert prices() == {key: 2500 if key == "s7" else 3300 for key in ids}
        back = await town.desk.offerings.save(OWNER, SaveOffering("s7:wash", version=3, give_back=["price"]))
        assert (back.price, "price" in back.inherits) == (3300, True)
        assert prices() == dict.fromkeys(ids, 3300)
        again = await town.desk.offerings.save(OWNER, SaveOffering("wash", store="s7", version=4, given={"price": 1}))
        assert (again.id, again.price, again.version) == ("s7:wash", 1, 5)
    finally:
        await town.keeper.stop()


async def test_an_override_says_only_what_it_changes(town: Town) -> None:
    given = {"description": None, "capacity": 3, "party_size_max": 2}
    saved = await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", version=1, given=given))
    assert set(await town.row("offerings", "s1:wash")) == {
        *("_id", "district", "store", "chain", "template", "version"),
        *("description", "capacity", "party_size_max"),
    }
    assert {"name", "price", "bookable"} <= set(saved.inherits)
    (entry,) = await town.history("stores:s1")
    assert {change["field"]: (change["before"], change["after"]) for change in entry["changes"]} == {
        "capacity": (1, 3),
        "party_size_max": (1, 2),
    }
    assert entry["about"] == "洗衣"


async def test_an_old_version_of_an_inherited_offering_is_refused(town: Town) -> None:
    await town.desk.offerings.save(OWNER, SaveOffering("wash", version=1, given={"price": 3300}))
    with pytest.raises(StateChanged):
        await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", version=1, given={"price": 1}))
    with pytest.raises(InvalidInput) as refused:
        await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", given={"price": 1}))
    assert refused.value.field == ("version",)


async def test_two_first_overrides_at_once_leave_one(town: Town) -> None:
    async def override(price: int) -> str:
        try:
            await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", version=1, given={"price": price}))
        except StateChanged:
            return "STATE_CHANGED"
        return "DONE"

    outcomes = await asyncio.gather(*(override(price) for price in range(6)))
    assert sorted(outcomes) == ["DONE"] + ["STATE_CHANGED"] * 5


async def test_an_offering_of_a_chain_is_archived_everywhere_or_at_one_store(town: Town) -> None:
    await town.desk.offerings.archive(OWNER, "s1:wash", 1)
    now = town.keeper.current
    shown = {key: [o.id for o in now.offerings_of(now.store(key))] for key in ("s1", "s2")}  # type: ignore[arg-type]
    assert shown == {"s1": ["own"], "s2": ["s2:wash"]}
    restored = await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", version=2, give_back=["state"]))
    assert restored.is_active
    await town.desk.offerings.archive(OWNER, "wash", 1)
    now = town.keeper.current
    assert [o.id for o in now.offerings_of(now.store("s2"))] == []  # type: ignore[arg-type]


async def test_a_new_offering_of_a_chain_is_at_every_store_and_made_once(town: Town) -> None:
    asked = SaveOffering(chain="c1", given={"name": "熨烫", "price": 1500, "duration_minutes": 30}, key="k")
    made = await town.desk.offerings.save(OWNER, asked)
    assert (await town.desk.offerings.save(OWNER, asked)).id == made.id
    assert (made.kind, made.bookable, made.price) == ("APPOINTMENT", True, 1500)
    assert all(town.keeper.current.offering(f"s{number}:{made.id}") for number in range(1, 5))
    asks = await town.desk.offerings.save(OWNER, SaveOffering(store="s1", given={"name": "上门估价"}))
    assert (asks.kind, asks.bookable, asks.store) == ("REQUEST_ONLY", False, "s1")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "name"),
        ({"name": "x"}, "name"),
        ({"name": "熨烫", "price": -1}, "price"),
        ({"name": "熨烫", "price": 1_000_001}, "price"),
        ({"name": "熨烫", "duration_minutes": 4}, "durationMinutes"),
        ({"name": "熨烫", "party_size_max": 2}, "partySizeMax"),
        ({"name": "熨烫", "bookable": True}, "durationMinutes"),
        ({"name": "熨烫", "capacity": 0}, "capacity"),
        ({"name": "熨烫", "lead_minutes": -1}, "leadMinutes"),
        ({"name": "熨烫", "description": "长" * 501}, "description"),
    ],
)
async def test_an_offering_that_makes_no_sense_is_refused(town: Town, given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await town.desk.offerings.save(OWNER, SaveOffering(store="s1", given=given))
    assert refused.value.field == (field,)


async def test_an_override_is_checked_together_with_what_it_inherits(town: Town) -> None:
    with pytest.raises(InvalidInput) as refused:
        await town.desk.offerings.save(OWNER, SaveOffering("s1:wash", version=1, given={"party_size_max": 2}))
    assert refused.value.field == ("partySizeMax",)


# --- hours ---


async def test_the_hours_of_a_chain_hold_where_a_store_has_none_of_its_own(town: Town) -> None:
    week = [WeekRow(day, "08:00", "20:00") for day in range(1, 8)]
    store = await town.desk.hours.set_of_store(OWNER, "s1", 1, [WeekRow(1, "22:00", "02:00")])
    chain = await town.desk.hours.set_of_chain(OWNER, "c1", 1, week)
    now = town.keeper.current
    assert now.schedule_of(now.store("s2")) == chain.hours  # type: ignore[arg-type]
    assert now.schedule_of(now.store("s1")) == store.hours  # type: ignore[arg-type]
    assert len(chain.hours.weekly) == 7
    back = await town.desk.hours.set_of_store(OWNER, "s1", 2, [])
    assert back.hours is None
    assert town.keeper.current.schedule_of(back) == chain.hours


async def test_single_dates_are_set_anew_and_old_ones_are_dropped(town: Town) -> None:
    rows = [
        ExceptionRow(TODAY + timedelta(days=2), closed=True, reason="盘点"),
        ExceptionRow(TODAY - timedelta(days=1), closed=True),
        ExceptionRow(TODAY, closed=False, ranges=(("10:00", "12:00"), ("13:00", "24:00"))),
    ]
    store = await town.desk.hours.set_exceptions(OWNER, "s1", 1, rows)
    assert [(one.day, len(one.ranges), one.reason) for one in store.exceptions] == [
        (TODAY, 2, None),
        (TODAY + timedelta(days=2), 0, "盘点"),
    ]
    assert (await town.desk.hours.set_exceptions(OWNER, "s1", 2, [])).exceptions == ()


# --- closing ---


async def test_a_store_closed_for_a_while_opens_again_by_itself(town: Town, keys: KeyRing) -> None:
    until = TODAY + timedelta(days=3)
    shut = await town.desk.stores.close(OWNER, "s1", 1, Closing(until=until))
    assert (shut.state, shut.closed_until) == ("CLOSED", until)
    assert town.keeper.current.store("s1") == shut
    bookings = bookings_of(town, keys, PlainCalendar())
    days = await bookings.availability("own", TODAY, 5)
    assert [bool(day.times) for day in days] == [False, False, False, True, True]
    assert days[0].closed_reason == "暂停营业，11月28日恢复"
    with pytest.raises(HolidayClosed):
        await bookings.create("r2", BookingRequest("own", at("2026-11-26 10:00")))
    made = await bookings.create("r2", BookingRequest("own", at("2026-11-28 10:00")))
    assert made.store == "s1"


async def test_a_store_closed_for_good_is_found_by_id_and_never_booked(town: Town, keys: KeyRing) -> None:
    shut = await town.desk.stores.close(OWNER, "s1", 1, Closing(permanently=True))
    assert town.keeper.current.store("s1") == shut
    bookings = bookings_of(town, keys, PlainCalendar())
    with pytest.raises((NotFound, NotBookable)):
        await bookings.availability("own", TODAY, 2)
    with pytest.raises((NotFound, NotBookable)):
        await bookings.create("r2", BookingRequest("own", at("2026-11-28 10:00")))
    opened = await town.desk.stores.close(OWNER, "s1", 2, Closing(until=TODAY))
    assert (opened.state, opened.closed_until) == ("OPEN", None)


async def test_a_store_that_has_moved_says_where(town: Town) -> None:
    moved = await town.desk.stores.close(OWNER, "s1", 1, Closing(moved_to="s2"))
    assert (moved.state, moved.moved_to) == ("MOVED", "s2")
    with pytest.raises(InvalidInput):
        await town.desk.stores.close(OWNER, "s3", 1, Closing(moved_to="s1"))
    with pytest.raises(NotFound):
        await town.desk.stores.close(OWNER, "s2", 1, Closing(moved_to="s2"))


@pytest.mark.parametrize(
    "closing",
    [
        Closing(),
        Closing(until=TODAY, permanently=True),
        Closing(permanently=True, moved_to="s2"),
        Closing(until=TODAY - timedelta(days=1)),
        Closing(until=TODAY + timedelta(days=401)),
    ],
)
async def test_closing_is_exactly_one_thing(town: Town, closing: Closing) -> None:
    with pytest.raises(InvalidInput):
        await town.desk.stores.close(OWNER, "s1", 1, closing)


async def test_the_place_must_be_in_the_city(town: Town) -> None:
    with pytest.raises(InvalidInput) as refused:
        await town.desk.stores.update(OWNER, "s1", 1, {"location": Point(121.5, 31.2)})
    assert refused.value.field == ("location",)
    assert (await town.desk.stores.update(OWNER, "s1", 1, {"location": INSIDE})).community == COMMUNITY
