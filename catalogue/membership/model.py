"""Applications of merchants and memberships in them, as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lifecircle.catalogue.merchants import Merchant, merchant_from_document
from lifecircle.catalogue.people.model import MemberRole, Membership


@dataclass(frozen=True, slots=True)
class Application:
    """What an applicant wrote, nothing of it checked yet."""

    name: str
    licence_number: str
    licence_expires_on: date | None
    area: str
    contact_phone: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    merchant: str
    phone: str
    role: MemberRole
    stores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MerchantFile:
    """A merchant with what only its members' and its staff's operations look at."""

    merchant: Merchant
    district: str
    owners: tuple[str, ...]
    """Memberships that count as owners; see `owners.py`."""
    applicant: str | None
    first_membership: str | None
    """The membership that the applicant gets."""
    request_hash: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A membership, or an invitation that still waits for its person (`resident` is None)."""

    id: str
    merchant: str
    resident: str | None
    role: MemberRole
    stores: tuple[str, ...]
    version: int | None
    """None in records that were never changed."""

    @property
    def is_active_owner(self) -> bool:
        return self.role is MemberRole.OWNER and self.resident is not None

    def as_membership(self) -> Membership:
        """The same shape whether somebody has come for it or not."""
        return Membership(self.id, self.merchant, self.resident or "", self.role, self.stores)


def merchant_file_from_document(document: Mapping[str, Any]) -> MerchantFile:
    applicant = document.get("applicant") or {}
    return MerchantFile(
        merchant=merchant_from_document(document),
        district=document["district"],
        owners=tuple(document.get("owners", ())),
        applicant=applicant.get("resident"),
        first_membership=applicant.get("membership"),
        request_hash=(document.get("idempotency") or {}).get("hash"),
    )


def member_from_document(document: Mapping[str, Any]) -> Member:
    return Member(
        id=document["_id"],
        merchant=document["merchant"],
        resident=document["resident"],
        role=MemberRole(document["role"]),
        stores=tuple(document["stores"]),
        version=document.get("version"),
    )
