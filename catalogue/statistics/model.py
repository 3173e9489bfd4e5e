"""How a store's days went, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Tally:
    """Of some days. A date of a series counts like a booking of its own; formulas in docs/reviews.md."""

    booked: int = 0
    """Whatever became of it."""
    came: int = 0
    cancelled: int = 0
    declined: int = 0
    """By the store, or not confirmed in time."""
    no_show: int = 0
    taken: int = 0
    """Minutes of places that were held."""
    offered: int = 0
    """Minutes of places that could have been held."""

    @property
    def fill_rate(self) -> float | None:
        """None where nothing was on offer. More than was on offer, after the hours were cut, is all of it."""
        return round(min(1.0, self.taken / self.offered), 4) if self.offered else None

    def plus(self, other: Tally) -> Tally:
        return Tally(
            self.booked + other.booked,
            self.came + other.came,
            self.cancelled + other.cancelled,
            self.declined + other.declined,
            self.no_show + other.no_show,
            self.taken + other.taken,
            self.offered + other.offered,
        )


@dataclass(frozen=True, slots=True)
class DayTally:
    day: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class StoreStatistics:
    days: tuple[DayTally, ...]

    @property
    def total(self) -> Tally:
        total = Tally()
        for day in self.days:
            total = total.plus(day.tally)
        return total
