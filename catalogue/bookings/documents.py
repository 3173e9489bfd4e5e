"""The booking document: claims, booking, events and undelivered notices together; each change is one write of it.

`lookup` finds the holders of a day and the users of a limit: a unique index that covers only some documents is not
searched by every server. `due_at` is when the system must look at the booking again; only what may still matter to
somebody else's booking has one.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from lifecircle.catalogue.bookings.claims import day_keys, place_claims
from lifecircle.catalogue.bookings.limits import key_of_ticket
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Actor,
    Booking,
    BookingDate,
    BookingEvent,
    BookingRequest,
    BookingStatus,
    Contact,
    Interval,
    date_document,
    event_document,
)
from lifecircle.catalogue.bookings.moves import frees_tickets, next_due
from lifecircle.catalogue.bookings.rules import price_of
from lifecircle.catalogue.bookings.turns import over_at, turn_keys, turns_among, without_turns
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.notices.rules import first_outbox
from lifecircle.catalogue.offerings.store import OfferingTerms
from lifecircle.catalogue.sealing import KeyRing

RESCHEDULED, DATE_CANCELLED, NEXT_DATE = "RESCHEDULED", "DATE_CANCELLED", "NEXT_DATE"
"""Kinds of notices beside the states."""

TICKETS_KEPT = timedelta(days=8)
"""How long after a booking the tickets of its limits matter: to the end of its week."""

_CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LENGTH = 8
_ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class BookingDraft:
    """One attempt at a claim."""

    id: str
    resident: str
    request: BookingRequest
    terms: OfferingTerms
    dates: tuple[BookingDate, ...]
    tickets: tuple[str, ...]
    """Of its limits, and the resident's turns."""


def booking_document(draft: BookingDraft, keys: KeyRing, now: datetime, version: int = 1) -> Document:
    """`version`: above 1 where it takes the place of an offer."""
    terms, offering, request = draft.terms, draft.terms.offering, draft.request
    status = BookingStatus.CONFIRMED if offering.auto_confirm else BookingStatus.PENDING
    first = draft.dates[0].interval
    expires_at = None if offering.auto_confirm else _expiry(first, offering.rules.pending_minutes, now)
    document = {
        "_id": draft.id,
        "district": terms.district,
        "code": new_code(),
        "resident": draft.resident,
        "store": terms.store.id,
        "store_name": terms.store.name,
        "merchant": terms.store.merchant,
        "offering": offering.id,
        "offering_name": offering.name,
        "status": status.value,
        "party_size": request.party_size,
        **placed(draft.resident, draft.dates, draft.tickets),
        "resources": resource_names(terms, draft.dates),
        "price": price_of(offering, request.party_size, request.duration_minutes),
        "cancel_before_minutes": offering.cancel_before_minutes,
        "reschedule_before_minutes": offering.rules.reschedule_before_minutes,
        "contact": _sealed_contact(request, keys),
        "events": [event_document(BookingEvent(now, status, Actor.RESIDENT))],
        "notices": [notice(draft.id, version, status.value, now)],
        "expires_at": expires_at,
        "due_at": next_due(status, first, (date.interval for date in draft.dates[1:]), expires_at),
        "created_at": now,
        "version": version,
        **({"request_hash": request_hashes(request, keys)[0]} if request.idempotency_key else {}),
    }
    return {**document, **first_outbox(document, now)}


def placed(resident: str, dates: Sequence[BookingDate], tickets: Sequence[str]) -> Document:
    """Everything of a document that says when and what it holds; the first date that has not ended is the present."""
    coming = [date for date in dates if date.ended is None]
    claims = list(place_claims(hold for date in coming for hold in date.holds))
    own = turn_keys(resident, [date.interval for date in coming])
    present = coming[0]
    return {
        "start": present.interval.start,
        "end": present.interval.end,
        "dates": [date_document(date) for date in dates],
        "days": sorted({local_day(date.interval.start).isoformat() for date in dates}),
        "seats": [seat for hold in present.holds for seat in hold.seats],
        "claims": claims,
        "lookup": [*day_keys(claims), *sorted({*own, *ticket_lookup(tickets)})],
        **({"tickets": list(tickets)} if tickets else {}),
    }


