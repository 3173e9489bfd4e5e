"""Everything that may be done with bookings: checks first, then the parts that claim, move and list."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.bookings import rules
from lifecircle.catalogue.bookings.claimer import Claimer, Wanted
from lifecircle.catalogue.bookings.claims import resource_key
from lifecircle.catalogue.bookings.contacts import Contacts
from lifecircle.catalogue.bookings.free import FreeTimes, Moving
from lifecircle.catalogue.bookings.ledger import Ledger, Shuffle, check_on_offer
from lifecircle.catalogue.bookings.model import Booking, BookingRequest, BookingStatus, Interval
from lifecircle.catalogue.bookings.mover import Mover
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.rescheduler import Rescheduler, date_to_move
from lifecircle.catalogue.bookings.series import DateVerdict, SeriesCheck, refusal_of
from lifecircle.catalogue.bookings.service_area import check_service_area
from lifecircle.catalogue.bookings.store_side import StoreSide
from lifecircle.catalogue.bookings.times import DayAvailability, Wish, interval_of
from lifecircle.catalogue.bookings.waiting.service import WaitingList
from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import BookingRefused, Busy, InvalidInput, NotBookable, NotFound
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.jobs import Job
from lifecircle.catalogue.offerings.store import OfferingTerms
from lifecircle.catalogue.pages import PageKey
from lifecircle.catalogue.sealing import KeyRing

MAX_DAYS = 62
"""The longest span that `availability` answers for."""

DUE_PERIOD = timedelta(seconds=20)
SWEEP_PERIOD = timedelta(minutes=5)


@dataclass(frozen=True)
class BookingDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    calendar: HolidayCalendar
    clock: Clock
    shuffle: Shuffle = random.shuffle
    live: Live | None = None
    """What this worker knows by itself; None: the database is asked every time."""

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self.database, self.keys, self.calendar, self.clock, self.shuffle, self.live)

    @cached_property
    def waiting(self) -> WaitingList:
        return WaitingList(self._ledger)

    @cached_property
    def _mover(self) -> Mover:
        return Mover(self._ledger, self.waiting)

    @cached_property
    def _claimer(self) -> Claimer:
        return Claimer(self._ledger, self._mover)

    @cached_property
    def _rescheduler(self) -> Rescheduler:
        return Rescheduler(self._ledger, self._mover, self._claimer)

    @cached_property
    def _free(self) -> FreeTimes:
        return FreeTimes(self._ledger, self._mover)

    @cached_property
    def contacts(self) -> Contacts:
        return Contacts(self._ledger, self.of_store)

    @cached_property
    def of_store(self) -> StoreSide:
        return StoreSide(self._ledger, self._mover)

    @property
    def jobs(self) -> Sequence[Job]:
        return (
            Job("bookings-due", DUE_PERIOD, self._mover.settle_due),
            Job("waiting-list", SWEEP_PERIOD, self.waiting.sweep),
        )

    # --- what is free ---

    async def availability(
        self, offering_id: str, first: date, days: int, party_size: int = 1, duration_minutes: int | None = None
    ) -> list[DayAvailability]:
        """Free times by day. Raises NotFound, NotBookable, InvalidInput."""
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"一次可以查询 1 到 {MAX_DAYS} 天。", "days")
        if party_size < 1:
            raise InvalidInput("人数至少为 1。", "partySize")
        async with database_errors_as_refusals():
            listing = await self._ledger.listing(offering_id)
            check_on_offer(listing)
            if not listing.offering.bookable:
                raise NotBookable(f"“{listing.offering.name}”不能在线预约，请打电话咨询。", "offering")
            rules.check_duration(duration_minutes, listing.offering)
            return await self._free.days(listing, first, days, Wish(party_size, duration_minutes))

    # --- making and changing one ---

    async def create(self, resident: str, request: BookingRequest) -> Booking:
        """Book, or say why not.

        Raises NotFound, InvalidInput, IdempotencyConflict, Busy and every BookingRefused.
        """
        async with database_errors_as_refusals():
            try:
                return await self._create(resident, request)
            except (Busy, InvalidInput, NotFound, BookingRefused):
                earlier = await self._claimer.earlier(resident, request)
                if earlier is None:
                    raise
                return earlier

    async def _create(self, resident: str, request: BookingRequest) -> Booking:
        """The id of a booking is made from its key, so a second attempt with the key runs into the first by itself.

        Tried by the terms that this worker knows; nobody is refused but by those of the database.
        """
        known, refused = self._ledger.known_terms(request.offering), None
        if known:
            try:
                return await self._claim_on(known, resident, request)
            except (BookingRefused, InvalidInput, NotFound) as refusal:
                refused = refusal
        terms = await self._ledger.terms(request.offering)
        try:
            if refused and known and known.are_as(terms):
                raise refused
            return await self._claim_on(terms, resident, request)
        except BookingRefused as refusal:
            if await self._claimer.earlier(resident, request) is None:
                wish = Wish(request.party_size, request.duration_minutes, _key_of(request, terms))
                await self._free.add_suggestion(refusal, resident, terms, request.start, wish)
            raise

    async def _claim_on(self, terms: OfferingTerms, resident: str, request: BookingRequest) -> Booking:
        return await self._claimer.claim(await self._wanted(resident, request, terms))

    async def _wanted(self, resident: str, request: BookingRequest, terms: OfferingTerms) -> Wanted:
        """Raises NotFound, InvalidInput and every BookingRefused that has nothing to do with others."""
        check_on_offer(terms)
        rules.check_terms(request, terms.offering, self.clock())
        interval = self._interval(request.start, request.duration_minutes, terms)
        await check_service_area(self.database, terms, request.contact)
        return Wanted(resident, request, terms, (interval,))

    def _interval(self, start: datetime, minutes: int | None, terms: OfferingTerms) -> Interval:
        return interval_of(start, minutes, terms.offering, self._ledger.open_days(terms, local_day(start), 1))

    async def series(
        self, resident: str, request: BookingRequest, *, dry_run: bool
    ) -> tuple[Booking | None, list[DateVerdict]]:
        """A course: all dates or none. With `dry_run` only what would be.

        Raises NotFound, InvalidInput, IdempotencyConflict, Busy and every BookingRefused.
        """
        async with database_errors_as_refusals():
            earlier = None if dry_run else await self._claimer.earlier(resident, request)
            if earlier:
                return earlier, [DateVerdict(date.interval.start, date.interval, None) for date in earlier.dates]
            terms = await self._ledger.terms(request.offering)
            check_on_offer(terms)
            rules.check_terms(request, terms.offering, self.clock(), dates=False)
            await check_service_area(self.database, terms, request.contact)
            verdicts = await SeriesCheck(self._ledger, self._claimer).verdicts(resident, request, terms)
            if dry_run:
                return None, verdicts
            refusal = refusal_of(verdicts)
            if refusal:
                raise refusal
            intervals = tuple(one.interval for one in verdicts if one.interval)
            return await self._claimer.claim(Wanted(resident, request, terms, intervals)), verdicts

    async def reschedule(
        self, resident: str, booking_id: str, start: datetime, which: datetime | None = None
    ) -> Booking:
        """Raises NotFound, StateChanged, TooLateToCancel, Busy and every BookingRefused."""
        async with database_errors_as_refusals():
            booking = await self._mover.own(resident, booking_id)
            terms = await self._ledger.terms(booking.offering)
            try:
                return await self._rescheduler.reschedule(booking, start, which, terms)
            except BookingRefused as refusal:
                moving = Moving(booking, date_to_move(booking, which))
                await self._free.add_suggestion(refusal, resident, terms, start, moving.wish(terms.offering), moving)
                raise

    async def cancel(
        self, resident: str, booking_id: str, reason: str | None, which: datetime | None = None
    ) -> Booking:
        """`which`: of a series, only the date that begins then.

        Raises NotFound, StateChanged, TooLateToCancel. Cancelling twice gives the cancelled booking.
        """
        async with database_errors_as_refusals():
            return await self._mover.cancel(resident, booking_id, reason, which)

    # --- a resident's own ---

    async def of_resident(self, resident: str, booking_id: str) -> Booking:
        """The resident's own booking. Raises NotFound, also for somebody else's."""
        async with database_errors_as_refusals():
            return await self._mover.own(resident, booking_id)

    async def list_of_resident(
        self, resident: str, statuses: Sequence[BookingStatus], first: int, after: PageKey | None
    ) -> list[Booking]:
        async with database_errors_as_refusals():
            found = await self._ledger.store.of_resident(resident, statuses, first, after)
            return [self._mover.as_of_now(booking) for booking in found]

    async def count_of_resident(self, resident: str, statuses: Sequence[BookingStatus]) -> int:
        async with database_errors_as_refusals():
            return await self._ledger.store.count_of_resident(resident, statuses)


def _key_of(request: BookingRequest, terms: OfferingTerms) -> str | None:
    return resource_key(terms.store.id, request.resource) if request.resource else None
