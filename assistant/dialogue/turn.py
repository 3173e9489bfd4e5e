"""What goes into a turn of the dialogue, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lifecircle.assistant.dialogue.model import BookingForm
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.replies import Reply
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.model import Snapshot

INTENT = "booking.create"


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, and everything it is understood against."""

    signals: Signals
    snapshot: Snapshot
    names: OfferNames
    resident: str | None
    near: Point | None
    center: Point
    now: datetime
    booking_key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    reply: Reply
    form: BookingForm | None
    booking: Booking | None = None
