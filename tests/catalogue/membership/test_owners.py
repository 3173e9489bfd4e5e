"""A merchant always has an owner, whatever happens at once."""

from __future__ import annotations

import random
from collections.abc import Awaitable

import pytest
from factories import a_merchant
from merchants import CLERK, OWNER, PHONE, Town, at_once, outcome
from scale import scaled

from lifecircle.catalogue.errors import StateChanged
from lifecircle.catalogue.membership.model import Invitation
from lifecircle.catalogue.membership.owners import Owners
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import Membership


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
