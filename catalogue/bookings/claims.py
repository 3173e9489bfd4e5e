"""Claims: the keys that make a double booking impossible.

Every booking that holds a place carries one key per seat and grid cell, and one per resident and cell, under a unique
multikey index. Two bookings that want the same seat or the same resident at the same time share a key, and the
database refuses the second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from lifecircle.catalogue.bookings.model import Interval, Occupancy
from lifecircle.catalogue.offerings.model import Offering, OfferingKind

CELL_MINUTES = 5
"""The grid of claims. Durations and starts are rounded outwards to it."""

_RESIDENT_MARK = "~"


def cells(interval: Interval) -> range:
    """The grid cells that the interval touches, counted since the epoch."""
    seconds = CELL_MINUTES * 60
    return range(int(interval.start.timestamp()) // seconds, -(-int(interval.end.timestamp()) // seconds))


def rounded(interval: Interval) -> Interval:
    """The interval as its claims cover it: whole cells."""
    touched = cells(interval)
    return Interval(*(datetime.fromtimestamp(cell * CELL_MINUTES * 60, UTC) for cell in (touched.start, touched.stop)))


def place_claims(offering: Offering, interval: Interval, seats: Iterable[int]) -> Iterator[str]:
    """A session's places are its own, whatever its length: one key a seat. An appointment blocks its seat in time."""
    touched = cells(interval)
    if offering.kind is OfferingKind.SESSION:
        touched = touched[:1]
    for seat in seats:
        for cell in touched:
            yield f"{offering.id}#{seat}@{cell}"


def resident_claims(resident: str, interval: Interval) -> Iterator[str]:
    for cell in cells(interval):
        yield f"{_RESIDENT_MARK}{resident}@{cell}"


def is_resident_claim(claim: str) -> bool:
    return claim.startswith(_RESIDENT_MARK)


def free_seats(capacity: int, interval: Interval, occupied: Sequence[Occupancy]) -> list[int]:
    """The seats that nobody holds at any moment of the interval."""
    taken = {seat for held in occupied if held.interval.overlaps(interval) for seat in held.seats}
    return [seat for seat in range(capacity) if seat not in taken]
