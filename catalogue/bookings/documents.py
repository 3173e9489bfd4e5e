"""The booking document: claim, booking, first event and undelivered notice together, one insert is all of it."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.claims import place_claims, resident_claims
from lifecircle.catalogue.bookings.model import (
    Actor,
    BookingEvent,
    BookingRequest,
    BookingStatus,
    Interval,
    event_document,
)
from lifecircle.catalogue.bookings.rules import PENDING_HOURS
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.offerings.store import OfferingTerms
from lifecircle.catalogue.sealing import KeyRing

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class BookingDraft:
    """One attempt at a claim."""

    id: str
    resident: str
    request: BookingRequest
    terms: OfferingTerms
    interval: Interval
    seats: tuple[int, ...]


def booking_document(draft: BookingDraft, keys: KeyRing, now: datetime) -> Document:
    terms, offering, request = draft.terms, draft.terms.offering, draft.request
    status = BookingStatus.CONFIRMED if offering.auto_confirm else BookingStatus.PENDING
    return {
        "_id": draft.id,
        "district": terms.district,
        "code": "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH)),
        "resident": draft.resident,
        "store": terms.store.id,
        "store_name": terms.store.name,
        "merchant": terms.store.merchant,
        "offering": offering.id,
        "offering_name": offering.name,
        "status": status.value,
        "start": draft.interval.start,
        "end": draft.interval.end,
        "party_size": request.party_size,
        "seats": list(draft.seats),
        "claims": _claims(draft),
        "price": None if offering.price is None else offering.price * request.party_size,
        "cancel_before_minutes": offering.cancel_before_minutes,
        "contact": _sealed_contact(request, keys),
        "events": [event_document(BookingEvent(now, status, Actor.RESIDENT))],
        "notices": [{"id": f"{draft.id}:0", "kind": status.value, "at": now, "delivered_at": None}],
        "expires_at": _expiry(draft, now),
        "created_at": now,
        "version": 1,
        **_idempotency(draft, keys),
    }


def idempotency_key(resident: str, key: str) -> str:
    """A resident's keys are their own: two residents may choose the same one."""
    return hashlib.sha256(f"{resident}:{key}".encode()).hexdigest()


def request_hashes(request: BookingRequest, keys: KeyRing) -> list[str]:
    """What the input was, under every key still known, the active first; keyed, as the contact is part of it."""
    content = {**asdict(request), "start": request.start.timestamp()}
    return keys.lookup_hashes(json.dumps(content, sort_keys=True, default=str), field="request")


def _claims(draft: BookingDraft) -> list[str]:
    places = place_claims(draft.terms.offering, draft.interval, draft.seats)
    return [*places, *resident_claims(draft.resident, draft.interval)]


def _expiry(draft: BookingDraft, now: datetime) -> datetime | None:
    """A booking that waits for the merchant holds its place until then, and never past its own start."""
    if draft.terms.offering.auto_confirm:
        return None
    return min(now + timedelta(hours=PENDING_HOURS), draft.interval.start)


def _sealed_contact(request: BookingRequest, keys: KeyRing) -> str | None:
    given = {name: value for name, value in asdict(request.contact).items() if value is not None}
    return keys.seal(json.dumps(given, ensure_ascii=False), field="contact") if given else None


def _idempotency(draft: BookingDraft, keys: KeyRing) -> Document:
    if draft.request.idempotency_key is None:
        return {}
    key = idempotency_key(draft.resident, draft.request.idempotency_key)
    return {"idempotency": {"key": key, "hash": request_hashes(draft.request, keys)[0]}}
