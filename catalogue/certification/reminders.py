"""The job that reminds of due dates: it writes notices, `catalogue/notices` sends them.

A reminder's id is made of the resident, the due date and the number of days, so writing it twice changes nothing. The
job writes the reminder and then looks at the record again; who records writes the record and then drops the open
reminders: one of the two sees the other. A job that died in between is followed by one that sweeps first.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from lifecircle.catalogue.certification import rules
from lifecircle.catalogue.certification.model import Record
from lifecircle.catalogue.certification.rulebook import RuleBook, RuleShelf
from lifecircle.catalogue.certification.store import RecordStore, ReminderStore
from lifecircle.catalogue.clock import Clock, at_minute, local_day, midnight
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import ConsentRequired, NotFound
from lifecircle.catalogue.jobs import Lease
from lifecircle.catalogue.notices.model import CERTIFICATION_DUE
from lifecircle.catalogue.privacy.model import Purpose
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

log = logging.getLogger("lifecircle.certification")

REMIND_AT = 10 * 60
"""Minutes of the local day: when people are up and offices open."""

KEPT_AFTER_DUE = timedelta(days=30)


@dataclass(frozen=True)
class Reminders:
    database: Database
    keys: KeyRing
    privacy: PrivacyDesk
    shelf: RuleShelf
    clock: Clock

    async def run(self, lease: Lease) -> None:
        book = self.shelf.current
        await self._sweep(book, lease)
        async for rows in self._records.batches():
            await lease.guard()
            for row in rows:
                await self._remind(row, book)

    @property
    def _records(self) -> RecordStore:
        return RecordStore(self.database, self.keys)

    @property
    def _reminders(self) -> ReminderStore:
        return ReminderStore(self.database)

    async def _sweep(self, book: RuleBook, lease: Lease) -> None:
        """Reminders of a due date that holds no more."""
        for row in await self._reminders.open():
            if await self._due_on(row["resident"], book) != date.fromisoformat(row["due_on"]):
                await lease.guard()
                await self._reminders.drop(row["_id"])

    async def _due_on(self, resident: str, book: RuleBook) -> date | None:
        try:
            record = await self._records.of(resident)
            return _due_on(record, book) if record else None
        except (CannotUnseal, NotFound):
            return None

    async def _remind(self, row: Mapping[str, Any], book: RuleBook) -> None:
        """One record that cannot be read holds up no other."""
        try:
            record = self._records.opened(row)
            due = _due_on(record, book)
            days = self._days(record, book)
        except (CannotUnseal, NotFound, KeyError, ValueError):
            log.exception("a certification cannot be read")
            return
        if days is None or not await self._may(record.resident):
            return
        reminder = reminder_document(record, due, days, self.clock())
        if await self._reminders.add(reminder) and await self._records.version_of(record.resident) != record.version:
            await self._reminders.drop(reminder["_id"])

    def _days(self, record: Record, book: RuleBook) -> int | None:
        rule = book.rule(record.region, record.scheme)
        return rules.days_to_remind_of(record, rule, local_day(record.recorded_at), local_day(self.clock()))

    async def _may(self, resident: str) -> bool:
        try:
            await self.privacy.require_consent(resident, Purpose.SENSITIVE_PENSION)
        except ConsentRequired:
            return False
        return True


def reminder_document(record: Record, due: date, days: int, now: datetime) -> Document:
    """As the pump of `catalogue/notices` reads it; `start` is when it is too late. The id does not say whose it is."""
    key = hashlib.sha256(f"{record.resident}:{due.isoformat()}:{days}".encode()).hexdigest()[:32]
    told_at, end = max(now, at_minute(local_day(now), REMIND_AT)), midnight(due + timedelta(days=1))
    notice = {"id": key, "kind": CERTIFICATION_DUE, "at": now, "due_at": told_at, "delivered_at": None}
    return {
        "_id": key,
        "district": "",
        "resident": record.resident,
        "due_on": due.isoformat(),
        "days": days,
        "status": "OPEN",
        "start": end,
        "offering_name": "养老金领取资格认证",
        "notices": [notice],
        "notify_at": told_at,
        "version": 1,
        "expires_at": end + KEPT_AFTER_DUE,
    }


def _due_on(record: Record, book: RuleBook) -> date:
    return rules.due_on(record.certified_on, book.rule(record.region, record.scheme))
