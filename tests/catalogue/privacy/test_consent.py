"""Consent: one purpose at a time, withdrawn at any moment."""

from __future__ import annotations

import asyncio

import pytest
from accounts import Enrol, audit_rows

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import ConsentRequired, StateChanged
from lifecircle.catalogue.privacy import rules
from lifecircle.catalogue.privacy.model import Purpose
from lifecircle.catalogue.privacy.rules import SENSITIVE, TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk


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
