"""Residents, merchants' members, staff, and their sessions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


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
class SignedIn:
    resident: Resident
    tokens: SessionTokens


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: nobody known (anonymous) has none of these."""

    resident: str
    session: str


def resident_from_document(document: Mapping[str, Any]) -> Resident:
    return Resident(
        id=document["_id"],
        nickname=document["nickname"],
        sealed_phone=document["phone"],
        created_at=document["created_at"],
        version=document["version"],
    )


def membership_from_document(document: Mapping[str, Any]) -> Membership:
    return Membership(
        id=document["_id"],
        merchant=document["merchant"],
        resident=document["resident"],
        role=MemberRole(document["role"]),
        stores=tuple(document["stores"]),
    )
