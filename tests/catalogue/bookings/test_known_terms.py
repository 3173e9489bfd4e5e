"""Booking by the terms that a worker knows: as good as the database's a moment ago, and nobody is refused for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import TEN, Offer, a_start, asked, refusal
from factories import SetClock
from keeping import Stuck, following
from patience import until

from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database


@pytest.fixture
async def live(database: Database, clock: SetClock, desk: BookingDesk, offer: Offer) -> AsyncIterator[Live]:
    await offer(price=5000)
    async with following(database, clock) as live:
        yield live


@pytest.fixture
async def watching(desk: BookingDesk, live: Live) -> BookingDesk:
    """A worker that has sold the offering before, and now hears nothing more."""
    watching = replace(desk, live=live)
    await watching.create("r0", asked(a_start("26 15:00")))
    await live.keeper.stop()
    return watching


async def test_what_is_known_is_not_asked_for_again(watching: BookingDesk, database: Database) -> None:
    await database["offerings"].delete_many({})
    assert (await watching.create("r1", asked())).price == 5000


async def test_an_edit_that_the_stream_brings_holds(desk: BookingDesk, live: Live, offer: Offer) -> None:
    watching = replace(desk, live=live)
    await watching.create("r0", asked(a_start("26 15:00")))
    await offer(price=7000, version=2)
    await until(lambda: (listing := live.listing("o1")) and listing.offering.price == 7000)
    assert (await watching.create("r1", asked())).price == 7000


async def test_where_the_stream_is_late_the_database_is_asked(watching: BookingDesk, live: Live, offer: Offer) -> None:
    await offer(price=7000, version=2)
    assert isinstance(live.keeper, Stuck)
    live.keeper.stuck = 1.6
    assert (await watching.create("r1", asked())).price == 7000


async def test_nobody_is_refused_by_terms_that_have_just_changed(watching: BookingDesk, offer: Offer) -> None:
    await offer(party_size_max=4, capacity=4, version=2)
    assert (await watching.create("r1", asked(party_size=3))).party_size == 3
    later = TEN + timedelta(days=43)
    await offer(window_days=60, version=3)
    assert (await watching.create("r2", asked(later))).interval.start == later


async def test_what_is_refused_is_refused_by_the_terms_of_now(watching: BookingDesk, offer: Offer) -> None:
    await offer(party_size_max=2, capacity=2, version=2)
    refused = await refusal(watching.create("r1", asked(party_size=3)))
    assert (refused.code, "2 位" in refused.message) == ("PARTY_TOO_LARGE", True)


async def test_the_first_booking_at_a_store_asks_where_it_is(desk: BookingDesk, live: Live, database: Database) -> None:
    watching = replace(desk, live=live)
    assert not live.districts
    booking = await watching.create("r1", asked(TEN))
    assert live.districts == {"s1": booking.district}
    other = await watching.create("r2", asked(a_start("26 11:00")))
    assert other.district == booking.district


async def test_nobody_finds_full_what_has_just_been_made_larger(watching: BookingDesk, offer: Offer) -> None:
    await watching.create("r1", asked())
    assert (await refusal(watching.create("r2", asked()))).code == "TIME_SLOT_FULL"
    await offer(capacity=2, version=2)
    assert (await watching.create("r2", asked())).interval.start == TEN


async def test_nobody_meets_a_limit_that_has_just_been_raised(
    desk: BookingDesk, live: Live, offer: Offer, clock: SetClock
) -> None:
    await offer(capacity=3, daily_limit=1, version=2)
    watching = replace(desk, live=live)
    await watching.create("r0", asked(a_start("26 15:00")))
    await live.keeper.stop()
    assert (await refusal(watching.create("r1", asked()))).code == "LIMIT_REACHED"
    await offer(capacity=3, daily_limit=2, version=3)
    assert (await watching.create("r1", asked())).interval.start == TEN
