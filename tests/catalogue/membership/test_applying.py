"""Applying as a merchant: the licence, the limit, and what was cut short."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from factories import DISTRICT
from licences import a_licence
from merchants import COMMUNITY, OTHER_STREET, OWNER, PHONE, STAFF, Town, an_application, at_once, outcome

from lifecircle.catalogue.errors import Duplicate, IdempotencyConflict, InvalidInput, NotFound
from lifecircle.catalogue.merchants import MerchantState


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
