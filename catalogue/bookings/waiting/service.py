"""The waiting list: a freed place is kept for the next in line, for a while, then for the one after.

The kept place is a document among the bookings with the same claims as a booking, so nobody else gets it. It is written
before the entry says so: what breaks off between the two runs out by itself, and the sweep begins again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lifecircle.catalogue.bookings.claims import Place, blocked, free_places, holds_of, places_needed, share_cells
from lifecircle.catalogue.bookings.documents import ids_of_key, new_id
from lifecircle.catalogue.bookings.ledger import Ledger, check_on_offer
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Booking,
    BookingDate,
    BookingRequest,
    Hold,
    Interval,
    dates_from_document,
)
from lifecircle.catalogue.bookings.moves import is_expired
from lifecircle.catalogue.bookings.rules import check_terms
from lifecircle.catalogue.bookings.store import Holder, taken_from
from lifecircle.catalogue.bookings.texts import time_text
from lifecircle.catalogue.bookings.times import interval_of
from lifecircle.catalogue.bookings.waiting.model import (
    ACTIVE,
    MOST_ENTRIES,
    JoinRequest,
    WaitingEntry,
    WaitingStatus,
    entry_document,
    offer_document,
    offered_until,
    step,
)
from lifecircle.catalogue.bookings.waiting.store import WaitingStore
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import DuplicateKeyError, database_errors_as_refusals
from lifecircle.catalogue.errors import (
    IdempotencyConflict,
    LimitReached,
    NotFound,
    OverlapsYourBooking,
    StateChanged,
)
from lifecircle.catalogue.jobs import Lease
from lifecircle.catalogue.offerings.store import OfferingTerms

_TRIES = 5


@dataclass(frozen=True)
class WaitingList:
    ledger: Ledger

    @property
    def store(self) -> WaitingStore:
        return WaitingStore(self.ledger.database)

    # --- the resident's side ---

    async def join(self, resident: str, request: JoinRequest) -> WaitingEntry:
        """Wait for a time that is full. Joining again while waiting gives the same entry.

        Raises NotFound, StateChanged, LimitReached, IdempotencyConflict and every BookingRefused.
        """
        async with database_errors_as_refusals():
            own = await self.store.of_resident(resident)
            self._check_key(own, request)
            now = self.ledger.clock()
            known = await self.store.first_of(self._ids(resident, request))
            if known and known.as_of(now) in ACTIVE:
                self._check_same(known, request)
                return known
            if sum(1 for entry in own if entry.as_of(now) in ACTIVE) >= MOST_ENTRIES:
                raise LimitReached(f"最多同时候补 {MOST_ENTRIES} 个时间，请先退出一个。", "offering")
            terms = await self.ledger.terms(request.offering)
            interval = await self._full_interval(resident, terms, request)
            return await self._put(resident, terms, interval, request, known)

    async def leave(self, resident: str, entry_id: str) -> WaitingEntry:
        """Raises NotFound. Leaving twice is leaving once; an offer that was kept goes to the next in line."""
        async with database_errors_as_refusals():
            for _ in range(_TRIES):
                entry = await self._own(resident, entry_id)
                if entry.status not in ACTIVE:
                    return entry
                left = await self.store.change(entry, step(entry, WaitingStatus.LEFT, self.ledger.clock(), told=False))
                if left:
                    if entry.offer:
                        await self._give_up(entry)
                    return left
            raise StateChanged("候补刚刚有变化，请刷新后再试。", "entry")

    async def of_resident(self, resident: str, entry_id: str) -> WaitingEntry:
        """The resident's own. Raises NotFound."""
        async with database_errors_as_refusals():
            return await self._own(resident, entry_id)

    async def position(self, entry: WaitingEntry) -> int | None:
        """1: the next in line. None once a place is offered, or when it is over."""
        if entry.as_of(self.ledger.clock()) is not WaitingStatus.WAITING:
            return None
        async with database_errors_as_refusals():
            return await self.store.ahead_of(entry) + 1

    async def _own(self, resident: str, entry_id: str) -> WaitingEntry:
        entry = await self.store.find(entry_id)
        if entry is None or entry.resident != resident:
            raise NotFound("没有找到这个候补。", "entry")
        return entry

    async def _full_interval(self, resident: str, terms: OfferingTerms, request: JoinRequest) -> Interval:
        check_on_offer(terms)
        as_booking = BookingRequest(request.offering, request.start, request.party_size, declares_eligible=True)
        now = self.ledger.clock()
        check_terms(as_booking, terms.offering, now)
        days = self.ledger.open_days(terms, local_day(request.start), 1)
        interval = interval_of(request.start, None, terms.offering, days)
        await self._check_own(resident, terms, interval)
        if await self._free(terms, interval, request.party_size):
            raise StateChanged("这个时间还有空位，可以直接预约。", "start")
        return interval

    async def _check_own(self, resident: str, terms: OfferingTerms, interval: Interval) -> None:
        """Raises OverlapsYourBooking."""
        own = await self._own_at(resident, terms.district, interval)
        if own:
            when = time_text(own.interval.start)
            raise OverlapsYourBooking(f"您在{when}已经预约了“{own.offering_name}”，不用候补。", "start")

    async def _own_at(self, resident: str, district: str, interval: Interval) -> Booking | None:
        now = self.ledger.clock()
        for booking in await self.ledger.store.own(resident, district, [interval]):
            meets = booking.status in HOLDING and any(share_cells(date.interval, interval) for date in booking.coming)
            if meets and not is_expired(booking.status, booking.expires_at, now):
                return booking
        return None

    async def _has_booked(self, entry: WaitingEntry) -> bool:
        """Whether the resident has come by the same service otherwise."""
        own = await self._own_at(entry.resident, entry.district, entry.interval)
        return own is not None and own.offering == entry.offering and own.interval.start == entry.interval.start

    async def _put(
        self, resident: str, terms: OfferingTerms, interval: Interval, request: JoinRequest, known: WaitingEntry | None
    ) -> WaitingEntry:
        key = known.id if known else self._ids(resident, request)[0]
        document = entry_document(key, resident, terms, interval, request, self.ledger.clock())
        if request.idempotency_key:
            document |= {"request_key": self._hash(request.idempotency_key), "request_hash": self._fingerprint(request)}
        try:
            entry = await (self.store.put_again(known, document) if known else self.store.insert(document))
        except DuplicateKeyError:
            entry = None
        if entry is None:  # the same request, a moment ago
            entry = await self._own(resident, key)
        return entry

    def _ids(self, resident: str, request: JoinRequest) -> list[str]:
        """One resident waits once for one time: the id says so, under every key still known."""
        return ids_of_key(resident, f"waiting:{request.offering}:{request.start.timestamp()}", self.ledger.keys)

    def _check_key(self, own: Sequence[WaitingEntry], request: JoinRequest) -> None:
        if request.idempotency_key is None:
            return
        used = {entry.request_key: entry.request_hash for entry in own if entry.request_key}
        for key in self.ledger.keys.lookup_hashes(request.idempotency_key, field="idempotency"):
            if key in used and used[key] not in self._fingerprints(request):
                raise IdempotencyConflict

    def _check_same(self, known: WaitingEntry, request: JoinRequest) -> None:
        if known.party_size != request.party_size:
            raise StateChanged(f"您已经在候补这个时间（{known.party_size} 位），要改人数请先退出候补。", "partySize")

    def _hash(self, text: str) -> str:
        return self.ledger.keys.lookup_hashes(text, field="idempotency")[0]

    def _fingerprint(self, request: JoinRequest) -> str:
        return self._fingerprints(request)[0]

    def _fingerprints(self, request: JoinRequest) -> list[str]:
        content = f"{request.offering}|{request.start.timestamp()}|{request.party_size}"
        return self.ledger.keys.lookup_hashes(content, field="request")

    # --- passing places on ---

    async def pass_on(self, district: str, freed: Sequence[Hold], interval: Interval) -> None:
        """Something became free: keep it for whoever waits for it and fits."""
        now = self.ledger.clock()
        if interval.start <= now:
            return
        for entry in await self.store.waiting(district, list({hold.of: None for hold in freed}), interval):
            if entry.interval.start > now:
                await self._offer(entry)

    async def entry_to_settle(self, resident: str, request: BookingRequest) -> WaitingEntry | None:
        """As `active_entry`, without asking the database where this worker has heard of no place that is kept.

        Whoever only waits is found out when their turn comes.
        """
        kept = self.ledger.believed_offers()
        if kept is not None and kept.isdisjoint(self._ids(resident, _as_join(request))):
            return None
        return await self.active_entry(resident, request)

    async def active_entry(self, resident: str, request: BookingRequest) -> WaitingEntry | None:
        """What a booking of this time would settle."""
        found = await self.store.first_of(self._ids(resident, _as_join(request)))
        return found if found and found.status in ACTIVE else None

    async def settle(self, entry: WaitingEntry) -> None:
        """The resident has booked. A place that was kept and not used goes to the next in line."""
        taken = step(entry, WaitingStatus.TAKEN, self.ledger.clock(), told=False)
        if await self.store.change(entry, taken) and entry.offer:
            await self._give_up(entry)

    async def lapse(self, offer: Holder, entry_id: str | None) -> None:
        """The time to take an offer is over."""
        if not await self.ledger.drop_offer(offer.id, offer.district, offer.version):
            return
        entry = await self.store.find(entry_id) if entry_id else None
        if entry and entry.status is WaitingStatus.OFFERED and entry.offer == offer.id:
            await self.store.change(entry, step(entry, WaitingStatus.LAPSED, self.ledger.clock(), told=True))
        await self.pass_on(offer.district, offer.holds, offer.dates[0].interval)

    async def sweep(self, lease: Lease) -> None:
        """What was broken off: places that became free unseen, entries whose time has come."""
        now = self.ledger.clock()
        for entry in await self.store.all_waiting():
            await lease.guard()
            if entry.interval.start <= now:
                await self.store.change(entry, step(entry, WaitingStatus.OVER, now, told=False))
            else:
                await self._offer(entry)

    async def _give_up(self, entry: WaitingEntry) -> None:
        offer = await self.ledger.store.document(entry.offer or "")
        if offer and offer.get("waiting_entry") == entry.id:
            await self.ledger.drop_offer(offer["_id"], offer["district"], offer["version"])
            (kept,) = dates_from_document(offer)
            await self.pass_on(entry.district, kept.holds, entry.interval)

    async def _offer(self, entry: WaitingEntry) -> None:
        try:
            terms = await self.ledger.terms(entry.offering)
            check_on_offer(terms)
        except NotFound:
            return
        now = self.ledger.clock()
        if await self._has_booked(entry):
            await self.store.change(entry, step(entry, WaitingStatus.TAKEN, now, told=False))
            return
        until = offered_until(entry.interval.start, now)
        for _ in range(_TRIES):
            free = await self._free(terms, entry.interval, entry.party_size)
            if not free:
                return
            self.ledger.shuffle(free)
            chosen = free[: places_needed(terms.offering, entry.party_size)]
            date = BookingDate(entry.interval, holds_of(terms.offering, entry.interval, chosen))
            document = offer_document(new_id(), entry, date, until, now)
            try:
                await self.ledger.put_offer(document)
            except DuplicateKeyError:
                continue
            offered = step(entry, WaitingStatus.OFFERED, now, told=True, offered_until=until, offer=document["_id"])
            if await self.store.change(entry, offered) is None:  # left, or offered by another worker
                await self.ledger.drop_offer(document["_id"], entry.district, 1)
            return

    async def _free(self, terms: OfferingTerms, interval: Interval, party_size: int) -> list[Place]:
        """Enough free places as the database has them; else none."""
        touched, now = blocked(terms.offering, interval), self.ledger.clock()
        holders = await self.ledger.holders(terms, touched.start, touched.stop)
        free = free_places(terms.offering, interval, taken_from(holders, now))
        return free if len(free) >= places_needed(terms.offering, party_size) else []


def _as_join(request: BookingRequest) -> JoinRequest:
    return JoinRequest(request.offering, request.start)
