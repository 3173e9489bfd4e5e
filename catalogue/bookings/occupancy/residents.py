"""What a worker knows of residents' days: who is where when, and which turns were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import NamedTuple

from lifecircle.catalogue.bookings.claims import DAY_CELLS, cells
from lifecircle.catalogue.bookings.limits import used_by
from lifecircle.catalogue.bookings.model import HOLDING, Interval
from lifecircle.catalogue.bookings.turns import next_turns, turn_keys, turns_among
from lifecircle.catalogue.database import Document

DayKey = tuple[str, str]
"""(district, key of a resident's turns of a day): each district counts turns by itself, as its claims are its own."""


class ResidentDay(NamedTuple):
    """Of one booking on one day."""

    turns: int
    """One bit for each turn."""
    cells: int
    """One bit for each cell of the day in which the resident is there; none once the booking is over."""
    took_offer: bool
    """Then its id does not tell which request made it: whoever may have sent that request again must ask."""


@dataclass(slots=True)
class ResidentDays:
    _days: dict[DayKey, dict[str, ResidentDay]] = field(default_factory=dict)
    """By day and by booking."""

    def lay(self, booking: str, days: Mapping[DayKey, ResidentDay]) -> None:
        for key, day in days.items():
            self._days.setdefault(key, {})[booking] = day

    def lift(self, booking: str, days: Mapping[DayKey, ResidentDay]) -> None:
        for key in days:
            of_day = self._days[key]
            del of_day[booking]
            if not of_day:
                del self._days[key]

    def next_turns(self, resident: str, district: str, intervals: Sequence[Interval]) -> tuple[str, ...] | None:
        """None: something of theirs is in the way, or not all is known; the database must say."""
        seen: dict[str, int] = {}
        for key, wanted in _cells_by_day(resident, intervals).items():
            of_day = self._days.get((district, key), {}).values()
            if any(day.cells & wanted or day.took_offer for day in of_day):
                return None
            seen[key] = reduce(or_, (day.turns for day in of_day), 0)
        return next_turns(resident, intervals, seen)


def days_of(document: Document) -> dict[DayKey, ResidentDay]:
    """What a booking's document says of its resident's days."""
    turns = used_by(turns_among(document.get("tickets", ())))
    there: Mapping[str, int] = {}
    if document["status"] in HOLDING:
        coming = [Interval(date["start"], date["end"]) for date in document["dates"] if date["ended"] is None]
        there = _cells_by_day(document["resident"], coming)
    keys = turns.keys() | there.keys()
    took_offer = document.get("request_key") is not None
    return {(document["district"], key): ResidentDay(turns.get(key, 0), there.get(key, 0), took_offer) for key in keys}


def _cells_by_day(resident: str, intervals: Sequence[Interval]) -> dict[str, int]:
    """By key of a turn, one bit for each cell of the day."""
    found: dict[str, int] = {}
    for interval in intervals:
        span = cells(interval)
        for day, key in enumerate(turn_keys(resident, [interval]), span.start // DAY_CELLS):
            first, stop = max(span.start - day * DAY_CELLS, 0), min(span.stop - day * DAY_CELLS, DAY_CELLS)
            found[key] = found.get(key, 0) | (1 << stop) - (1 << first)
    return found
