"""Claims: the keys that make a double booking impossible.

Every booking that holds a place carries one key per place and grid cell under a unique multikey index. Two bookings
that want the same place at the same time share a key, and the database refuses the second. A place is a numbered seat
of an offering, or a named resource of a store. That a resident is in one place at a time is kept by turns (`turns.py`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce
from itertools import repeat
from math import gcd
from operator import or_, sub
from typing import NamedTuple

from lifecircle.catalogue.bookings.model import Hold, Interval
from lifecircle.catalogue.offerings.model import Offering, OfferingKind

CELL_MINUTES = 5
"""The grid of claims. Durations and starts are rounded outwards to it."""

CELL_SECONDS = CELL_MINUTES * 60
DAY_CELLS = 24 * 60 // CELL_MINUTES

Taken = Mapping[str, Mapping[int, int]]
"""What is held: of an offering or a resource, by cell, one bit a seat."""

_RESOURCE_MARK = "="


class Place(NamedTuple):
    """One thing that one booking can hold at a time."""

    of: str
    """An offering, or a resource of a store."""
    seat: int


def cells(interval: Interval) -> range:
    """The grid cells that the interval touches, counted since the epoch."""
    return range(int(interval.start.timestamp()) // CELL_SECONDS, -(-int(interval.end.timestamp()) // CELL_SECONDS))


def share_cells(one: Interval, other: Interval) -> bool:
    a, b = cells(one), cells(other)
    return a.start < b.stop and b.start < a.stop


def cell_start(cell: int) -> datetime:
    return datetime.fromtimestamp(cell * CELL_SECONDS, UTC)


def blocked(offering: Offering, interval: Interval) -> range:
    """The cells in which a place is taken. A session's places are its own, whatever its length: one cell."""
    return cells(interval)[:1] if offering.kind is OfferingKind.SESSION else reach(offering, interval)


