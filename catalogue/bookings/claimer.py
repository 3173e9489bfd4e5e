"""Claiming places: choosing among the free ones and writing, until the write or somebody else's has settled it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from lifecircle.catalogue.bookings.claims import (
    Place,
    Taken,
    blocked,
    free_places,
    holds_of,
    places_needed,
    resource_key,
)
from lifecircle.catalogue.bookings.documents import BookingDraft, booking_document, ids_of_key, new_id, request_hashes
from lifecircle.catalogue.bookings.ledger import TRIES, Ledger
from lifecircle.catalogue.bookings.limits import has_limits, limits_on, tickets_for, used_by
from lifecircle.catalogue.bookings.model import (
    Booking,
    BookingDate,
    BookingRequest,
    Interval,
    booking_from_document,
    dates_from_document,
)
from lifecircle.catalogue.bookings.mover import Mover
from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.bookings.own import OwnTime, overlap_with
from lifecircle.catalogue.bookings.store import Holder, taken_from
from lifecircle.catalogue.bookings.turns import turns_among
from lifecircle.catalogue.bookings.waiting.model import WaitingEntry
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document, DuplicateKeyError, violated_index, violated_value
from lifecircle.catalogue.errors import (
    BookingLimitReached,
    Busy,
    IdempotencyConflict,
    TimeSlotFull,
)
from lifecircle.catalogue.offerings.store import OfferingTerms


class Wanted(NamedTuple):
    """A resident's attempt at one or several times."""

    resident: str
    request: BookingRequest
    terms: OfferingTerms
    intervals: tuple[Interval, ...]

    @property
    def needed(self) -> int:
        return places_needed(self.terms.offering, self.request.party_size)


