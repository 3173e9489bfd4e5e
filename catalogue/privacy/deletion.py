"""Deleting an account, step by step, so that a run that is killed anywhere can be finished by another.

The resident's document says how far it is: DELETING with the steps that are done. Whoever runs it holds the document's
`holder` mark; each step is written off by compare-and-set on it, so a run that slept notices that it has been replaced.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Busy, StateChanged, Unauthenticated
from lifecircle.catalogue.jobs import Lease
from lifecircle.catalogue.privacy.audit import AuditLog
from lifecircle.catalogue.privacy.model import Deletion, PersonalData
from lifecircle.catalogue.privacy.rows import HeldBookings
from lifecircle.catalogue.privacy.rules import STALE_DELETION, check_deletable
from lifecircle.catalogue.privacy.store import AccountStore, AuditStore


@dataclass(frozen=True)
class AccountDeletion:
    database: Database
    clock: Clock
    holdings: Sequence[PersonalData]

    @property
    def _store(self) -> AccountStore:
        return AccountStore(self.database)

    async def of(self, resident: str, request_id: str | None) -> datetime:
        """Delete the account, and say when. Raises StateChanged, Busy, Unauthenticated."""
        await AuditStore(self.database).alias(resident)
        holder, now = secrets.token_hex(8), self.clock()
        deletion = await self._store.begin(resident, holder, now, request_id)
        deletion = deletion or await self._store.take_over(resident, holder, now, now - STALE_DELETION)
        if deletion is None:
            if await self._store.is_deleting(resident):
                raise _under_way()
            raise Unauthenticated("这个账号已经注销。")
        return await self._run(deletion)

    async def finish_broken_off(self, lease: Lease) -> None:
        """The job: go on with every deletion that nobody is at any more."""
        for resident in await self._store.broken_off(self.clock() - STALE_DELETION):
            await lease.guard()
            now = self.clock()
            deletion = await self._store.take_over(resident, secrets.token_hex(8), now, now - STALE_DELETION)
            if deletion:
                await self._finish(deletion)

    async def _finish(self, deletion: Deletion) -> None:
        try:
            await self._run(deletion)
        except (StateChanged, Busy):  # the account lives on, or another run is faster
            return

    async def _run(self, deletion: Deletion) -> datetime:
        try:
            await self._check(deletion)
            await self._erase(deletion)
            await AuditLog(self.database, self.clock).record_deletion(deletion)
            await self._store.bury(deletion, self.clock())
        except BaseException:
            await self._store.release(deletion)
            raise
        return self.clock()

    async def _check(self, deletion: Deletion) -> None:
        """Raises StateChanged, and the account lives on."""
        if deletion.is_checked:
            return
        try:
            bookings = await HeldBookings(self.database).bookings_of(deletion.resident)
            check_deletable(bookings, await self._store.sole_owner_of(deletion.resident), deletion.requested_at)
        except StateChanged:
            await self._store.call_off(deletion)
            raise
        if not await self._store.mark_checked(deletion, self.clock()):
            raise _under_way()

    async def _erase(self, deletion: Deletion) -> None:
        for holding in self.holdings:
            if holding.name in deletion.done:
                continue
            await self._erase_one(holding, deletion)
            if not await self._store.mark_done(deletion, holding.name, self.clock()):
                raise _under_way()

    async def _erase_one(self, holding: PersonalData, deletion: Deletion) -> None:
        """Raises StateChanged where the other owner of a merchant has left since the check: the account lives on."""
        try:
            await holding.erase(deletion.resident, deletion.requested_at)
        except StateChanged:
            await self._store.call_off(deletion)
            raise


def _under_way() -> Busy:
    return Busy("账号正在注销，请稍候。")
