"""The documents of an application and of a membership."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.membership.model import Application, MerchantFile
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.people.model import MemberRole
from lifecircle.catalogue.sealing import KeyRing

DISTRICT_DIGITS = 6
"""An area code begins with that of its district (GB/T 2260)."""


@dataclass(frozen=True, slots=True)
class CheckedApplication:
    """An application whose every field is in its one spelling."""

    id: str
    membership: str
    resident: str
    name: str
    licence_number: str
    licence_expires_on: date | None
    area: str
    contact_phone: str

    @property
    def district(self) -> str:
        return self.area[:DISTRICT_DIGITS]


def merchant_document(
    checked: CheckedApplication, application: Application, slot: str, keys: KeyRing, now: datetime
) -> Document:
    """`licence_held` and `open_slot` are claims under unique indexes; a decision gives back what it frees."""
    return {
        "_id": checked.id,
        "district": checked.district,
        "name": checked.name,
        "state": MerchantState.APPLIED.value,
        "area": checked.area,
        "licence_number": checked.licence_number,
        "licence_held": checked.licence_number,
        "licence_expires_on": checked.licence_expires_on.isoformat() if checked.licence_expires_on else None,
        "contact_phone": keys.seal(checked.contact_phone, field="phone"),
        "applicant": {"resident": checked.resident, "membership": checked.membership},
        "open_slot": slot,
        "owners": [],
        "history": [history_entry(checked.resident, None, MerchantState.APPLIED, None, now)],
        "created_at": now,
        "version": 1,
        **_idempotency(checked.resident, application, keys),
    }


def history_entry(
    actor: str, before: MerchantState | None, after: MerchantState, reason: str | None, now: datetime
) -> Document:
    return {"at": now, "actor": actor, "from": before and before.value, "to": after.value, "reason": reason}


def first_member_document(file: MerchantFile, membership: str, resident: str) -> Document:
    return _member(membership, file, resident, MemberRole.OWNER, ())


def active_member_document(
    membership: str, file: MerchantFile, resident: str, role: MemberRole, stores: tuple[str, ...]
) -> Document:
    return _member(membership, file, resident, role, stores)


def waiting_member_document(
    membership: str, file: MerchantFile, phone: str, role: MemberRole, stores: tuple[str, ...], keys: KeyRing
) -> Document:
    """An invitation knows its phone until somebody comes for it."""
    return {
        **_member(membership, file, None, role, stores),
        "phone": keys.seal(phone, field="phone"),
        "phone_lookup": keys.lookup_hash(phone, field="phone"),
    }


def idempotency_key(resident: str, key: str) -> str:
    """A resident's keys are their own: two residents may choose the same one."""
    return hashlib.sha256(f"{resident}:{key}".encode()).hexdigest()


def request_hashes(application: Application, keys: KeyRing) -> list[str]:
    """What the input was, under every key still known, the active first; keyed, as the phone is part of it."""
    return keys.lookup_hashes(json.dumps(asdict(application), sort_keys=True, default=str), field="application")


def _member(
    membership: str, file: MerchantFile, resident: str | None, role: MemberRole, stores: tuple[str, ...]
) -> Document:
    return {
        "_id": membership,
        "district": file.district,
        "merchant": file.merchant.id,
        "resident": resident,
        "role": role.value,
        "stores": list(stores),
        "version": 1,
    }


def _idempotency(resident: str, application: Application, keys: KeyRing) -> Document:
    if application.idempotency_key is None:
        return {}
    key = idempotency_key(resident, application.idempotency_key)
    return {"idempotency": {"key": key, "hash": request_hashes(application, keys)[0]}}
