"""Many residents, two workers, one place; and what is left after kill -9."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, claims_are_exact, free_starts, offerings
from pymongo import MongoClient
from scale import scaled
from servers import Client, Server, running

pytestmark = pytest.mark.slow


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[Server]:
    with running(Server(tmp_path / "state", workers=2)) as server:
        yield server


def outcome(client: Client, offering: str, start: str, **more: object) -> str:
    payload = client.ask(CREATE, input={"offering": offering, "start": start, **more})["createBooking"]
    return payload["errors"][0]["code"] if payload["errors"] else "BOOKED"


def test_fifty_at_once_for_one_place_give_one_booking(two_workers: Server) -> None:
    residents = [a_resident(two_workers.url) for _ in range(50)]
    offering = an_offering_for_one(residents[0])["id"]
    start = free_starts(residents[0], offering)[0]
    with ThreadPoolExecutor(50) as pool:
        outcomes = Counter(pool.map(lambda resident: outcome(resident, offering, start), residents))
    assert outcomes == {"BOOKED": 1, "TIME_SLOT_FULL": 49}
    assert claims_are_exact(two_workers.database_uri()) == 1


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


class Load:
    """Residents who book without pause and write down what was acknowledged."""

    def __init__(self, server: Server, residents: int) -> None:
        self._server = server
        self._clients = [a_resident(server.url) for _ in range(residents)]
        first = self._clients[0]
        wanted = [o["id"] for o in offerings(first) if o["kind"] == "APPOINTMENT" and o["bookable"]][:6]
        self._choices = [(offering, start) for offering in wanted for start in free_starts(first, offering, 7)]
        self.acknowledged: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._book, args=(c,), daemon=True) for c in self._clients]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for_more(self, count: int) -> None:
        wanted, deadline = len(self.acknowledged) + count, time.monotonic() + 60
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < deadline, "no further booking was acknowledged"
            time.sleep(0.02)

    def _book(self, client: Client) -> None:
        pick = random.Random(client.token)
        while not self._stop.is_set():
            offering, start = pick.choice(self._choices)
            try:
                payload = client.post(CREATE, {"input": {"offering": offering, "start": start}}).json()
            except (httpx2.HTTPError, ValueError):
                time.sleep(0.05)
                continue
            booking = ((payload.get("data") or {}).get("createBooking") or {}).get("booking")
            if booking:
                self.acknowledged.append(booking["code"])


def test_no_acknowledged_booking_is_lost_when_everything_is_killed(tmp_path: Path) -> None:
    server = Server(tmp_path / "state", workers=2)
    acknowledged: list[str] = []
    with running(server):
        for round_ in range(scaled(3, 20)):
            with Load(server, residents=6) as load:
                load.wait_for_more(3)
                if round_ % 3 == 0:
                    server.kill_database()  # the supervisor starts it again on the same port
                    load.wait_for_more(2)
                elif round_ % 3 == 1:
                    server.kill()
                else:
                    server.kill_database()
                    server.kill()
            acknowledged += load.acknowledged
            if server.process and server.process.poll() is not None:
                server.start()
            uri = server.database_uri()
            claims_are_exact(uri)
            with MongoClient(uri) as client:
                codes = Counter(row["code"] for row in client["lifecircle"]["bookings"].find({}, {"code": 1}))
            assert set(acknowledged) <= set(codes)
            assert max(codes.values()) == 1


def test_a_killed_worker_is_replaced(two_workers: Server) -> None:
    before = two_workers.worker_pids()
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(set(two_workers.worker_pids()) - set(before)) < 1:
        assert time.monotonic() < deadline, "the worker was not replaced"
        time.sleep(0.1)
    two_workers.wait_until_ready()
    assert a_resident(two_workers.url).token
