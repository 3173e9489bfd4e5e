"""Bookings per second over HTTP beside a plain insert, as the collection grows; and how long availability takes.

Two workers, 32 clients, whose part in the cores is small. The baseline is `insert_one` of the same documents by motor,
32 at a time, into a collection without any index of its own; the same into one with the bookings' indexes says how much
of the rest is theirs. Rounds are interleaved, so that whatever else the machine does falls on all of them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from bench.http_client import Connection, connections
from bench.serving import database_uri
from lifecircle.catalogue.bookings.claims import Place, day_keys, holds_of, place_claims
from lifecircle.catalogue.bookings.documents import ticket_lookup
from lifecircle.catalogue.bookings.model import BookingDate, Interval, date_document
from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.bookings.occupancy.live import Live
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import INDEXES, BookingStore
from lifecircle.catalogue.bookings.turns import next_turns
from lifecircle.catalogue.clock import local_day, midnight, system_clock
from lifecircle.catalogue.database import Client, Database, Document, connect, open_database
from lifecircle.catalogue.hours.holidays import state_calendar
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.offerings.model import Offering, offering_from_document
from lifecircle.catalogue.sealing import make_keys_file, read_key_ring
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.gateway.embedded import EmbeddedDatabase

PORT = 18_932
WORKERS = 2
CLIENTS = 32
ROUND = 96
ROUNDS = 5
SIZES = (0, 10_000, 100_000)
DISTRICT, STORE, OFFERING = "330199", "s0435", "bench"
DAYS = 14

_BATCH = 1000
_PROGRAM = [sys.executable, "-m", "lifecircle.gateway.cli"]
_SIGN_IN = "mutation($c: String!) { signInWithWeChat(input: {code: $c}) { session { accessToken } } }"
_CREATE = "mutation($i: CreateBookingInput!) { createBooking(input: $i) { booking { id } errors { code message } } }"
_LIMITS = {
    "LIFECIRCLE_RATE_BOOKING_HOUR": "1000000",
    "LIFECIRCLE_ACCOUNT_RATE": "10000",
    "LIFECIRCLE_ADDRESS_RATE": "10000",
}
_OPEN = {"weekly": [{"weekdays": "1234567", "opens": "00:00", "closes": "24:00"}], "holidays": {"mode": "SAME"}}


def main(sizes: Iterable[int] = SIZES) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        subprocess.run([*_PROGRAM, "seed", "--state", str(state)], check=True, capture_output=True)
        there, first = 0, 0.0
        for size in sizes:
            with EmbeddedDatabase(state) as database:  # nobody follows meanwhile, which is much quicker
                asyncio.run(prepare(database.uri, there, size))
            with serving(state) as uri:
                over_http, plain, indexed = asyncio.run(measure(uri))
            there, first = size, first or over_http
            print(f"{size:>7} bookings there: {over_http:.0f}/s over HTTP, plain insert {plain:.0f}/s")
            print(f"  ratio {over_http / plain:.2f} (to an insert under the same indexes {over_http / indexed:.2f})")
            print(f"  ratio to the empty collection {over_http / first:.2f}", flush=True)
        with EmbeddedDatabase(state) as database:
            asyncio.run(measure_availability(database.uri, Path(folder)))


async def prepare(uri: str, there: int, size: int) -> None:
    """Ends with `size` bookings at other offerings, and one that the clients can book."""
    client = connect(uri)
    database = open_database(client, "lifecircle")
    await BookingStore(database).create_indexes()
    await create_notice_indexes(database)
    await database["bookings"].delete_many({"offering": OFFERING})
    if not await database["offerings"].find_one({"_id": OFFERING}):
        await put_on_offer(database, OFFERING, capacity=40)
    await fill(database, there, size)
    client.close()


async def measure(uri: str) -> tuple[float, float, float]:
    client = connect(uri)
    async with booking_clients() as residents:
        measured = await rounds(client, residents)
    client.close()
    return measured


# --- bookings per second ---


class Resident:
    """Signed in on one connection; books one hour after another, and has begun elsewhere in the fortnight."""

    def __init__(self, number: int, connection: Connection, token: str) -> None:
        self._connection, self._token = connection, token
        tomorrow = midnight(local_day(system_clock()) + timedelta(days=2))
        self._starts = (tomorrow + timedelta(hours=(turn + 9 * number) % (DAYS * 24)) for turn in itertools.count())

    async def book(self) -> None:
        asked = {"offering": _global_id(OFFERING), "start": next(self._starts).isoformat()}
        asked |= {"contactPhone": "13800138000", "idempotencyKey": secrets.token_hex(8)}
        body = {"query": _CREATE, "variables": {"i": asked}}
        answer: Any = None
        for _ in range(5):  # as a client does that got no answer in time
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                answer = await self._connection.post("/graphql", body, authorization=f"Bearer {self._token}")
                payload = (answer.get("data") or {}).get("createBooking")
                if payload and not payload["errors"]:
                    return
        raise RuntimeError(answer)


class Residents:
    """As many as book at the same time."""

    def __init__(self, idle: list[Resident]) -> None:
        self._idle = idle

    async def book(self, _: Document) -> None:
        resident = self._idle.pop(0)
        await resident.book()
        self._idle.append(resident)


@contextlib.asynccontextmanager
async def booking_clients() -> Any:
    async with connections(PORT, CLIENTS) as opened:
        residents = []
        for number, connection in enumerate(opened):
            variables = {"c": f"demo:{secrets.token_hex(6)}"}
            answer = await connection.post("/graphql", {"query": _SIGN_IN, "variables": variables})
            token = answer["data"]["signInWithWeChat"]["session"]["accessToken"]
            residents.append(Resident(number, connection, token))
        yield Residents(residents)


async def rounds(client: Client, residents: Residents) -> tuple[float, float, float]:
    """Median bookings a second, plain inserts a second, inserts a second under the same indexes."""
    database, scratch = open_database(client, "lifecircle"), open_database(client, f"bench_{secrets.token_hex(4)}")
    await scratch["indexed"].create_indexes(list(INDEXES))
    rates: list[tuple[float, float, float]] = []
    for number in range(ROUNDS):
        booked = await rate(residents.book, [{}] * ROUND)
        like = await database["bookings"].find({"offering": OFFERING}).sort("created_at", -1).limit(ROUND).to_list(None)
        plain = await rate(scratch["plain"].insert_one, list(copies(like, f"p{number}")))
        indexed = await rate(scratch["indexed"].insert_one, list(copies(like, f"i{number}")))
        rates.append((booked, plain, indexed))
    booked, plain, indexed = (median(column) for column in zip(*rates, strict=True))
    return booked, plain, indexed


def copies(rows: list[Document], mark: str) -> Iterator[Document]:
    """The same documents with ids and claims of their own."""
    for row in rows:
        key = f"{mark}{secrets.token_hex(8)}"
        own = {name: [f"{key}{each}" for each in row[name]] for name in ("claims", "tickets")}
        yield {**row, "_id": key, **own}


async def rate(do: Callable[[Document], Awaitable[Any]], rows: list[Document]) -> float:
    waiting = iter(rows)

    async def work() -> None:
        for row in waiting:
            await do(row)

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CLIENTS)))
    return len(rows) / (time.perf_counter() - began)


# --- bookings that are there already ---


async def fill(database: Database, there: int, size: int) -> None:
    """Quarter hours at a hundred other offerings, as the desk would have written them."""
    offerings = [_an_offering(f"other{number}", duration_minutes=15, capacity=3) for number in range(100)]
    first = midnight(local_day(system_clock()) + timedelta(days=1))
    for at in range(there, size, _BATCH):
        rows = []
        for number in range(at, min(at + _BATCH, size)):
            offering, turn = offerings[number % 100], number // 100
            start = first + timedelta(minutes=15 * (turn // 3))
            interval = Interval(start, start + timedelta(minutes=15))
            rows.append(_booking(f"other{number}", f"x{number}", offering, interval, turn % 3))
        await database["bookings"].insert_many(rows, ordered=False)


def _booking(key: str, resident: str, offering: Offering, interval: Interval, seat: int) -> Document:
    date = BookingDate(interval, holds_of(offering, interval, [Place(offering.id, seat)]))
    claims, turns = list(place_claims(date.holds)), next_turns(resident, [interval], {}) or ()
    now = datetime.now(UTC)
    return {
        "_id": key,
        "district": DISTRICT,
        "code": key,
        "resident": resident,
        "store": STORE,
        "store_name": "店",
        "merchant": None,
        "offering": offering.id,
        "offering_name": offering.name,
        "status": "CONFIRMED",
        "start": interval.start,
        "end": interval.end,
        "dates": [date_document(date)],
        "days": [local_day(interval.start).isoformat()],
        "seats": [seat],
        "claims": claims,
        "lookup": [*day_keys(claims), *ticket_lookup(turns)],
        "tickets": list(turns),
        "party_size": 1,
        "price": 1000,
        "cancel_before_minutes": 0,
        "contact": None,
        "events": [{"at": now, "status": "CONFIRMED", "actor": "RESIDENT", "reason": None}],
        "notices": [],
        "expires_at": None,
        "due_at": interval.end + timedelta(hours=24),
        "created_at": now,
        "version": 1,
    }


# --- availability ---


async def measure_availability(uri: str, folder: Path) -> None:
    """In process, as a worker does it: 14 days of one offering with 10,000 bookings in them."""
    client = connect(uri)
    database = open_database(client, "lifecircle")
    crowded = await put_on_offer(database, "crowded", capacity=40)
    await _crowd(database, crowded, 10_000)
    make_keys_file(folder / "keys.json")
    keys, calendar = read_key_ring(folder / "keys.json"), state_calendar()
    index = OccupancyIndex(database, (), system_clock)
    keeper = SnapshotKeeper(database, (), system_clock, [index])
    await keeper.start()
    asked = BookingDesk(database, keys, calendar, system_clock)
    live = BookingDesk(database, keys, calendar, system_clock, live=Live(keeper, index))
    day = local_day(system_clock()) + timedelta(days=1)
    took = {"in memory": list[float](), "from the database": list[float]()}
    shown = []
    for _ in range(20):
        await asyncio.sleep(0.2)  # the stream is heard, as it is between requests
        for name, desk in (("in memory", live), ("from the database", asked)):
            if name == "from the database" and len(took[name]) >= 3:
                continue
            began = time.perf_counter()
            days = await desk.availability(crowded.id, day, DAYS)
            took[name].append((time.perf_counter() - began) * 1000)
            shown.append([len(each.times) for each in days])
    await keeper.stop()
    client.close()
    assert all(each == shown[0] for each in shown), "the two disagree"
    print(f"availability of {DAYS} days, 10,000 bookings in them, {sum(shown[0])} free times:")
    for name, times in took.items():
        print(f"  {name}: {min(times):.1f} ms at best, median {median(times):.1f} ms")
    print(f"  ratio {median(took['in memory']) / median(took['from the database']):.3f}")


async def _crowd(database: Database, offering: Offering, count: int) -> None:
    first = midnight(local_day(system_clock()) + timedelta(days=1))
    hours = range(DAYS * 24)
    slots = itertools.islice(((hour, seat) for seat in range(offering.capacity) for hour in hours), count)
    rows = []
    for number, (hour, seat) in enumerate(slots):
        start = first + timedelta(hours=hour)
        interval = Interval(start, start + timedelta(hours=1))
        rows.append(_booking(f"crowd{number}", f"y{number}", offering, interval, seat))
    for at in range(0, len(rows), _BATCH):
        await database["bookings"].insert_many(rows[at : at + _BATCH], ordered=False)


# --- the server and what it offers ---


def _an_offering(key: str, **terms: Any) -> Offering:
    return offering_from_document(_offering_document(key, **terms))


def _offering_document(key: str, **terms: Any) -> Document:
    plain: Document = {
        "_id": key,
        "district": DISTRICT,
        "chain": None,
        "store": STORE,
        "template": None,
        "name": "日常保洁",
        "description": None,
        "aliases": [],
        "price": 1000,
        "unit": "次",
        "kind": "APPOINTMENT",
        "duration_minutes": 60,
        "grid_minutes": 30,
        "capacity": 1,
        "party_size_max": 1,
        "lead_minutes": 0,
        "window_days": 30,
        "cancel_before_minutes": 0,
        "at_home": False,
        "bookable": True,
        "auto_confirm": True,
        "eligibility": [],
        "sessions": [],
        "state": "ACTIVE",
        "version": 1,
    }
    return {**plain, **terms}


async def put_on_offer(database: Database, key: str, **terms: Any) -> Offering:
    document = _offering_document(key, **terms)
    always = {"$set": {"hours": _OPEN, "exceptions": []}, "$inc": {"version": 1}}
    await database["stores"].update_one({"_id": STORE}, always)
    await database["offerings"].insert_one(document)
    return offering_from_document(document)


def _global_id(key: str) -> str:
    return base64.urlsafe_b64encode(f"Offering:{key}".encode()).decode().rstrip("=")


@contextlib.contextmanager
def serving(state: Path) -> Iterator[str]:
    """The address of the server's database."""
    command = [*_PROGRAM, "serve", "--demo", "--state", str(state), "--port", str(PORT), "--workers", str(WORKERS)]
    with open(state / "bench.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **_LIMITS})
    try:
        while (state / "bench.log").read_text("utf-8").count("Application startup complete") < WORKERS:
            if server.poll() is not None:
                raise RuntimeError((state / "bench.log").read_text("utf-8")[-2000:])
            time.sleep(0.1)
        yield database_uri(state)
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or SIZES)
