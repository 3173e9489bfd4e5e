"""The desk against a simple model: after every step both must say the same, and the claims must be exact."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from desk import CLERK, check_claims
from factories import PlainCalendar, SetClock, a_store, an_offering, at
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from scale import scaled

from lifecircle.catalogue.bookings.model import Booking, BookingRequest, BookingStatus
from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.bookings.store import BookingStore
from lifecircle.catalogue.bookings.waiting.model import JoinRequest, WaitingEntry, offered_until
from lifecircle.catalogue.bookings.waiting.store import WaitingStore
from lifecircle.catalogue.database import connect, open_database
from lifecircle.catalogue.errors import Refused
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.sealing import KeyRing

pytestmark = pytest.mark.slow

STARTS = [at(f"2026-12-10 {clock}") for clock in ("10:00", "10:30", "11:00", "12:00")]
RESIDENTS = ["r1", "r2", "r3", "r4"]
SEATS = 2
LENGTH = timedelta(hours=1)
CONFIRM_IN = timedelta(minutes=120)

starts, residents, numbers = st.sampled_from(STARTS), st.sampled_from(RESIDENTS), st.integers(0, 50)


@dataclass
class Held:
    resident: str
    start: datetime
    seat: int
    status: str
    expires: datetime | None


@dataclass
class Waits:
    resident: str
    start: datetime
    status: str = "WAITING"
    offer: Held | None = None


@dataclass
class Model:
    """One worker's mind: who holds which seat, who waits in which order."""

    bookings: dict[str, Held] = field(default_factory=dict)
    line: list[Waits] = field(default_factory=list)

    def holding(self) -> list[Held]:
        offers = [waits.offer for waits in self.line if waits.offer]
        return [h for h in self.bookings.values() if h.status in ("PENDING", "CONFIRMED")] + offers

    def seat_at(self, start: datetime, without: Held | None = None, now: datetime | None = None) -> int | None:
        """`now`: whoever has run out of time by then holds nothing, though nobody has said so yet."""
        others = [h for h in self.holding() if h is not without and abs(h.start - start) < LENGTH]
        taken = {h.seat for h in others if not (now and h.expires and h.expires <= now)}
        if without and without.seat not in taken:
            return without.seat
        return next((seat for seat in range(SEATS) if seat not in taken), None)

    def is_busy(self, resident: str, start: datetime, without: Held | None = None) -> bool:
        own = [h for h in self.bookings.values() if h.resident == resident and h is not without]
        return any(h.status in ("PENDING", "CONFIRMED") and abs(h.start - start) < LENGTH for h in own)

    def entry(self, resident: str, start: datetime) -> Waits | None:
        mine = [w for w in self.line if (w.resident, w.start) == (resident, start)]
        return next((w for w in mine if w.status in ("WAITING", "OFFERED")), None)

    def pass_on(self, freed: datetime, now: datetime) -> None:
        for waits in self.line:
            if waits.status == "WAITING" and abs(waits.start - freed) < LENGTH:
                seat = self.seat_at(waits.start, now=now)
                if seat is not None:
                    waits.status = "OFFERED"
                    waits.offer = Held(waits.resident, waits.start, seat, OFFERED, offered_until(waits.start, now))

    def create(self, resident: str, start: datetime, now: datetime) -> Held | str:
        waits = self.entry(resident, start)
        if self.is_busy(resident, start):
            return "OVERLAPS_YOUR_BOOKING"
        seat = waits.offer.seat if waits and waits.offer else self.seat_at(start)
        if seat is None:
            return "TIME_SLOT_FULL"
        if waits:
            waits.status, waits.offer = "TAKEN", None
        return Held(resident, start, seat, "PENDING", now + CONFIRM_IN)

    def join(self, resident: str, start: datetime) -> str | None:
        if self.entry(resident, start):
            return None
        if self.is_busy(resident, start):
            return "OVERLAPS_YOUR_BOOKING"
        if self.seat_at(start) is not None:
            return "STATE_CHANGED"
        self.line = [w for w in self.line if (w.resident, w.start) != (resident, start)]
        self.line.append(Waits(resident, start))
        return None

    def pass_time(self, now: datetime) -> None:
        due = [h for h in self.holding() if h.expires and h.expires <= now]
        for held in sorted(due, key=lambda h: h.expires or now):
            waits = next((w for w in self.line if w.offer is held), None)
            if waits:
                waits.status, waits.offer = "LAPSED", None
            else:
                held.status = "EXPIRED"
            self.pass_on(held.start, now)


