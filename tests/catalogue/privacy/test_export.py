"""The export: everything that is held of a resident, and nothing of anybody else."""

from __future__ import annotations

import json

import pytest
from accounts import Enrol, Put, audit_rows, book, exported, staff_row
from factories import NOON

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.rules import TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk, ProfileChange
from lifecircle.catalogue.sealing import KeyRing


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
    await database["staff"].insert_one(staff_row(resident))
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
