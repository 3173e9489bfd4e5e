"""A store's days in numbers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from factories import NOON, PlainCalendar, a_session, a_snapshot, a_store, an_offering, at
from messages import a_booking

from lifecircle.catalogue.bookings.model import Booking, booking_from_document
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Forbidden, InvalidInput
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering, offering_from_document
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.statistics.model import Tally
from lifecircle.catalogue.statistics.rules import statistics
from lifecircle.catalogue.statistics.service import StatisticsDesk

DAY = date(2026, 11, 26)
OPEN = [OpenRange(at("2026-11-26 09:00"), at("2026-11-26 19:00"))]
OWNER = Roles("o", (Membership("x", "m1", "o", MemberRole.OWNER, ()),))


def a_visit(key: str, status: str, clock: str = "10:00", **changes: Any) -> dict[str, Any]:
    start = at(f"2026-11-26 {clock}")
    dates = [{"start": start, "end": start + timedelta(hours=1), "holds": [_hold("o1")], "ended": None}]
    given = {"dates": dates, "days": ["2026-11-26"], "status": status, **changes}
    return a_booking(key, start=start, at=NOON, **given)


def _hold(of: str, *seats: int) -> dict[str, Any]:
    return {"of": of, "seats": list(seats or (0,)), "first": 0, "stop": 1}


def records(*rows: dict[str, Any]) -> list[Booking]:
    return [booking_from_document(row) for row in rows]


def an_offer(**changes: Any) -> Offering:
    return offering_from_document(an_offering(**changes))


def test_every_outcome_is_counted_and_only_what_was_held_fills() -> None:
    statuses = ("COMPLETED", "CHECKED_IN", "CANCELLED", "DECLINED", "EXPIRED", "NO_SHOW", "CONFIRMED", "PENDING")
    found = statistics(records(*(a_visit(s, s) for s in statuses)), [an_offer(capacity=2)], OPEN, DAY, 1)
    total = found.total
    assert (total.booked, total.came, total.cancelled, total.declined, total.no_show) == (8, 2, 1, 2, 1)
    assert (total.taken, total.offered) == (5 * 60, 2 * 600)
    assert total.fill_rate == 0.25


def test_a_party_fills_as_many_places_as_it_holds() -> None:
    row = a_visit("b1", "COMPLETED")
    row["dates"][0]["holds"] = [_hold("o1", 0, 1, 2)]
    assert statistics(records(row), [an_offer(capacity=6)], OPEN, DAY, 1).total.fill_rate == 0.05


def test_sessions_are_on_offer_as_long_as_they_last() -> None:
    sessions = [a_session(at("2026-11-26 09:00")), a_session(at("2026-11-27 09:00"))]
    course = an_offer(kind="SESSION", sessions=sessions, capacity=10)
    shelf = [course, an_offer(bookable=False), an_offer(state="ARCHIVED"), an_offer(kind="REQUEST_ONLY")]
    found = statistics([], shelf, OPEN, DAY, 3)
    assert [day.tally.offered for day in found.days] == [900, 900, 0]


def test_nothing_on_offer_has_no_rate_and_a_cut_day_is_full_at_most() -> None:
    visits = records(a_visit("b1", "COMPLETED"), a_visit("b2", "COMPLETED", "11:00"))
    assert statistics(visits, [], OPEN, DAY, 1).total.fill_rate is None
    short = [OpenRange(at("2026-11-26 10:00"), at("2026-11-26 10:30"))]
    assert statistics(visits, [an_offer()], short, DAY, 1).total.fill_rate == 1.0


def test_hours_over_midnight_count_on_the_day_they_fall_on() -> None:
    night = [OpenRange(at("2026-11-25 20:00"), at("2026-11-26 02:00"))]
    found = statistics([], [an_offer()], night, date(2026, 11, 25), 2)
    assert [day.tally.offered for day in found.days] == [240, 120]


def test_dates_of_a_series_count_each() -> None:
    row = a_visit("b1", "CONFIRMED")
    row["dates"] = [{**row["dates"][0], "ended": "COMPLETED"}]
    later = {"start": at("2026-11-27 10:00"), "end": at("2026-11-27 11:00"), "holds": [], "ended": None}
    row["dates"].append(later)
    row |= {"start": later["start"], "end": later["end"]}
    found = statistics(records(row), [], [], DAY, 3)
    assert [(day.tally.booked, day.tally.came) for day in found.days] == [(1, 1), (1, 0), (0, 0)]


async def test_members_read_it_from_the_database_and_nobody_else_does(database: Database) -> None:
    await BookingStore(database).create_indexes()
    await database["bookings"].insert_many(
        [
            a_visit("b1", "COMPLETED"),
            a_visit("b2", "NO_SHOW", "12:00"),
            a_visit("b3", "COMPLETED", store="s2"),
            a_visit("b4", "COMPLETED", days=["2026-12-26"], dates=[]),
        ]
    )
    desk = StatisticsDesk(database, PlainCalendar())
    snapshot = a_snapshot(stores=[a_store(merchant="m1")], offerings=[an_offering()])
    store = snapshot.store("s1")
    assert store is not None
    found = await desk.of_store(OWNER, snapshot, store, DAY, 7)
    assert [day.tally for day in found.days][:2] == [Tally(2, 1, 0, 0, 1, 120, 540), Tally(offered=540)]
    assert found.total.fill_rate == round(120 / (7 * 540), 4)
    with pytest.raises(Forbidden):
        await desk.of_store(Roles("r1"), snapshot, store, DAY, 7)
    for days in (0, 63):
        with pytest.raises(InvalidInput):
            await desk.of_store(OWNER, snapshot, store, DAY, days)
