"""Moving a booking to another time: one write, so the old place is lost only when the new one is won."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecircle.catalogue.bookings.claimer import Claimer, Wanted
from lifecircle.catalogue.bookings.claims import Place, free_places, holds_of, places_needed, share_cells, without
from lifecircle.catalogue.bookings.documents import RESCHEDULED, moved, placed, resource_names
from lifecircle.catalogue.bookings.free import Moving
from lifecircle.catalogue.bookings.ledger import TRIES, Ledger, check_on_offer
from lifecircle.catalogue.bookings.limits import without_date
from lifecircle.catalogue.bookings.model import (
    Actor,
    Booking,
    BookingDate,
    BookingEvent,
    BookingRequest,
    BookingStatus,
    Interval,
)
from lifecircle.catalogue.bookings.mover import Mover, changed_meanwhile, date_at
from lifecircle.catalogue.bookings.moves import check_reschedulable, next_due
from lifecircle.catalogue.bookings.own import overlap_with
from lifecircle.catalogue.bookings.rules import check_start
from lifecircle.catalogue.bookings.texts import time_text
from lifecircle.catalogue.bookings.times import interval_of
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document, DuplicateKeyError
from lifecircle.catalogue.errors import Busy, StateChanged, TimeSlotFull
from lifecircle.catalogue.offerings.store import OfferingTerms


@dataclass(frozen=True)
class Rescheduler:
    ledger: Ledger
    mover: Mover
    claimer: Claimer

    async def reschedule(
        self, booking: Booking, start: datetime, which: datetime | None, terms: OfferingTerms
    ) -> Booking:
        """`which`: of a series, the date that begins then; None: the next one. To where it is already: nothing happens.

        Raises NotFound, StateChanged, TooLateToCancel, Busy and every BookingRefused.
        """
        date = date_to_move(booking, which)
        if date.interval.start == start:
            return booking
        now = self.ledger.clock()
        if date.ended is not None:
            raise StateChanged("这一次已经结束或取消，不能改期。", "date")
        check_reschedulable(booking, date.interval, now)
        check_on_offer(terms)
        check_start(start, terms.offering, now)
        wanted = self._wanted(booking, date, start, terms)
        for _ in range(TRIES):
            change = await self._change(booking, date, wanted)
            if change is None:
                return await self._when_full(booking, wanted)
            try:
                after = await self.ledger.change(booking, change)
            except DuplicateKeyError:
                continue
            if after is None:
                return await self._moved_meanwhile(booking, start)
            await self.mover.waiting.pass_on(booking.district, date.holds, date.interval)
            return after
        raise Busy("现在预约的人太多，请稍后再试。")

    def _wanted(self, booking: Booking, date: BookingDate, start: datetime, terms: OfferingTerms) -> Wanted:
        minutes = Moving(booking, date).wish(terms.offering).duration_minutes
        days = self.ledger.open_days(terms, local_day(start), 1)
        interval = interval_of(start, minutes, terms.offering, days)
        if any(share_cells(other.interval, interval) for other in booking.coming if other is not date):
            raise overlap_with(booking, [interval])
        return Wanted(booking.resident, BookingRequest(booking.offering, start, booking.party_size), terms, (interval,))

    async def _change(self, booking: Booking, date: BookingDate, wanted: Wanted) -> Document | None:
        """The update that moves the date to places that are free now; None: there are none.

        Raises OverlapsYourBooking, BookingLimitReached.
        """
        (interval,), offering = wanted.intervals, wanted.terms.offering
        taken = without(await self.claimer.taken(wanted), date.holds)
        free = free_places(offering, interval, taken)
        needed = places_needed(offering, booking.party_size)
        if len(free) < needed:
            return None
        self.ledger.shuffle(free)
        own = {Place(hold.of, seat) for hold in date.holds for seat in hold.seats}
        free.sort(key=lambda place: place not in own)
        fresh = BookingDate(interval, holds_of(offering, interval, free[:needed]))
        kept = without_date(booking.tickets, local_day(date.interval.start)) if booking.tickets else []
        turns = await self._turns(booking, wanted)
        tickets = [*kept, *await self.claimer.tickets(wanted, booking.tickets, kept), *turns]
        return _update(booking, wanted.terms, date, fresh, tickets, self.ledger.clock())

    async def _when_full(self, booking: Booking, wanted: Wanted) -> Booking:
        """The place may have gone to the same request a moment ago. Raises OverlapsYourBooking, TimeSlotFull."""
        if (await self.mover.own(booking.resident, booking.id)).version != booking.version:
            return await self._moved_meanwhile(booking, wanted.intervals[0].start)
        await self._turns(booking, wanted)
        raise TimeSlotFull("这个时间已经约满了，原来的预约还在。", "start")

    async def _turns(self, booking: Booking, wanted: Wanted) -> tuple[str, ...]:
        """New ones, beside those that it has. Raises OverlapsYourBooking for another booking of the resident's."""
        own = self.claimer.own
        found = await own.turns(booking.resident, booking.district, wanted.intervals, besides=booking.id)
        if isinstance(found, Booking):
            raise overlap_with(found, wanted.intervals)
        return found

    async def _moved_meanwhile(self, booking: Booking, start: datetime) -> Booking:
        """The same request twice at once is one move."""
        found = await self.mover.own(booking.resident, booking.id)
        if any(date.interval.start == start for date in found.coming):
            return found
        raise changed_meanwhile()


def date_to_move(booking: Booking, which: datetime | None) -> BookingDate:
    """Of a series the date that begins then; None: the next one."""
    return date_at(booking, which) or (booking.coming or booking.dates)[0]


def _update(
    booking: Booking,
    terms: OfferingTerms,
    old: BookingDate,
    fresh: BookingDate,
    tickets: Sequence[str],
    now: datetime,
) -> Document:
    dates = sorted((fresh if date is old else date for date in booking.dates), key=lambda date: date.interval.start)
    present, *further = [date for date in dates if date.ended is None]
    expires_at = None
    if booking.status is BookingStatus.PENDING and booking.expires_at:
        expires_at = min(booking.expires_at, present.interval.start)
    due = next_due(booking.status, present.interval, _intervals(further), expires_at)
    sets: dict[str, Any] = {**placed(booking.resident, dates, tickets), "due_at": due, "expires_at": expires_at}
    sets["resources"] = resource_names(terms, dates)
    event = BookingEvent(now, booking.status, Actor.RESIDENT, f"改期，原来是{time_text(old.interval.start)}")
    return moved(booking, event, kind=RESCHEDULED, **sets)


def _intervals(dates: Sequence[BookingDate]) -> list[Interval]:
    return [date.interval for date in dates]
