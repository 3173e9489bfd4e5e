"""Consent, export, deletion, audit and retention, against a real database."""

from __future__ import annotations

import ast
import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from factories import NOON, PlainCalendar, SetClock, a_merchant, a_store, an_area, an_offering, at

from lifecircle.catalogue import privacy
from lifecircle.catalogue.bookings.model import Booking, BookingRequest, Contact, booking_from_document
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import Busy, ConsentRequired, InvalidInput, StateChanged, Unauthenticated
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.privacy import rules
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.rules import AUDIT_KEPT, SENSITIVE, STALE_DELETION, TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk, ProfileChange
from lifecircle.catalogue.privacy.store import AccountStore, AuditStore, create_privacy_indexes
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

TEN = at("2026-11-26 10:00")
CONTACT = Contact(name="王小明", phone="13812345678", address="文澜路1号2幢301")
REQUEST = "req-1"


class Killed(BaseException):
    """The process ends here."""


class Breaks:
    """A holding at which the process is killed, `times` times."""

    name = "breaks"
    collections = frozenset[str]()

    def __init__(self, error: type[BaseException] = Killed, times: int = 1) -> None:
        self.error, self.times = error, times

    async def export(self, resident: str) -> list[Document]:
        return []

    async def erase(self, resident: str, now: datetime) -> None:
        if self.times:
            self.times -= 1
            raise self.error


