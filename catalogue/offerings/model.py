"""What a store offers: appointments, sessions with places, or a request only."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.offerings import reading
from lifecircle.catalogue.offerings.reading import Reader, read_fields, readable_fields
from lifecircle.catalogue.offerings.terms import PLAIN_RULES, RULE_FIELDS, BookingRules, EligibilityRule

log = logging.getLogger("lifecircle.offerings")


class OfferingKind(StrEnum):
    APPOINTMENT = "APPOINTMENT"
    """A grid of starts inside the opening hours."""
    SESSION = "SESSION"
    """Listed dates with places."""
    REQUEST_ONLY = "REQUEST_ONLY"


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
    rules: BookingRules = PLAIN_RULES

    @property
    def is_active(self) -> bool:
        return self.state == "ACTIVE"

    @property
    def most_people(self) -> int:
        """In one booking."""
        whole_party = self.rules.one_place_per_party or self.uses_resources
        return self.party_size_max if whole_party else min(self.party_size_max, self.capacity)

    @property
    def places(self) -> int:
        """How many bookings of one person can be had at the same time."""
        return len(self.rules.resources) if self.uses_resources else self.capacity

    @property
    def uses_resources(self) -> bool:
        """A session has places, whoever holds it."""
        return bool(self.rules.resources) and self.kind is OfferingKind.APPOINTMENT


def _session(row: Mapping[str, Any]) -> Session:
    start, end = reading.instant(row["start"]), reading.instant(row["end"])
    if end <= start:
        raise ValueError("a session ends after it starts")
    return Session(start, end)


_PLAIN: Mapping[str, Reader] = {
    "name": reading.text,
    "description": reading.maybe(reading.text),
    "aliases": reading.each(reading.text),
    "price": reading.maybe(reading.whole(0)),
    "unit": reading.text,
    "kind": OfferingKind,
    "duration_minutes": reading.maybe(reading.whole(1)),
    "grid_minutes": reading.whole(1),
    "capacity": reading.whole(1),
    "party_size_max": reading.whole(1),
    "lead_minutes": reading.whole(0),
    "window_days": reading.whole(0),
    "cancel_before_minutes": reading.whole(0),
    "at_home": reading.flag,
    "bookable": reading.flag,
    "auto_confirm": reading.flag,
    "eligibility": reading.each(reading.eligibility_rule),
    "sessions": reading.each(_session),
    "state": reading.text,
}

INHERITED_FIELDS = (*_PLAIN, *RULE_FIELDS)
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
    values = read_fields(document, _PLAIN)
    missing = _PLAIN.keys() - values.keys()
    if missing:
        raise KeyError(*sorted(missing))
    rules = read_fields(document, reading.RULES)
    return Offering(
        id=document["_id"],
        store=document["store"],
        chain=document["chain"],
        template=None,
        inherits=(),
        **values,
        version=document["version"],
        rules=BookingRules(**rules) if rules else PLAIN_RULES,
    )


def at_store(template: Offering, store_id: str, override: Mapping[str, Any] | None) -> Offering:
    """The chain's offering as one store has it; `override` holds only what the store changes.

    Where a value of the override cannot be read, the chain's holds.
    """
    values, rules = _override_values(override) if override else ({}, {})
    version = template.version + (override["version"] if override else 0)
    return replace(
        template,
        id=inherited_id(store_id, template.id),
        store=store_id,
        template=template.id,
        inherits=_inherited(values.keys() | rules.keys()) if override else _ALL_INHERITED,
        version=version,
        rules=replace(template.rules, **rules) if rules else template.rules,
        **values,
    )


def _inherited(changed: Set[str]) -> tuple[str, ...]:
    return tuple(name for name in INHERITED_FIELDS if name != "state" and name not in changed)


_ALL_INHERITED = _inherited(frozenset())


def _override_values(override: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    values, bad = readable_fields(override, _PLAIN)
    rules, bad_rules = readable_fields(override, reading.RULES)
    if bad or bad_rules:
        log.error("override %s cannot be read in %s: the chain's hold", override["_id"], ", ".join([*bad, *bad_rules]))
    return values, rules
