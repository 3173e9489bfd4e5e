"""A complaint or a fault that a resident tells the community's staff. Who told it is never shown to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RequestCategory(StrEnum):
    NOISE = "NOISE"
    LAMP = "LAMP"
    """A street lamp, or the road itself."""
    SEWAGE = "SEWAGE"
    WASTE = "WASTE"
    PARKING = "PARKING"
    FACILITY = "FACILITY"
    PROPERTY = "PROPERTY"
    SERVICE = "SERVICE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Draft:
    """What a resident said, nothing of it checked yet."""

    category: RequestCategory
    text: str
    place: str | None
    """In words; None where only the area is known."""
    area: str
    """The smallest area that holds the place, by its code."""
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    id: str
    category: RequestCategory
    text: str
    place: str | None
    areas: tuple[str, ...]
    """The area of the place and those above it."""
    resident: str
    made_at: datetime
    closed_at: datetime | None
    note: str | None
    """What has been done, for the resident."""