def moved(booking: Booking, event: BookingEvent, *, kind: str | None = None, **sets: Any) -> Document:
    """The update that makes the event true. `sets`: what else changes; None takes a field away."""
    now, status = event.at, event.status
    unset: dict[str, str] = {name: "" for name, value in sets.items() if value is None}
    values = {name: value for name, value in sets.items() if value is not None}
    if status not in HOLDING:
        unset |= {"claims": ""}
        kept = _kept_tickets(booking, status, now)
        if kept:
            values |= {"tickets": kept, "lookup": ticket_lookup(kept), "due_at": _forgotten_at(booking, kept)}
        else:
            unset |= {"lookup": "", "tickets": "", "due_at": ""}
    else:
        later = (date.interval for date in booking.coming if date.interval.start > booking.interval.start)
        due = next_due(status, booking.interval, later, booking.expires_at)
        values = {"due_at": due, **values}
    return {
        "$set": {"status": status.value, "notify_at": now, **values},
        **({"$unset": {name: "" for name in unset if name not in values}} if unset else {}),
        "$push": {
            "events": event_document(event),
            "notices": notice(booking.id, booking.version + 1, kind or status.value, now),
        },
        "$inc": {"version": 1},
    }


def _kept_tickets(booking: Booking, status: BookingStatus, now: datetime) -> list[str]:
    """Turns, while their day can still be booked; those of limits, where the booking counts."""
    turns = [turn for turn in turns_among(booking.tickets) if over_at(turn) > now]
    return turns if frees_tickets(status) else [*without_turns(booking.tickets), *turns]


def _forgotten_at(booking: Booking, tickets: Sequence[str]) -> datetime:
    """When the tickets of a booking that is over are of no use any more."""
    counted = [booking.interval.end + TICKETS_KEPT] if without_turns(tickets) else []
    return max([*counted, *map(over_at, turns_among(tickets))])


def notice(subject: str, version: int, kind: str, now: datetime) -> Document:
    """Somebody must hear of this; the outbox lies in the document that it is about."""
    return {"id": f"{subject}:{version}", "kind": kind, "at": now, "due_at": now, "delivered_at": None}


def ticket_lookup(tickets: Iterable[str]) -> list[str]:
    return sorted({key_of_ticket(ticket) for ticket in tickets})


def ids_of_key(resident: str, key: str, keys: KeyRing) -> list[str]:
    """The id of the booking that the key makes, under every key of ours still known, the active first.

    So the same key twice is the same document twice. A resident's keys are their own.
    """
    hashes = keys.lookup_hashes(f"{resident}:{key}", field="idempotency")
    return [found.rpartition(".")[2][:_ID_LENGTH] for found in hashes]


def new_code() -> str:
    """One draw for all letters; the alphabet has 32, so every letter is as likely."""
    return "".join(_CODE_ALPHABET[byte % len(_CODE_ALPHABET)] for byte in secrets.token_bytes(_CODE_LENGTH))


def new_id() -> str:
    return secrets.token_hex(_ID_LENGTH // 2)


def request_hashes(request: BookingRequest, keys: KeyRing) -> list[str]:
    """What the input was, under every key still known, the active first; keyed, as the contact is part of it."""
    later = [start.timestamp() for start in request.later_starts]
    start, contact = request.start.timestamp(), _fields(request.contact)
    content = {**_fields(request), "contact": contact, "start": start, "later_starts": later}
    return keys.lookup_hashes(json.dumps(content, sort_keys=True, default=str), field="request")


def _fields(of: BookingRequest | Contact) -> dict[str, Any]:
    """As `asdict`, but only of the thing itself, and not copied."""
    return {field.name: getattr(of, field.name) for field in fields(of)}


def _expiry(first: Interval, minutes: int, now: datetime) -> datetime:
    """A booking that waits for the merchant holds its place until then, and never past its own start."""
    return min(now + timedelta(minutes=minutes), first.start)


def resource_names(terms: OfferingTerms, dates: Sequence[BookingDate]) -> list[str]:
    """Of the workers, rooms or courts that the dates hold."""
    names = {one.id: one.name for one in terms.offering.rules.resources}
    held = {hold.of.rpartition("/")[2] for date in dates for hold in date.holds if terms.offering.uses_resources}
    return [name for key, name in names.items() if key in held]


def _sealed_contact(request: BookingRequest, keys: KeyRing) -> str | None:
    given = {name: value for name, value in _fields(request.contact).items() if value is not None}
    return keys.seal(json.dumps(given, ensure_ascii=False), field="contact") if given else None
