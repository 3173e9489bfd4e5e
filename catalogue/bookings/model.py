"""A booking: one document that carries its claims, its terms as of the moment, and its history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple


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

NEVER_WAS = frozenset({BookingStatus.CANCELLED, BookingStatus.DECLINED, BookingStatus.EXPIRED})
"""The states in which a booking no longer counts towards a limit."""


class Actor(StrEnum):
    RESIDENT = "RESIDENT"
    MERCHANT = "MERCHANT"
    STAFF = "STAFF"
    """Of the area, for a public facility without a merchant."""
    SYSTEM = "SYSTEM"


@dataclass(frozen=True, slots=True)
class BookingEvent:
    at: datetime
    status: BookingStatus
    actor: Actor
    reason: str | None = None


class Interval(NamedTuple):
    """From `start` until just before `end`, aware UTC. A tuple: availability makes hundreds at a time."""

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
    resource: str | None = None
    """The worker, room or court, where it should be this one."""
    declares_eligible: bool = False
    later_starts: tuple[datetime, ...] = ()
    """The other dates of a series, after `start`."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Seats of an offering, or seat 0 of a resource, held in the cells from `first` until just before `stop`."""

    of: str
    seats: tuple[int, ...]
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class BookingDate:
    """One time to come; a series has several."""

    interval: Interval
    holds: tuple[Hold, ...]
    ended: BookingStatus | None = None
    """How it ended, where it did and the booking as a whole goes on."""


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
    """Of a series: its next date."""
    party_size: int
    price: int | None
    """Fen for the whole party, as of the moment of booking; None: to be agreed on the spot. Of a series: each date."""
    cancel_before_minutes: int
    events: tuple[BookingEvent, ...]
    expires_at: datetime | None
    """Until when a PENDING booking holds its places."""
    version: int
    dates: tuple[BookingDate, ...] = ()
    resources: tuple[str, ...] = ()
    """Names of the workers, rooms or courts."""
    reschedule_before_minutes: int | None = None
    tickets: tuple[str, ...] = ()
    request_key: str | None = None
    """The id that its idempotency key makes, where it has another: it took the place of an offer."""

    @property
    def cancellable_until(self) -> datetime:
        return self.interval.start - timedelta(minutes=self.cancel_before_minutes)

    @property
    def reschedulable_until(self) -> datetime:
        minutes = self.reschedule_before_minutes
        return self.interval.start - timedelta(minutes=self.cancel_before_minutes if minutes is None else minutes)

    @property
    def is_series(self) -> bool:
        return len(self.dates) > 1

    @property
    def coming(self) -> tuple[BookingDate, ...]:
        """The dates that have not ended, the present one first."""
        return tuple(date for date in self.dates if date.ended is None)

    def status_of(self, date: BookingDate) -> BookingStatus:
        if date.ended is not None:
            return date.ended
        is_present = date.interval == self.interval or self.status not in HOLDING
        return self.status if is_present or self.status is BookingStatus.PENDING else BookingStatus.CONFIRMED


def booking_from_document(document: Mapping[str, Any]) -> Booking:
    interval = Interval(document["start"], document["end"])
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
        interval=interval,
        party_size=document["party_size"],
        price=document["price"],
        cancel_before_minutes=document["cancel_before_minutes"],
        events=tuple(event_from_document(event) for event in document["events"]),
        expires_at=document.get("expires_at"),
        version=document["version"],
        dates=dates_from_document(document) or (BookingDate(interval, ()),),
        resources=tuple(document.get("resources", ())),
        reschedule_before_minutes=document.get("reschedule_before_minutes"),
        tickets=tuple(document.get("tickets", ())),
        request_key=document.get("request_key"),
    )


def dates_from_document(document: Mapping[str, Any]) -> tuple[BookingDate, ...]:
    return tuple(
        BookingDate(
            Interval(row["start"], row["end"]),
            tuple(Hold(hold["of"], tuple(hold["seats"]), hold["first"], hold["stop"]) for hold in row["holds"]),
            BookingStatus(row["ended"]) if row["ended"] else None,
        )
        for row in document.get("dates", ())
    )


def date_document(date: BookingDate) -> dict[str, Any]:
    return {
        "start": date.interval.start,
        "end": date.interval.end,
        "holds": [
            {"of": hold.of, "seats": list(hold.seats), "first": hold.first, "stop": hold.stop} for hold in date.holds
        ],
        "ended": date.ended.value if date.ended else None,
    }


def event_from_document(document: Mapping[str, Any]) -> BookingEvent:
    return BookingEvent(document["at"], BookingStatus(document["status"]), Actor(document["actor"]), document["reason"])


def event_document(event: BookingEvent) -> dict[str, Any]:
    return {"at": event.at, "status": event.status.value, "actor": event.actor.value, "reason": event.reason}