def reach(offering: Offering, interval: Interval) -> range:
    """The cells of the interval and of the buffers around it."""
    first = int(interval.start.timestamp()) - offering.rules.buffer_before_minutes * 60
    stop = int(interval.end.timestamp()) + offering.rules.buffer_after_minutes * 60
    return range(first // CELL_SECONDS, -(-stop // CELL_SECONDS))


def places(offering: Offering) -> list[Place]:
    """Everything that a booking of the offering may hold one of."""
    if offering.uses_resources:
        return [Place(resource_key(offering.store or "", one.id), 0) for one in offering.rules.resources]
    return [Place(offering.id, seat) for seat in range(offering.capacity)]


def resource_key(store: str, resource: str) -> str:
    return f"{_RESOURCE_MARK}{store}/{resource}"


def keys_of(offering: Offering) -> list[str]:
    """Under what the places of the offering are held."""
    return list(dict.fromkeys(place.of for place in places(offering)))


def places_needed(offering: Offering, party_size: int) -> int:
    return 1 if offering.rules.one_place_per_party or offering.uses_resources else party_size


def free_places(offering: Offering, interval: Interval, taken: Taken) -> list[Place]:
    """The places that nobody holds in any cell of the interval."""
    touched = blocked(offering, interval)
    held = {key: held_mask(taken.get(key, {}), touched) for key in keys_of(offering)}
    return [place for place in places(offering) if not held[place.of] >> place.seat & 1]


def held_mask(by_cell: Mapping[int, int], touched: range) -> int:
    """One bit for each seat that is held in any of the cells."""
    mask = 0
    if by_cell:
        for cell in touched:
            mask |= by_cell.get(cell, 0)
    return mask


def holds_of(offering: Offering, interval: Interval, chosen: Iterable[Place]) -> tuple[Hold, ...]:
    touched, seats = blocked(offering, interval), dict[str, list[int]]()
    for place in chosen:
        seats.setdefault(place.of, []).append(place.seat)
    return tuple(Hold(of, tuple(sorted(held)), touched.start, touched.stop) for of, held in seats.items())


def place_claims(holds: Iterable[Hold]) -> Iterator[str]:
    for hold in holds:
        for seat in hold.seats:
            for cell in range(hold.first, hold.stop):
                yield f"{hold.of}#{seat}@{cell}"


def day_keys(claims: Iterable[str]) -> list[str]:
    """What finds the holder of a claim, and all holders of a day: the claims, seats left out, in days.

    A unique index that covers only documents with claims is not searched by every server; an equality on this field is.
    """
    return sorted({day_key(claim) for claim in claims})


def day_key(claim: str) -> str:
    holder, _, cell = claim.rpartition("@")
    return f"{holder.rpartition('#')[0] or holder}@{int(cell) // DAY_CELLS}"


def keys_of_days(of: str, first_cell: int, stop_cell: int) -> list[str]:
    """The day keys under which everything that is held in the cells stands."""
    return [f"{of}@{day}" for day in range(first_cell // DAY_CELLS, (stop_cell - 1) // DAY_CELLS + 1)]


def taken_by(holds: Iterable[Hold]) -> dict[str, dict[int, int]]:
    """As `Taken`, of these holds alone."""
    taken: dict[str, dict[int, int]] = {}
    for hold in holds:
        by_cell, mask = taken.setdefault(hold.of, {}), mask_of(hold.seats)
        for cell in range(hold.first, hold.stop):
            by_cell[cell] = by_cell.get(cell, 0) | mask
    return taken


def without(taken: Taken, holds: Sequence[Hold]) -> Taken:
    """What is taken by others: `holds` are the asker's own, which a new time may overlap."""
    own = taken_by(holds)
    rest: dict[str, Mapping[int, int]] = dict(taken)
    for of, by_cell in own.items():
        rest[of] = {cell: mask & ~by_cell.get(cell, 0) for cell, mask in taken.get(of, {}).items()}
    return rest


def mask_of(seats: Iterable[int]) -> int:
    return reduce(or_, (1 << seat for seat in seats), 0)


class Times(NamedTuple):
    """Many times, and what is reckoned from them again and again: when each begins and ends in seconds since 1970."""

    intervals: Sequence[Interval]
    starts: Sequence[int]
    ends: Sequence[int]

    @staticmethod
    def of(intervals: Sequence[Interval]) -> Times:
        starts = [int(interval.start.timestamp()) for interval in intervals]
        return Times(intervals, starts, [int(interval.end.timestamp()) for interval in intervals])

    def within(self, first: datetime, stop: datetime) -> Times:
        """Those that begin in the span, of times in order."""
        low = bisect_left(self.intervals, first, key=_start)
        here = slice(low, bisect_left(self.intervals, stop, low, key=_start))
        return Times(self.intervals[here], self.starts[here], self.ends[here])


def _start(interval: Interval) -> datetime:
    return interval.start


def free_counts(offering: Offering, times: Times, taken: Taken, resource: str | None = None) -> list[int]:
    """How many `free_places` each of many times has, of one resource where one is named; without making them."""
    if not times.intervals:
        return []
    by_cell = [taken.get(key, {}) for key in ([resource] if resource else keys_of(offering))]
    if not any(by_cell):
        return [len(by_cell) if offering.uses_resources else offering.capacity] * len(times.intervals)
    touched = _all_blocked(offering, times)
    held = [_held_in(each, touched) for each in by_cell]
    if offering.uses_resources:
        return [masks.count(0) for masks in zip(*held, strict=True)]
    everyone = (1 << offering.capacity) - 1
    return [offering.capacity - (mask & everyone).bit_count() for mask in held[0]]


class _Spans(NamedTuple):
    """Of many times at once, the first cell and the one after the last."""

    first: list[int]
    stop: list[int]


def _all_blocked(offering: Offering, times: Times) -> _Spans:
    """`blocked` of each."""
    if offering.kind is OfferingKind.SESSION:
        first = [start // CELL_SECONDS for start in times.starts]
        return _Spans(first, [cell + 1 for cell in first])
    before, after = offering.rules.buffer_before_minutes * 60, offering.rules.buffer_after_minutes * 60
    return _Spans(
        [(start - before) // CELL_SECONDS for start in times.starts],
        [-((end + after) // -CELL_SECONDS) for end in times.ends],
    )


def _held_in(by_cell: Mapping[int, int], spans: _Spans) -> list[int]:
    """The `held_mask` of each span. Spans of one length are looked at together, since most of them overlap.

    Where all begin and end on a coarser grid, its steps are joined first: half hours instead of five minutes.
    """
    if not by_cell:
        return [0] * len(spans.first)
    first, stop = min(spans.first), max(spans.stop)
    lengths = list(map(sub, spans.stop, spans.first))
    offsets = [start - first for start in spans.first]
    step = gcd(*set(lengths), *set(map(sub, offsets[1:], offsets)))
    cells = list(map(by_cell.get, range(first, stop), repeat(0)))
    steps = reduce(_both, (cells[offset::step] for offset in range(step)))
    joined = {length: _joined(steps, length // step) for length in set(lengths)}
    return [joined[length][offset // step] for length, offset in zip(lengths, offsets, strict=True)]


def _joined(masks: list[int], length: int) -> list[int]:
    """Of each place and the following ones, `length` in all, what is held in any: twice as many at a time."""
    reach = 1
    while reach * 2 <= length:
        masks = _both(masks, masks[reach:])
        reach *= 2
    return _both(masks, masks[length - reach :])


def _both(masks: list[int], others: list[int]) -> list[int]:
    return list(map(or_, masks, others))
