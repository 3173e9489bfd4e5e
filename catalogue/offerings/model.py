"""What a store offers: appointments, sessions with places, or a request only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class OfferingKind(StrEnum):
    APPOINTMENT = "APPOINTMENT"
    """A grid of starts inside the opening hours."""
    SESSION = "SESSION"
    """Listed dates with places."""
    REQUEST_ONLY = "REQUEST_ONLY"


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Session:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Offering:
    """One thing that one store offers.

    Money in fen; durations, lead and cancellation times in minutes.
    """

    id: str
    store: str | None
    """None for a chain's offering seen by itself."""
    chain: str | None
    template: str | None
    """The chain's offering that this one inherits from."""
    inherits: tuple[str, ...]
    name: str
    description: str | None
    aliases: tuple[str, ...]
    price: int | None
    unit: str
    kind: OfferingKind
    duration_minutes: int | None
    grid_minutes: int
    capacity: int
    party_size_max: int
    lead_minutes: int
    window_days: int
    cancel_before_minutes: int
    at_home: bool
    bookable: bool
    auto_confirm: bool
    eligibility: tuple[EligibilityRule, ...]
    sessions: tuple[Session, ...]
    state: str
    version: int

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"


INHERITED_FIELDS = (
    "name",
    "description",
    "aliases",
    "price",
    "unit",
    "kind",
    "duration_minutes",
    "grid_minutes",
    "capacity",
    "party_size_max",
    "lead_minutes",
    "window_days",
    "cancel_before_minutes",
    "at_home",
    "bookable",
    "auto_confirm",
    "eligibility",
    "sessions",
    "state",
)
"""What a store's offering takes from its chain's unless the store overrides it."""


def inherited_id(store_id: str, template_id: str) -> str:
    """The id of a chain's offering at one of its stores."""
    return f"{store_id}:{template_id}"


def split_inherited_id(offering_id: str) -> tuple[str, str] | None:
    """(store id, chain-offering id), or None for an offering of the store's own."""
    store_id, colon, template_id = offering_id.partition(":")
    return (store_id, template_id) if colon else None


def offering_from_document(document: Mapping[str, Any]) -> Offering:
    """An offering of a store's own, or a chain's. Raises KeyError, ValueError on a malformed document."""
    return Offering(
        id=document["_id"],
        store=document["store"],
        chain=document["chain"],
        template=None,
        inherits=(),
        **_values(document),
        version=document["version"],
    )


def at_store(template: Offering, store_id: str, override: Mapping[str, Any] | None) -> Offering:
    """The chain's offering as one store has it; `override` holds only what the store changes."""
    values = _values(override) if override else {}
    version = template.version + (override["version"] if override else 0)
    return replace(
        template,
        id=inherited_id(store_id, template.id),
        store=store_id,
        template=template.id,
        inherits=tuple(name for name in INHERITED_FIELDS if name not in values and name != "state"),
        version=version,
        **values,
    )


def _values(document: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: document[name] for name in INHERITED_FIELDS if name in document}
    for name, convert in _CONVERSIONS.items():
        if name in values:
            values[name] = convert(values[name])
    return values


_CONVERSIONS: dict[str, Any] = {
    "kind": OfferingKind,
    "aliases": tuple,
    "eligibility": lambda rules: tuple(EligibilityRule(rule["code"], rule["text"]) for rule in rules),
    "sessions": lambda sessions: tuple(Session(session["start"], session["end"]) for session in sessions),
}
