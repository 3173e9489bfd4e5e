"""Records are kept true: what is stale, who vouches, and what becomes of a report of wrong information."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from factories import NOON, SetClock, a_merchant, a_store, an_area

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    RateLimited,
    StateChanged,
)
from lifecircle.catalogue.freshness import reports
from lifecircle.catalogue.freshness.model import WrongInfo, WrongInfoReport
from lifecircle.catalogue.freshness.rules import FRESH_DAYS, RecordKind, freshness, is_stale
from lifecircle.catalogue.freshness.service import FreshnessDesk
from lifecircle.catalogue.freshness.store import FreshnessStore
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.people.rates import RateCounter
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

DISTRICT, STREET, COMMUNITY = "330199", "330199001", "330199001001"


def member(*stores: str, merchant: str = "m1", role: MemberRole = MemberRole.CLERK) -> Roles:
    return Roles("clerk", (Membership("x", merchant, "clerk", role, stores),))


def staff(*areas: str) -> Roles:
    return Roles("staff", areas=frozenset(areas))


NOBODY = Roles("somebody")
COMMUNITY_STAFF = staff(COMMUNITY)


@dataclass
class Town:
    database: Database
    desk: FreshnessDesk
    keeper: SnapshotKeeper
    clock: SetClock

    async def report(self, store: str = "s1", resident: str = "r1", **given: str) -> WrongInfoReport:
        text = given.pop("text", "电话打不通，应为别的号码")
        return await self.desk.report(resident, WrongInfo(store, given.get("field"), text, given.get("key")))

    async def a_round_of_jobs(self) -> None:
        runner = JobRunner(self.database, self.clock, "worker")
        runner.register(*self.desk.jobs)
        await runner.run_due()

    async def seen_by_staff(self, roles: Roles = COMMUNITY_STAFF, area: str = COMMUNITY) -> list[str]:
        return [report.id for report in (await self.desk.of_area(roles, area, True, 20, None)).items]


@pytest.fixture
async def town(database: Database, clock: SetClock) -> AsyncIterator[Town]:
    await FreshnessStore(database).create_indexes()
    await PeopleStore(database).create_indexes()
    areas = [
        an_area(DISTRICT),
        an_area(STREET, level="SUBDISTRICT", parent=DISTRICT),
        an_area(COMMUNITY, level="COMMUNITY", parent=STREET),
    ]
    await database["areas"].insert_many(areas)
    await database["merchants"].insert_many([a_merchant(), a_merchant("m2")])
    mine = {"merchant": "m1", "community": COMMUNITY}
    stores = [
        a_store("s1", assured_on="2026-08-27", **mine),
        a_store("s2", assured_on="2026-08-26", **mine),
        a_store("s3", state="CLOSED", **mine),
        a_store("public", community=None),
    ]
    await database["stores"].insert_many(stores)
    keeper = SnapshotKeeper(database, [], clock)
    await keeper.start()
    yield Town(database, FreshnessDesk(database, keeper, RateCounter(database, clock), clock), keeper, clock)
    await keeper.stop()


# --- what is stale ---


@pytest.mark.parametrize("kind", list(RecordKind))
def test_a_record_is_fresh_through_its_last_day(kind: RecordKind) -> None:
    today = date(2026, 11, 25)
    last = today - timedelta(days=FRESH_DAYS[kind])
    assert not is_stale(kind, last, today)
    assert is_stale(kind, last - timedelta(days=1), today)


def test_the_table_of_fresh_days() -> None:
    assert FRESH_DAYS == {RecordKind.STORE: 90, RecordKind.GUIDE: 180, RecordKind.NEWS: 14}


def test_freshness_is_whole_while_fresh_and_halves_after_that() -> None:
    today = date(2026, 11, 25)

    def of(days: int) -> float:
        return freshness(RecordKind.STORE, today - timedelta(days=days), today)

    assert [of(days) for days in (-1, 0, 90)] == [1.0, 1.0, 1.0]
    assert (of(180), of(270)) == (0.5, 0.25)
    assert 0.5 < of(91) < 1.0


async def test_members_are_told_which_of_their_stores_are_stale(town: Town) -> None:
    async def ids(roles: Roles | None, stale: bool | None) -> list[str]:
        return [store.id for store in (await town.desk.stores_of(roles, "m1", stale, 20, None)).stores]

    assert await ids(member(), True) == ["s2"]
    assert await ids(member(), False) == ["s1", "s3"]
    assert await ids(member(), None) == ["s1", "s2", "s3"]
    assert await ids(member("s1"), None) == ["s1"], "a clerk of one store sees that one"
    assert await ids(None, None) == ["s1", "s2"], "others see what is open"
    for other in (None, NOBODY, member(merchant="m2"), COMMUNITY_STAFF):
        with pytest.raises(Forbidden):
            await ids(other, True)


async def test_the_list_of_stores_is_read_page_by_page(town: Town) -> None:
    first = await town.desk.stores_of(member(), "m1", None, 2, None)
    assert ([store.id for store in first.stores], first.has_more) == (["s1", "s2"], True)
    rest = await town.desk.stores_of(member(), "m1", None, 2, "s2")
    assert ([store.id for store in rest.stores], rest.has_more) == (["s3"], False)
    assert await first.count() == 3


# --- vouching ---


@pytest.mark.parametrize("roles", [member(), member("s2"), COMMUNITY_STAFF, staff(DISTRICT)])
async def test_vouching_makes_a_record_fresh_at_once(town: Town, roles: Roles) -> None:
    store = await town.desk.assure(roles, "s2", 1)
    assert (store.assured_on, store.version) == (date(2026, 11, 25), 2)
    held = town.keeper.current.store("s2")
    assert held
    assert not held.is_stale(date(2026, 11, 25))


@pytest.mark.parametrize("roles", [NOBODY, member("s1"), member(merchant="m2"), staff("330199002")])
async def test_others_vouch_for_nothing(town: Town, roles: Roles) -> None:
    with pytest.raises(Forbidden):
        await town.desk.assure(roles, "s2", 1)
    assert (await town.database["stores"].find_one({"_id": "s2"}) or {})["version"] == 1


async def test_vouching_for_what_somebody_has_changed_meanwhile_is_refused(town: Town) -> None:
    await town.desk.assure(member(), "s1", 1)
    with pytest.raises(StateChanged):
        await town.desk.assure(member(), "s1", 1)
    with pytest.raises(NotFound):
        await town.desk.assure(member(), "nothing", 1)


# --- reports ---


async def test_a_report_reaches_the_merchant_and_not_yet_the_staff(town: Town) -> None:
    report = await town.report(field="phone")
    (listed,) = (await town.desk.of_merchant(member("s1"), "m1", True, 20, None)).items
    assert (listed.id, listed.field, listed.answered_at) == (report.id, "phone", None)
    assert (await town.desk.of_merchant(member("s2"), "m1", True, 20, None)).items == []
    assert await town.seen_by_staff() == []
    with pytest.raises(Forbidden):
        await town.desk.of_merchant(member(merchant="m2"), "m1", True, 20, None)


async def test_a_public_facility_has_no_merchant_so_the_staff_see_it_at_once(town: Town) -> None:
    report = await town.report("public")
    assert await town.seen_by_staff() == [report.id]
    assert await town.seen_by_staff(staff(DISTRICT), DISTRICT) == [report.id]
    with pytest.raises(NotFound):
        await town.seen_by_staff(staff("330199002"), COMMUNITY)


async def test_what_is_not_answered_in_seven_days_goes_to_the_staff(town: Town) -> None:
    late = await town.report()
    answered = await town.report("s2")
    await town.desk.answer(member(), answered.id, "已经改好了")
    town.clock.advance(days=7, seconds=-1)
    await town.a_round_of_jobs()
    assert await town.seen_by_staff() == []
    with pytest.raises(NotFound):
        await town.desk.answer(COMMUNITY_STAFF, late.id, "我们来问")
    town.clock.advance(hours=1)
    await town.a_round_of_jobs()
    assert await town.seen_by_staff() == [late.id]
    assert (await town.desk.answer(COMMUNITY_STAFF, late.id, "已电话核实")).answer == "已电话核实"
    assert await town.seen_by_staff() == []


async def test_the_merchant_may_still_answer_after_it_went_to_the_staff(town: Town) -> None:
    report = await town.report()
    town.clock.advance(days=8)
    await town.a_round_of_jobs()
    assert (await town.desk.answer(member(), report.id, "抱歉，刚看到")).answered_at == town.clock()


async def test_a_report_is_answered_once(town: Town) -> None:
    report = await town.report()
    await town.desk.answer(member(), report.id, "已经改好了")
    with pytest.raises(StateChanged):
        await town.desk.answer(member(), report.id, "又改了一次")
    found = await town.desk.visible(Roles("r1"), report.id)
    assert found
    assert (found.answer, found.answered_at) == ("已经改好了", NOON)


async def test_a_report_is_seen_by_whom_it_concerns(town: Town) -> None:
    report = await town.report()
    for roles in (Roles("r1"), member("s1"), member()):
        assert await town.desk.visible(roles, report.id) is not None
    for roles in (Roles("r2"), member("s2"), member(merchant="m2"), COMMUNITY_STAFF):
        assert await town.desk.visible(roles, report.id) is None
        with pytest.raises(NotFound):
            await town.desk.answer(roles, report.id, "不关我的事")


async def test_the_same_key_is_the_same_report_and_costs_no_further_turn(town: Town) -> None:
    first = await town.report(key="k1")
    for _ in range(reports.REPORT_LIMIT.most):
        assert (await town.report(key="k1")).id == first.id
    with pytest.raises(IdempotencyConflict):
        await town.report(key="k1", text="是别的地方不对")
    assert (await town.report(resident="r2", key="k1")).id != first.id
    assert (await town.report(key="k2")).id != first.id


async def test_a_resident_reports_so_often_and_no_oftener(town: Town) -> None:
    for _ in range(reports.REPORT_LIMIT.most):
        await town.report()
    with pytest.raises(RateLimited):
        await town.report()
    await town.report(resident="r2")
    town.clock.advance(days=1)
    await town.report()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "错了"}, "text"),
        ({"text": "长" * 501}, "text"),
        ({"text": "看不见的\u202e字符"}, "text"),
        ({"field": "secret"}, "field"),
        ({"key": "k" * 200}, "idempotencyKey"),
    ],
)
async def test_a_report_that_says_nothing_usable_is_refused(town: Town, given: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await town.report(**given)
    assert refused.value.field == (field,)
    assert await town.database["wrong_info_reports"].count_documents({}) == 0


async def test_a_store_that_is_not_there_cannot_be_wrong(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.report("nothing")


async def test_reports_are_read_page_by_page_the_latest_first(town: Town) -> None:
    made = []
    for _ in range(3):
        made.append((await town.report("public")).id)
        town.clock.advance(minutes=1)
    first = await town.desk.of_area(COMMUNITY_STAFF, COMMUNITY, True, 2, None)
    assert ([report.id for report in first.items], first.has_more) == ([made[2], made[1]], True)
    last = first.items[-1]
    rest = await town.desk.of_area(COMMUNITY_STAFF, COMMUNITY, True, 2, (last.reported_at, last.id))
    assert ([report.id for report in rest.items], rest.has_more) == ([made[0]], False)
    await town.desk.answer(COMMUNITY_STAFF, made[0], "已核实")
    assert [r.id for r in (await town.desk.of_area(COMMUNITY_STAFF, COMMUNITY, False, 9, None)).items] == [made[0]]
    assert len((await town.desk.of_area(COMMUNITY_STAFF, COMMUNITY, None, 9, None)).items) == 3
