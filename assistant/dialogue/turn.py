"""What goes into a turn of the dialogue, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lifecircle.assistant.dialogue.model import Form, Task
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
    said: str = ""
    """As it was typed; `signals.text` is folded."""
    corrects: bool = False
    """ "不是保洁，是擦窗": `signals` holds what is meant."""
    stores: tuple[str, ...] = ()
    """Stores that the sentence names, or one chain, by id."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What a task answers, and the task as it then waits; None: it is done with."""

    reply: Reply
    task: Task | None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    reply: Reply
    form: Form | None
    """What the next turn is to begin with."""
    booking: Booking | None = None
    unanswered: bool = False
    """Not understood, or hardly: worth looking at by people."""
