"""What is free, and what can be had instead of what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.bookings.claims import reach, share_cells, without
from lifecircle.catalogue.bookings.ledger import Ledger
from lifecircle.catalogue.bookings.limits import given_up, limits_on, reached, without_date
from lifecircle.catalogue.bookings.model import HOLDING, Booking, BookingDate, Interval
from lifecircle.catalogue.bookings.mover import Mover
from lifecircle.catalogue.bookings.texts import time_text
from lifecircle.catalogue.bookings.times import DayAvailability, Wish, bookable_times, by_day, free_times, span_of
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import BookingRefused
from lifecircle.catalogue.offerings.model import Offering, OfferingKind
from lifecircle.catalogue.offerings.store import Listing, OfferingTerms

_SUGGEST_DAYS = 14
"""How far before and after the wished day the nearest free time is looked for."""

_NO_SUGGESTION = frozenset(
    {"NOT_BOOKABLE", "PARTY_TOO_LARGE", "NOT_ELIGIBLE", "OUTSIDE_SERVICE_AREA", "TOO_LATE_TO_CANCEL"}
)
"""Refusals that no other time would change."""


@dataclass(frozen=True, slots=True)
class Moving:
    """A date of a booking that gives up what it holds for another time."""

    booking: Booking
    date: BookingDate

    def wish(self, offering: Offering) -> Wish:
        """As much as it has now."""
        length = round((self.date.interval.end - self.date.interval.start).total_seconds() / 60)
        return Wish(self.booking.party_size, length if offering.kind is OfferingKind.APPOINTMENT else None)

    @property
    def tickets(self) -> list[str]:
        """Those that it gives up."""
        kept = without_date(self.booking.tickets, local_day(self.date.interval.start))
        return [ticket for ticket in self.booking.tickets if ticket not in kept]


@dataclass(frozen=True)
class FreeTimes:
    ledger: Ledger
    mover: Mover

    async def days(
        self, listing: Listing, first: date, days: int, wish: Wish, moving: Moving | None = None
    ) -> list[DayAvailability]:
        offering, span = listing.offering, span_of(first, days)
        open_days = self.ledger.open_days(listing, first, days)
        candidates = bookable_times(offering, open_days.openings, wish.duration_minutes).within(span.start, span.end)
        last = max((each.end for each in candidates.intervals), default=span.end)
        touched = reach(offering, Interval(span.start, last))
        taken = await self.ledger.taken(listing, touched.start, touched.stop)
        used = await self.ledger.used_tickets(listing, [first + timedelta(days=k) for k in range(days)])
        if moving:
            taken, used = without(taken, moving.date.holds), given_up(used, moving.tickets)
        times = free_times(offering, candidates, taken, wish, self.ledger.clock())
        return [
            day if not reached(offering, day.day, used) else DayAvailability(day.day, (), day.closed_reason)
            for day in by_day(times, first, days, open_days.reasons())
        ]

    async def add_suggestion(
        self,
        refusal: BookingRefused,
        resident: str,
        terms: OfferingTerms,
        start: datetime,
        wish: Wish,
        moving: Moving | None = None,
    ) -> None:
        """The free time nearest to `start`, at which the resident is free too."""
        if refusal.code in _NO_SUGGESTION:
            return
        today = local_day(self.ledger.clock())
        wanted = max(today, min(local_day(start), today + timedelta(days=terms.offering.window_days)))
        first = max(today, wanted - timedelta(days=_SUGGEST_DAYS))
        days = await self.days(terms, first, (wanted - first).days + _SUGGEST_DAYS, wish, moving)
        here = moving.date.interval if moving else None
        free = [each.interval for day in days for each in day.times if each.interval != here]
        free.sort(key=lambda each: abs(each.start - start))
        nearest = await self._first_for(resident, terms, free, moving)
        if nearest:
            refusal.message += f"最近可约：{time_text(nearest.start)}。"

    async def _first_for(
        self, resident: str, terms: OfferingTerms, times: Sequence[Interval], moving: Moving | None
    ) -> Interval | None:
        """The first at which the resident has nothing else and has not reached a limit."""
        if not times:
            return None
        span = Interval(min(t.start for t in times), max(t.end for t in times))
        own = map(self.mover.as_of_now, await self.ledger.store.own(resident, terms.district, [span]))
        busy = [date.interval for booking in own if booking.status in HOLDING for date in booking.coming]
        if moving:
            busy = [interval for interval in busy if interval != moving.date.interval]
        for interval in times:
            if any(share_cells(interval, other) for other in busy):
                continue
            day = local_day(interval.start)
            keys = [limit.key for limit in limits_on(terms.offering, day, resident)]
            used = await self.ledger.store.used_tickets(terms.district, keys) if keys else {}
            if not reached(terms.offering, day, given_up(used, moving.tickets) if moving else used, resident):
                return interval
        return None
