"""Bookings with notices, and deliverers that write down what they were handed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from factories import DISTRICT, SetClock, at

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.ports import DeliveryResult, OutboundNotice
from lifecircle.catalogue.sealing import KeyRing

TOMORROW_TEN = at("2026-11-26 10:00")
TODAY_FOUR = at("2026-11-25 16:00")
PHONE = "13812345678"
TEMPLATES = {purpose: f"t-{purpose.value.lower()}" for purpose in Purpose}


@dataclass
class Mailbox:
    """A deliverer, and the person at its end who knows a notice again by its id."""

    answers: list[DeliveryResult | BaseException] = field(default_factory=list)
    received: list[OutboundNotice] = field(default_factory=list)

    async def deliver(self, notice: OutboundNotice) -> DeliveryResult:
        answer = self.answers.pop(0) if self.answers else DeliveryResult.SENT
        if answer is DeliveryResult.SENT or isinstance(answer, BaseException):
            self.received.append(notice)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def shown(self) -> Counter[str]:
        return Counter(notice.id for notice in self.received)


def a_booking(
    key: str = "b1", *, start: datetime, at: datetime, kind: str = "CONFIRMED", **changes: Any
) -> dict[str, Any]:
    """As the booking desk writes it. `actor`: who made the latest change."""
    actor, reason = changes.pop("actor", "MERCHANT"), changes.pop("reason", None)
    return {
        "_id": key,
        "district": DISTRICT,
        "code": "ABCD2345",
        "resident": "r1",
        "store": "s1",
        "store_name": "好邻居桂花店",
        "merchant": "m1",
        "offering": "o1",
        "offering_name": "日常保洁",
        "status": kind
        if kind in ("PENDING", "CONFIRMED", "DECLINED", "CANCELLED", "COMPLETED", "EXPIRED")
        else "CONFIRMED",
        "start": start,
        "end": start + timedelta(hours=1),
        "party_size": 1,
        "price": 9000,
        "cancel_before_minutes": 120,
        "events": [{"at": at, "status": "CONFIRMED", "actor": actor, "reason": reason}],
        "notices": [{"id": f"{key}:1", "kind": kind, "at": at, "due_at": at, "delivered_at": None}],
        "notify_at": at,
        "version": 1,
        **changes,
    }


@dataclass
class Post:
    """A notice desk over a database, with a mailbox at the end of each channel."""

    database: Database
    keys: KeyRing
    desk: NoticeDesk
    wechat: Mailbox
    sms: Mailbox
    clock: SetClock

    async def book(self, key: str = "b1", **given: Any) -> None:
        await self.database["bookings"].insert_one(a_booking(key, **{"at": self.clock(), **given}))

    async def pump(self) -> None:
        """One round, by a worker of its own."""
        runner = JobRunner(self.database, self.clock, "worker")
        runner.register(*self.desk.jobs)
        self.clock.advance(seconds=5)  # its period
        assert await runner.run_due() == ["notices"]

    async def pump_nothing(self) -> None:
        """A round in which nothing is due."""
        before = await self.row()
        await self.pump()
        assert await self.row() == before

    async def row(self, key: str = "b1") -> dict[str, Any]:
        found = await self.database["bookings"].find_one({"_id": key})
        assert found is not None
        return found

    async def notice(self, kind: str, key: str = "b1") -> dict[str, Any]:
        (found,) = [notice for notice in (await self.row(key))["notices"] if notice["kind"] == kind]
        return dict(found)

    async def accept(self, purpose: Purpose, times: int = 1, resident: str = "r1") -> None:
        for _ in range(times):
            await self.desk.credits.record_consent(resident, [TEMPLATES[purpose]], [])

    async def left(self, purpose: Purpose, resident: str = "r1") -> int:
        return (await self.desk.credits.left(resident)).get(TEMPLATES[purpose], 0)
