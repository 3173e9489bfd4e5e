"""What is shown as free can be booked, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from desk import TEN, Offer, a_start, asked, refusal, settle
from factories import at

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.errors import InvalidInput, NotBookable, NotFound


async def test_availability_lists_days_with_free_times_and_reasons(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    await desk.create("r1", asked())
    days = await desk.availability("o1", date(2026, 11, 25), 4)
    times = [[f"{free.interval.start.astimezone(at('2026-11-25').tzinfo):%H:%M}" for free in day.times] for day in days]
    assert [day.day.day for day in days] == [25, 26, 27, 28]
    assert [day.closed_reason for day in days] == [None, None, "国庆节", None]
    assert [len(found) for found in times] == [9, 14, 0, 17]
    assert days[0].times[0].interval.start == at("2026-11-25 13:00")
    assert {a_start("26 09:30"), TEN, a_start("26 10:30")}.isdisjoint(free.interval.start for free in days[1].times)


async def test_everything_that_availability_shows_can_be_booked_and_nothing_else(
    desk: BookingDesk, offer: Offer
) -> None:
    await offer(duration_minutes=45, capacity=2)
    for number, start in enumerate(("26 09:00", "26 09:30", "26 14:00", "26 14:00")):
        await desk.create(f"early{number}", asked(a_start(start)))
    (day,) = await desk.availability("o1", date(2026, 11, 26), 1)
    shown = {free.interval.start for free in day.times}
    grid = [a_start("26 09:00") + timedelta(minutes=30 * step) for step in range(18)]
    bookable = set()
    for number, start in enumerate(grid):
        booked, _ = await settle(desk.create(f"late{number}", asked(start)))
        if booked:
            bookable.add(start)
            await desk.cancel(f"late{number}", booked[0].id, None)
    assert bookable == shown
    assert 0 < len(shown) < 18


async def test_availability_for_a_party_shows_only_times_with_room(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=3, party_size_max=3)
    await desk.create("r1", asked(party_size=2))

    async def remaining(party: int) -> int | None:
        (day,) = await desk.availability("o1", date(2026, 11, 26), 1, party)
        return {free.interval.start: free.remaining for free in day.times}.get(TEN)

    assert [await remaining(party) for party in (1, 2)] == [1, None]


@pytest.mark.parametrize(("days", "party", "field"), [(0, 1, "days"), (63, 1, "days"), (1, 0, "partySize")])
async def test_availability_has_bounds(desk: BookingDesk, offer: Offer, days: int, party: int, field: str) -> None:
    await offer()
    refused = await refusal(desk.availability("o1", date(2026, 11, 26), days, party))
    assert (type(refused), refused.field) == (InvalidInput, (field,))


async def test_availability_of_what_is_not_for_booking_says_so(desk: BookingDesk, offer: Offer) -> None:
    await offer(bookable=False)
    assert isinstance(await refusal(desk.availability("o1", date(2026, 11, 26), 1)), NotBookable)
    assert isinstance(await refusal(desk.availability("o9", date(2026, 11, 26), 1)), NotFound)
