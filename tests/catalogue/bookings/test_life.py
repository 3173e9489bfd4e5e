"""The life of a booking: who may move it and when, and what happens by itself in time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pytest
from desk import CLERK, TEN, Offer, a_member, a_start, asked, check_claims, refusal, run_jobs, stored
from factories import SetClock, a_store

from lifecircle.catalogue.bookings.model import Actor, Booking, BookingStatus
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import CodeInvalid, Forbidden, NotFound
from lifecircle.catalogue.people.access import Roles

Move = Callable[[BookingDesk, Roles, Booking], Awaitable[Booking]]
MOVES: dict[str, Move] = {
    "confirm": lambda desk, roles, b: desk.of_store.confirm(roles, b.id),
    "decline": lambda desk, roles, b: desk.of_store.decline(roles, b.id, "人手不够"),
    "check in": lambda desk, roles, b: desk.of_store.check_in(roles, b.code),
    "complete": lambda desk, roles, b: desk.of_store.complete(roles, b.id),
    "no-show": lambda desk, roles, b: desk.of_store.mark_no_show(roles, b.id),
}


async def test_from_asking_to_done_every_step_is_written_down(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(auto_confirm=False)
    booking = await desk.create("r1", asked())
    await desk.of_store.confirm(CLERK, booking.id)
    clock.now = TEN - timedelta(minutes=10)
    await desk.of_store.check_in(CLERK, f" {booking.code.lower()} ")
    clock.now = TEN + timedelta(minutes=50)
    done = await desk.of_store.complete(CLERK, booking.id)
    assert [(event.status.value, event.actor) for event in done.events] == [
        ("PENDING", Actor.RESIDENT),
        ("CONFIRMED", Actor.MERCHANT),
        ("CHECKED_IN", Actor.MERCHANT),
        ("COMPLETED", Actor.MERCHANT),
    ]
    assert done.expires_at is None
    row = await stored(database, booking)
    assert [notice["kind"] for notice in row["notices"]] == ["PENDING", "CONFIRMED", "CHECKED_IN", "COMPLETED"]
    await check_claims(database)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
async def test_only_who_looks_after_the_store_may_move_its_bookings(
    desk: BookingDesk, offer: Offer, clock: SetClock, move: Move
) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    clock.now = TEN
    staff = Roles("staff", areas=frozenset({"330199001001"}))
    for stranger in (a_member(merchant="m2"), a_member("s2"), Roles("r2"), staff):
        assert isinstance(await refusal(move(desk, stranger, booking)), (NotFound, CodeInvalid))
    assert isinstance(await refusal(move(desk, Roles("r1"), booking)), (Forbidden, CodeInvalid))
    assert await desk.of_resident("r1", booking.id) == booking


async def test_the_areas_staff_look_after_a_public_facility_without_a_merchant(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["stores"].replace_one({"_id": "s1"}, a_store(community="330199001001"))
    await offer(auto_confirm=False)
    booking = await desk.create("r1", asked())
    elsewhere, here = (Roles("staff", areas=frozenset({code})) for code in ("330199001002", "330199001001"))
    assert isinstance(await refusal(desk.of_store.confirm(elsewhere, booking.id)), NotFound)
    confirmed = await desk.of_store.confirm(here, booking.id)
    assert confirmed.events[-1].actor is Actor.STAFF


async def test_twice_is_once_and_what_is_over_stays(desk: BookingDesk, offer: Offer, clock: SetClock) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    assert (await refusal(desk.of_store.complete(CLERK, booking.id))).code == "TOO_SOON"
    clock.now = TEN + timedelta(minutes=5)
    absent = await desk.of_store.mark_no_show(CLERK, booking.id)
    assert await desk.of_store.mark_no_show(CLERK, booking.id) == absent
    for move in ("complete", "confirm", "decline", "check in"):
        refused = await refusal(MOVES[move](desk, CLERK, booking))
        assert refused.code == "STATE_CHANGED"
        assert "未到店" in refused.message
    assert (await refusal(desk.cancel("r1", booking.id, None))).code == "STATE_CHANGED"


async def test_a_declined_booking_gives_its_place_back_and_says_why(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    declined = await desk.of_store.decline(CLERK, booking.id, "师傅生病了")
    assert (declined.status, declined.events[-1].reason) == (BookingStatus.DECLINED, "师傅生病了")
    assert (await desk.create("r2", asked())).status is BookingStatus.CONFIRMED
    await check_claims(database)


async def test_what_was_not_confirmed_in_time_cannot_be_confirmed(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer(auto_confirm=False, pending_minutes=45)
    booking = await desk.create("r1", asked())
    clock.advance(minutes=45)
    refused = await refusal(desk.of_store.confirm(CLERK, booking.id))
    assert (refused.code, "已过期" in refused.message) == ("STATE_CHANGED", True)


async def test_a_code_of_nobody_checks_nobody_in(desk: BookingDesk) -> None:
    for code in ("ZZZZZZZZ", "", "'\"$ne"):
        assert isinstance(await refusal(desk.of_store.check_in(CLERK, code)), CodeInvalid)


# --- by itself ---


async def test_after_a_long_sleep_everything_is_caught_up(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer("o1", capacity=200)
    await offer("o2", capacity=200, auto_confirm=False)
    for number in range(60):
        await desk.create(f"a{number}", asked())
        await desk.create(f"b{number}", asked(offering="o2"))
    clock.now = TEN - timedelta(minutes=1)
    await desk.of_store.check_in(CLERK, (await desk.list_of_resident("a0", [], 1, None))[0].code)
    clock.advance(days=40)
    await run_jobs(desk, database, clock)
    rows = await check_claims(database)
    assert {(row["offering"], row["status"]) for row in rows} == {("o1", "COMPLETED"), ("o2", "EXPIRED")}
    assert all(row["events"][-1]["actor"] == "SYSTEM" for row in rows)
    before = [(row["_id"], row["version"]) for row in rows]
    clock.advance(minutes=5)
    await run_jobs(desk, database, clock)
    assert [(row["_id"], row["version"]) for row in await check_claims(database)] == before


async def test_who_has_come_is_done_at_the_end_and_who_may_have_come_a_day_later(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(capacity=2)
    come, unknown = await desk.create("r1", asked()), await desk.create("r2", asked())
    clock.now = TEN
    await desk.of_store.check_in(CLERK, come.code)
    clock.now = TEN + timedelta(hours=1)
    await run_jobs(desk, database, clock)
    assert (await desk.of_resident("r1", come.id)).status is BookingStatus.COMPLETED
    assert (await desk.of_resident("r2", unknown.id)).status is BookingStatus.CONFIRMED
    clock.advance(hours=24)
    await run_jobs(desk, database, clock)
    assert (await desk.of_resident("r2", unknown.id)).status is BookingStatus.COMPLETED


async def test_the_tickets_of_a_limit_count_until_their_week_is_over(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(resident_weekly_limit=1)
    booking = await desk.create("r1", asked())
    clock.now = TEN
    await desk.of_store.check_in(CLERK, booking.code)
    await desk.of_store.complete(CLERK, booking.id)
    assert (await refusal(desk.create("r1", asked(a_start("28 10:00"))))).code == "LIMIT_REACHED"
    clock.advance(days=9)
    await run_jobs(desk, database, clock)
    assert {"tickets", "lookup", "due_at"}.isdisjoint(await stored(database, booking))


async def test_a_booking_that_cannot_be_read_holds_up_no_other(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    await offer(auto_confirm=False)
    broken, fine = await desk.create("r1", asked()), await desk.create("r2", asked(a_start("26 14:00")))
    await database["bookings"].update_one({"_id": broken.id}, {"$unset": {"events": ""}})
    clock.advance(hours=3)
    await run_jobs(desk, database, clock)
    assert (await stored(database, fine))["status"] == "EXPIRED"


# --- the store's day ---


async def test_the_day_of_a_store_is_in_the_order_of_the_clock_and_only_its_people_see_it(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer(capacity=9)
    for number, start in enumerate(("26 15:00", "26 09:00", "26 12:00", "28 09:00")):
        await desk.create(f"r{number}", asked(a_start(start)))
    on = date(2026, 11, 26)
    seen: list[Booking] = []
    while page := await desk.of_store.day(CLERK, "s1", on, 2, (seen[-1].interval.start, seen[-1].id) if seen else None):
        seen += page
    assert [booking.resident for booking in seen] == ["r1", "r2", "r0"]
    assert await desk.of_store.count(CLERK, "s1", on) == 3
    for stranger in (Roles("r1"), a_member("s2"), a_member(merchant="m2")):
        assert isinstance(await refusal(desk.of_store.day(stranger, "s1", on, 9, None)), Forbidden)
        assert isinstance(await refusal(desk.of_store.count(stranger, "s1", on)), Forbidden)
    assert isinstance(await refusal(desk.of_store.day(CLERK, "nowhere", on, 9, None)), Forbidden)
