"""When an offering's store is open: hours, exceptions, holidays and closures together."""

from __future__ import annotations

from datetime import date, timedelta

from lifecircle.catalogue.bookings.times import OpenDays, blackout_on
from lifecircle.catalogue.clock import midnight
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.offerings.store import Listing
from lifecircle.catalogue.stores.closing import TAKEN_OFF, day_plan_of, open_ranges_of


def open_days(listing: Listing, calendar: HolidayCalendar, first: date, days: int) -> OpenDays:
    closed, off = {}, set()
    for day in (first + timedelta(days=offset) for offset in range(days)):
        plan = day_plan_of(listing.store, listing.schedule, calendar, day)
        blackout = blackout_on(listing.offering, day)
        if blackout:
            closed[day] = blackout.reason
        elif plan.ranges:
            continue
        elif plan.reason or any(exception.day == day for exception in listing.store.exceptions):
            closed[day] = plan.reason or TAKEN_OFF
        else:
            off.add(day)
    ends = midnight(first + timedelta(days=days))
    openings = open_ranges_of(listing.store, listing.schedule, calendar, first, days + 1)
    return OpenDays([each for each in openings if each.opens <= ends], closed, frozenset(off))
