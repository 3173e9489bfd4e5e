"""Counting a store's days. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from lifecircle.catalogue.bookings.model import NEVER_WAS, Booking, BookingDate, BookingStatus, Interval
from lifecircle.catalogue.clock import local_day, midnight
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering, OfferingKind
from lifecircle.catalogue.statistics.model import DayTally, StoreStatistics, Tally

_CAME = frozenset({BookingStatus.CHECKED_IN, BookingStatus.COMPLETED})
_DECLINED = frozenset({BookingStatus.DECLINED, BookingStatus.EXPIRED})


def statistics(
    bookings: Sequence[Booking],
    offerings: Sequence[Offering],
    openings: Sequence[OpenRange],
    first: date,
    days: int,
) -> StoreStatistics:
    """`openings`: every opening that touches the days, those of the evening before among them."""
    found = []
    for day in (first + timedelta(days=offset) for offset in range(days)):
        tally = _tally(bookings, day).plus(Tally(offered=_offered(offerings, openings, day)))
        found.append(DayTally(day, tally))
    return StoreStatistics(tuple(found))


def _tally(bookings: Iterable[Booking], day: date) -> Tally:
    total = Tally()
    for booking in bookings:
        for one in booking.dates:
            if local_day(one.interval.start) == day:
                total = total.plus(_of_date(booking, one))
    return total


def _of_date(booking: Booking, one: BookingDate) -> Tally:
    status = booking.status_of(one)
    return Tally(
        booked=1,
        came=int(status in _CAME),
        cancelled=int(status is BookingStatus.CANCELLED),
        declined=int(status in _DECLINED),
        no_show=int(status is BookingStatus.NO_SHOW),
        taken=0 if status in NEVER_WAS else _places(booking, one) * _minutes(one.interval),
    )


def _places(booking: Booking, one: BookingDate) -> int:
    return sum(len(hold.seats) for hold in one.holds) or booking.party_size


def _offered(offerings: Iterable[Offering], openings: Sequence[OpenRange], day: date) -> int:
    """Minutes of places: of an appointment while the store is open, of a session as long as it lasts."""
    whole = Interval(midnight(day), midnight(day + timedelta(days=1)))
    opened = sum(_overlap(Interval(opening.opens, opening.closes), whole) for opening in openings)
    total = 0
    for offering in offerings:
        if not offering.bookable or not offering.is_active:
            continue
        if offering.kind is OfferingKind.APPOINTMENT:
            places = len(offering.rules.resources) if offering.uses_resources else offering.capacity
            total += places * opened
        elif offering.kind is OfferingKind.SESSION:
            sessions = (s for s in offering.sessions if local_day(s.start) == day)
            total += offering.capacity * sum(_minutes(Interval(s.start, s.end)) for s in sessions)
    return total


def _overlap(one: Interval, other: Interval) -> int:
    start, end = max(one.start, other.start), min(one.end, other.end)
    return _minutes(Interval(start, end)) if start < end else 0


def _minutes(interval: Interval) -> int:
    return int((interval.end - interval.start).total_seconds()) // 60
