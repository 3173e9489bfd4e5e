"""Merchants' applications and members: the rules, and the desk against a real database."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from bson import json_util
from factories import DISTRICT, SetClock, a_merchant, a_store, an_area
from licences import a_licence
from scale import scaled

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import (
    Duplicate,
    Forbidden,
    IdempotencyConflict,
    InvalidInput,
    LimitReached,
    NotFound,
    Refused,
    StateChanged,
)
from lifecircle.catalogue.membership import rules
from lifecircle.catalogue.membership.licence import ALPHABET, licence_number
from lifecircle.catalogue.membership.model import Application, Invitation
from lifecircle.catalogue.membership.owners import Owners
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

OWNER, MANAGER, CLERK = MemberRole.OWNER, MemberRole.MANAGER, MemberRole.CLERK
STREET, COMMUNITY, OTHER_STREET = f"{DISTRICT}001", f"{DISTRICT}001001", f"{DISTRICT}002"
STAFF = Roles("staff", areas=frozenset([STREET, COMMUNITY]))
PHONE = "13812345678"


@dataclass
class Town:
    """The desk, and short ways to say who does what."""

    database: Database
    keys: KeyRing
    desk: MembershipDesk

    async def roles(self, resident: str) -> Roles:
        return Roles(resident, tuple(await PeopleStore(self.database).memberships(resident)))

    async def invite(
        self, resident: str, phone: str = PHONE, role: MemberRole = CLERK, *stores: str, merchant: str = "m1"
    ) -> Membership:
        return await self.desk.invite(await self.roles(resident), Invitation(merchant, phone, role, stores))

    async def remove(self, resident: str, membership: str) -> Membership:
        return await self.desk.remove(await self.roles(resident), membership)

    async def add(self, resident: str, role: MemberRole, *stores: str, merchant: str = "m1") -> str:
        """A membership as records of old have it: nothing but what it needs."""
        row = {"_id": f"of-{resident}", "merchant": merchant, "resident": resident, "role": role.value}
        await self.database["members"].insert_one({**row, "stores": list(stores)})
        return f"of-{resident}"

    async def bind(self, resident: str, phone: str) -> None:
        """As signing in by SMS does it: the number first, then whoever waits for it."""
        lookup = self.keys.lookup_hash(phone, field="phone")
        await self.database["residents"].update_one(
            {"_id": resident},
            {
                "$set": {"phone_lookup": lookup, "phone": self.keys.seal(phone, field="phone")},
                "$setOnInsert": {"nickname": None, "created_at": self.desk.clock(), "version": 1},
            },
            upsert=True,
        )
        await self.desk.claim_invitations(resident, phone)

    async def members(self, merchant: str = "m1") -> list[dict[str, Any]]:
        return await self.database["members"].find({"merchant": merchant}).sort("_id").to_list(None)

    async def owners(self, merchant: str = "m1") -> list[str]:
        """Who is an owner. What the merchant counts as one always is one."""
        active = [row for row in await self.members(merchant) if row["role"] == OWNER and row["resident"]]
        counted = (await self.merchant(merchant)).get("owners", [])
        assert set(counted) <= {row["_id"] for row in active}
        return [row["resident"] for row in active]

    async def merchant(self, key: str) -> dict[str, Any]:
        found = await self.database["merchants"].find_one({"_id": key})
        assert found
        return found

    async def everything(self) -> str:
        rows = [await self.database[name].find({}).to_list(None) for name in ("merchants", "members", "residents")]
        return json_util.dumps(rows, ensure_ascii=False)


@pytest.fixture
async def town(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Town]:
    await PeopleStore(database).create_indexes()
    await MembershipStore(database).create_indexes()
    areas = [
        an_area(),
        an_area(STREET, level="SUBDISTRICT", parent=DISTRICT),
        an_area(COMMUNITY, level="COMMUNITY", parent=STREET),
        an_area(OTHER_STREET, level="SUBDISTRICT", parent=DISTRICT),
    ]
    await database["areas"].insert_many(areas)
    await database["merchants"].insert_many([a_merchant("m1"), a_merchant("m2", name="别家")])
    own = [a_store(key, merchant="m1") for key in ("s1", "s2", "s3")]
    await database["stores"].insert_many([*own, a_store("x1", merchant="m2"), a_store("public")])
    keeper = SnapshotKeeper(database, [], clock)
    await keeper.start()
    yield Town(database, keys, MembershipDesk(database, keys, keeper, clock))
    await keeper.stop()


def an_application(**changes: Any) -> Application:
    plain = Application(
        name="桂花里面馆",
        licence_number=a_licence(),
        licence_expires_on=None,
        area=COMMUNITY,
        contact_phone="0571-88886666",
    )
    return replace(plain, **changes)


async def outcome(action: Awaitable[object]) -> str:
    try:
        await action
    except Refused as refusal:
        return refusal.code
    return "DONE"


async def at_once(*actions: Awaitable[object]) -> Counter[str]:
    return Counter(await asyncio.gather(*(outcome(action) for action in actions)))


# --- the licence number ---


@pytest.mark.parametrize(
    "number",
    # the standard's own example, and the printed numbers of well-known companies
    ["91350100M000100Y43", "9144030071526726XG", "914403001922038216", "91110000802100433B", "91330100716105852F"],
)
def test_real_licence_numbers_hold(number: str) -> None:
    assert licence_number(number) == number


@pytest.mark.parametrize("text", [" 91350100m000100y43 ", "9135 0100 M000 100Y 43", "９１３５０１００M000100Y43"])
def test_a_licence_number_is_read_however_it_is_typed(text: str) -> None:
    assert licence_number(text) == "91350100M000100Y43"


@pytest.mark.parametrize("place", range(18))
def test_any_one_wrong_character_is_found(place: int) -> None:
    number = "91350100M000100Y43"
    for char in ALPHABET:
        if char != number[place]:
            with pytest.raises(InvalidInput):
                licence_number(number[:place] + char + number[place + 1 :])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "0 位"),
        ("91350100M000100Y4", "17 位"),
        ("91350100M000100Y4Z", "不含 I、O"),
        ("91350100M000100Y44", "校验位"),
        ("9135O100M000100Y43", "不含 I、O"),
    ],
)
def test_a_bad_licence_number_says_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        licence_number(text, "licenceNumber")
    assert why in refusal.value.message
    assert refusal.value.field == ("licenceNumber",)


# --- telephone numbers and names ---


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+86 138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0571 88886666", "0571-88886666"),
        ("（010）88886666", "010-88886666"),
        ("057188886666-801", "0571-88886666-801"),
    ],
)
def test_contact_numbers_have_one_spelling(text: str, number: str) -> None:
    assert rules.contact_number(text) == number


@pytest.mark.parametrize("text", ["", "12812345678", "1381234567", "88886666", "+1 212 555 0100", "9" * 99])
def test_other_contact_numbers_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="手机号"):
        rules.contact_number(text)


@pytest.mark.parametrize("text", ["", " ", "面", "面" * 41, "面馆\x00", "面馆\u202e", "面\ud800馆", "面" * 100_000])
def test_names_are_short_and_visible(text: str) -> None:
    with pytest.raises(InvalidInput):
        rules.plain_text(text, "商户名称", 2, 40, "name")


# --- applying ---


async def test_an_applicant_becomes_the_owner_of_what_waits_for_approval(town: Town) -> None:
    merchant = await town.desk.apply("ann", an_application(name="  桂花里  面馆 "))
    assert (merchant.name, merchant.state, merchant.area) == ("桂花里 面馆", MerchantState.APPLIED, COMMUNITY)
    assert town.desk.keeper.current.merchants.get(merchant.id) is not None
    assert [(m.role, m.merchant, m.stores) for m in (await town.roles("ann")).memberships] == [(OWNER, merchant.id, ())]
    stored = await town.merchant(merchant.id)
    assert stored["district"] == DISTRICT
    assert [(e["actor"], e["from"], e["to"]) for e in stored["history"]] == [("ann", None, "APPLIED")]
    assert {row["district"] for row in await town.members(merchant.id)} == {DISTRICT}


async def test_the_contact_phone_is_only_ever_stored_sealed(town: Town) -> None:
    merchant = await town.desk.apply("ann", an_application(contact_phone=PHONE, idempotency_key="k"))
    assert PHONE not in await town.everything()
    assert town.keys.unseal((await town.merchant(merchant.id))["contact_phone"], field="phone") == PHONE


async def test_a_licence_may_end_today_but_not_before(town: Town) -> None:
    assert await outcome(town.desk.apply("ann", an_application(licence_expires_on=date(2026, 11, 25)))) == "DONE"
    with pytest.raises(InvalidInput) as refusal:
        await town.desk.apply("ann", an_application(licence_expires_on=date(2026, 11, 24)))
    assert refusal.value.field == ("licenceExpiresOn",)


async def test_an_area_that_does_not_exist_is_refused(town: Town) -> None:
    with pytest.raises(NotFound) as refusal:
        await town.desk.apply("ann", an_application(area="999999"))
    assert refusal.value.field == ("area",)


async def test_the_same_key_and_input_give_the_same_merchant_whatever_has_become_of_it(town: Town) -> None:
    asked = an_application(idempotency_key="once")
    first = await town.desk.apply("ann", asked)
    assert (await town.desk.apply("ann", asked)).id == first.id
    await town.desk.approve(STAFF, first.id)
    again = await town.desk.apply("ann", asked)
    assert (again.id, again.state) == (first.id, MerchantState.APPROVED)
    with pytest.raises(IdempotencyConflict):
        await town.desk.apply("ann", replace(asked, contact_phone=PHONE))


async def test_two_residents_may_choose_the_same_key(town: Town) -> None:
    merchants = [await town.desk.apply(who, an_application(idempotency_key="1")) for who in ("ann", "bob")]
    assert len({merchant.id for merchant in merchants}) == 2


async def test_many_with_the_same_key_at_once_make_one_merchant(town: Town) -> None:
    asked = an_application(idempotency_key="once")
    found = await asyncio.gather(*(town.desk.apply("ann", asked) for _ in range(12)))
    assert len({merchant.id for merchant in found}) == 1
    assert await town.owners(found[0].id) == ["ann"]


async def test_a_licence_belongs_to_one_merchant_until_it_is_rejected(town: Town) -> None:
    number = a_licence()
    first = await town.desk.apply("ann", an_application(licence_number=number))
    for who in ("ann", "bob"):
        with pytest.raises(Duplicate) as refusal:
            await town.desk.apply(who, an_application(licence_number=number.lower(), area=OTHER_STREET))
        assert refusal.value.field == ("licenceNumber",)
    await town.desk.reject(STAFF, first.id, "照片看不清")
    second = await town.desk.apply("bob", an_application(licence_number=number))
    await town.desk.approve(STAFF, second.id)
    assert await outcome(town.desk.apply("ann", an_application(licence_number=number))) == "DUPLICATE"


async def test_many_with_the_same_licence_at_once_make_one_merchant(town: Town) -> None:
    number = a_licence()
    outcomes = await at_once(*(town.desk.apply(f"r{n}", an_application(licence_number=number)) for n in range(12)))
    assert outcomes == {"DONE": 1, "DUPLICATE": 11}


async def test_five_applications_may_be_open_also_when_many_come_at_once(town: Town) -> None:
    outcomes = await at_once(*(town.desk.apply("ann", an_application()) for _ in range(12)))
    assert outcomes == {"DONE": 5, "LIMIT_REACHED": 7}
    one, other = [m.merchant for m in (await town.roles("ann")).memberships][:2]
    await town.desk.approve(STAFF, one)
    await town.desk.reject(STAFF, other, "资料不全")
    outcomes = await at_once(*(town.desk.apply("ann", an_application()) for _ in range(4)))
    assert outcomes == {"DONE": 2, "LIMIT_REACHED": 2}


@pytest.mark.parametrize("by", ["the same key", "the same licence", "the approval"])
async def test_an_application_that_was_cut_short_gets_its_owner_later(town: Town, by: str) -> None:
    asked = an_application(idempotency_key="k")
    merchant = await town.desk.apply("ann", asked)
    await town.database["members"].delete_many({"merchant": merchant.id})
    await town.database["merchants"].update_one({"_id": merchant.id}, {"$set": {"owners": []}})
    if by == "the same key":
        await town.desk.apply("ann", asked)
    elif by == "the same licence":
        await outcome(town.desk.apply("ann", replace(asked, idempotency_key=None)))
    else:
        await town.desk.approve(STAFF, merchant.id)
    assert await town.owners(merchant.id) == ["ann"]
    assert len((await town.merchant(merchant.id))["owners"]) == 1


# --- deciding ---


async def test_a_decision_is_made_once_and_remembered(town: Town) -> None:
    merchant = await town.desk.apply("ann", an_application())
    rejected = await town.desk.reject(STAFF, merchant.id, " 证照与名称不符 ")
    assert rejected.state is MerchantState.REJECTED
    held = town.desk.keeper.current.merchants.get(merchant.id)
    assert held is not None
    assert held.state is MerchantState.REJECTED
    for again in (town.desk.approve(STAFF, merchant.id), town.desk.reject(STAFF, merchant.id, "再次不通过")):
        with pytest.raises(StateChanged, match="未通过"):
            await again
    last = (await town.merchant(merchant.id))["history"][-1]
    assert (last["actor"], last["from"], last["to"]) == ("staff", "APPLIED", "REJECTED")
    assert last["reason"] == "证照与名称不符"


async def test_of_two_staff_who_decide_at_once_one_wins(town: Town) -> None:
    for number in range(scaled(12, 100)):
        merchant = await town.desk.apply(f"r{number}", an_application())
        decisions = [town.desk.approve(STAFF, merchant.id), town.desk.reject(STAFF, merchant.id, "资料不全")]
        random.shuffle(decisions)
        assert await at_once(*decisions) == {"DONE": 1, "STATE_CHANGED": 1}
        stored = await town.merchant(merchant.id)
        assert [entry["to"] for entry in stored["history"]] == ["APPLIED", stored["state"]]


async def test_staff_of_other_areas_find_nothing(town: Town) -> None:
    merchant = await town.desk.apply("ann", an_application())
    elsewhere = Roles("other", areas=frozenset([OTHER_STREET]))
    for key in (merchant.id, "m1", "nothing"):
        with pytest.raises(NotFound) as refusal:
            await town.desk.approve(elsewhere, key)
        assert refusal.value.message == "没有找到您要的内容。"
    assert (await town.merchant(merchant.id))["state"] == "APPLIED"


# --- inviting ---


async def test_an_invitation_waits_for_whoever_proves_the_phone(town: Town) -> None:
    await town.add("ann", OWNER)
    invited = await town.invite("ann", "+86 138 1234 5678", MANAGER, "s1", "s2")
    assert PHONE not in await town.everything()
    await town.bind("bob", PHONE)
    assert (await town.roles("bob")).memberships == (replace(invited, resident="bob"),)
    stored = next(row for row in await town.members() if row["_id"] == invited.id)
    assert "phone" not in stored
    assert "phone_lookup" not in stored


async def test_a_known_phone_makes_a_member_at_once_and_the_answer_looks_the_same(town: Town) -> None:
    await town.add("ann", OWNER)
    await town.bind("bob", PHONE)
    known = await town.invite("ann", PHONE, CLERK, "s1")
    unknown = await town.invite("ann", "13900000000", CLERK, "s1")
    assert [m.id for m in (await town.roles("bob")).memberships] == [known.id]
    assert (known.merchant, known.role, known.stores) == (unknown.merchant, unknown.role, unknown.stores)
    assert len(known.id) == len(unknown.id)


@pytest.mark.parametrize("known", [True, False])
async def test_the_same_phone_again_changes_the_role(town: Town, known: bool) -> None:
    await town.add("ann", OWNER)
    if known:
        await town.bind("bob", PHONE)
    first = await town.invite("ann", PHONE, CLERK, "s1")
    second = await town.invite("ann", PHONE, MANAGER, "s2")
    assert (second.id, second.role, second.stores) == (first.id, MANAGER, ("s2",))
    assert len(await town.members()) == 2


@pytest.mark.parametrize("known", [True, False])
async def test_many_invitations_of_a_phone_at_once_make_one_membership(town: Town, known: bool) -> None:
    await town.add("ann", OWNER)
    for number in range(scaled(5, 40)):
        phone = f"139{number:08d}"
        if known:
            await town.bind(f"r{number}", phone)
        found = await asyncio.gather(*(town.invite("ann", phone, CLERK, "s1") for _ in range(8)))
        assert len({membership.id for membership in found}) == 1
        assert len(await town.members()) == 2 + number


async def test_who_proves_the_phone_while_being_invited_is_a_member(town: Town) -> None:
    await town.add("ann", OWNER)
    for number in range(scaled(15, 150)):
        phone, who = f"137{number:08d}", f"r{number}"
        invitations = [town.invite("ann", phone, CLERK, "s1") for _ in range(2)]
        await asyncio.gather(town.bind(who, phone), *invitations)
        assert [(m.role, m.stores) for m in (await town.roles(who)).memberships] == [(CLERK, ("s1",))]
    assert all(row["resident"] for row in await town.members())


async def test_who_proves_the_phone_just_before_the_invitation_is_written_is_a_member(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = MembershipStore.insert_member

    async def prove_and_write(store: MembershipStore, document: dict[str, Any]) -> None:
        await town.bind("bob", PHONE)
        await write(store, document)

    monkeypatch.setattr(MembershipStore, "insert_member", prove_and_write)
    await town.add("ann", OWNER)
    invited = await town.invite("ann", PHONE, CLERK, "s1")
    assert [m.id for m in (await town.roles("bob")).memberships] == [invited.id]


async def test_who_is_a_member_already_keeps_the_stronger_role(town: Town) -> None:
    await town.add("ann", OWNER)
    await town.add("bob", CLERK, "s1")
    await town.invite("ann", PHONE, MANAGER)
    await town.bind("bob", PHONE)
    assert [(m.id, m.role, m.stores) for m in (await town.roles("bob")).memberships] == [("of-bob", MANAGER, ())]
    await town.invite("ann", "13900000000", CLERK, "s1")
    await town.bind("ann", "13900000000")
    assert [m.role for m in (await town.roles("ann")).memberships] == [OWNER]
    assert len(await town.members()) == 2


async def test_a_manager_invites_clerks_for_their_own_stores_only(town: Town) -> None:
    await town.add("max", MANAGER, "s1", "s2")
    assert (await town.invite("max", PHONE, CLERK, "s1")).stores == ("s1",)
    refused = {
        (MANAGER, ("s1",)): ("FORBIDDEN", "role"),
        (OWNER, ()): ("FORBIDDEN", "role"),
        (CLERK, ("s1", "s3")): ("FORBIDDEN", "stores"),
        (CLERK, ()): ("INVALID_INPUT", "stores"),
    }
    for (role, stores), expected in refused.items():
        with pytest.raises(Refused) as refusal:
            await town.invite("max", "13900000000", role, *stores)
        assert (refusal.value.code, *refusal.value.field) == expected
    assert len(await town.members()) == 2


async def test_a_manager_takes_no_role_and_no_store_from_anybody(town: Town) -> None:
    await town.add("ann", OWNER)
    await town.add("max", MANAGER, "s1")
    await town.bind("ann", PHONE)
    with pytest.raises(Forbidden):
        await town.invite("max", PHONE, CLERK, "s1")
    assert await town.owners() == ["ann"]
    await town.invite("ann", "13900000000", CLERK, "s3")
    assert (await town.invite("max", "13900000000", CLERK, "s1")).stores == ("s3", "s1")
    await town.invite("ann", "13900000001", CLERK)
    assert (await town.invite("max", "13900000001", CLERK, "s1")).stores == ()


async def test_others_invite_nobody(town: Town) -> None:
    await town.add("cleo", CLERK)
    await town.add("out", OWNER, merchant="m2")
    for who in ("cleo", "out", "nobody"):
        assert await outcome(town.invite(who)) == "FORBIDDEN"
    waiting = await town.desk.apply("ann", an_application())
    assert await outcome(town.invite("out", merchant=waiting.id)) == "NOT_FOUND"
    assert await outcome(town.invite("out", merchant="nothing")) == "NOT_FOUND"
    assert [row["resident"] for row in await town.members()] == ["cleo"]


@pytest.mark.parametrize("store", ["x1", "public", "nothing"])
async def test_stores_of_others_are_as_unknown_as_those_that_do_not_exist(town: Town, store: str) -> None:
    await town.add("ann", OWNER)
    with pytest.raises(NotFound) as refusal:
        await town.invite("ann", PHONE, CLERK, "s1", store)
    assert refusal.value.message == "没有找到这家门店，请在本商户的门店中选择。"


async def test_an_owner_is_never_limited_to_stores(town: Town) -> None:
    await town.add("ann", OWNER)
    assert await outcome(town.invite("ann", PHONE, OWNER, "s1")) == "INVALID_INPUT"


async def test_a_rejected_merchant_invites_nobody(town: Town) -> None:
    merchant = await town.desk.apply("ann", an_application())
    await town.desk.reject(STAFF, merchant.id, "资料不全")
    assert await outcome(town.invite("ann", merchant=merchant.id)) == "STATE_CHANGED"


async def test_a_merchant_has_at_most_two_hundred_members(town: Town) -> None:
    await town.add("ann", OWNER)
    rows = [
        {"_id": f"old{n}", "merchant": "m1", "resident": f"old{n}", "role": "CLERK", "stores": []} for n in range(198)
    ]
    await town.database["members"].insert_many(rows)
    outcomes = await at_once(*(town.invite("ann", f"139{n:08d}") for n in range(6)))
    assert set(outcomes) <= {"DONE", "LIMIT_REACHED"}
    assert len(await town.members()) == 199 + outcomes["DONE"] <= 200
    if outcomes["DONE"] == 0:  # each saw the others and stepped back
        await town.invite("ann", "13700000000")
    with pytest.raises(LimitReached):
        await town.invite("ann", "13700000001")
    assert len(await town.members()) == 200


# --- removing ---


async def test_the_last_owner_stays_also_when_an_invitation_is_open(town: Town) -> None:
    mine = await town.add("ann", OWNER)
    invited = await town.invite("ann", PHONE, OWNER)
    with pytest.raises(StateChanged, match="最后一位负责人"):
        await town.remove("ann", mine)
    await town.bind("bob", PHONE)
    assert (await town.remove("ann", mine)).role is OWNER
    assert await town.owners() == ["bob"]
    assert await outcome(town.remove("bob", invited.id)) == "STATE_CHANGED"


async def test_the_last_owner_cannot_be_made_a_clerk(town: Town) -> None:
    await town.add("ann", OWNER)
    await town.bind("ann", PHONE)
    assert await outcome(town.invite("ann", PHONE, CLERK)) == "STATE_CHANGED"
    assert await town.owners() == ["ann"]


async def test_owners_who_all_leave_at_once_leave_one_behind(town: Town) -> None:
    for number in range(scaled(8, 80)):
        names = [f"r{number}-{place}" for place in range(2 + number % 3)]
        merchant = f"many{number}"
        await town.database["merchants"].insert_one(a_merchant(merchant))
        memberships = {name: await town.add(name, OWNER, merchant=merchant) for name in names}
        outcomes = await at_once(*(town.remove(name, memberships[name]) for name in names))
        assert outcomes == {"DONE": len(names) - 1, "STATE_CHANGED": 1}
        assert len(await town.owners(merchant)) == 1


async def test_owners_who_remove_each_other_at_once_leave_one_behind(town: Town) -> None:
    for number in range(scaled(8, 80)):
        merchant, ann, bob = f"two{number}", f"ann{number}", f"bob{number}"
        await town.database["merchants"].insert_one(a_merchant(merchant))
        of_ann, of_bob = [await town.add(name, OWNER, merchant=merchant) for name in (ann, bob)]
        outcomes = await at_once(town.remove(ann, of_bob), town.remove(bob, of_ann))
        assert outcomes in ({"DONE": 1, "STATE_CHANGED": 1}, {"DONE": 1, "NOT_FOUND": 1})
        assert len(await town.owners(merchant)) == 1


async def test_whatever_happens_at_once_somebody_owns_the_merchant(town: Town) -> None:
    """Owners come, go and are made clerks and owners again, all at the same time."""
    phones = {f"r{place}": f"138{place:08d}" for place in range(4)}
    for name, phone in phones.items():
        await town.add(name, OWNER)
        await town.bind(name, phone)
    pick = random.Random(7)
    for _ in range(scaled(12, 200)):
        boss = Roles("boss", (Membership("none", "m1", "boss", OWNER, ()),))  # was an owner when the request began
        actions: list[Awaitable[object]] = []
        for _ in range(6):
            name = pick.choice(list(phones))
            member = await MembershipStore(town.database).member_of("m1", name)
            if member and pick.random() < 0.4:
                actions.append(town.desk.remove(boss, member.id))
            else:
                role = pick.choice([OWNER, CLERK])
                actions.append(town.desk.invite(boss, Invitation("m1", phones[name], role)))
        outcomes = await at_once(*actions)
        assert set(outcomes) <= {"DONE", "STATE_CHANGED", "NOT_FOUND"}
        assert await town.owners()
        residents = [row["resident"] for row in await town.members()]
        assert len(residents) == len(set(residents))


async def test_an_owner_whom_the_merchant_does_not_count_yet_lets_the_other_go(town: Town) -> None:
    """As after a crash between becoming an owner and being counted."""
    mine = await town.add("ann", OWNER)
    await town.add("bob", OWNER)
    await town.database["merchants"].update_one({"_id": "m1"}, {"$set": {"owners": [mine]}})
    await town.remove("ann", mine)
    assert await town.owners() == ["bob"]


async def test_an_owner_who_is_called_back_while_being_removed_stays(town: Town) -> None:
    await town.add("ann", OWNER)
    bob = await town.add("bob", OWNER)
    store = MembershipStore(town.database)
    owners, read = Owners(store, town.desk.keeper), await store.member(bob)
    assert read
    await owners.let_go(read)
    await owners.count_in(bob)
    assert not await store.remove(read)
    assert await town.owners() == ["ann", "bob"]
    assert bob in (await town.merchant("m1"))["owners"]


async def test_an_owner_who_went_without_a_word_does_not_count(town: Town) -> None:
    """As when an account is deleted."""
    mine = await town.add("ann", OWNER)
    await town.database["merchants"].update_one({"_id": "m1"}, {"$set": {"owners": ["gone", mine]}})
    assert await outcome(town.remove("ann", mine)) == "STATE_CHANGED"


async def test_a_manager_removes_their_clerks_and_nobody_else(town: Town) -> None:
    await town.add("max", MANAGER, "s1", "s2")
    own = await town.add("own", CLERK, "s1")
    others = [
        await town.add("ann", OWNER),
        await town.add("moe", MANAGER, "s1"),
        await town.add("far", CLERK, "s3"),
        await town.add("both", CLERK, "s1", "s3"),
        await town.add("all", CLERK),
        await town.add("foreign", CLERK, merchant="m2"),
    ]
    for membership in [*others, "nothing"]:
        with pytest.raises(NotFound) as refusal:
            await town.remove("max", membership)
        assert refusal.value.message == "没有找到这位成员，可能已经被移除。"
    assert (await town.remove("max", own)).id == own
    assert len(await town.members()) == 6


async def test_anybody_may_leave_and_clerks_remove_nobody(town: Town) -> None:
    clerk, other = await town.add("cleo", CLERK), await town.add("dora", CLERK)
    assert await outcome(town.remove("cleo", other)) == "NOT_FOUND"
    await town.remove("cleo", clerk)
    assert await outcome(town.remove("cleo", clerk)) == "NOT_FOUND"
    assert [row["_id"] for row in await town.members()] == [other]


async def test_a_withdrawn_invitation_waits_for_nobody(town: Town) -> None:
    await town.add("ann", OWNER)
    invited = await town.invite("ann")
    await town.remove("ann", invited.id)
    await town.bind("bob", PHONE)
    assert (await town.roles("bob")).memberships == ()
