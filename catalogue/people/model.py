"""Residents, merchants' members, staff, and their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.errors import StateChanged


class MemberRole(StrEnum):
    OWNER = "OWNER"
    MANAGER = "MANAGER"
    CLERK = "CLERK"


@dataclass(frozen=True, slots=True)
class Resident:
    id: str
    """A keyed hash of the openid: nothing that identifies a person outside."""
    nickname: str | None
    sealed_phone: str | None
    created_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Membership:
    id: str
    merchant: str
    resident: str
    role: MemberRole
    stores: tuple[str, ...]
    """Empty: every store of the merchant."""


@dataclass(frozen=True, slots=True)
class SessionTokens:
    access_token: str
    expires_at: datetime
    refresh_token: str


@dataclass(frozen=True, slots=True)
class DeviceSession:
    """One device on which a resident is signed in."""

    id: str
    device: str
    """What kind of device, coarsely; never what would single one out."""
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    resident: Resident
    tokens: SessionTokens


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: nobody known (anonymous) has none of these."""

    resident: str
    session: str


def resident_from_document(document: Mapping[str, Any]) -> Resident:
    """Raises StateChanged for an account that is being deleted: nobody acts in half of one."""
    if document.get("state") == "DELETING":
        raise StateChanged("这个账号正在注销，请过几分钟再登录。")
    return Resident(
        id=document["_id"],
        nickname=document["nickname"],
        sealed_phone=document["phone"],
        created_at=document["created_at"],
        version=document["version"],
    )


def device_session_from_document(document: Mapping[str, Any]) -> DeviceSession:
    return DeviceSession(
        id=document["_id"],
        device=document.get("device", "其他设备"),
        created_at=document["created_at"],
        seen_at=document.get("seen_at", document["created_at"]),
    )


def membership_from_document(document: Mapping[str, Any]) -> Membership:
    return Membership(
        id=document["_id"],
        merchant=document["merchant"],
        resident=document["resident"],
        role=MemberRole(document["role"]),
        stores=tuple(document["stores"]),
    )
