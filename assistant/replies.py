"""What the assistant says: plain values, turned into GraphQL by the schema."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lifecircle.assistant.policies.model import Policy
from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.stores.model import Store


class ReplyKind(StrEnum):
    ANSWER = "ANSWER"
    CLARIFY = "CLARIFY"
    FORM = "FORM"
    CONFIRM = "CONFIRM"
    BOOKED = "BOOKED"
    HANDOFF = "HANDOFF"
    EMERGENCY = "EMERGENCY"
    FALLBACK = "FALLBACK"


class Requirement(StrEnum):
    SIGN_IN = "SIGN_IN"
    PHONE = "PHONE"
    LOCATION = "LOCATION"


@dataclass(frozen=True, slots=True)
class Hotline:
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class TimeSlotOffer:
    offering: Offering
    start: datetime
    end: datetime


PARAGRAPH = "\n\n"
MOST_PARAGRAPHS = 4

Card = Store | Offering | TimeSlotOffer | Booking | Policy | Hotline


@dataclass(frozen=True, slots=True)
class Citation:
    policy: Policy
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """`confidence` is 0 … 1; `suggestions` work when sent back as text."""

    text: str
    kind: ReplyKind
    intent: str | None = None
    confidence: float = 1.0
    citations: tuple[Citation, ...] = ()
    cards: tuple[Card, ...] = ()
    suggestions: tuple[str, ...] = ()
    booking: Booking | None = None
    requires: Requirement | None = None


def in_short(text: str) -> str:
    """What would be a fifth paragraph is the end of the fourth."""
    parts = text.split(PARAGRAPH)
    return PARAGRAPH.join([*parts[: MOST_PARAGRAPHS - 1], "\n".join(parts[MOST_PARAGRAPHS - 1 :])]).strip()
