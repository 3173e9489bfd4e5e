"""The state of a conversation between two turns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


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
    label: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class BookingForm:
    step: Step
    name: str | None = None
    """The words that named the service."""
    wish: Wish | None = None
    options: tuple[Option, ...] = ()
    chosen: Option | None = None
    address: str | None = None

    def with_step(self, step: Step) -> BookingForm:
        return replace(self, step=step)


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    resident: str | None
    form: BookingForm | None = None
    last_key: str | None = None
    """Idempotency key of the last turn that booked."""
    last_booking: str | None = None
    version: int = 0
