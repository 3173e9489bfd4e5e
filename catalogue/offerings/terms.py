"""What an offering asks of those who book it, beyond its price and its hours.

Every field has a default, and an offering that sets none of them shares one object with all the others.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """One condition. Whoever has neither an age limit nor a proof is asked yes or no."""

    code: str
    text: str
    question: str | None = None
    """What to ask; None: made from the text."""
    min_age: int | None = None
    max_age: int | None = None
    proof: str | None = None
    """What to bring, where a yes is looked at on the spot."""
    must_declare: bool = False
    """Whether booking needs the resident to say that they fulfil it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A worker, a room, a court of the store: at most one booking at a time, over all offerings that name it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Blackout:
    """Days on which the store is open but this is not to be had."""

    first: date
    last: date
    reason: str


@dataclass(frozen=True, slots=True)
class BookingRules:
    """Limits count bookings, not people, by the local day or the week from Monday on which they begin."""

    min_duration_minutes: int | None = None
    max_duration_minutes: int | None = None
    """With both, the resident chooses, in steps of `claims.CELL_MINUTES`; the price is for `duration_minutes`."""
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    """Getting there, cleaning up: the place is taken, the resident is not."""
    resources: tuple[Resource, ...] = ()
    """Where there are some, an appointment takes one of them in place of a numbered place."""
    one_place_per_party: bool = False
    """A court, a table: a party of up to `party_size_max` takes one place and pays one price."""
    daily_limit: int | None = None
    weekly_limit: int | None = None
    resident_daily_limit: int | None = None
    resident_weekly_limit: int | None = None
    blackouts: tuple[Blackout, ...] = ()
    service_radius: int | None = None
    """Metres from the store, as the crow flies; for services at home."""
    service_areas: tuple[str, ...] = ()
    """Area codes; inside any of them, or inside the radius."""
    reschedule_before_minutes: int | None = None
    """None: as cancelling."""
    pending_minutes: int = 120
    """How long a booking that the merchant must confirm holds its places."""


PLAIN_RULES = BookingRules()

RULE_FIELDS = tuple(field.name for field in fields(BookingRules))
