"""What the tests of the booking desk share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

import pytest
from factories import SetClock, at

from lifecircle.catalogue.bookings.claims import cells, day_keys, place_claims
from lifecircle.catalogue.bookings.documents import ticket_lookup
from lifecircle.catalogue.bookings.limits import key_of_ticket
from lifecircle.catalogue.bookings.model import HOLDING, Booking, BookingRequest, booking_from_document
from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.turns import turn_keys, turns_among
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import Refused
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership

TEN = at("2026-11-26 10:00")
HOLIDAY = date(2026, 11, 27)

Offer = Callable[..., Awaitable[None]]


def asked(start: datetime = TEN, offering: str = "o1", **changes: Any) -> BookingRequest:
    return BookingRequest(offering, start, **changes)


def a_start(text: str) -> datetime:
    return at(f"2026-11-{text}")


async def refusal(answer: Awaitable[Any]) -> Refused:
    with pytest.raises(Refused) as raised:
        await answer
    return raised.value


async def settle(*attempts: Awaitable[Booking]) -> tuple[list[Booking], list[Refused]]:
    """All at once; who got a booking, and who was refused. Anything else fails the test."""
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    surprises = [answer for answer in answers if not isinstance(answer, (Booking, Refused))]
    assert surprises == []
    booked = [answer for answer in answers if isinstance(answer, Booking)]
    return booked, [answer for answer in answers if isinstance(answer, Refused)]


def a_member(*stores: str, merchant: str = "m1", resident: str = "clerk") -> Roles:
    return Roles(resident, (Membership("x", merchant, resident, MemberRole.CLERK, stores),))


CLERK = a_member()


async def run_jobs(desk: BookingDesk, database: Database, clock: SetClock) -> None:
    runner = JobRunner(database, clock, "worker")
    runner.register(*desk.jobs)
    assert len(await runner.run_due()) == 2


async def stored(database: Database, booking: Booking) -> Document:
    found = await database["bookings"].find_one({"_id": booking.id})
    assert found
    return found


async def check_claims(database: Database) -> list[Document]:
    """Every booking carries exactly what it should, no place is held twice, no resident is in two places at once."""
    return exact_claims(await database["bookings"].find().to_list(None))


def exact_claims(rows: list[Document]) -> list[Document]:
    """As `check_claims`, of documents in hand. The bookings among them."""
    for name in ("claims", "tickets"):
        keys = [(row["district"], key) for row in rows for key in row.get(name, ())]
        assert len(keys) == len(set(keys))
    bookings = [row for row in rows if row["status"] != OFFERED]
    for row in bookings:
        _check_claims_of(row)
    _check_residents(list(map(booking_from_document, bookings)))
    return bookings


def _check_residents(bookings: list[Booking]) -> None:
    """Reckoned from the times alone."""
    there = [
        (booking.resident, cell)
        for booking in bookings
        if booking.status in HOLDING
        for date_ in booking.coming
        for cell in cells(date_.interval)
    ]
    assert len(there) == len(set(there))


def _check_claims_of(row: Document) -> None:
    booking = booking_from_document(row)
    told = {notice["id"] for notice in row["notices"]}
    was_forgotten = booking.status not in HOLDING and f"{booking.id}:{booking.version}" not in told
    last = booking.version - was_forgotten  # taking useless tickets away is told to nobody
    first = last - len(booking.events) + 1
    assert {f"{booking.id}:{version}" for version in range(first, last + 1)} <= told
    if booking.status not in HOLDING:
        assert "claims" not in row
        assert row.get("lookup", []) == ticket_lookup(booking.tickets)
        return
    assert booking.coming[0].interval == booking.interval
    expected = list(place_claims(hold for date in booking.coming for hold in date.holds))
    assert sorted(row["claims"]) == sorted(expected)
    assert sorted(row["lookup"]) == sorted([*day_keys(expected), *ticket_lookup(booking.tickets)])
    days = set(turn_keys(booking.resident, [date_.interval for date_ in booking.coming]))
    assert days <= {key_of_ticket(turn) for turn in turns_among(booking.tickets)}
