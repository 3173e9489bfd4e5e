"""The jobs of this part: finishing what was broken off, and forgetting what need not be kept any longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.jobs import Job, Lease
from lifecircle.catalogue.privacy.deletion import AccountDeletion
from lifecircle.catalogue.privacy.model import PersonalData
from lifecircle.catalogue.privacy.rows import HeldRows
from lifecircle.catalogue.privacy.rules import AUDIT_KEPT, TOMBSTONES_KEPT
from lifecircle.catalogue.privacy.store import AccountStore, AuditStore

EXPIRING = (
    *("sessions", "conversations", "sms_codes", "rates", "waiting_entries", "certification_reminders"),
    *("handoffs", "questions", "service_requests"),
)
"""Collections whose rows end at `expires_at`."""

MAY_LEAVE_ORPHANS = (
    *("sessions", "conversations", "consents", "bookings", "certifications", "certification_reminders"),
    *("handoffs", "service_requests"),
)
"""Where a request that was under way may still have written while its account was deleted."""


@dataclass(frozen=True)
class Retention:
    database: Database
    clock: Clock
    holdings: Sequence[PersonalData]

    async def run(self, lease: Lease) -> None:
        now = self.clock()
        await lease.guard()
        await AuditStore(self.database).purge(now - AUDIT_KEPT)
        await AccountStore(self.database).purge_tombstones(now - TOMBSTONES_KEPT)
        for collection in EXPIRING:
            await lease.guard()
            await HeldRows(self.database, collection).purge_expired("expires_at", now)
        for collection in MAY_LEAVE_ORPHANS:
            await self._erase_orphans(collection, lease, now)

    async def _erase_orphans(self, collection: str, lease: Lease, now: datetime) -> None:
        """Only what was there when the sweep began: a new account of the same person is younger."""
        async for resident in HeldRows(self.database, collection).orphans():
            await lease.guard()
            for holding in self.holdings:
                await holding.erase(resident, now)


def privacy_jobs(database: Database, clock: Clock, holdings: Sequence[PersonalData]) -> tuple[Job, Job]:
    deletion = AccountDeletion(database, clock, holdings)
    return (
        Job("finish-deletions", timedelta(minutes=1), deletion.finish_broken_off),
        Job("retention", timedelta(days=1), Retention(database, clock, holdings).run),
    )
