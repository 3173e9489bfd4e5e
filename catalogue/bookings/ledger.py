"""What every part of the booking desk works with: the terms, what is held, and the writes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from lifecircle.catalogue.bookings.claims import Taken, keys_of
from lifecircle.catalogue.bookings.limits import limits_on
from lifecircle.catalogue.bookings.model import Booking, booking_from_document
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.store import BookingStore, Holder, taken_from
from lifecircle.catalogue.bookings.times import OpenDays
from lifecircle.catalogue.bookings.timetable import open_days
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.offerings.store import Listing, OfferingTerms, read_terms
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.stores.closing import is_gone

TRIES = 40
"""Each try loses only to somebody else's success, so this is reached only on an offering with more places than that."""

Shuffle = Callable[[list[Any]], None]


@dataclass(frozen=True)
class Ledger:
    database: Database
    keys: KeyRing
    calendar: HolidayCalendar
    clock: Clock
    shuffle: Shuffle = random.shuffle
    """Spreads clients over the free places, so that they collide less."""
    live: Live | None = None
    """None: the database is asked every time."""

    @cached_property
    def store(self) -> BookingStore:
        return BookingStore(self.database)

    # --- terms ---

    async def terms(self, offering_id: str) -> OfferingTerms:
        """As the database has them at this moment. Raises NotFound."""
        terms = await read_terms(self.database, offering_id)
        if terms is None:
            raise not_on_offer()
        if self.live:
            self.live.districts[terms.store.id] = terms.district
        return terms

    def known_terms(self, offering_id: str) -> OfferingTerms | None:
        """As this worker knows them while that is fresh: as good as those of the second before.

        None where the database must be asked. Nobody should be refused for them, since an edit may be on its way.
        """
        known = self.live.listing(offering_id) if self.live and self.live.is_fresh(self.clock()) else None
        district = self.live.districts.get(known.store.id) if self.live and known else None
        return OfferingTerms(known.offering, known.store, known.schedule, district) if known and district else None

    async def listing(self, offering_id: str) -> Listing:
        """To be shown: as this worker knows it while what it knows is fresh. Raises NotFound."""
        known = self.live.listing(offering_id) if self.live and self.live.is_fresh(self.clock()) else None
        return known or await self.terms(offering_id)

    def open_days(self, listing: Listing, first: date, days: int) -> OpenDays:
        return open_days(listing, self.calendar, first, days)

    # --- what is held ---

    def known_taken(self) -> Taken | None:
        """Without asking the database; None where that is not fresh enough."""
        now = self.clock()
        return self.live.index.taken(now) if self.live and self.live.is_fresh(now) else None

    def believed_taken(self) -> Taken | None:
        """As this worker last heard, however long ago: what to try first. The claim tells whether it was true."""
        return self.live.index.taken(self.clock()) if self.live else None

    def believed_offers(self) -> Set[str] | None:
        """Entries of waiting lists for which a place is kept, as this worker last heard; None where it hears nothing.

        A place that was kept since then is found when the others are full, or goes to the next in line after its time.
        """
        return self.live.index.offers(self.clock()) if self.live and self.live.is_following() else None

    async def taken(self, listing: Listing, first: int, stop: int) -> Taken:
        known = self.known_taken()
        if known is not None:
            return known
        return taken_from(await self.holders(await self._settled(listing), first, stop), self.clock())

    async def holders(self, terms: OfferingTerms, first: int, stop: int) -> list[Holder]:
        return await self.store.holders(terms.district, keys_of(terms.offering), first, stop)

    async def used_tickets(self, listing: Listing, days: Sequence[date]) -> Mapping[str, int]:
        """Of the limits of the offering as a whole."""
        keys = list(dict.fromkeys(limit.key for day in days for limit in limits_on(listing.offering, day)))
        now = self.clock()
        if not keys:
            return {}
        if self.live and self.live.is_fresh(now):
            return self.live.index.used_tickets(now)
        return await self.store.used_tickets((await self._settled(listing)).district, keys)

    async def _settled(self, listing: Listing) -> OfferingTerms:
        return listing if isinstance(listing, OfferingTerms) else await self.terms(listing.offering.id)

    # --- writes: this worker knows of its own at once ---

    async def insert(self, document: Document) -> Booking:
        """Raises DuplicateKeyError."""
        await self.store.insert(document)
        self._learn(document["_id"], document)
        return booking_from_document(document)

    async def change(self, booking: Booking, change: Mapping[str, Any]) -> Booking | None:
        """Compare and set: None where the booking is no longer as it was read. Raises DuplicateKeyError."""
        document = await self.store.change(booking.id, booking.district, booking.version, change)
        if document is None:
            return None
        self._learn(booking.id, document)
        return booking_from_document(document)

    async def put_offer(self, document: Document) -> None:
        """Raises DuplicateKeyError."""
        await self.store.insert(document)
        self._learn(document["_id"], document)

    async def take_offer(self, version: int, document: Document) -> Booking | None:
        """The offer becomes a booking: one write. Raises DuplicateKeyError."""
        if not await self.store.replace(document["_id"], version, document):
            return None
        self._learn(document["_id"], document)
        return booking_from_document(document)

    async def drop_offer(self, key: str, district: str, version: int) -> bool:
        dropped = await self.store.remove_offer(key, district, version)
        if dropped:
            self._learn(key, None)
        return dropped

    def _learn(self, key: str, document: Document | None) -> None:
        if self.live:
            self.live.index.apply(key, document)


def not_on_offer() -> NotFound:
    return NotFound("没有找到这项服务，可能已经下架。", "offering")


def check_on_offer(listing: Listing) -> None:
    """Raises NotFound."""
    if not listing.offering.is_active or is_gone(listing.store):
        raise not_on_offer()
