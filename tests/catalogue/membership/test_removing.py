"""Who removes whom."""

from __future__ import annotations

import pytest
from merchants import CLERK, MANAGER, OWNER, PHONE, Town, outcome

from lifecircle.catalogue.errors import NotFound


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
