"""The history of changes: written with them, read by those whom it concerns."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from editing_town import COMMUNITY, NEW_STORE, OWNER, Town, member, settle
from factories import SetClock

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.editing.hours import WeekRow
from lifecircle.catalogue.editing.offerings import SaveOffering
from lifecircle.catalogue.editing.store import EditingStore
from lifecircle.catalogue.editing.stores import Closing
from lifecircle.catalogue.errors import Forbidden
from lifecircle.catalogue.history.model import ChangeKind, differences, masked_name, value_text
from lifecircle.catalogue.history.service import GONE, require_reader
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole


@pytest.fixture
async def town(database: Database, clock: SetClock) -> AsyncIterator[Town]:
    made = await settle(database, clock, stores=2)
    yield made
    await made.keeper.stop()


async def test_every_change_of_a_store_is_told_with_before_and_after(town: Town) -> None:
    edits = town.desk
    await edits.stores.update(OWNER, "s1", 1, {"phone": "12345", "notice": "盘点"})
    town.clock.advance(minutes=1)
    await edits.offerings.save(
        member(MemberRole.MANAGER, resident="r2"), SaveOffering("own", version=1, given={"price": 1})
    )
    town.clock.advance(minutes=1)
    await edits.hours.set_of_store(OWNER, "s1", 2, [WeekRow(1, "09:00", "18:00")])
    town.clock.advance(minutes=1)
    await edits.stores.close(OWNER, "s1", 3, Closing(permanently=True))

    told = await edits.history.page("stores:s1", 10, None)
    assert [(one.entry.kind, one.author, one.entry.author.role) for one in told] == [
        (ChangeKind.CLOSED, "李**", MemberRole.OWNER),
        (ChangeKind.HOURS, "李**", MemberRole.OWNER),
        (ChangeKind.EDITED, "王**", MemberRole.MANAGER),
        (ChangeKind.EDITED, "李**", MemberRole.OWNER),
    ]
    first = {change.field: (change.before, change.after) for change in told[-1].entry.changes}
    assert first == {
        "assured_on": ("2026-11-20", "2026-11-25"),
        "notice": (None, "盘点"),
        "phone": ("0571-01234567", "12345"),
    }
    assert told[2].entry.about == "改衣服"
    assert [(c.field, c.before, c.after) for c in told[2].entry.changes] == [("price", 2000, 1)]


async def test_the_history_comes_in_pages(town: Town) -> None:
    for version in range(1, 6):
        await town.desk.stores.update(OWNER, "s1", version, {"notice": f"第{version}版"})
    seen, after = [], None
    while page := await town.desk.history.page("stores:s1", 2, after):
        seen += [one.entry.id for one in page]
        after = page[-1].entry.id
        town.clock.advance(minutes=1)
    assert [key.rpartition("@")[2] for key in seen] == ["6", "5", "4", "3", "2"]
    assert await town.desk.history.page("stores:s1", 2, "stores:s9@0") == await town.desk.history.page(
        "stores:s1", 2, None
    )
    assert await town.desk.history.page("stores:s", 2, None) == []


async def test_a_new_store_and_chain_begin_their_history(town: Town) -> None:
    store = await town.desk.stores.create(OWNER, "m1", None, NEW_STORE, None)
    chain = await town.desk.chains.create(OWNER, "m1", "桂花里", None)
    for owner, name in ((f"stores:{store.id}", "好邻居桂花店"), (f"chains:{chain.id}", "桂花里")):
        (one,) = await town.desk.history.page(owner, 10, None)
        assert (one.entry.kind, one.entry.about) == (ChangeKind.CREATED, name)
        assert {"field": "name", "before": None, "after": name} in (await town.history(owner))[0]["changes"]


async def test_a_change_whose_record_cannot_be_written_is_not_made(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    before, insert = await town.everything(), EditingStore._insert

    async def failing(self: EditingStore, collection: str, *rest: object) -> None:
        if collection == "history":
            raise RuntimeError("the power fails")
        await insert(self, collection, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(EditingStore, "_insert", failing)
    with pytest.raises(RuntimeError):
        await town.desk.stores.update(OWNER, "s1", 1, {"notice": "盘点"})
    with pytest.raises(RuntimeError):
        await town.desk.stores.create(OWNER, "m1", None, NEW_STORE, "key")
    assert await town.everything() == before
    assert town.keeper.current.store("s1").version == 1  # type: ignore[union-attr]


async def test_an_author_who_has_gone_is_named_no_more(town: Town) -> None:
    await town.desk.stores.update(OWNER, "s1", 1, {"notice": "盘点"})
    (row,) = await town.history("stores:s1")
    assert "r1" not in str(row).replace(row["actor"], "")
    await town.database["residents"].delete_one({"_id": "r1"})
    (told,) = await town.desk.history.page("stores:s1", 1, None)
    assert told.author == GONE


@pytest.mark.parametrize(
    "roles",
    [OWNER, member(MemberRole.CLERK), member(MemberRole.MANAGER, "s1"), Roles("staff", areas=frozenset([COMMUNITY]))],
)
def test_members_and_the_areas_staff_read_it(roles: Roles) -> None:
    require_reader(roles, "m1", "s1", [COMMUNITY])


@pytest.mark.parametrize(
    "roles",
    [
        Roles("nobody"),
        member(merchant="m2"),
        member(MemberRole.MANAGER, "s2"),
        Roles("staff", areas=frozenset(["330199002"])),
    ],
)
def test_nobody_else_reads_it(roles: Roles) -> None:
    with pytest.raises(Forbidden):
        require_reader(roles, "m1", "s1", [COMMUNITY])


def test_differences_are_field_by_field() -> None:
    before = {"_id": "s1", "version": 1, "name": "甲", "photos": [], "phone": None}
    after = {"_id": "s1", "version": 2, "name": "乙", "photos": None, "phone": None, "notice": "新"}
    assert [(c.field, c.before, c.after) for c in differences(before, after)] == [
        ("name", "甲", "乙"),
        ("notice", None, "新"),
    ]


def test_values_are_told_as_people_read_them() -> None:
    assert [value_text(value) for value in (None, [], "甲", 9800, True)] == [None, None, "甲", "9800", "true"]
    assert value_text({"weekly": ["甲"]}) == '{"weekly": ["甲"]}'
    assert [masked_name(name) for name in ("李小明", "李", None)] == ["李**", "李**", "成员"]
