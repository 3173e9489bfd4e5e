"""What is held, in memory: by place and cell, one bit a seat. Kept fresh beside the catalogue's snapshot.

Built from the holds of every booking that may still matter. Documents arrive in any order and more than once, a stale
one after a fresh one too: the version decides. Two holders of one bit can be seen only while one of the two is on its
way out, so the bit is counted.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.claims import mask_of
from lifecircle.catalogue.bookings.limits import key_of_ticket
from lifecircle.catalogue.bookings.model import Hold, Interval
from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.bookings.occupancy.made import BookingRate
from lifecircle.catalogue.bookings.occupancy.residents import DayKey, ResidentDay, ResidentDays, days_of
from lifecircle.catalogue.bookings.store import BookingStore, holder_of
from lifecircle.catalogue.bookings.turns import over_at, turns_among, without_turns
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document

log = logging.getLogger("lifecircle.bookings")

_REMEMBERED = 20_000
"""How many bookings that are out are remembered by version, so that a late message does not bring one back."""

_LATE = timedelta(seconds=1)
"""A change that comes this long after it was made comes at the end of a queue: others are still in it."""

_QUEUE = timedelta(seconds=2)
"""For how long the queue is not believed to be empty after that."""

_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Entry:
    version: int
    holds: tuple[Hold, ...]
    tickets: tuple[str, ...]
    """Of limits."""
    offered_to: str | None
    """The entry of a waiting list for which the places are kept."""
    days: Mapping[DayKey, ResidentDay]


@dataclass(slots=True)
class _State:
    entries: dict[str, _Entry] = field(default_factory=dict)
    masks: dict[str, dict[int, int]] = field(default_factory=dict)
    tickets: dict[str, int] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    """Entry of a waiting list → the document that keeps its place."""
    residents: ResidentDays = field(default_factory=ResidentDays)
    twice: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """(place, seat or ticket, cell) → how many more than one hold it."""
    gone: OrderedDict[str, int] = field(default_factory=OrderedDict)
    ends: list[tuple[datetime, int, str, int]] = field(default_factory=list)
    """(when to forget, tie breaker, booking, version)."""


class OccupancyIndex:
    """Follows the `bookings` collection."""

    collection = "bookings"

    def __init__(
        self, database: Database, districts: Sequence[str], clock: Clock, rate: BookingRate | None = None
    ) -> None:
        """`rate` is told of every booking too."""
        self._database = database
        self._rate = rate
        self._districts = tuple(districts)
        self._clock = clock
        self._state = _State()
        self._numbers = itertools.count()
        self._meanwhile: list[tuple[str, Document | None]] | None = None
        self._behind_until: datetime | None = None

    def taken(self, now: datetime) -> Mapping[str, Mapping[int, int]]:
        self._forget(now)
        return self._state.masks

    def used_tickets(self, now: datetime) -> Mapping[str, int]:
        """Of limits."""
        self._forget(now)
        return self._state.tickets

    def offers(self, now: datetime) -> Set[str]:
        """Entries of waiting lists for which a place is kept."""
        self._forget(now)
        return self._state.offers.keys()

    def next_turns(
        self, resident: str, district: str, intervals: Sequence[Interval], now: datetime
    ) -> tuple[str, ...] | None:
        """Of the resident. None: something of theirs is in the way, or not all is known; the database must say."""
        self._forget(now)
        return self._state.residents.next_turns(resident, district, intervals)

    def is_behind(self, now: datetime) -> bool:
        return self._behind_until is not None and now < self._behind_until

    async def reload(self) -> None:
        """Read everything anew; what is taken in meanwhile is laid over it."""
        self._meanwhile, fresh = [], _State()
        try:
            async for row in BookingStore(self._database).live(self._districts, self._clock()):
                self._take_in(fresh, row["_id"], row)
            for key, document in self._meanwhile:
                self._take_in(fresh, key, document)
            self._state = fresh
        finally:
            self._meanwhile = None
        log.info("occupancy loaded: %d bookings", len(fresh.entries))

    def apply(self, key: str, document: Document | None) -> None:
        """As it is now; None: it is gone."""
        if document and self._districts and document["district"] not in self._districts:
            return
        if self._take_in(self._state, key, document) and document:
            self._note_delay(document)
        if self._meanwhile is not None:
            self._meanwhile.append((key, document))

    def _note_delay(self, document: Document) -> None:
        events, now = document.get("events"), self._clock()
        if events and now - events[-1]["at"] > _LATE:
            self._behind_until = now + _QUEUE

    def _take_in(self, state: _State, key: str, document: Document | None) -> bool:
        """False: it was known already, or cannot be read."""
        known = state.entries.get(key)
        newest = known.version if known else state.gone.get(key, 0)
        try:
            if document and document["version"] <= newest:
                return False
            entry = _entry_of(document) if document else None
        except _UNREADABLE as error:
            log.error("booking %s cannot be read, what was known stays: %r", key, error)
            return False
        if known:
            _take_out(state, key, known)
        if document and entry and document.get("due_at"):
            if self._rate:
                self._rate.note(key, document)
            state.gone.pop(key, None)
            state.entries[key] = entry
            _lay(state, entry)
            if entry.offered_to:
                state.offers[entry.offered_to] = key
            state.residents.lay(key, entry.days)
            heapq.heappush(state.ends, (_ends_at(document), next(self._numbers), key, entry.version))
        else:
            self._remember(state, key, entry.version if entry else newest + 1)
        return True

    def _forget(self, now: datetime) -> None:
        """Whoever waits in vain to be confirmed holds nothing, whether or not somebody has cleared it away."""
        state = self._state
        while state.ends and state.ends[0][0] <= now:
            _, _, key, version = heapq.heappop(state.ends)
            known = state.entries.get(key)
            if known and known.version == version:
                _take_out(state, key, known)
                self._remember(state, key, version)

    def _remember(self, state: _State, key: str, version: int) -> None:
        state.gone[key] = version
        state.gone.move_to_end(key)
        if len(state.gone) > _REMEMBERED:
            state.gone.popitem(last=False)


def _entry_of(document: Document) -> _Entry:
    holds, tickets = tuple(holder_of(document).holds), tuple(without_turns(document.get("tickets", ())))
    offered_to = document.get("waiting_entry") if document["status"] == OFFERED else None
    return _Entry(document["version"], holds, tickets, offered_to, days_of(document))


def _ends_at(document: Document) -> datetime:
    if document["status"] in ("PENDING", OFFERED):
        expires_at: datetime = document["expires_at"]
        return expires_at
    last: datetime = max(date["end"] for date in document["dates"])
    return max([last + timedelta(days=9), *map(over_at, turns_among(document.get("tickets", ())))])


def _take_out(state: _State, key: str, entry: _Entry) -> None:
    _lift(state, entry)
    del state.entries[key]
    if entry.offered_to and state.offers.get(entry.offered_to) == key:
        del state.offers[entry.offered_to]
    state.residents.lift(key, entry.days)


def _bits(entry: _Entry) -> list[tuple[str, int, int]]:
    """(place, mask, cell)."""
    return [(hold.of, mask_of(hold.seats), cell) for hold in entry.holds for cell in range(hold.first, hold.stop)]


def _lay(state: _State, entry: _Entry) -> None:
    for of, mask, cell in _bits(entry):
        by_cell = state.masks.setdefault(of, {})
        before = by_cell.get(cell, 0)
        by_cell[cell] = before | mask
        if before & mask:
            _count_twice(state, of, before & mask, cell)
    for ticket in entry.tickets:
        key, bit = _ticket_bit(ticket)
        before = state.tickets.get(key, 0)
        state.tickets[key] = before | bit
        if before & bit:
            _count_twice(state, key, bit, -1)


def _lift(state: _State, entry: _Entry) -> None:
    for of, mask, cell in _bits(entry):
        by_cell = state.masks.get(of, {})
        left = by_cell.get(cell, 0) & ~_alone(state, of, mask, cell)
        if left:
            by_cell[cell] = left
        else:
            by_cell.pop(cell, None)
            if not by_cell:
                state.masks.pop(of, None)
    for ticket in entry.tickets:
        key, bit = _ticket_bit(ticket)
        left = state.tickets.get(key, 0) & ~_alone(state, key, bit, -1)
        if left:
            state.tickets[key] = left
        else:
            state.tickets.pop(key, None)


def _ticket_bit(ticket: str) -> tuple[str, int]:
    return key_of_ticket(ticket), 1 << int(ticket.rpartition("#")[2])


def _count_twice(state: _State, of: str, mask: int, cell: int) -> None:
    for seat in _seats(mask):
        state.twice[of, seat, cell] = state.twice.get((of, seat, cell), 0) + 1


def _alone(state: _State, of: str, mask: int, cell: int) -> int:
    """The bits of the mask that nobody else holds; where somebody does, there is one holder less now."""
    if not state.twice:
        return mask
    for seat in _seats(mask):
        more = state.twice.get((of, seat, cell), 0)
        if more:
            mask &= ~(1 << seat)
            if more == 1:
                del state.twice[of, seat, cell]
            else:
                state.twice[of, seat, cell] = more - 1
    return mask


def _seats(mask: int) -> list[int]:
    return [seat for seat in range(mask.bit_length()) if mask >> seat & 1]
