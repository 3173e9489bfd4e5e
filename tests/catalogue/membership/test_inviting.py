"""Inviting members by phone: who may, whom, and what comes of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from merchants import CLERK, MANAGER, OWNER, PHONE, STAFF, Town, an_application, at_once, outcome
from scale import scaled

from lifecircle.catalogue.errors import Forbidden, LimitReached, NotFound, Refused
from lifecircle.catalogue.membership.store import MembershipStore


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
