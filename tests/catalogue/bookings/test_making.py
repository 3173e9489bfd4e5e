"""Making a booking: what is read, and the same request again."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from bson import json_util
from desk import TEN, Offer, asked, refusal, settle, stored
from factories import SetClock, a_session, a_store, an_override, at

from lifecircle.catalogue.bookings.model import Actor, BookingStatus, Contact, Interval
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database, connect, open_database
from lifecircle.catalogue.errors import IdempotencyConflict, NotFound, Unavailable
from lifecircle.catalogue.sealing import KeyRing, Keys

# --- making one ---


async def test_a_booking_is_made_and_read_back(desk: BookingDesk, offer: Offer) -> None:
    await offer()
    booking = await desk.create("r1", asked())
    assert booking.status is BookingStatus.CONFIRMED
    assert booking.interval == Interval(TEN, TEN + timedelta(hours=1))
    assert (booking.store, booking.merchant, booking.offering_name, booking.price) == ("s1", "m1", "日常保洁", 9000)
    assert [(event.status, event.actor) for event in booking.events] == [(BookingStatus.CONFIRMED, Actor.RESIDENT)]
    assert len(booking.code) == 8
    assert await desk.of_resident("r1", booking.id) == booking


async def test_the_price_is_for_the_whole_party_and_stays_as_of_the_moment(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=4, party_size_max=4, price=1500)
    booking = await desk.create("r1", asked(party_size=3))
    await offer(capacity=4, party_size_max=4, price=9900, version=2)
    assert (await desk.of_resident("r1", booking.id)).price == 4500
    assert (await desk.create("r2", asked())).price == 9900, "the next one gets the price of its own moment"


async def test_a_price_to_be_agreed_stays_open(desk: BookingDesk, offer: Offer) -> None:
    await offer(price=None)
    assert (await desk.create("r1", asked())).price is None


async def test_a_chain_offering_is_booked_at_the_stores_own_price(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await database["stores"].insert_many([a_store(key, chain="c1") for key in ("s2", "s3")])
    await offer("t1", chain="c1", store=None, price=3000)
    await database["offerings"].insert_one(an_override("s2", "t1", price=2500))
    booked = [await desk.create("r1", asked(TEN + timedelta(hours=2 * n), f"s{n + 2}:t1")) for n in range(2)]
    assert [(booking.store, booking.price) for booking in booked] == [("s2", 2500), ("s3", 3000)]
    full, here = await settle(*(desk.create(f"r{n}", asked(offering="s2:t1")) for n in range(2, 5)))
    assert (len(full), len(here)) == (0, 3)


@pytest.mark.parametrize("offering", ["nothing", "s1:nothing", "s9:o1", ""])
async def test_an_offering_that_is_not_there_is_not_found(desk: BookingDesk, offer: Offer, offering: str) -> None:
    await offer()
    assert isinstance(await refusal(desk.create("r1", asked(offering=offering))), NotFound)


async def test_a_paused_offering_and_a_closed_store_are_not_found(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(state="PAUSED")
    assert isinstance(await refusal(desk.create("r1", asked())), NotFound)
    await offer()
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"state": "CLOSED"}})
    assert isinstance(await refusal(desk.create("r1", asked())), NotFound)


# --- the same request again ---


async def test_the_same_key_with_the_same_input_gives_the_same_booking(
    desk: BookingDesk, offer: Offer, clock: SetClock, database: Database
) -> None:
    await offer(capacity=3)
    request = asked(idempotency_key="k1", contact=Contact(name="张三", location=(120.2, 30.3)))
    first = await desk.create("r1", request)
    clock.advance(minutes=3)
    assert await desk.create("r1", replace(request)) == first
    assert await database["bookings"].count_documents({}) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"start": TEN + timedelta(hours=2)},
        {"party_size": 2},
        {"contact": Contact(phone="13800138001")},
        {"offering": "o2"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_the_same_key_with_other_input_is_a_conflict(
    desk: BookingDesk, offer: Offer, database: Database, change: dict[str, Any]
) -> None:
    await offer(capacity=3, party_size_max=3)
    await offer("o2")
    request = asked(idempotency_key="k1", contact=Contact(phone="13800138000"))
    await desk.create("r1", request)
    refused = await refusal(desk.create("r1", replace(request, **change)))
    assert isinstance(refused, IdempotencyConflict)
    assert await database["bookings"].count_documents({}) == 1


@pytest.mark.parametrize("capacity", [1, 5])
@pytest.mark.parametrize("kind", ["APPOINTMENT", "SESSION"])
async def test_one_key_many_times_at_once_makes_one_booking_for_all(
    desk: BookingDesk, offer: Offer, database: Database, capacity: int, kind: str
) -> None:
    await offer(capacity=capacity, kind=kind, sessions=[a_session(TEN)])
    for key in ("k1", "k2"):
        resident = f"resident of {key}"
        await database["bookings"].delete_many({})
        booked, refused = await settle(*(desk.create(resident, asked(idempotency_key=key)) for _ in range(12)))
        assert refused == []
        assert len({booking.id for booking in booked}) == 1
        assert await database["bookings"].count_documents({}) == 1


async def test_two_residents_may_choose_the_same_key(desk: BookingDesk, offer: Offer) -> None:
    await offer(capacity=2)
    first = await desk.create("r1", asked(idempotency_key="k1"))
    second = await desk.create("r2", asked(idempotency_key="k1"))
    assert first.id != second.id


async def test_a_key_still_answers_when_the_offering_is_taken_off_or_its_time_has_come(
    desk: BookingDesk, offer: Offer, clock: SetClock
) -> None:
    await offer()
    request = asked(idempotency_key="k1")
    first = await desk.create("r1", request)
    await offer(state="PAUSED", version=2)
    clock.now = TEN + timedelta(minutes=10)
    assert await desk.create("r1", request) == first


async def test_a_key_still_answers_after_the_keys_were_rotated(desk: BookingDesk, offer: Offer, keys: KeyRing) -> None:
    await offer()
    request = asked(idempotency_key="k1", contact=Contact(phone="13800138000"))
    first = await desk.create("r1", request)
    lookup = Keys("k2", {**keys.lookup.by_id, "k2": b"2" * 32})
    rotated = replace(desk, keys=KeyRing(keys.sealing, lookup, keys.tokens))
    assert await rotated.create("r1", request) == first


# --- what is kept about people ---

PHONE, ADDRESS = "13800138000", "文澜路1号3幢502"


async def test_nothing_of_the_contact_can_be_read_in_the_stored_document(
    desk: BookingDesk, offer: Offer, database: Database, keys: KeyRing
) -> None:
    await offer()
    contact = Contact("王小明", PHONE, ADDRESS, (120.123456, 30.654321), "门铃坏了")
    booking = await desk.create("r1", asked(contact=contact, idempotency_key="my-own-key"))
    row = await stored(database, booking)
    raw = json_util.dumps(row, ensure_ascii=False)
    for secret in ("王小明", PHONE, ADDRESS, "120.123456", "门铃坏了", "my-own-key"):
        assert secret not in raw
    opened = keys.unseal(row["contact"], field="contact")
    assert all(text in opened for text in ("王小明", PHONE, ADDRESS, "门铃坏了"))


async def test_the_fingerprint_of_a_request_is_keyed_so_that_no_phone_can_be_guessed_from_it(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(capacity=2)
    other = Keys("k1", {"k1": b"x" * 32})
    desks = [desk, replace(desk, keys=KeyRing(other, other, other))]
    request = asked(contact=Contact(phone=PHONE), idempotency_key="k1")
    rows = [await stored(database, await at_desk.create(f"r{n}", request)) for n, at_desk in enumerate(desks)]
    assert rows[0]["request_hash"] != rows[1]["request_hash"]


async def test_without_a_contact_there_is_none(desk: BookingDesk, offer: Offer, database: Database) -> None:
    await offer()
    assert (await stored(database, await desk.create("r1", asked())))["contact"] is None


async def test_the_first_notice_and_the_reminders_lie_in_the_booking_itself(
    desk: BookingDesk, offer: Offer, database: Database, clock: SetClock
) -> None:
    """The app has shown it to who made it, so nothing is left to do before the first reminder."""
    await offer()
    booking = await desk.create("r1", asked())
    row = await stored(database, booking)
    assert [told["kind"] for told in row["notices"]] == ["CONFIRMED", "REMINDER_EVENING", "REMINDER_HOURS"]
    shown = {"kind": "CONFIRMED", "at": clock.now, "due_at": clock.now, "delivered_at": clock.now, "channel": "IN_APP"}
    assert row["notices"][0] == {"id": f"{booking.id}:1", **shown}
    assert [told["delivered_at"] for told in row["notices"][1:]] == [None, None]
    assert row["notify_at"] == row["notices"][1]["due_at"] == at("2026-11-25 19:00")


async def test_a_booking_that_is_not_confirmed_yet_has_no_reminder(
    desk: BookingDesk, offer: Offer, database: Database
) -> None:
    await offer(auto_confirm=False)
    row = await stored(database, await desk.create("r1", asked()))
    assert [(told["kind"], told["channel"]) for told in row["notices"]] == [("PENDING", "IN_APP")]
    assert "notify_at" not in row


# --- without a database ---


async def test_a_lost_database_is_told_as_unavailable(desk: BookingDesk, offer: Offer) -> None:
    client = connect("mongodb://127.0.0.1:1/", server_selection_ms=100)
    lost = replace(desk, database=open_database(client, "nothing"))
    attempts: list[Awaitable[Any]] = [
        lost.create("r1", asked()),
        lost.cancel("r1", "b1", None),
        lost.of_resident("r1", "b1"),
        lost.list_of_resident("r1", [], 5, None),
        lost.availability("o1", date(2026, 11, 26), 1),
    ]
    for attempt in attempts:
        assert isinstance(await refusal(attempt), Unavailable)
    client.close()
