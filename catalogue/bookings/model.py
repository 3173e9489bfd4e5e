"""A booking: one document that carries its claims, its terms as of the moment, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class BookingStatus(StrEnum):
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    DECLINED = "DECLINED"
    NO_SHOW = "NO_SHOW"
    EXPIRED = "EXPIRED"


HOLDING = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN})
"""The states in which a booking holds its claims; in every other it has none."""


class Actor(StrEnum):
    RESIDENT = "RESIDENT"
    MERCHANT = "MERCHANT"
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class BookingEvent:
    at: datetime
    status: BookingStatus
    actor: Actor
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` until just before `end`, aware UTC."""

    start: datetime
    end: datetime

    def overlaps(self, other: Interval) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Contact:
    """Who to ask for, and where to come to; sealed at rest."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None
    location: tuple[float, float] | None = None
    """WGS84 (longitude, latitude)."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a resident asks for. `duration_minutes` only where the offering lets them choose."""

    offering: str
    start: datetime
    party_size: int = 1
    duration_minutes: int | None = None
    contact: Contact = Contact()
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """The places that one booking holds for a time."""

    interval: Interval
    seats: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Booking:
    id: str
    district: str
    code: str
    """What the resident shows at the door."""
    resident: str
    store: str
    merchant: str | None
    offering: str
    offering_name: str
    store_name: str
    status: BookingStatus
    interval: Interval
    party_size: int
    price: int | None
    """Fen for the whole party, as of the moment of booking; None: to be agreed on the spot."""
    cancel_before_minutes: int
    events: tuple[BookingEvent, ...]
    expires_at: datetime | None
    """Until when a PENDING booking holds its places."""
    version: int

    @property
    def cancellable_until(self) -> datetime:
        return self.interval.start - timedelta(minutes=self.cancel_before_minutes)


def booking_from_document(document: Mapping[str, Any]) -> Booking:
    return Booking(
        id=document["_id"],
        district=document["district"],
        code=document["code"],
        resident=document["resident"],
        store=document["store"],
        merchant=document["merchant"],
        offering=document["offering"],
        offering_name=document["offering_name"],
        store_name=document["store_name"],
        status=BookingStatus(document["status"]),
        interval=Interval(document["start"], document["end"]),
        party_size=document["party_size"],
        price=document["price"],
        cancel_before_minutes=document["cancel_before_minutes"],
        events=tuple(event_from_document(event) for event in document["events"]),
        expires_at=document["expires_at"],
        version=document["version"],
    )


def event_from_document(document: Mapping[str, Any]) -> BookingEvent:
    return BookingEvent(document["at"], BookingStatus(document["status"]), Actor(document["actor"]), document["reason"])


def event_document(event: BookingEvent) -> dict[str, Any]:
    return {"at": event.at, "status": event.status.value, "actor": event.actor.value, "reason": event.reason}
