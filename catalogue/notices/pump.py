"""The pump: takes what is due out of the outboxes and sees to it that somebody hears of it, at least once.

A notice is claimed by compare-and-set (its due time moves a minute ahead, its attempt is counted), handed over, and
marked. A worker that is killed after the handing over leaves it claimed; after the minute another hands it over once
more under the same id, and the receiver knows it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.jobs import Lease
from lifecircle.catalogue.notices import rules
from lifecircle.catalogue.notices.delivery import Delivery, Failed, Told
from lifecircle.catalogue.notices.model import (
    OUTBOXES,
    REMINDERS,
    Notice,
    Subject,
    subject_from_document,
)
from lifecircle.catalogue.notices.rules import Send
from lifecircle.catalogue.notices.store import DeadLetterStore, Mark, OutboxStore

log = logging.getLogger("lifecircle.notices")

DEAD_KEPT = timedelta(days=90)
_BATCH = 200
_AT_ONCE = 16
"""Documents whose notices are handed over side by side: a city's reminders are all due at 19:00."""
_ROUNDS = 20
_TRIES = 20


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a document's outbox is to be, and what has to be sent before it is so."""

    mark: Mark
    sends: list[tuple[Notice, Send]]


@dataclass(frozen=True)
class Pump:
    outbox: OutboxStore
    dead: DeadLetterStore
    delivery: Delivery
    areas_of: Callable[[str | None], list[str]]
    """The areas that a store stands in, the smallest first."""
    why_shut: Callable[[str | None, datetime], str | None]
    """Why a store is shut at a time that was booked."""
    spread: Callable[[], float]
    """0 … 1, at random: so that what failed together is not tried again together."""
    clock: Clock

    async def run(self, lease: Lease) -> None:
        for collection in OUTBOXES:
            for _ in range(_ROUNDS):
                if not await self._round(collection, lease):
                    break

    async def _round(self, collection: str, lease: Lease) -> bool:
        """Whether more may be due."""
        now = self.clock()
        rows = await self.outbox.due(collection, now, _BATCH)
        plans = [plan for row in rows if (plan := self._readable_plan(row, now))]
        settled = await self.outbox.mark_many(collection, [plan.mark for plan in plans if not plan.sends])
        to_send = [plan for plan in plans if plan.sends]
        for first in range(0, len(to_send), _AT_ONCE):
            await lease.guard()
            together = (self._send(collection, plan) for plan in to_send[first : first + _AT_ONCE])
            settled += sum(await asyncio.gather(*together))
        return len(rows) == _BATCH and settled > 0

    def _readable_plan(self, row: Document, now: datetime) -> _Plan | None:
        """None for a document that cannot be read: it must not hold up all others."""
        try:
            return self._plan(row, now)
        except (KeyError, TypeError, ValueError):
            log.exception("the notices of %s cannot be read", row["_id"])
            return None

    def _plan(self, row: Document, now: datetime) -> _Plan:
        done = rules.settled(row, now)
        return _Plan(Mark(row, done.notices, rules.next_due(done.notices)), done.sends)

    async def _send(self, collection: str, plan: _Plan) -> bool:
        """False where the document has changed meanwhile: the next round looks at it again."""
        if not await self.outbox.mark(collection, plan.mark):
            return False
        row = plan.mark.document
        subject = subject_from_document(row)
        subject = replace(subject, shut=self.why_shut(subject.store, subject.start))
        for notice, step in plan.sends:
            if subject.shut and notice.kind in REMINDERS:
                step = replace(step, is_urgent=True)  # else somebody may stand before a closed door
            outcome = await self.delivery.tell(subject, notice, step)
            await self._note(collection, row, subject, notice, outcome)
        return True

    async def _note(
        self, collection: str, row: Document, subject: Subject, notice: Notice, outcome: Told | Failed
    ) -> None:
        """Write down what came of it, whatever else has changed in the document meanwhile."""
        now = self.clock()
        change = self._change(notice, outcome, now)
        if "dead_at" in change and isinstance(outcome, Failed):
            log.error("notice %s (%s) is dead after %d attempts: %s", notice.id, notice.kind, notice.attempts, outcome)
            await self.dead.put(self._dead_letter(subject, notice, outcome, now))
        for _ in range(_TRIES):
            seen = await self.outbox.read(collection, row)
            if seen is None:
                return
            notices = [{**told, **change} if told["id"] == notice.id else told for told in seen.get("notices", ())]
            if await self.outbox.mark(collection, Mark(seen, notices, rules.next_due(notices))):
                return
        log.warning("notice %s could not be marked, it will be told again", notice.id)

    def _change(self, notice: Notice, outcome: Told | Failed, now: datetime) -> Document:
        if isinstance(outcome, Told):
            return {"delivered_at": now, "channel": outcome.channel.value}
        if outcome.is_final or notice.attempts >= rules.MOST_ATTEMPTS:
            return {"dead_at": now, "reason": outcome.reason}
        return {"due_at": now + rules.backoff(notice.attempts, self.spread()), "reason": outcome.reason}

    def _dead_letter(self, subject: Subject, notice: Notice, outcome: Failed, now: datetime) -> Document:
        return {
            "_id": notice.id,
            "district": subject.district,
            "areas": self.areas_of(subject.store) or [subject.district],
            "store": subject.store,
            "subject": subject.id,
            "kind": notice.kind,
            "reason": outcome.reason,
            "attempts": notice.attempts,
            "at": now,
            "expires_at": now + DEAD_KEPT,
        }
