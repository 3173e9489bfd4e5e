"""Making, listing and cancelling bookings: the rules, the claims and the store joined."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lifecircle.catalogue.bookings import rules
from lifecircle.catalogue.bookings.claims import is_resident_claim
from lifecircle.catalogue.bookings.documents import BookingDraft, booking_document, idempotency_key, request_hashes
from lifecircle.catalogue.bookings.model import (
    Actor,
    Booking,
    BookingEvent,
    BookingRequest,
    BookingStatus,
    Interval,
    booking_from_document,
)
from lifecircle.catalogue.bookings.rules import DayAvailability
from lifecircle.catalogue.bookings.store import BookingStore, PageKey
from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import (
    Database,
    DuplicateKeyError,
    database_errors_as_refusals,
    violated_index,
    violated_value,
)
from lifecircle.catalogue.errors import (
    BookingRefused,
    Busy,
    IdempotencyConflict,
    InvalidInput,
    NotBookable,
    NotFound,
    OverlapsYourBooking,
    StateChanged,
    TimeSlotFull,
)
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.hours.rules import day_plan, open_ranges
from lifecircle.catalogue.offerings.store import OfferingTerms, read_terms
from lifecircle.catalogue.sealing import KeyRing

MAX_DAYS = 62
"""The longest span that `availability` answers for."""

_TRIES = 40
"""Each try loses only to somebody else's success, so this is reached only on an offering with more places than that."""

_SUGGEST_DAYS = 14
"""How far before and after the wished day the nearest free time is looked for."""