class Desk(RuleBasedStateMachine):
    uri: ClassVar[str]
    keys: ClassVar[KeyRing]

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.clock, self.model = asyncio.Runner(), SetClock(), Model()
        self.booked: dict[str, Booking] = {}
        self.joined: dict[tuple[str, datetime], WaitingEntry] = {}
        self.run(self.open())

    def run(self, work: Awaitable[Any]) -> Any:
        async def awaited() -> Any:
            return await work

        return self.runner.run(awaited())

    async def open(self) -> None:
        self.client = connect(self.uri, server_selection_ms=20_000)
        self.database = open_database(self.client, f"model_{secrets.token_hex(6)}")
        await BookingStore(self.database).create_indexes()
        await WaitingStore(self.database).create_indexes()
        await self.database["stores"].insert_one(a_store("s1", merchant="m1"))
        await self.database["offerings"].insert_one(
            an_offering("o1", capacity=SEATS, auto_confirm=False, cancel_before_minutes=0)
        )
        in_order = lambda free: None  # noqa: E731 - the lowest seat, so that the model knows which
        self.desk = BookingDesk(self.database, self.keys, PlainCalendar(), self.clock, in_order)

    def teardown(self) -> None:
        self.client.close()
        self.runner.close()

    def attempt(self, work: Awaitable[Any]) -> Any:
        """The answer, or the code of the refusal. Each attempt has a moment of its own."""
        self.clock.advance(seconds=1)
        try:
            return self.run(work)
        except Refused as refused:
            return refused.code

    def some(self, number: int) -> str:
        return list(self.model.bookings)[number % len(self.model.bookings)]

    # --- steps ---

    @rule(resident=residents, start=starts)
    def create(self, resident: str, start: datetime) -> None:
        answer = self.attempt(self.desk.create(resident, BookingRequest("o1", start)))
        expected = self.model.create(resident, start, self.clock.now)
        if isinstance(expected, str):
            assert answer == expected
        else:
            assert isinstance(answer, Booking), answer
            self.model.bookings[answer.id], self.booked[answer.id] = expected, answer

    @precondition(lambda self: self.model.bookings)
    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        key = self.some(number)
        held = self.model.bookings[key]
        answer = self.attempt(self.desk.cancel(held.resident, key, None))
        if held.status in ("PENDING", "CONFIRMED"):
            held.status = "CANCELLED"
            self.model.pass_on(held.start, self.clock.now)
        assert answer == "STATE_CHANGED" if held.status != "CANCELLED" else answer.status == "CANCELLED"

    @precondition(lambda self: self.model.bookings)
    @rule(number=numbers, confirms=st.booleans())
    def answer(self, number: int, confirms: bool) -> None:
        key = self.some(number)
        held, side = self.model.bookings[key], self.desk.of_store
        said = self.attempt(side.confirm(CLERK, key) if confirms else side.decline(CLERK, key, "没有人手"))
        target = "CONFIRMED" if confirms else "DECLINED"
        if held.status == "PENDING" or (held.status == "CONFIRMED" and not confirms):
            held.status, held.expires = target, None if confirms else held.expires
            if not confirms:
                self.model.pass_on(held.start, self.clock.now)
        assert said == "STATE_CHANGED" if held.status != target else said.status == target

    @precondition(lambda self: self.model.bookings)
    @rule(number=numbers, start=starts)
    def reschedule(self, number: int, start: datetime) -> None:
        key = self.some(number)
        held, model = self.model.bookings[key], self.model
        answer = self.attempt(self.desk.reschedule(held.resident, key, start))
        if held.start == start:
            assert answer.interval.start == start
        elif held.status not in ("PENDING", "CONFIRMED"):
            assert answer == "STATE_CHANGED"
        elif model.is_busy(held.resident, start, held):
            assert answer == "OVERLAPS_YOUR_BOOKING"
        elif (seat := model.seat_at(start, held)) is None:
            assert answer == "TIME_SLOT_FULL"
        else:
            old, held.start, held.seat = held.start, start, seat
            model.pass_on(old, self.clock.now)
            assert answer.interval.start == start

    @rule(resident=residents, start=starts)
    def join(self, resident: str, start: datetime) -> None:
        answer = self.attempt(self.desk.waiting.join(resident, JoinRequest("o1", start)))
        expected = self.model.join(resident, start)
        assert (answer if isinstance(answer, str) else None) == expected
        if expected is None:
            self.joined[resident, start] = answer

    @precondition(lambda self: self.joined)
    @rule(number=numbers)
    def leave(self, number: int) -> None:
        key = list(self.joined)[number % len(self.joined)]
        self.attempt(self.desk.waiting.leave(key[0], self.joined[key].id))
        waits = self.model.entry(*key)
        if waits:
            offered, waits.status, waits.offer = waits.offer, "LEFT", None
            if offered:
                self.model.pass_on(waits.start, self.clock.now)

    @rule(minutes=st.sampled_from([5, 29, 31, 60, 121]))
    def pass_time(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        runner = JobRunner(self.database, self.clock, "worker")
        runner.register(*self.desk.jobs)
        self.run(runner.run_due())
        self.model.pass_time(self.clock.now)

    # --- what must hold after each ---

    @invariant()
    def both_say_the_same(self) -> None:
        rows = {row["_id"]: row for row in self.run(check_claims(self.database))}
        assert rows.keys() == self.model.bookings.keys()
        for key, held in self.model.bookings.items():
            row = rows[key]
            assert (row["status"], row["start"], row["seats"]) == (held.status, held.start, [held.seat])

    @invariant()
    def the_line_is_the_same(self) -> None:
        entries = self.run(self.database["waiting_entries"].find().to_list(None))
        found = sorted((e["resident"], e["start"], e["status"]) for e in entries)
        assert found == sorted((w.resident, w.start, w.status) for w in self.model.line)
        offers = self.run(self.database["bookings"].find({"status": OFFERED}).to_list(None))
        kept = sorted((o["dates"][0]["start"], o["dates"][0]["holds"][0]["seats"][0]) for o in offers)
        assert kept == sorted((w.offer.start, w.offer.seat) for w in self.model.line if w.offer)

    @invariant()
    def no_seat_is_held_twice(self) -> None:
        held = [h for h in self.model.holding() if h.status != BookingStatus.EXPIRED]
        for one in held:
            assert not any(o is not one and o.seat == one.seat and abs(o.start - one.start) < LENGTH for o in held)


def test_the_desk_does_what_a_simple_model_says(mongodb_uri: str, keys: KeyRing) -> None:
    machine = type("DeskHere", (Desk,), {"uri": mongodb_uri, "keys": keys})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=scaled(12, 150),
            stateful_step_count=scaled(20, 40),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
