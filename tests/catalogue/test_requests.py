"""Complaints and faults: taken down once and sealed, seen by the staff of their areas, closed with a note."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from factories import SetClock, an_area

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import IdempotencyConflict, InvalidInput, NotFound, RateLimited, StateChanged
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.rates import RateCounter
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.requests import rules
from lifecircle.catalogue.requests.model import Draft, RequestCategory, ServiceRequest
from lifecircle.catalogue.requests.service import RequestDesk
from lifecircle.catalogue.requests.store import COLLECTION, UNREADABLE, RequestStore
from lifecircle.catalogue.sealing import KeyRing, make_keys_file, read_key_ring
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

DISTRICT, STREET, COMMUNITY, NEXT_DOOR = "330199", "330199001", "330199001001", "330199001002"
STAFF = Roles("staff", areas=frozenset({COMMUNITY}))
STREET_STAFF = Roles("street", areas=frozenset({STREET, COMMUNITY, NEXT_DOOR}))
STRANGER = Roles("stranger", areas=frozenset({NEXT_DOOR}))


@dataclass
class Town:
    database: Database
    desk: RequestDesk
    clock: SetClock

    async def told(self, key: str = "k1", resident: str = "r1", **changes: Any) -> ServiceRequest:
        given = {"category": RequestCategory.LAMP, "text": "路灯不亮了", "place": "青石路12号", "area": COMMUNITY}
        return await self.desk.take_down(resident, Draft(**{**given, **changes}, idempotency_key=key))

    async def listed(self, roles: Roles = STAFF, area: str = COMMUNITY, *, is_open: bool | None = True) -> list[str]:
        return [each.id for each in (await self.desk.of_area(roles, area, is_open, 20, None)).items]


@pytest.fixture
async def town(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Town]:
    await RequestStore(database, keys).create_indexes()
    await PeopleStore(database).create_indexes()
    await database["areas"].insert_many(
        [
            an_area(DISTRICT),
            an_area(STREET, level="SUBDISTRICT", parent=DISTRICT),
            an_area(COMMUNITY, level="COMMUNITY", parent=STREET),
            an_area(NEXT_DOOR, level="COMMUNITY", parent=STREET),
        ]
    )
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    yield Town(database, RequestDesk(database, keys, keeper, RateCounter(database, clock), clock), clock)
    await keeper.stop()


async def test_what_is_told_is_seen_by_the_staff_of_its_areas_and_by_nobody_elses(town: Town) -> None:
    told = await town.told()
    assert told.areas == (COMMUNITY, STREET, DISTRICT)
    assert await town.listed() == await town.listed(STREET_STAFF, STREET) == [told.id]
    assert await town.listed(STRANGER, NEXT_DOOR) == []
    with pytest.raises(NotFound):
        await town.listed(STRANGER, COMMUNITY)


async def test_nothing_that_was_said_stands_readable_in_the_database(town: Town) -> None:
    await town.told(text="三楼老王家半夜敲墙，我电话13800138000")
    row = await town.database[COLLECTION].find_one({})
    assert row is not None
    assert not any(word in str(row) for word in ("老王", "13800138000", "青石路"))


async def test_told_twice_with_one_key_is_told_once_and_something_else_under_it_is_refused(town: Town) -> None:
    first, again = await town.told(), await town.told()
    assert first.id == again.id
    assert await town.listed() == [first.id]
    with pytest.raises(IdempotencyConflict):
        await town.told(text="井盖没了")
    assert (await town.told(resident="r2")).id != first.id


async def test_told_five_times_at_once_is_told_once(town: Town) -> None:
    told = await asyncio.gather(*(town.told() for _ in range(5)))
    assert len({each.id for each in told}) == 1
    assert await town.database[COLLECTION].count_documents({}) == 1


@pytest.mark.parametrize(
    "changes", [{"text": "灯"}, {"text": "亮" * 501}, {"text": "  "}, {"place": "某" * 101}, {"area": "999"}]
)
async def test_what_says_too_little_or_too_much_or_lies_nowhere_is_refused(town: Town, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await town.told(**changes)
    assert await town.database[COLLECTION].count_documents({}) == 0


async def test_invisible_characters_become_spaces(town: Town) -> None:
    told = await town.told(text="路灯\u200b不亮\n\x00了", place=None)
    assert (told.text, told.place) == ("路灯 不亮 了", None)


async def test_more_than_ten_a_day_are_refused(town: Town) -> None:
    for number in range(rules.REQUEST_LIMIT.most):
        await town.told(key=str(number))
    with pytest.raises(RateLimited):
        await town.told(key="one more")
    town.clock.advance(days=1)
    await town.told(key="one more")


async def test_closing_leaves_a_note_and_the_open_list(town: Town) -> None:
    told = await town.told()
    closed = await town.desk.close(STAFF, told.id, "已更换灯泡")
    assert (closed.note, closed.closed_at) == ("已更换灯泡", town.clock.now)
    assert await town.listed() == []
    assert await town.listed(is_open=False) == await town.listed(is_open=None) == [told.id]
    (mine,) = (await town.desk.of_resident("r1", 20, None)).items
    assert mine == closed


async def test_closing_twice_with_one_note_is_closing_once_and_another_note_is_refused(town: Town) -> None:
    told = await town.told()
    first = await town.desk.close(STAFF, told.id, "已更换灯泡")
    town.clock.advance(hours=1)
    assert await town.desk.close(STREET_STAFF, told.id, "已更换灯泡") == first
    with pytest.raises(StateChanged):
        await town.desk.close(STREET_STAFF, told.id, "查无此事")


async def test_of_another_area_it_is_as_unknown_as_one_that_never_was(town: Town) -> None:
    told = await town.told()
    for roles, key in ((STRANGER, told.id), (STAFF, "no such request")):
        with pytest.raises(NotFound):
            await town.desk.close(roles, key, "已处理")
        assert await town.desk.visible(roles, key) is None


async def test_who_told_it_sees_it_and_nobody_else_does(town: Town) -> None:
    told = await town.told()
    assert await town.desk.visible(Roles("r1"), told.id) == told
    assert await town.desk.visible(Roles("r2"), told.id) is None
    assert (await town.desk.of_resident("r2", 20, None)).items == []


async def test_the_list_goes_on_where_its_page_ended(town: Town) -> None:
    told = []
    for number in range(3):
        told.append((await town.told(key=str(number))).id)
        town.clock.advance(minutes=1)
    page = await town.desk.of_area(STAFF, COMMUNITY, True, 2, None)
    assert ([each.id for each in page.items], page.has_more) == (told[:0:-1], True)
    last = page.items[-1]
    rest = await town.desk.of_area(STAFF, COMMUNITY, True, 2, (last.made_at, last.id))
    assert ([each.id for each in rest.items], rest.has_more) == (told[:1], False)


async def test_a_closed_one_is_kept_for_a_year_and_an_open_one_until_it_is_closed(town: Town) -> None:
    told = await town.told()
    row = await town.database[COLLECTION].find_one({"_id": told.id})
    assert row is not None
    assert "expires_at" not in row
    await town.desk.close(STAFF, told.id, "已处理")
    row = await town.database[COLLECTION].find_one({"_id": told.id})
    assert row is not None
    assert row["expires_at"] == town.clock.now + timedelta(days=365)


async def test_what_a_retired_key_sealed_is_still_listed(town: Town, tmp_path_factory: pytest.TempPathFactory) -> None:
    told = await town.told()
    folder = tmp_path_factory.mktemp("other")
    make_keys_file(folder / "keys.json")
    found = await RequestStore(town.database, read_key_ring(folder / "keys.json")).find(told.id)
    assert found is not None
    assert (found.text, found.place, found.category) == (UNREADABLE, None, RequestCategory.LAMP)