@dataclass(frozen=True)
class Claimer:
    ledger: Ledger
    mover: Mover

    @property
    def own(self) -> OwnTime:
        return OwnTime(self.ledger, self.mover)

    async def claim(self, wanted: Wanted) -> Booking:
        """The booking, made now or by the same key before.

        Raises TimeSlotFull, OverlapsYourBooking, BookingLimitReached, IdempotencyConflict, Busy.
        """
        entry = await self.mover.waiting.entry_to_settle(wanted.resident, wanted.request)
        booking = await self._take_offer(wanted, entry) if entry else None
        if booking is None:
            booking = await self._claim_free(wanted)
        if entry:
            await self.mover.waiting.settle(entry)
        return booking

    async def earlier(self, resident: str, request: BookingRequest) -> Booking | None:
        """The booking that the same key already made. Raises IdempotencyConflict."""
        for key in self._ids(resident, request):
            document = await self.ledger.store.document(key)
            if document and document.get("resident") == resident:
                self._check_same(document, request)
                return self.mover.as_of_now(booking_from_document(document))
        return None

    def _check_same(self, document: Document, request: BookingRequest) -> None:
        """Raises IdempotencyConflict where the same key asked for something else."""
        if document["request_hash"] not in request_hashes(request, self.ledger.keys):
            raise IdempotencyConflict

    def _ids(self, resident: str, request: BookingRequest) -> list[str]:
        key = request.idempotency_key
        return ids_of_key(resident, key, self.ledger.keys) if key is not None else []

    async def _claim_free(self, wanted: Wanted) -> Booking:
        """What this worker believes is tried first; where it was wrong, the database is asked."""
        ids = self._ids(wanted.resident, wanted.request)
        booking_id = ids[0] if ids else new_id()
        known, known_turns = self.ledger.believed_taken(), self._believed_turns(wanted)
        for _ in range(TRIES):
            dates = self._dates(wanted, await self.taken(wanted) if known is None else known)
            if dates is None and known is None:
                return await self._when_full(wanted)
            if dates is None:
                known = None
                continue
            turns = known_turns or await self._own_turns(wanted)
            if isinstance(turns, Booking):
                return turns
            tickets = (*await self.tickets(wanted), *turns)
            draft = BookingDraft(booking_id, wanted.resident, wanted.request, wanted.terms, dates, tickets)
            try:
                return await self.ledger.insert(booking_document(draft, self.ledger.keys, self.ledger.clock()))
            except DuplicateKeyError as error:
                settled = await self._after_collision(error, wanted, booking_id)
                if settled:
                    return settled
                if violated_index(error) == {"_id"}:  # the id of a key that a person used who is no more
                    booking_id = new_id()
                elif "claims" in violated_index(error):
                    known = None
                elif turns_among([str(violated_value(error, "tickets"))]):
                    known_turns = None
        raise Busy("现在预约的人太多，请稍后再试。")

    def _believed_turns(self, wanted: Wanted) -> tuple[str, ...] | None:
        """As this worker last heard, however long ago: who has heard too little takes a turn that is taken."""
        live = self.ledger.live
        if live is None:
            return None
        return live.index.next_turns(wanted.resident, wanted.terms.district, wanted.intervals, self.ledger.clock())

    async def _own_turns(self, wanted: Wanted) -> tuple[str, ...] | Booking:
        """As the database has them; or the booking that the same request has made. Raises OverlapsYourBooking."""
        earlier = await self.earlier(wanted.resident, wanted.request)
        if earlier:
            return earlier
        ids = self._ids(wanted.resident, wanted.request)
        found = await self.own.turns(wanted.resident, wanted.terms.district, wanted.intervals, made_by=ids)
        if not isinstance(found, Booking):
            return found
        if found.request_key not in ids:
            raise overlap_with(found, wanted.intervals)
        document = await self.ledger.store.document(found.id)
        if document:
            self._check_same(document, wanted.request)
        return self.mover.as_of_now(found)

    async def taken(self, wanted: Wanted) -> Taken:
        """As the database has it; whoever's time has run out is cleared away first, since their claims still stand."""
        for _ in range(TRIES):
            holders = await self._holders(wanted)
            expired = [holder for holder in holders if self._is_in_the_way(holder, wanted)]
            if not expired:
                return taken_from(holders, self.ledger.clock())
            for holder in expired:
                await self.mover.release(holder)
        raise Busy("现在预约的人太多，请稍后再试。")

    async def _holders(self, wanted: Wanted) -> list[Holder]:
        found: dict[str, Holder] = {}
        for interval in wanted.intervals:
            touched = blocked(wanted.terms.offering, interval)
            for holder in await self.ledger.holders(wanted.terms, touched.start, touched.stop):
                found[holder.id] = holder
        return list(found.values())

    def _is_in_the_way(self, holder: Holder, wanted: Wanted) -> bool:
        if not holder.has_expired(self.ledger.clock()):
            return False
        spans = [blocked(wanted.terms.offering, interval) for interval in wanted.intervals]
        return any(hold.first < span.stop and span.start < hold.stop for hold in holder.holds for span in spans)

    def _dates(self, wanted: Wanted, taken: Taken) -> tuple[BookingDate, ...] | None:
        """A place chosen for every time; None where one has none."""
        dates = []
        for interval in wanted.intervals:
            free = self.free(wanted, interval, taken)
            if len(free) < wanted.needed:
                return None
            self.ledger.shuffle(free)
            dates.append(BookingDate(interval, holds_of(wanted.terms.offering, interval, free[: wanted.needed])))
        return tuple(dates)

    def free(self, wanted: Wanted, interval: Interval, taken: Taken) -> list[Place]:
        free = free_places(wanted.terms.offering, interval, taken)
        if wanted.request.resource is None:
            return free
        key = resource_key(wanted.terms.store.id, wanted.request.resource)
        return [place for place in free if place.of == key]

    async def tickets(self, wanted: Wanted, own: Sequence[str] = (), kept: Sequence[str] = ()) -> tuple[str, ...]:
        """One of each limit for each time. `own` are the asker's, and `kept` those of them that are not given up.

        Raises BookingLimitReached.
        """
        offering = wanted.terms.offering
        if not has_limits(offering):
            return ()
        starts = [interval.start for interval in wanted.intervals]
        limits = [limit for start in starts for limit in limits_on(offering, local_day(start), wanted.resident)]
        keys = list(dict.fromkeys(limit.key for limit in limits))
        for expired in await self.ledger.store.expired_users(wanted.terms.district, keys, self.ledger.clock()):
            await self.mover.release(expired)
        used = await self.ledger.store.used_tickets(wanted.terms.district, keys)
        given_up = used_by(set(own) - set(kept))
        used = {key: mask & ~given_up.get(key, 0) for key, mask in used.items()}
        chosen: list[str] = []
        for start in starts:
            for limit, free in tickets_for(offering, start, used, wanted.resident):
                if not free:
                    raise BookingLimitReached(limit.text, "start")
                self.ledger.shuffle(free)
                chosen.append(free[0])
                used[limit.key] = used.get(limit.key, 0) | used_by(free[:1])[limit.key]
        return tuple(chosen)

    # --- when somebody was faster ---

    async def _when_full(self, wanted: Wanted) -> Booking:
        """The last place may be kept for the resident, or have gone to them a moment ago, even to the same request.

        In this order: an offer becomes a booking in one write, so who finds no offer any more finds the booking.
        Raises OverlapsYourBooking, TimeSlotFull, IdempotencyConflict.
        """
        kept = await self._take_unseen_offer(wanted)
        if kept:
            return kept
        own = await self._own_turns(wanted)
        if isinstance(own, Booking):
            return own
        raise TimeSlotFull("这个时间已经约满了。", "start")

    async def _after_collision(self, error: DuplicateKeyError, wanted: Wanted, booking_id: str) -> Booking | None:
        """None: another place may still be free, try again. Raises IdempotencyConflict."""
        earlier = await self.earlier(wanted.resident, wanted.request)
        if earlier:
            return earlier
        if violated_index(error) == {"_id"}:  # the driver wrote again after a lost answer: the first write is ours
            found = await self.ledger.store.find(booking_id)
            return found if found and found.resident == wanted.resident else None
        return None

    # --- a place that was kept ---

    async def _take_unseen_offer(self, wanted: Wanted) -> Booking | None:
        """One that this worker had not heard of when it looked."""
        entry = await self.mover.waiting.active_entry(wanted.resident, wanted.request)
        booking = await self._take_offer(wanted, entry) if entry else None
        if entry and booking:
            await self.mover.waiting.settle(entry)
        return booking

    async def _take_offer(self, wanted: Wanted, entry: WaitingEntry) -> Booking | None:
        """The kept place becomes the booking, in one write; None where none is kept, or not for so many."""
        for _ in range(TRIES):
            now = self.ledger.clock()
            offer = await self._offer_of(wanted, entry, now)
            if offer is None:
                return None
            turns = await self._own_turns(wanted)
            if isinstance(turns, Booking):
                return turns
            (kept,) = dates_from_document(offer)
            places = _places_of(kept)[: wanted.needed]
            date = BookingDate(kept.interval, holds_of(wanted.terms.offering, kept.interval, places))
            tickets = (*await self.tickets(wanted), *turns)
            draft = BookingDraft(offer["_id"], wanted.resident, wanted.request, wanted.terms, (date,), tickets)
            document = booking_document(draft, self.ledger.keys, now, offer["version"] + 1)
            for key in self._ids(wanted.resident, wanted.request)[:1]:
                document["request_key"] = key
            try:
                return await self.ledger.take_offer(offer["version"], document)
            except DuplicateKeyError:  # another booking of theirs took the turn, or somebody the ticket of a limit
                continue
        raise Busy("现在预约的人太多，请稍后再试。")

    async def _offer_of(self, wanted: Wanted, entry: WaitingEntry, now: datetime) -> Document | None:
        """The document that keeps a place that will do."""
        if not entry.is_offered(now) or wanted.request.party_size > entry.party_size or len(wanted.intervals) > 1:
            return None
        offer = await self.ledger.store.document(entry.offer or "")
        if not offer or offer["status"] != OFFERED or offer["expires_at"] <= now:
            return None
        (kept,) = dates_from_document(offer)
        is_other = wanted.request.resource and not self._is_wanted(wanted, _places_of(kept))
        return None if kept.interval != wanted.intervals[0] or is_other else offer

    def _is_wanted(self, wanted: Wanted, places: Sequence[Place]) -> bool:
        return places[0].of == resource_key(wanted.terms.store.id, wanted.request.resource or "")


def _places_of(date: BookingDate) -> list[Place]:
    return [Place(hold.of, seat) for hold in date.holds for seat in hold.seats]
