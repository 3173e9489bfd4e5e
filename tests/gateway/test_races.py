"""Many residents, two workers, few places; and what is left after kill -9."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import random
import secrets
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, claims_are_exact, free_starts, offerings
from factories import an_offering
from pymongo import MongoClient
from scale import scaled
from servers import Client, Server, running

from lifecircle.graphql.ids import key_of

pytestmark = pytest.mark.slow

DISTRICT, STORE = "330199", "s0435"
MOVE = """mutation($input: RescheduleBookingInput!) {
  rescheduleBooking(input: $input) { booking { id start } errors { code } } }"""
CANCEL = "mutation($input: CancelBookingInput!) { cancelBooking(input: $input) { booking { id } errors { code } } }"
BUFFER = timedelta(minutes=15)


def booked(server: Server, offering: str) -> list[dict[str, Any]]:
    """All bookings of an offering; the claims of all others are looked at too."""
    key = key_of(offering, "Offering")
    return [row for row in claims_are_exact(server.database_uri()) if row["offering"] == key]


def put_on_offer(server: Server, key: str, **terms: Any) -> str:
    """A further offering of a store of the demo; its global id."""
    terms = {"district": DISTRICT, "store": STORE, "lead_minutes": 0, "cancel_before_minutes": 0, **terms}
    with MongoClient[dict[str, Any]](server.database_uri()) as client:
        client["lifecircle"]["stores"].update_one(
            {"_id": STORE}, {"$set": {"hours": ALWAYS_OPEN, "exceptions": []}, "$inc": {"version": 1}}
        )
        client["lifecircle"]["offerings"].insert_one(an_offering(key, **terms))
    return base64.urlsafe_b64encode(f"Offering:{key}".encode()).decode().rstrip("=")


ALWAYS_OPEN = {
    "weekly": [{"weekdays": "1234567", "opens": "00:00", "closes": "24:00"}],
    "holidays": {"mode": "SAME", "ranges": []},
}


def outcome(client: Client, offering: str, start: str, **more: object) -> str:
    """Sent again with its key where no answer came: a server closes connections that were idle for a while."""
    asked = {"offering": offering, "start": start, "idempotencyKey": secrets.token_hex(8), **more}
    for _ in range(3):
        with contextlib.suppress(httpx2.HTTPError):
            payload = client.ask(CREATE, input=asked)["createBooking"]
            return payload["errors"][0]["code"] if payload["errors"] else "BOOKED"
    raise AssertionError("no answer")


def wait_for_starts(client: Client, offering: str) -> list[str]:
    deadline = time.monotonic() + 30
    while True:
        answer = client.post(
            "query($id: ID!) { node(id: $id) { id } }", {"id": offering}
        ).json()  # a worker that does not know it yet asks the database
        if answer["data"]["node"] and (starts := free_starts(client, offering, 3)):
            return starts
        assert time.monotonic() < deadline, "the new offering is not seen"
        time.sleep(0.1)


def test_sixty_four_at_once_for_five_places_give_five_bookings(two_workers: Server) -> None:
    residents = [a_resident(two_workers.url) for _ in range(64)]
    offering = put_on_offer(two_workers, "race-five", capacity=5)
    start = wait_for_starts(residents[0], offering)[0]
    with ThreadPoolExecutor(64) as pool:
        outcomes = Counter(pool.map(lambda resident: outcome(resident, offering, start), residents))
    assert outcomes == {"BOOKED": 5, "TIME_SLOT_FULL": 59}
    assert len(booked(two_workers, offering)) == 5


def test_fifty_at_once_for_one_place_give_one_booking(two_workers: Server) -> None:
    residents = [a_resident(two_workers.url) for _ in range(50)]
    offering = an_offering_for_one(residents[0])["id"]
    start, before = free_starts(residents[0], offering)[0], len(booked(two_workers, offering))
    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(lambda resident: outcome(resident, offering, start), residents))
    assert outcomes == {"BOOKED": 1, "TIME_SLOT_FULL": 49}
    assert len(booked(two_workers, offering)) == before + 1


def test_one_resident_who_sends_the_same_key_from_many_threads_books_once(two_workers: Server) -> None:
    resident = a_resident(two_workers.url)
    offering = an_offering_for_one(resident)["id"]
    start = free_starts(resident, offering)[0]
    asked = {"offering": offering, "start": start, "idempotencyKey": "once"}

    def book(_: int) -> str:
        client = Client(two_workers.url, resident.token)
        payload = client.ask(CREATE, input=asked)["createBooking"]
        assert payload["errors"] == []
        return str(payload["booking"]["id"])

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(book, range(16)))) == 1
    assert outcome(resident, offering, start, idempotencyKey="once", partySize=1, note="别的") == "IDEMPOTENCY_CONFLICT"


# --- a mixture, for a while ---


class Crowd:
    """Residents who do this and that without pause, each in a thread of their own."""

    def __init__(self, server: Server, residents: int, step: Callable[[Client, random.Random], None]) -> None:
        self._clients = [a_resident(server.url) for _ in range(residents)]
        self._step, self._stop = step, threading.Event()
        self.surprises: list[BaseException] = []
        self._threads = [threading.Thread(target=self._act, args=(c,), daemon=True) for c in self._clients]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)

    def _act(self, client: Client) -> None:
        chance = random.Random(client.token)
        while not self._stop.is_set():
            try:
                self._step(client, chance)
            except (httpx2.HTTPError, ValueError):  # the server is gone for a moment
                time.sleep(0.05)
            except BaseException as surprise:
                self.surprises.append(surprise)
                raise


class Mixture:
    """Books with mixed lengths, moves and cancels; knows what was acknowledged to whom."""

    def __init__(self, offerings: list[str], starts: list[str]) -> None:
        self._offerings, self._starts = offerings, starts
        self._mine: dict[str, list[str]] = {}
        self.codes = Counter[str]()

    def step(self, client: Client, chance: random.Random) -> None:
        mine = self._mine.setdefault(client.token or "", [])
        what, start = chance.random(), chance.choice(self._starts)
        if mine and what < 0.25:
            booking = mine.pop(chance.randrange(len(mine)))
            self._note(client, "cancelBooking", CANCEL, booking=booking)
        elif mine and what < 0.55:
            self._note(client, "rescheduleBooking", MOVE, booking=chance.choice(mine), start=start)
        else:
            minutes = chance.choice([30, 45, 60, 120])
            offering = chance.choice(self._offerings)
            made = self._note(client, "createBooking", CREATE, offering=offering, start=start, durationMinutes=minutes)
            mine += [made["id"]] if made else []

    def _note(self, client: Client, name: str, query: str, **given: Any) -> dict[str, Any] | None:
        payload = client.post(query, {"input": given}).json()["data"][name]
        self.codes[payload["errors"][0]["code"] if payload["errors"] else name] += 1
        return payload["booking"]  # type: ignore[no-any-return]


def test_a_named_worker_is_never_in_two_places(two_workers: Server) -> None:
    workers = [{"id": "wang", "name": "王师傅"}, {"id": "li", "name": "李师傅"}]
    lengths = {"min_duration_minutes": 30, "max_duration_minutes": 120, "buffer_after_minutes": 15}
    ids = [
        put_on_offer(two_workers, "race-cut", resources=workers, **lengths),
        put_on_offer(two_workers, "race-colour", resources=workers[:1], **lengths),
    ]
    starts = wait_for_starts(a_resident(two_workers.url), ids[1])[:16]
    wait_for_starts(a_resident(two_workers.url), ids[0])
    mixture = Mixture(ids, starts)
    with Crowd(two_workers, 12, mixture.step) as crowd:
        time.sleep(scaled(10, 60))
    assert crowd.surprises == []
    rows = claims_are_exact(two_workers.database_uri())
    assert {"createBooking", "rescheduleBooking", "cancelBooking", "TIME_SLOT_FULL"} <= mixture.codes.keys()
    assert "INTERNAL" not in mixture.codes
    assert "BUSY" not in mixture.codes
    for key, worker in (("wang", "王师傅"), ("li", "李师傅")):
        held = [row for row in rows if worker in row["resources"] and "claims" in row]
        assert {hold["of"] for row in held for hold in row["dates"][0]["holds"]} <= {f"={STORE}/{key}"}
        busy = sorted((row["start"], row["end"]) for row in held)
        assert all(end + BUFFER <= start for (_, end), (start, _) in itertools.pairwise(busy))


# --- kill -9 ---


class Acknowledged:
    """Bookings with a key each, sent again until an answer comes; what was acknowledged must be there, once."""

    def __init__(self, server: Server) -> None:
        first = a_resident(server.url)
        wanted = [o["id"] for o in offerings(first) if o["kind"] == "APPOINTMENT" and o["bookable"]][:6]
        self._choices = [(offering, start) for offering in wanted for start in free_starts(first, offering, 7)]
        self._numbers, self._lock = iter(range(1_000_000)), threading.Lock()
        self.codes: list[str] = []

    def step(self, client: Client, chance: random.Random) -> None:
        offering, start = chance.choice(self._choices)
        with self._lock:
            key = f"key-{next(self._numbers)}"
        asked = {"offering": offering, "start": start, "idempotencyKey": key}
        for _ in range(200):
            try:
                payload = client.post(CREATE, {"input": asked}).json()["data"]["createBooking"]
            except (httpx2.HTTPError, ValueError, TypeError):
                time.sleep(0.05)
                continue
            if payload["booking"]:
                self.codes.append(payload["booking"]["code"])
            if not payload["errors"] or payload["errors"][0]["code"] != "UPSTREAM_UNAVAILABLE":
                return

    def wait_for_more(self, count: int) -> None:
        wanted, deadline = len(self.codes) + count, time.monotonic() + 60
        while len(self.codes) < wanted:
            assert time.monotonic() < deadline, "no further booking was acknowledged"
            time.sleep(0.02)


def kill_a_worker(server: Server) -> None:
    os.kill(random.choice(server.worker_pids()), signal.SIGKILL)


def kill_the_database(server: Server) -> None:
    server.kill_database()  # the supervisor starts it again on the same port


def kill_both(server: Server) -> None:
    server.kill_database()
    server.kill()


def test_no_acknowledged_booking_is_lost_or_made_twice_when_something_is_killed(tmp_path: Path, seeded: Path) -> None:
    server = Server(tmp_path / "state", workers=2, seeded=seeded)
    acknowledged: list[str] = []
    with running(server):
        for round_ in range(scaled(3, 20)):
            load = Acknowledged(server)
            with Crowd(server, 6, load.step) as crowd:
                load.wait_for_more(3)
                time.sleep(random.random())
                (kill_a_worker, kill_the_database, kill_both)[round_ % 3](server)
                if server.process and server.process.poll() is not None:
                    server.start()
                load.wait_for_more(2)
            assert crowd.surprises == []
            acknowledged += load.codes
            rows = claims_are_exact(server.database_uri())
            codes = Counter(row["code"] for row in rows)
            assert set(acknowledged) <= set(codes)
            assert max(codes.values()) == 1
            assert len(acknowledged) == len(set(acknowledged)), "a key that was sent again made a second booking"
            starts = Counter((row["resident"], row["start"]) for row in rows if "claims" in row)
            assert max(starts.values()) == 1


def test_a_killed_worker_is_replaced(two_workers: Server) -> None:
    before = two_workers.worker_pids()
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(set(two_workers.worker_pids()) - set(before)) < 1:
        assert time.monotonic() < deadline, "the worker was not replaced"
        time.sleep(0.1)
    two_workers.wait_until_ready()
    assert a_resident(two_workers.url).token
