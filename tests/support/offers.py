"""Offerings, openings and bookings for the rules alone, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from factories import PlainCalendar, an_offering, at, hours

from lifecircle.catalogue.bookings.claims import holds_of, places
from lifecircle.catalogue.bookings.model import Booking, BookingStatus, Hold, Interval
from lifecircle.catalogue.hours.model import OpenRange, schedule_from_document
from lifecircle.catalogue.hours.rules import open_ranges
from lifecircle.catalogue.offerings.model import Offering, offering_from_document

TOMORROW = "2026-11-26"


def offered(key: str = "o1", **changes: Any) -> Offering:
    return offering_from_document(an_offering(key, **changes))


def openings(*ranges: tuple[str, str], first: str = TOMORROW, days: int = 1) -> list[OpenRange]:
    plan = schedule_from_document(hours(*ranges))
    return open_ranges(plan, (), PlainCalendar(), date.fromisoformat(first), days)


def between(start: str, end: str) -> Interval:
    return Interval(at(f"{TOMORROW} {start}"), at(f"{TOMORROW} {end}"))


def a_booking(status: BookingStatus = BookingStatus.CONFIRMED, **changes: Any) -> Booking:
    plain = Booking(
        id="b1",
        district="330199",
        code="ABCD2345",
        resident="r1",
        store="s1",
        merchant=None,
        offering="o1",
        offering_name="日常保洁",
        store_name="好邻居",
        status=status,
        interval=Interval(at("2026-11-26 10:00"), at("2026-11-26 11:00")),
        party_size=1,
        price=9000,
        cancel_before_minutes=120,
        events=(),
        expires_at=None,
        version=1,
    )
    return replace(plain, **changes)


def held(offering: Offering, interval: Interval, *seats: int) -> tuple[Hold, ...]:
    return holds_of(offering, interval, [places(offering)[seat] for seat in seats])
