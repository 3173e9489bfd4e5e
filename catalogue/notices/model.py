"""A notice: something that somebody must hear of. It lies in the document that it is about, the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.bookings.model import Actor, BookingStatus
from lifecircle.catalogue.database import Document

OUTBOXES = ("bookings", "waiting_entries", "certification_reminders")
"""The collections whose documents carry notices."""


class Purpose(StrEnum):
    """What a WeChat template is for; the operator names one template for each."""

    BOOKING_RESULT = "BOOKING_RESULT"
    BOOKING_CHANGE = "BOOKING_CHANGE"
    REMINDER = "REMINDER"
    WAITING_LIST = "WAITING_LIST"
    CERTIFICATION = "CERTIFICATION"


class Channel(StrEnum):
    WECHAT = "WECHAT"
    SMS = "SMS"
    IN_APP = "IN_APP"
    """Nothing is sent: the app shows it, and `bookingChanged` carries it to whoever is looking."""


REMINDER_EVENING, REMINDER_HOURS = "REMINDER_EVENING", "REMINDER_HOURS"
REMINDERS = frozenset({REMINDER_EVENING, REMINDER_HOURS})
WAITING_OFFER = "WAITING_OFFER"
CERTIFICATION_DUE = "CERTIFICATION_DUE"

PURPOSES: Mapping[str, Purpose] = {
    BookingStatus.CONFIRMED: Purpose.BOOKING_RESULT,
    BookingStatus.EXPIRED: Purpose.BOOKING_RESULT,
    BookingStatus.DECLINED: Purpose.BOOKING_CHANGE,
    BookingStatus.CANCELLED: Purpose.BOOKING_CHANGE,
    "RESCHEDULED": Purpose.BOOKING_CHANGE,
    "DATE_CANCELLED": Purpose.BOOKING_CHANGE,
    REMINDER_EVENING: Purpose.REMINDER,
    REMINDER_HOURS: Purpose.REMINDER,
    WAITING_OFFER: Purpose.WAITING_LIST,
    CERTIFICATION_DUE: Purpose.CERTIFICATION,
}
"""By kind. A kind that is not here is only shown in the app."""


@dataclass(frozen=True, slots=True)
class Notice:
    id: str
    kind: str
    at: datetime
    due_at: datetime
    attempts: int
    delivered_at: datetime | None
    dead_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.delivered_at is None and self.dead_at is None

    @property
    def purpose(self) -> Purpose | None:
        return PURPOSES.get(self.kind)


@dataclass(frozen=True, slots=True)
class Subject:
    """What notices are about, as far as telling somebody needs it."""

    id: str
    district: str
    resident: str
    store: str | None
    store_name: str
    offering_name: str
    status: str
    start: datetime
    offered_until: datetime | None
    reason: str | None
    """What the store said about the latest change."""
    actors: tuple[tuple[datetime, str], ...]
    """(when, who) of every change."""
    shut: str | None = None
    """Why the store is shut on the day of the booking, which stands all the same."""

    def actor(self, notice: Notice) -> str:
        return next((who for at, who in reversed(self.actors) if at == notice.at), Actor.SYSTEM.value)


def notice_from_document(row: Mapping[str, Any]) -> Notice:
    return Notice(
        id=row["id"],
        kind=row["kind"],
        at=row["at"],
        due_at=row.get("due_at") or row["at"],
        attempts=row.get("attempts", 0),
        delivered_at=row.get("delivered_at"),
        dead_at=row.get("dead_at"),
    )


def subject_from_document(row: Mapping[str, Any]) -> Subject:
    events = row.get("events", ())
    latest = events[-1] if events else {}
    is_told = latest.get("actor") in (Actor.MERCHANT, Actor.STAFF)
    return Subject(
        id=row["_id"],
        district=row["district"],
        resident=row["resident"],
        store=row.get("store"),
        store_name=row.get("store_name") or "",
        offering_name=row.get("offering_name") or "",
        status=row["status"],
        start=row["start"],
        offered_until=row.get("offered_until"),
        reason=latest.get("reason") if is_told else None,
        actors=tuple((event["at"], event["actor"]) for event in events),
    )


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notice that nobody could deliver. Says nothing about the resident."""

    id: str
    booking: str
    kind: str
    reason: str
    attempts: int
    store: str | None
    at: datetime


def dead_letter_from_document(row: Document) -> DeadLetter:
    return DeadLetter(row["_id"], row["subject"], row["kind"], row["reason"], row["attempts"], row["store"], row["at"])