@pytest.fixture
async def desk(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[PrivacyDesk]:
    await create_privacy_indexes(database)
    await PeopleStore(database).create_indexes()
    await MembershipStore(database).create_indexes()
    await database["areas"].insert_one(an_area())
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    yield PrivacyDesk(database, keys, clock, MembershipDesk(database, keys, keeper, clock))
    await keeper.stop()


@pytest.fixture
async def bookings(database: Database, keys: KeyRing, clock: SetClock) -> BookingDesk:
    await BookingStore(database).create_indexes()
    await database["stores"].insert_one(a_store())
    await database["offerings"].insert_one(an_offering(capacity=1))
    return BookingDesk(database, keys, PlainCalendar(), clock)


Enrol = Callable[..., Awaitable[str]]
Put = Callable[..., Awaitable[None]]


@pytest.fixture
def enrol(database: Database, keys: KeyRing, clock: SetClock) -> Enrol:
    """Makes a resident as signing in does, with a session."""

    async def put(name: str = "ming", phone: str | None = None) -> str:
        key = keys.lookup_hash(name, field="openid")
        number: Document = {"phone": None}
        if phone:
            sealed, lookup = keys.seal(phone, field="phone"), keys.lookup_hash(phone, field="phone")
            number = {"phone": sealed, "phone_lookup": lookup}
        profile = {"openid": keys.seal(name, field="openid"), "nickname": name, "created_at": clock(), "version": 1}
        await database["residents"].insert_one({"_id": key, **profile, **number})
        times = {"created_at": clock(), "seen_at": clock(), "expires_at": clock() + timedelta(days=30)}
        tokens = {"refresh": "fingerprint-now", "used": ["fingerprint-before"], "device": "手机"}
        await database["sessions"].insert_one({"_id": secrets.token_hex(8), "resident": key, **tokens, **times})
        return key

    return put


@pytest.fixture
def member(database: Database) -> Put:
    async def put(resident: str, merchant: str = "m1", role: str = "OWNER", state: str = "APPROVED") -> None:
        row = a_merchant(merchant, state=state, owners=[])
        await database["merchants"].update_one({"_id": merchant}, {"$setOnInsert": row}, upsert=True)
        one = {"_id": f"{merchant}:{resident[-8:]}", "district": row["district"], "merchant": merchant}
        await database["members"].insert_one({**one, "resident": resident, "role": role, "stores": [], "version": 1})

    return put


async def holders(database: Database, *traces: str) -> set[str]:
    """The collections in which any of the texts stands."""
    found = set()
    for name in await database.list_collection_names():
        content = json_util.dumps(await database[name].find().to_list(None), ensure_ascii=False)
        if any(trace in content for trace in traces):
            found.add(name)
    return found


async def delete(desk: PrivacyDesk, resident: str) -> datetime:
    return await desk.delete_account(resident, confirm=True, request_id=REQUEST)


async def exported(desk: PrivacyDesk, resident: str) -> dict[str, Any]:
    return dict(json.loads(await desk.export(resident, confirm=True)))


async def run_jobs(desk: PrivacyDesk) -> list[str]:
    runner = JobRunner(desk.database, desk.clock, secrets.token_hex(4))
    runner.register(*desk.jobs)
    return list(await runner.run_due())


async def book(bookings: BookingDesk, resident: str, start: datetime = TEN, **changes: Any) -> Booking:
    return await bookings.create(resident, BookingRequest("o1", start, contact=CONTACT, **changes))


def staff_row(resident: str) -> Document:
    return {"_id": f"{resident}:3301", "resident": resident, "area": "3301", "role": "STAFF"}


async def audit_rows(database: Database) -> list[Document]:
    return await database["audit"].find().sort("at").to_list(None)


# --- consent ---


async def test_nothing_is_agreed_to_before_it_is_given(desk: PrivacyDesk, enrol: Enrol) -> None:
    resident = await enrol()
    states = await desk.consents(resident)
    assert [state.purpose for state in states] == list(Purpose)
    assert not any(state.given or state.latest for state in states)
    with pytest.raises(ConsentRequired) as refused:
        await desk.require_consent(resident, Purpose.LOCATION)
    assert refused.value.code == "CONSENT_REQUIRED"


@pytest.mark.parametrize("given", list(Purpose))
async def test_a_consent_is_to_one_purpose_and_implies_no_other(
    desk: PrivacyDesk, enrol: Enrol, given: Purpose
) -> None:
    resident = await enrol()
    await desk.give_consent(resident, given, TEXT_VERSIONS[given])
    assert [state.purpose for state in await desk.consents(resident) if state.given] == [given]
    await desk.require_consent(resident, given)
    for other in set(Purpose) - {given}:
        with pytest.raises(ConsentRequired):
            await desk.require_consent(resident, other)


def test_pension_and_health_are_sensitive_and_every_purpose_says_what_it_is_for() -> None:
    assert {Purpose.SENSITIVE_PENSION, Purpose.SENSITIVE_HEALTH} == SENSITIVE
    assert all(rules.PURPOSE_TEXTS[purpose] for purpose in Purpose)


async def test_withdrawing_at_the_same_moment_counts_and_nothing_is_overwritten(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident, purpose = await enrol(), Purpose.NOTIFICATIONS
    await desk.give_consent(resident, purpose, TEXT_VERSIONS[purpose])
    await desk.withdraw_consent(resident, purpose)
    with pytest.raises(ConsentRequired):
        await desk.require_consent(resident, purpose)
    await desk.give_consent(resident, purpose, TEXT_VERSIONS[purpose])
    await desk.require_consent(resident, purpose)
    rows = await database["consents"].find().sort("number").to_list(None)
    assert [row["given"] for row in rows] == [True, False, True]


async def test_giving_twice_is_one_record(desk: PrivacyDesk, enrol: Enrol, database: Database) -> None:
    resident = await enrol()
    give = [desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS]) for _ in range(6)]
    assert all(states[0].given for states in await asyncio.gather(*give))
    assert await database["consents"].count_documents({}) == 1
    assert [row["action"] for row in await audit_rows(database)] == ["CONSENT_GIVEN"]