@dataclass(frozen=True)
class BookingDesk:
    """Everything that may be done with bookings. Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    calendar: HolidayCalendar
    clock: Clock
    shuffle: Callable[[list[int]], None] = random.shuffle
    """Spreads clients over the free places, so that they collide less."""

    @property
    def _store(self) -> BookingStore:
        return BookingStore(self.database)

    async def availability(
        self, offering_id: str, first: date, days: int, party_size: int = 1
    ) -> list[DayAvailability]:
        """Free times by day. Raises NotFound, NotBookable, InvalidInput."""
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"一次可以查询 1 到 {MAX_DAYS} 天。", "days")
        if party_size < 1:
            raise InvalidInput("人数至少为 1。", "partySize")
        async with database_errors_as_refusals():
            terms = await self._read_terms(offering_id)
            _check_on_offer(terms)
            if not terms.offering.bookable:
                raise NotBookable(f"“{terms.offering.name}”不能在线预约，请打电话咨询。", "offering")
            return await self._days(terms, first, days, party_size)

    async def create(self, resident: str, request: BookingRequest) -> Booking:
        """Book, or say why not.

        Raises NotFound, IdempotencyConflict, Busy and every BookingRefused.
        """
        async with database_errors_as_refusals():
            terms = await self._read_terms(request.offering)
            earlier = await self._earlier(resident, request, terms.district)
            if earlier:
                return earlier
            _check_on_offer(terms)
            try:
                interval = self._interval(request, terms)
                return await self._claim(resident, request, terms, interval)
            except BookingRefused as refusal:
                await self._add_suggestion(refusal, terms, request)
                raise

    async def cancel(self, resident: str, booking_id: str, reason: str | None) -> Booking:
        """Raises NotFound, StateChanged, TooLateToCancel. Cancelling twice gives the cancelled booking."""
        async with database_errors_as_refusals():
            booking = await self._own(resident, booking_id)
            if booking.status is BookingStatus.CANCELLED:
                return booking
            now = self.clock()
            rules.check_cancellable(booking, now)
            event = BookingEvent(now, BookingStatus.CANCELLED, Actor.RESIDENT, reason)
            moved = await self._store.move(booking, event) or await self._own(resident, booking_id)
            if moved.status is not BookingStatus.CANCELLED:
                raise StateChanged("这个预约刚刚有变化，请刷新后再试。", "booking")
            return moved

    async def of_resident(self, resident: str, booking_id: str) -> Booking:
        """The resident's own booking. Raises NotFound, also for somebody else's."""
        async with database_errors_as_refusals():
            return await self._own(resident, booking_id)

    async def _own(self, resident: str, booking_id: str) -> Booking:
        booking = await self._store.find(booking_id)
        if booking is None or booking.resident != resident:
            raise NotFound("没有找到这个预约。", "booking")
        return self._as_of_now(booking)

    async def list_of_resident(
        self, resident: str, statuses: Sequence[BookingStatus], first: int, after: PageKey | None
    ) -> list[Booking]:
        async with database_errors_as_refusals():
            found = await self._store.of_resident(resident, statuses, first, after)
            return [self._as_of_now(booking) for booking in found]

    async def count_of_resident(self, resident: str, statuses: Sequence[BookingStatus]) -> int:
        async with database_errors_as_refusals():
            return await self._store.count_of_resident(resident, statuses)

    # --- reading the terms ---

    async def _read_terms(self, offering_id: str) -> OfferingTerms:
        terms = await read_terms(self.database, offering_id)
        if terms is None:
            raise _not_on_offer()
        return terms

    def _openings(self, terms: OfferingTerms, first: date, days: int) -> list[OpenRange]:
        return open_ranges(terms.schedule, terms.store.exceptions, self.calendar, first, days)

    def _closed_reasons(self, terms: OfferingTerms, first: date, days: int) -> dict[date, str]:
        reasons = {}
        for day in (first + timedelta(days=offset) for offset in range(days)):
            plan = day_plan(terms.schedule, terms.store.exceptions, self.calendar, day)
            if not plan.ranges:
                reasons[day] = plan.reason or "休息日"
        return reasons

    async def _days(self, terms: OfferingTerms, first: date, days: int, party_size: int) -> list[DayAvailability]:
        now, span = self.clock(), rules.span_of(first, days)
        occupied = await self._store.occupied(terms.district, terms.offering.id, span, now)
        times = rules.free_times(terms.offering, self._openings(terms, first, days), occupied, party_size, now)
        inside = [free for free in times if span.start <= free.interval.start < span.end]
        return rules.by_day(inside, first, days, self._closed_reasons(terms, first, days))

    def _interval(self, request: BookingRequest, terms: OfferingTerms) -> Interval:
        rules.check_terms(request, terms.offering, self.clock())
        day = local_day(request.start)
        closed = self._closed_reasons(terms, day, 1).get(day)
        return rules.interval_of(request, terms.offering, self._openings(terms, day, 1), closed)

    # --- claiming ---

    async def _claim(self, resident: str, request: BookingRequest, terms: OfferingTerms, interval: Interval) -> Booking:
        booking_id = secrets.token_hex(12)
        for _ in range(_TRIES):
            seats = await self._free_seats(terms, interval)
            if len(seats) < request.party_size:
                return await self._when_full(resident, request, terms, interval)
            self.shuffle(seats)
            chosen = sorted(seats[: request.party_size])
            draft = BookingDraft(booking_id, resident, request, terms, interval, tuple(chosen))
            document = booking_document(draft, self.keys, self.clock())
            try:
                await self._store.insert(document)
                return booking_from_document(document)
            except DuplicateKeyError as error:
                settled = await self._after_collision(error, draft)
                if settled:
                    return settled
        raise Busy("现在预约的人太多，请稍后再试。")

    async def _when_full(
        self, resident: str, request: BookingRequest, terms: OfferingTerms, interval: Interval
    ) -> Booking:
        """The last place may have gone to the same resident a moment ago, even to the same request.

        Raises OverlapsYourBooking, TimeSlotFull, IdempotencyConflict.
        """
        earlier = await self._earlier(resident, request, terms.district)
        if earlier:
            return earlier
        own = await self._store.overlapping(resident, interval)
        if own and not _is_expired(own, self.clock()):
            raise _overlap_with(own)
        raise TimeSlotFull("这个时间已经约满了。", "start")

    async def _free_seats(self, terms: OfferingTerms, interval: Interval) -> list[int]:
        occupied = await self._store.occupied(terms.district, terms.offering.id, interval, self.clock())
        return rules.seats_for(terms.offering, interval, occupied)

    async def _after_collision(self, error: DuplicateKeyError, draft: BookingDraft) -> Booking | None:
        """None: another place may still be free, try again.

        Raises OverlapsYourBooking, IdempotencyConflict.
        """
        if violated_index(error) == {"_id"}:  # the driver wrote again after a lost answer: the first write is ours
            return await self._store.find(draft.id)
        earlier = await self._earlier(draft.resident, draft.request, draft.terms.district)
        if earlier:
            return earlier
        claim = str(violated_value(error, "claims"))
        holder = await self._store.find_by_claim(draft.terms.district, claim)
        if holder is None or await self._release_if_expired(holder):
            return None
        if is_resident_claim(claim):
            raise _overlap_with(holder)
        return None

    async def _release_if_expired(self, holder: Booking) -> bool:
        now = self.clock()
        if not _is_expired(holder, now):
            return False
        event = BookingEvent(now, BookingStatus.EXPIRED, Actor.SYSTEM, "商家未在时限内确认")
        await self._store.move(holder, event)
        return True

    async def _earlier(self, resident: str, request: BookingRequest, district: str) -> Booking | None:
        """The booking that the same key already made. Raises IdempotencyConflict."""
        if request.idempotency_key is None:
            return None
        key = idempotency_key(resident, request.idempotency_key)
        found = await self._store.find_by_idempotency_key(district, key)
        if found is None:
            return None
        booking, earlier_hash = found
        if earlier_hash not in request_hashes(request, self.keys):
            raise IdempotencyConflict
        return self._as_of_now(booking)

    # --- saying what is possible instead ---

    async def _add_suggestion(self, refusal: BookingRefused, terms: OfferingTerms, request: BookingRequest) -> None:
        if isinstance(refusal, (NotBookable, OverlapsYourBooking)) or refusal.code == "PARTY_TOO_LARGE":
            return
        today, wanted = local_day(self.clock()), local_day(request.start)
        wanted = max(today, min(wanted, today + timedelta(days=terms.offering.window_days)))
        first = max(today, wanted - timedelta(days=_SUGGEST_DAYS))
        span = (wanted - first).days + _SUGGEST_DAYS
        days = await self._days(terms, first, span, request.party_size)
        nearest = min(
            (free.interval.start for day in days for free in day.times),
            key=lambda start: abs(start - request.start),
            default=None,
        )
        if nearest:
            refusal.message += f"最近可约：{rules.time_text(nearest)}。"

    def _as_of_now(self, booking: Booking) -> Booking:
        """A PENDING booking whose time to be confirmed has run out reads as what it is."""
        return booking if not _is_expired(booking, self.clock()) else _read_as_expired(booking)


def _not_on_offer() -> NotFound:
    return NotFound("没有找到这项服务，可能已经下架。", "offering")


def _overlap_with(own: Booking) -> OverlapsYourBooking:
    when = rules.time_text(own.interval.start)
    return OverlapsYourBooking(f"您在{when}已经预约了“{own.offering_name}”，时间重叠。", "start")


def _check_on_offer(terms: OfferingTerms) -> None:
    if not terms.offering.is_active or terms.store.state != "OPEN":
        raise _not_on_offer()


def _is_expired(booking: Booking, now: datetime) -> bool:
    return booking.status is BookingStatus.PENDING and booking.expires_at is not None and booking.expires_at <= now


def _read_as_expired(booking: Booking) -> Booking:
    return replace(booking, status=BookingStatus.EXPIRED)
