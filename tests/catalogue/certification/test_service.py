"""Writing down a certification: by the resident, by staff at a visit; what is stored, and who may not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from bson import json_util
from certified import day
from desk import refusal
from factories import at
from office import COMMUNITY, Office
from patience import until_told

from lifecircle.catalogue.certification.model import Record, State
from lifecircle.catalogue.certification.service import Given
from lifecircle.catalogue.certification.store import RecordStore
from lifecircle.catalogue.errors import (
    ConsentRequired,
    Forbidden,
    InvalidInput,
    NotFound,
    StateChanged,
    TooSoon,
)
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject

STAFF = Roles("staff", areas=frozenset({COMMUNITY}))
TODAY = Given("全国", "企业职工", day("2026-11-25"))


# --- by the resident ---


async def test_what_was_recorded_says_when_it_is_due(office: Office) -> None:
    made = await office.record("2026-03-10")
    assert (made.state, made.due_on) == (State.VALID, day("2027-03-10"))
    assert await office.standing() == made


async def test_without_a_record_the_usual_rule_is_shown(office: Office) -> None:
    standing = await office.standing("r2")
    assert (standing.state, standing.record, standing.due_on) == (State.UNKNOWN, None, None)
    assert (standing.rule.region, standing.rule.cycle_months) == ("全国", 12)


async def test_the_nearest_rule_holds(office: Office) -> None:
    for region, scheme, ruled_by, due in (
        ("海口", "城乡居民", "海口市", "2026-09-10"),
        ("海口市", "居民养老", "海口市", "2026-09-10"),
        ("海口市", "企业职工", "全国", "2027-03-10"),
        ("青島", "企業退休", "青岛市", "2027-03-10"),
        ("杭州", "企业职工", "全国", "2027-03-10"),
        ("桂花社区", "企业职工", "全国", "2027-03-10"),
        ("330199", "企业职工", "全国", "2027-03-10"),
    ):
        made = await office.record("2026-03-10", region=region, scheme=scheme)
        assert (made.rule.region, made.due_on) == (ruled_by, day(due))


async def test_what_cannot_be_is_refused_and_nothing_stored(office: Office) -> None:
    for on, given, field in (
        ("2026-03-10", {"region": "火星"}, "region"),
        ("2026-03-10", {"region": ""}, "region"),
        ("2026-03-10", {"region": "$where" * 1000}, "region"),
        ("2026-03-10", {"scheme": "高温补贴"}, "scheme"),
        ("2026-03-10", {"scheme": ""}, "scheme"),
        ("2026-11-26", {}, "certifiedOn"),
        ("1955-03-01", {}, "certifiedOn"),
    ):
        error = await refusal(office.record(on, **given))
        assert isinstance(error, InvalidInput)
        assert error.field == (field,)
    assert await office.rows("certifications") == []


async def test_today_is_the_day_in_shanghai(office: Office) -> None:
    office.clock.now = at("2026-11-25 23:59")
    assert isinstance(await refusal(office.record("2026-11-26")), InvalidInput)
    office.clock.now = at("2026-11-26 00:00")
    assert (await office.record("2026-11-26")).state is State.VALID


async def test_nothing_is_recorded_without_a_consent_to_it(office: Office) -> None:
    assert isinstance(await refusal(office.record("2026-03-10", "r2")), ConsentRequired)
    assert await office.rows("certifications") == []


async def test_the_same_again_changes_nothing(office: Office) -> None:
    first = await office.record("2026-03-10")
    rows = await office.rows("certifications")
    office.clock.advance(days=1)
    assert await office.record("2026-03-10", scheme="企业退休") == first
    assert await office.rows("certifications") == rows


async def test_certifying_during_a_suspension_restores(office: Office) -> None:
    await office.record("2025-06-01")
    assert (await office.standing()).state is State.SUSPENDED
    assert (await office.record("2026-11-25")).state is State.RESTORED
    office.clock.now = at("2027-01-01 00:00")
    assert (await office.standing()).state is State.VALID


async def test_a_slip_of_the_pen_is_corrected_without_a_trace(office: Office) -> None:
    await office.record("2025-06-01")
    await office.record("2026-11-20")
    made = await office.record("2026-11-02")
    assert made.record is not None
    assert (made.record.certified_on, made.record.previous_on) == (day("2026-11-02"), day("2025-06-01"))


async def test_many_at_once_leave_one_of_them(office: Office) -> None:
    days = [f"2026-03-{number:02}" for number in range(1, 13)]
    made = await asyncio.gather(*(office.record(text) for text in days))
    (row,) = await office.rows("certifications")
    last = await office.standing()
    assert last in made
    assert row["version"] == len(days)


# --- what is stored ---


async def test_only_the_named_fields_are_stored_and_the_dates_are_sealed(office: Office) -> None:
    await office.record("2026-03-10", region="海口", scheme="城乡居民")
    (row,) = await office.rows("certifications")
    assert set(row) == {"_id", "resident", "details", "recorded_at", "version"}
    details = json.loads(office.keys.unseal(row["details"], field="certification"))
    assert details == {
        "region": "海口市",
        "scheme": "城乡居民",
        "certified_on": "2026-03-10",
        "previous_on": None,
        "by_staff": False,
    }
    for text in ("2026-03-10", "海口", "城乡居民"):
        assert text not in json_util.dumps(row, ensure_ascii=False)


async def test_every_change_stands_in_the_audit_without_its_values(office: Office) -> None:
    await office.record("2026-03-10")
    await office.record("2026-03-10")
    trail = await office.desk.privacy.audit.trail(Subject("Resident", "r1"), 10)
    found = [(e.actor, e.fields) for e in trail if e.action is AuditAction.PERSONAL_DATA_CHANGED]
    assert found == [("r1", ("certification",))]


# --- taking away and forgetting ---


async def test_the_export_holds_the_record_in_clear(office: Office) -> None:
    await office.record("2026-03-10")
    exported = json.loads(await office.desk.privacy.export("r1", confirm=True))
    (held,) = exported["certification"]
    assert (held["details"]["certified_on"], held["details"]["scheme"]) == ("2026-03-10", "企业职工")


async def test_a_deleted_account_leaves_no_record_and_no_reminder(office: Office) -> None:
    await office.record("2026-01-25")
    await office.next_day("2026-11-26 09:00")
    assert await office.reminders() == [("2027-01-25", 60)]
    await office.desk.privacy.delete_account("r1", confirm=True)
    assert await office.rows("certifications") == []
    assert await office.reminders() == []


async def test_withdrawing_the_consent_erases_what_rested_on_it(office: Office) -> None:
    await office.record("2026-01-25")
    await office.next_day("2026-11-26 09:00")
    await office.desk.privacy.withdraw_consent("r1", Purpose.NOTIFICATIONS)
    assert len(await office.rows("certifications")) == 1
    await office.desk.privacy.withdraw_consent("r1", Purpose.SENSITIVE_PENSION)
    assert await office.rows("certifications") == []
    assert await office.reminders() == []
    assert (await office.standing()).state is State.UNKNOWN


async def test_a_consent_that_is_withdrawn_meanwhile_leaves_no_record(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = RecordStore.put

    async def slow(store: RecordStore, record: Record) -> bool:
        await office.desk.privacy.withdraw_consent("r1", Purpose.SENSITIVE_PENSION)
        return await put(store, record)

    monkeypatch.setattr(RecordStore, "put", slow)
    assert isinstance(await refusal(office.record("2026-03-10")), ConsentRequired)
    assert await office.rows("certifications") == []


# --- by staff ---


async def test_staff_record_for_the_resident_whom_they_visited(office: Office) -> None:
    await office.book_visit()
    made = await office.desk.record_at_visit(STAFF, "b1", TODAY)
    assert (made.state, (await office.standing()).record) == (State.VALID, made.record)
    assert made.record is not None
    assert made.record.by_staff
    trail = await office.desk.privacy.audit.trail(Subject("Resident", "r1"), 10)
    assert ("staff", AuditAction.PERSONAL_DATA_CHANGED) in [(entry.actor, entry.action) for entry in trail]


async def test_nobody_else_records_for_a_resident(office: Office) -> None:
    owner = Roles("owner", (Membership("x", "m1", "owner", MemberRole.OWNER, ()),))
    cases: list[tuple[Roles, dict[str, Any], type[Exception]]] = [
        (STAFF, {"start": "2026-11-25 12:01"}, TooSoon),
        (STAFF, {"kind": "CANCELLED"}, StateChanged),
        (STAFF, {"kind": "PENDING"}, StateChanged),
        (STAFF, {"start": "2026-10-26 10:59"}, StateChanged),
        (STAFF, {"offering": "cleaning"}, InvalidInput),
        (STAFF, {"resident": "staff"}, Forbidden),
        (STAFF, {"resident": "r2"}, ConsentRequired),
        (STAFF, {"resident": "gone-1"}, ConsentRequired),
        (STAFF, {"merchant": "m1"}, NotFound),
        (Roles("staff", areas=frozenset({"330199002001"})), {}, NotFound),
        (Roles("stranger"), {}, NotFound),
        (Roles("r1"), {}, Forbidden),
        (owner, {"merchant": "m1"}, Forbidden),
    ]
    for number, (roles, booking, error) in enumerate(cases):
        await office.book_visit(f"b{number}", **booking)
        assert type(await refusal(office.desk.record_at_visit(roles, f"b{number}", TODAY))) is error
    assert await office.rows("certifications") == []


async def test_an_unknown_booking_is_not_found(office: Office) -> None:
    assert isinstance(await refusal(office.desk.record_at_visit(STAFF, "nothing", TODAY)), NotFound)


async def test_a_counter_is_a_place_of_certification_whatever_it_offers(office: Office) -> None:
    await office.database["stores"].update_one({"_id": "station"}, {"$set": {"category": "pension-certification"}})
    await office.book_visit(offering="cleaning")
    assert (await office.desk.record_at_visit(STAFF, "b1", TODAY)).state is State.VALID


# --- rules that change ---


async def test_a_rule_that_changes_moves_the_due_date(office: Office) -> None:
    await office.record("2026-03-10", region="青岛")
    change = {"$set": {"cycle_months": 6}}
    await office.database["certification_rules"].update_one({"_id": "青岛市:企业职工"}, change)

    async def is_due_earlier() -> bool:
        return (await office.standing()).due_on == day("2026-09-10")

    await until_told(is_due_earlier)
    assert (await office.standing()).state is State.WARNING


async def test_a_region_without_its_rule_falls_back(office: Office) -> None:
    await office.record("2026-10-10", region="海口", scheme="城乡居民")
    office.desk.shelf.apply("海口市:城乡居民", None)
    assert (await office.standing()).due_on == day("2027-10-10")


async def test_without_rules_nothing_is_made_up(office: Office) -> None:
    for row in await office.rows("certification_rules"):
        office.desk.shelf.apply(row["_id"], None)
    assert isinstance(await refusal(office.standing()), NotFound)
    assert isinstance(await refusal(office.record("2026-03-10")), InvalidInput)