async def test_a_text_that_has_changed_must_be_agreed_to_again(
    desk: PrivacyDesk, enrol: Enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    resident, old = await enrol(), TEXT_VERSIONS[Purpose.PRIVACY]
    await desk.give_consent(resident, Purpose.PRIVACY, old)
    monkeypatch.setattr(rules, "TEXT_VERSIONS", {**TEXT_VERSIONS, Purpose.PRIVACY: "2027-01"})
    with pytest.raises(ConsentRequired):
        await desk.require_consent(resident, Purpose.PRIVACY)
    with pytest.raises(StateChanged) as refused:
        await desk.give_consent(resident, Purpose.PRIVACY, old)
    assert refused.value.field == ("version",)
    await desk.give_consent(resident, Purpose.PRIVACY, "2027-01")
    await desk.require_consent(resident, Purpose.PRIVACY)


# --- profile ---


@pytest.mark.parametrize("nickname", ["", "  ", "名" * 21, "小\n明", "小\x00明", "\u202e明小", "明\u200b"])
async def test_a_nickname_that_cannot_be_shown_is_refused(
    desk: PrivacyDesk, enrol: Enrol, database: Database, nickname: str
) -> None:
    resident = await enrol()
    with pytest.raises(InvalidInput) as refused:
        await desk.update_profile(resident, ProfileChange(nickname=nickname))
    assert refused.value.field == ("nickname",)
    assert [row["nickname"] for row in await database["residents"].find().to_list(None)] == ["ming"]


@pytest.mark.parametrize(("nickname", "kept"), [("  小明 ", "小明"), ("名" * 20, "名" * 20), ("👨‍👩‍👧", "👨‍👩‍👧")])
async def test_a_nickname_is_kept_as_it_was_meant(
    desk: PrivacyDesk, enrol: Enrol, database: Database, nickname: str, kept: str
) -> None:
    await desk.update_profile(await enrol(), ProfileChange(nickname=nickname))
    (row,) = await database["residents"].find().to_list(None)
    assert (row["nickname"], row["version"]) == (kept, 2)


async def test_the_home_is_sealed_shown_in_the_export_and_forgotten_on_wish(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident = await enrol()
    await desk.update_profile(resident, ProfileChange(home=Point(120.2019, 30.2926)))
    assert await holders(database, "120.2019", "30.2926") == set()
    home = (await exported(desk, resident))["profile"]["home"]
    assert home == {"longitude": 120.2019, "latitude": 30.2926, "system": "WGS84"}
    await desk.update_profile(resident, ProfileChange(forget_home=True))
    assert (await exported(desk, resident))["profile"]["home"] is None
    assert "home" not in (await database["residents"].find_one({"_id": resident}) or {"home": 1})


# --- audit ---


async def test_an_entry_names_what_was_touched_but_neither_values_nor_the_resident(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await desk.update_profile(resident, ProfileChange(nickname="秘密的名字"), REQUEST)
    (row,) = await audit_rows(database)
    assert (row["action"], row["fields"], row["request_id"]) == ("PERSONAL_DATA_CHANGED", ["nickname"], REQUEST)
    assert row["at"] == clock.now
    assert "秘密的名字" not in str(row)
    assert resident not in str(row)
    (entry,) = await desk.audit.trail(Subject("Resident", resident), 10)
    assert (entry.actor, entry.subject) == (resident, Subject("Resident", resident))


async def test_a_trail_is_about_one_subject_and_runs_from_the_latest(
    desk: PrivacyDesk, enrol: Enrol, clock: SetClock
) -> None:
    staff, other, booking = await enrol("staff"), await enrol("other"), Subject("Booking", "b1")
    for number in range(5):
        clock.advance(seconds=number % 2)  # some at the same moment
        await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=staff, subject=booking, fields=[str(number)])
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=other, subject=Subject("Booking", "b2"))
    whole = await desk.audit.trail(booking, 10)
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    assert sorted(entry.fields[0] for entry in whole) == list("01234")
    paged = await desk.audit.trail(booking, 3)
    while more := await desk.audit.trail(booking, 3, (paged[-1].at, paged[-1].id)):
        paged += more
    assert paged == whole
    assert await desk.audit.count(booking) == 5


async def test_nobody_finds_a_trail_under_an_id_that_does_not_exist(desk: PrivacyDesk) -> None:
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor="unknown", subject=Subject("Resident", "unknown"))
    assert await desk.audit.trail(Subject("Resident", "unknown"), 10) == []


