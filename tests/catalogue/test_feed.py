"""One change stream for a worker, many listeners, none of whom can hold up another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from factories import NOON, a_store, at
from messages import a_booking

from lifecircle.catalogue.bookings.model import booking_from_document
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.feed.rules import looks_after, may_follow
from lifecircle.catalogue.feed.service import ChangeFeed, TooSlow
from lifecircle.catalogue.feed.store import FeedLost
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.stores.model import store_from_document


@pytest.fixture
async def feed(database: Database) -> AsyncIterator[ChangeFeed]:
    await database["bookings"].insert_one({"_id": "before"})
    feed = ChangeFeed(database, ["bookings"], most_waiting=3)
    yield feed
    await feed.stop()


def of(resident: str) -> Any:
    return lambda row: row.get("resident") == resident


async def test_each_listener_hears_what_it_wants_and_nothing_else(database: Database, feed: ChangeFeed) -> None:
    async with asyncio.timeout(20), feed.watch("bookings", of("r1")) as one, feed.watch("bookings", of("r2")) as two:
        await database["other"].insert_one({"_id": "x", "resident": "r1"})
        for number, resident in enumerate(("r1", "r2", "r3", "r1")):
            await database["bookings"].insert_one({"_id": f"b{number}", "resident": resident})
        assert [(await one.next())["_id"], (await one.next())["_id"], (await two.next())["_id"]] == ["b0", "b3", "b1"]
        await database["bookings"].update_one({"_id": "b1"}, {"$set": {"status": "CANCELLED"}})
        assert (await two.next())["status"] == "CANCELLED"
        assert feed.listeners == 2
    assert feed.listeners == 0


async def test_a_listener_that_does_not_keep_up_is_cut_off_and_holds_up_nobody(
    database: Database, feed: ChangeFeed
) -> None:
    async with asyncio.timeout(20), feed.watch("bookings", of("r1")) as slow, feed.watch("bookings", of("r1")) as quick:
        for number in range(5):
            await database["bookings"].insert_one({"_id": number, "resident": "r1"})
            assert (await quick.next())["_id"] == number
        with pytest.raises(TooSlow):
            await slow.next()


async def test_the_stream_runs_only_while_somebody_listens_and_starts_again(
    database: Database, feed: ChangeFeed
) -> None:
    for number in range(2):
        async with asyncio.timeout(20), feed.watch("bookings", of("r1")) as watch:
            await database["bookings"].insert_one({"_id": number, "resident": "r1"})
            assert (await watch.next())["_id"] == number
        async with asyncio.timeout(20):
            while [task for task in asyncio.all_tasks() if task.get_name() == "change feed"]:
                await asyncio.sleep(0.02)


async def test_who_comes_while_the_last_stream_is_closing_is_not_forgotten(
    database: Database, feed: ChangeFeed
) -> None:
    for number in range(10):
        async with asyncio.timeout(20), feed.watch("bookings", of("r1")) as watch:
            await database["bookings"].insert_one({"_id": number, "resident": "r1"})
            assert (await watch.next())["_id"] == number
        await database["bookings"].insert_one({"_id": f"nobody {number}", "resident": "r9"})
        await asyncio.sleep(0.004 * number)


async def test_listeners_are_told_when_the_stream_is_lost(feed: ChangeFeed) -> None:
    async with asyncio.timeout(20), feed.watch("bookings", of("r1")) as watch:
        await feed.stop()
        with pytest.raises(FeedLost):
            await watch.next()
    with pytest.raises(ValueError, match="members"):
        async with feed.watch("members", of("r1")):
            pass


async def test_a_listener_whose_wish_cannot_be_understood_leaves_nobody_waiting(
    database: Database, feed: ChangeFeed
) -> None:
    def broken(row: dict[str, Any]) -> bool:
        raise ValueError

    async with asyncio.timeout(20), feed.watch("bookings", broken), feed.watch("bookings", of("r1")) as watch:
        await database["bookings"].insert_one({"_id": "b1", "resident": "r2"})
        with pytest.raises(FeedLost):
            await watch.next()


def test_a_booking_is_its_residents_and_its_stores_business() -> None:
    booking = booking_from_document(a_booking(start=at("2026-11-26 10:00"), at=NOON))
    shop = store_from_document(a_store(merchant="m1", community="330199001001"))
    facility = store_from_document(a_store(community="330199001001"))

    def member(merchant: str, *stores: str) -> Roles:
        return Roles("x", (Membership("x", merchant, "x", MemberRole.CLERK, stores),))

    staff = Roles("y", areas=frozenset({"330199001001"}))
    assert may_follow(Roles("r1"), booking, None)
    assert may_follow(member("m1"), booking, shop)
    assert may_follow(member("m1", "s1"), booking, shop)
    assert not may_follow(member("m1", "s2"), booking, shop)
    assert not may_follow(member("m2"), booking, shop)
    assert not may_follow(Roles("r2"), booking, shop)
    assert not may_follow(staff, booking, shop)
    assert looks_after(staff, facility)
    assert not looks_after(Roles("y", areas=frozenset({"330199002"})), facility)
