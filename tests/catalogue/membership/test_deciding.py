"""Staff approve or reject an application, once."""

from __future__ import annotations

import random

import pytest
from merchants import OTHER_STREET, STAFF, Town, an_application, at_once
from scale import scaled

from lifecircle.catalogue.errors import NotFound, StateChanged
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.people.access import Roles


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
