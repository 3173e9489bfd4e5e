"""The state of a conversation between two turns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lifecircle.catalogue.geo import Point


class Step(StrEnum):
    """What the form waits for."""

    WHAT = "WHAT"
    WHEN = "WHEN"
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

    def with_step(self, step: Step) -> BookingForm:
        return replace(self, step=step)

    def without_time(self) -> BookingForm:
        return replace(self, wish=None, options=(), chosen=None, step=Step.WHEN)


@dataclass(frozen=True, slots=True)
class LastTurn:
    """Enough to take a turn again that was sent twice."""

    key: str
    said: str
    """Hash of the text."""
    form: BookingForm | None
    """As it was before the turn."""
    booking: str | None


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    resident: str | None
    form: BookingForm | None = None
    near: Point | None = None
    """Where the resident last said to be."""
    is_traditional: bool = False
    last: LastTurn | None = None
    """Only of a turn that came with an idempotency key."""
    version: int = 0
