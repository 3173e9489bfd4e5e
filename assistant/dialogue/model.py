"""The state of a conversation between two turns: what is being done, and what was asked last."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Step(StrEnum):
    """What a task waits for."""

    WHAT = "WHAT"
    WHEN = "WHEN"
    WHERE = "WHERE"
    CHOICE = "CHOICE"
    CONFIRM = "CONFIRM"


@dataclass(frozen=True, slots=True)
class Wish:
    """When somebody wants to come: a point, or a span with an end."""

    start: datetime
    end: datetime | None
    is_point: bool


@dataclass(frozen=True, slots=True)
class Option:
    """One free time that was shown."""

    offering: str
    store: str
    label: str
    start: datetime
    end: datetime
    price: int | None
    metres: float


@dataclass(frozen=True, slots=True)
class BookingForm:
    step: Step
    name: str | None = None
    """The words that named the service."""
    names: tuple[str, ...] = ()
    """The services that were shown to choose from."""
    wish: Wish | None = None
    options: tuple[Option, ...] = ()
    chosen: Option | None = None
    party_size: int = 1
    address: str | None = None
    phone: str | None = None
    address_asked: bool = False
    """Whether a yes without an address has been answered with asking for it."""
    store: str | None = None
    """Only there: the id of a store, or of a chain."""
    refused: tuple[str, ...] = ()
    """Stores that the resident does not want."""
    most_fen: int | None = None
    """What it may cost."""
    is_short: bool = False
    """The nearest free time is proposed at once instead of a choice."""
    later: str | None = None
    """What was asked for meanwhile, to be booked after this."""

    def with_step(self, step: Step) -> BookingForm:
        return replace(self, step=step)

    def without_time(self) -> BookingForm:
        return replace(self, wish=None, options=(), chosen=None, step=Step.WHEN)


class Errand(StrEnum):
    """What is to be done with a booking that stands."""

    CHANGE = "CHANGE"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class OwnForm:
    """A booking of the resident's own is to be moved or cancelled."""

    errand: Errand
    step: Step
    shown: tuple[str, ...] = ()
    """The bookings to choose from, by id, as they were numbered."""
    booking: str | None = None
    wish: Wish | None = None
    options: tuple[Option, ...] = ()
    chosen: Option | None = None


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A complaint or a fault for the community's staff."""

    step: Step
    category: str
    text: str = ""
    place: str | None = None
    """In the resident's words."""
    area: str | None = None


Task = BookingForm | OwnForm | RequestForm


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence that was not understood for sure, and what it could mean, as it was offered."""

    said: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What a turn leaves for the next; who stores it need not know what is in it."""

    task: Task | None = None
    doubt: Doubt | None = None
    aside: Task | None = None
    """What is gone on with when the task is done."""
    misses: int = 0
    """Sentences in a row that were not understood."""