def test_the_audit_can_only_be_added_to_and_purged() -> None:
    """Everything that reaches the collection goes through one class, and of that only `purge` takes anything away."""
    folder = Path(str(privacy.__file__)).parent
    opened = [path.name for path in sorted(folder.glob("*.py")) if '["audit"]' in path.read_text("utf-8")]
    assert opened == ["store.py"]
    tree = ast.parse((folder / "store.py").read_text("utf-8"))
    calls = {
        (method.name, call.func.attr)
        for method in ast.walk(tree)
        if isinstance(method, ast.AsyncFunctionDef)
        for call in ast.walk(method)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Attribute) and call.func.value.attr == "_audit"
    }
    writing = {(method, name) for method, name in calls if name not in ("find", "find_one", "count_documents")}
    assert writing == {("add", "insert_one"), ("purge", "delete_many")}


async def test_a_deletion_changes_no_audit_entry(desk: PrivacyDesk, enrol: Enrol, database: Database) -> None:
    resident = await enrol()
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    before = await audit_rows(database)
    await delete(desk, resident)
    assert (await audit_rows(database))[: len(before)] == before


# --- export ---


async def test_without_confirming_nothing_is_exported_or_deleted(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident = await enrol()
    for attempt in (desk.export(resident, confirm=False), desk.delete_account(resident, confirm=False)):
        with pytest.raises(InvalidInput) as refused:
            await attempt
        assert refused.value.field == ("confirm",)
    assert await database["residents"].count_documents({"deletion": {"$exists": True}}) == 0
    assert await audit_rows(database) == []


async def test_an_export_holds_everything_in_clear_and_no_secret(
    desk: PrivacyDesk, enrol: Enrol, member: Put, bookings: BookingDesk, database: Database, keys: KeyRing
) -> None:
    resident = await enrol("ming", phone="13900001111")
    booking = await book(bookings, resident)
    await desk.give_consent(resident, Purpose.CONTACT_SHARING, TEXT_VERSIONS[Purpose.CONTACT_SHARING])
    await member(resident)
    await database["staff"].insert_one(
        {"_id": f"{resident}:3301", "resident": resident, "area": "3301", "role": "STAFF"}
    )
    memory = keys.seal(json.dumps({"address": "文澜路9号"}), field="conversation")
    row = {"_id": "c1", "resident": resident, "memory": memory, "updated_at": NOON, "expires_at": NOON}
    await database["conversations"].insert_one(row)
    read = desk.audit.record(
        AuditAction.PERSONAL_DATA_READ,
        actor=await enrol("clerk"),
        subject=Subject("Booking", booking.id),
        fields=["contact"],
    )
    await read
    data = await exported(desk, resident)
    assert data["profile"]["phone"] == "13900001111"
    assert data["profile"]["wechatOpenid"] == "ming"
    (shown,) = data["bookings"]
    assert shown["contact"] == {"name": "王小明", "phone": "13812345678", "address": "文澜路1号2幢301"}
    assert shown["start"] == "2026-11-26T10:00:00+08:00"
    assert [consent["purpose"] for consent in data["consents"]] == ["CONTACT_SHARING"]
    assert [one["role"] for one in data["memberships"]] == ["OWNER"]
    assert [area["area"] for area in data["staffAreas"]] == ["3301"]
    assert data["conversations"][0]["memory"] == {"address": "文澜路9号"}
    assert ("staff", "PERSONAL_DATA_READ") in [(entry["by"], entry["action"]) for entry in data["audit"]]
    assert set(data["sessions"][0]) == {"device", "created_at", "seen_at", "expires_at"}
    assert "fingerprint" not in json.dumps(data)
    (last,) = [row for row in await audit_rows(database) if row["action"] == "DATA_EXPORTED"]
    assert set(last["fields"]) == {holding.name for holding in desk.holdings}


async def test_an_export_holds_nothing_of_anybody_else(desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk) -> None:
    mine, other = await enrol("ming"), await enrol("hong", phone="13700002222")
    await book(bookings, other)
    await desk.give_consent(other, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    text = await desk.export(mine, confirm=True)
    assert not any(trace in text for trace in (other, "hong", "13700002222", "王小明", "TERMS"))


async def test_every_field_of_a_profile_is_exported_or_known_as_internal(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident = await enrol(phone="13900001111")
    await desk.update_profile(resident, ProfileChange(nickname="明", home=Point(120.0, 30.0)))
    row = await database["residents"].find_one({"_id": resident})
    shown = {"_id", "nickname", "phone", "openid", "home", "created_at"}
    internal = {"phone_lookup", "tombstone", "version"}
    assert row is not None
    assert set(row) <= shown | internal
    profile = (await exported(desk, resident))["profile"]
    assert set(profile) == {"id", "nickname", "phone", "wechatOpenid", "home", "createdAt"}
    assert all(profile.values())


# --- what stands in the way of a deletion ---


async def test_the_last_owner_of_an_approved_merchant_stays(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database
) -> None:
    resident, other = await enrol("a"), await enrol("b")
    await member(resident)
    await member(other, role="MANAGER")
    with pytest.raises(StateChanged, match=r"好邻居商贸.*邀请另一位负责人"):
        await delete(desk, resident)
    row = await database["residents"].find_one({"_id": resident})
    assert row is not None
    assert "deletion" not in row
    assert "state" not in row
    assert await database["sessions"].count_documents({"resident": resident}) == 1


@pytest.mark.parametrize("state", ["APPLIED", "REJECTED", "SUSPENDED"])
async def test_the_owner_of_a_merchant_that_is_not_approved_may_go(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database, state: str
) -> None:
    resident = await enrol()
    await member(resident, state=state)
    await delete(desk, resident)
    assert await database["members"].count_documents({}) == 0


async def test_of_two_owners_who_leave_at_once_one_stays(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database
) -> None:
    people = [await enrol("a"), await enrol("b")]
    for resident in people:
        await member(resident)
    answers = await asyncio.gather(*(delete(desk, resident) for resident in people), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) in (
        ["StateChanged", "datetime"],
        ["StateChanged", "StateChanged"],
    )
    owners = await database["members"].find({"role": "OWNER"}).to_list(None)
    kept = {row["_id"] for row in await database["residents"].find({"state": {"$exists": False}}).to_list(None)}
    assert len(owners) >= 1
    assert {owner["resident"] for owner in owners} == kept


async def test_a_booking_past_its_cancellation_time_must_be_over_first(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, clock: SetClock, database: Database
) -> None:
    resident = await enrol()
    booking = await book(bookings, resident)
    clock.now = booking.cancellable_until + timedelta(milliseconds=1)
    with pytest.raises(StateChanged, match="日常保洁"):
        await delete(desk, resident)
    assert await database["bookings"].count_documents({"resident": resident, "status": "CONFIRMED"}) == 1
    clock.now = booking.interval.end
    await delete(desk, resident)
    (row,) = await database["bookings"].find().to_list(None)
    assert row["status"] == "CONFIRMED"
    assert row["claims"]
    assert resident not in str(row)


async def test_at_the_cancellation_time_itself_the_account_may_go(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, clock: SetClock
) -> None:
    resident = await enrol()
    clock.now = (await book(bookings, resident)).cancellable_until
    await delete(desk, resident)


# --- deletion ---


async def test_a_deletion_frees_the_places_and_keeps_what_must_be_kept(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident, next_one = await enrol("ming"), await enrol("hong")
    booking = await book(bookings, resident, idempotency_key="k1")
    await delete(desk, resident)
    row = await database["bookings"].find_one({"_id": booking.id}) or {}
    left = booking_from_document(row)
    assert (left.status, left.interval, left.store, left.offering, left.price) == (
        "CANCELLED",
        booking.interval,
        booking.store,
        booking.offering,
        booking.price,
    )
    assert left.resident.startswith("gone-")
    assert row["contact"] is None
    assert {"claims", "idempotency"} & set(row) == set()
    assert (await book(bookings, next_one)).status == "CONFIRMED"


async def test_a_reason_that_a_resident_wrote_is_dropped_and_that_of_the_system_kept(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident = await enrol()
    booking = await book(bookings, resident)
    await bookings.cancel(resident, booking.id, "我妈妈住院了")
    assert await holders(database, "住院") == {"bookings"}
    await delete(desk, resident)
    assert await holders(database, "住院") == set()


async def test_a_booking_that_was_never_confirmed_ends_as_expired(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await database["offerings"].replace_one({"_id": "o1"}, an_offering(auto_confirm=False))
    await book(bookings, resident)
    clock.advance(hours=3)
    await delete(desk, resident)
    (row,) = await database["bookings"].find().to_list(None)
    assert (row["status"], row["events"][-1]["actor"], "claims" in row) == ("EXPIRED", "SYSTEM", False)


async def test_after_a_deletion_no_collection_knows_the_resident(
    desk: PrivacyDesk,
    enrol: Enrol,
    member: Put,
    bookings: BookingDesk,
    database: Database,
    keys: KeyRing,
    clock: SetClock,
) -> None:
    resident, phone = await enrol("ming", phone="13900001111"), "13900001111"
    owner = await enrol("owner")
    await member(owner)
    await member(resident, role="CLERK")
    await book(bookings, resident, idempotency_key="k1")
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    await desk.update_profile(resident, ProfileChange(home=Point(120.0, 30.0)))
    await database["staff"].insert_one(
        {"_id": f"{resident}:3301", "resident": resident, "area": "3301", "role": "STAFF"}
    )
    await database["conversations"].insert_one(
        {"_id": "c1", "resident": resident, "memory": None, "updated_at": NOON, "expires_at": NOON + timedelta(days=1)}
    )
    code = keys.lookup_hash(phone, field="sms-phone")
    await database["sms_codes"].insert_one({"_id": code, "code": "x", "tries": 0, "expires_at": clock()})
    lookup, history = keys.lookup_hash(phone, field="phone"), {"from": None, "to": "APPLIED", "reason": None}
    invited = {"_id": "i1", "merchant": "m2", "district": "330199", "resident": None, "role": "CLERK", "stores": []}
    await database["members"].insert_one({**invited, "version": 1, "phone_lookup": lookup, "phone": "sealed"})
    applied = {"applicant": {"resident": resident, "membership": "x"}, "contact_phone": keys.seal(phone, field="phone")}
    steps = {"history": [{**history, "actor": resident, "at": clock()}], "open_slot": f"{resident}#0"}
    await database["merchants"].insert_one({**a_merchant("m3", state="APPLIED"), **applied, **steps, "owners": []})
    traces = (resident, resident.partition(".")[2], lookup, code)

    found = await holders(database, *traces)
    assert found == {
        *(
            "bookings",
            "consents",
            "conversations",
            "members",
            "merchants",
            "residents",
            "sessions",
            "sms_codes",
            "staff",
        )
    }
    covered = frozenset[str]().union(*(holding.collections for holding in desk.holdings))
    assert found <= covered

    await delete(desk, resident)
    assert await holders(database, *traces) == set()
    (withdrawn,) = await database["merchants"].find({"_id": "m3"}).to_list(None)
    assert (withdrawn["state"], withdrawn["contact_phone"]) == ("REJECTED", None)
    tombstone = withdrawn["applicant"]["resident"]
    assert await holders(database, tombstone) == {"audit", "bookings", "merchants", "residents"}
    assert await database["sessions"].count_documents({"resident": owner}) == 1


async def test_the_tombstone_says_nothing_but_that_somebody_was_there(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    deleted_at = await delete(desk, await enrol(phone="13900001111"))
    (row,) = await database["residents"].find().to_list(None)
    assert deleted_at == clock.now
    assert row.pop("_id").startswith("gone-")
    assert row == {"state": "DELETED", "nickname": None, "phone": None, "created_at": clock.now, "version": 1}


async def test_the_audit_shows_the_tombstone_where_the_resident_was(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident, subject = await enrol(), Subject("Booking", "b1")
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=resident, subject=subject)
    await delete(desk, resident)
    (entry,) = await desk.audit.trail(subject, 10)
    (stone,) = await database["residents"].find().to_list(None)
    assert entry.actor == stone["_id"]
    about = await desk.audit.trail(Subject("Resident", stone["_id"]), 10)
    assert [one.action for one in about] == [AuditAction.ACCOUNT_DELETED]
    assert about[0].request_id == REQUEST


async def test_the_same_person_comes_back_as_somebody_new(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    first = await enrol("ming")
    await book(bookings, first)
    await delete(desk, first)
    again = await enrol("ming")
    data = await exported(desk, again)
    assert (data["bookings"], data["consents"], len(data["sessions"])) == ([], [], 1)
    await delete(desk, again)
    assert await database["residents"].count_documents({"state": "DELETED"}) == 2


async def test_an_account_that_is_gone_cannot_be_deleted_again(desk: PrivacyDesk, enrol: Enrol) -> None:
    resident = await enrol()
    await delete(desk, resident)
    with pytest.raises(Unauthenticated):
        await delete(desk, resident)
    with pytest.raises(Unauthenticated):
        await desk.update_profile(resident, ProfileChange(nickname="x"))


async def test_deleting_many_times_at_once_happens_once(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database
) -> None:
    resident = await enrol()
    await book(bookings, resident)
    answers = await asyncio.gather(*(delete(desk, resident) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(answer, datetime) for answer in answers) == 1
    assert all(isinstance(answer, (datetime, Busy, Unauthenticated)) for answer in answers)
    assert [row["action"] for row in await audit_rows(database)] == ["ACCOUNT_DELETED"]


def with_break(desk: PrivacyDesk, after: str, breaks: Breaks) -> PrivacyDesk:
    """The desk, killed right after the named holding was erased."""
    broken = PrivacyDesk(desk.database, desk.keys, desk.clock, desk.members)
    holdings = list(desk.holdings)
    holdings.insert([holding.name for holding in holdings].index(after) + 1, breaks)
    broken.__dict__["holdings"] = holdings
    return broken


@pytest.mark.parametrize("after", ["memberships", "sessions", "bookings", "consents", "profile"])
async def test_a_deletion_that_was_killed_is_finished_by_the_job(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock, after: str
) -> None:
    resident = await enrol(phone="13900001111")
    booking = await book(bookings, resident)
    broken = with_break(desk, after, Breaks())
    with pytest.raises(Killed):
        await delete(broken, resident)
    half = await database["residents"].find_one({"_id": resident}) or {}
    assert half["state"] == "DELETING"
    assert after in half["deletion"]["done"]
    clock.now = booking.interval.start  # too late to cancel by now, but the deletion was asked for in time
    assert "finish-deletions" in await run_jobs(broken)
    assert await holders(database, resident) == set()
    (stone,) = await database["residents"].find().to_list(None)
    assert stone["state"] == "DELETED"
    (row,) = await database["bookings"].find().to_list(None)
    assert (row["status"], row["resident"]) == ("CANCELLED", stone["_id"])
    assert [entry["action"] for entry in await audit_rows(database)] == ["ACCOUNT_DELETED"]


async def test_a_deletion_whose_process_is_gone_is_taken_over_after_a_while(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await AuditStore(database).alias(resident)
    assert await AccountStore(database).begin(resident, "dead", clock(), REQUEST)
    with pytest.raises(Busy):
        await delete(desk, resident)
    await run_jobs(desk)
    assert await database["residents"].count_documents({"state": "DELETING"}) == 1
    clock.advance(seconds=STALE_DELETION.total_seconds())
    await run_jobs(desk)
    assert await holders(database, resident) == set()


async def test_a_run_that_slept_erases_nothing_of_the_account_that_followed(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol("ming")

    class Sleeps(Breaks):
        """While this run sleeps, another finishes, and the same person signs in anew."""

        async def erase(self, resident: str, now: datetime) -> None:
            clock.advance(minutes=5)
            await run_jobs(desk)
            assert await enrol("ming") == resident

    with pytest.raises(Busy):
        await delete(with_break(desk, "memberships", Sleeps()), resident)
    assert await database["sessions"].count_documents({"resident": resident}) == 1
    row = await database["residents"].find_one({"_id": resident}) or {}
    assert (row["nickname"], row.get("state")) == ("ming", None)


async def test_erasing_as_of_a_moment_leaves_what_came_later(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    resident, moment = await enrol(), clock.now
    clock.advance(seconds=1)
    await book(bookings, resident)
    await desk.give_consent(resident, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    later = {"_id": "later", "resident": resident, "created_at": clock.now, "expires_at": clock.now}
    await database["sessions"].insert_one(later)
    for holding in desk.holdings:
        await holding.erase(resident, moment)
    assert [row["_id"] for row in await database["sessions"].find().to_list(None)] == ["later"]
    assert await database["bookings"].count_documents({"resident": resident, "status": "CONFIRMED"}) == 1
    assert await database["consents"].count_documents({"resident": resident}) == 1


async def test_a_run_that_slept_before_its_last_step_buries_nobody_else(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident, store = await enrol("ming"), AccountStore(database)
    await AuditStore(database).alias(resident)
    asleep = await store.begin(resident, "asleep", clock(), REQUEST)
    assert asleep
    clock.advance(minutes=5)
    await run_jobs(desk)
    assert await enrol("ming") == resident
    await store.bury(asleep, clock())
    assert await database["residents"].count_documents({"_id": resident}) == 1
    assert await database["residents"].count_documents({"state": "DELETED"}) == 1


async def test_a_deletion_that_is_no_longer_allowed_gives_the_account_back(
    desk: PrivacyDesk, enrol: Enrol, member: Put, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    await AuditStore(database).alias(resident)
    await AccountStore(database).begin(resident, "dead", clock(), REQUEST)  # killed before it looked
    await member(resident)
    clock.advance(minutes=5)
    assert "finish-deletions" in await run_jobs(desk)
    row = await database["residents"].find_one({"_id": resident}) or {}
    assert (row["nickname"], "state" in row, "deletion" in row) == ("ming", False, False)


# --- retention ---


async def test_the_audit_is_purged_after_three_years_and_not_before(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    resident = await enrol()
    assert timedelta(days=3 * 365) < AUDIT_KEPT
    await desk.audit.record(AuditAction.PERSONAL_DATA_READ, actor=resident, subject=Subject("Booking", "b1"))
    clock.now += AUDIT_KEPT
    await run_jobs(desk)
    assert await database["audit"].count_documents({}) == 1
    clock.advance(days=1)
    await run_jobs(desk)
    assert await database["audit"].count_documents({}) == 0


async def test_a_tombstone_goes_with_the_last_that_refers_to_it(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    await delete(desk, await enrol())
    clock.now += AUDIT_KEPT
    await run_jobs(desk)
    assert await database["residents"].count_documents({}) == 1
    clock.advance(days=1)
    await run_jobs(desk)
    assert await database["residents"].count_documents({}) == 0


async def test_what_has_expired_is_forgotten_without_the_database_s_help(
    desk: PrivacyDesk, enrol: Enrol, database: Database, clock: SetClock
) -> None:
    await enrol()
    clock.advance(days=20)
    await enrol("other")
    clock.advance(days=15)
    await database["conversations"].insert_one({"_id": "old", "resident": None, "expires_at": clock()})
    await run_jobs(desk)
    assert await database["conversations"].count_documents({}) == 0
    assert await database["sessions"].count_documents({}) == 1


async def test_what_a_request_under_way_left_behind_is_erased(
    desk: PrivacyDesk, enrol: Enrol, bookings: BookingDesk, database: Database, clock: SetClock
) -> None:
    gone, here = await enrol("ming"), await enrol("hong")
    await delete(desk, gone)
    late = await book(bookings, gone)
    await desk.give_consent(here, Purpose.TERMS, TEXT_VERSIONS[Purpose.TERMS])
    row = {"resident": gone, "number": 0, "purpose": "TERMS", "version": "1", "given": True, "at": clock()}
    await database["consents"].insert_one(row)
    await run_jobs(desk)
    assert await holders(database, gone) == set()
    assert (await database["bookings"].find_one({"_id": late.id}) or {})["status"] == "CANCELLED"
    assert await database["consents"].count_documents({"resident": here}) == 1
    assert await database["sessions"].count_documents({"resident": here}) == 1
