"""The audit: who read or changed personal data, when, in which request. Never what the data was."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, database_errors_as_refusals
from lifecircle.catalogue.pages import PageKey
from lifecircle.catalogue.privacy.model import AuditAction, AuditEntry, Deletion, Subject
from lifecircle.catalogue.privacy.store import TOMBSTONE, AuditStore

RESIDENT = "Resident"


@dataclass(frozen=True)
class AuditLog:
    """Append-only. Residents stand in it under an alias, so that a deleted account leaves no name behind."""

    database: Database
    clock: Clock

    @property
    def _store(self) -> AuditStore:
        return AuditStore(self.database)

    async def record(
        self,
        action: AuditAction,
        *,
        actor: str | None,
        subject: Subject,
        fields: Sequence[str] = (),
        request_id: str | None = None,
    ) -> None:
        """`actor`: the resident who did it, None for the system. `fields`: names only."""
        async with database_errors_as_refusals():
            row = {"_id": secrets.token_hex(12), "at": self.clock(), "action": action.value, "request_id": request_id}
            row["actor"] = await self._store.alias(actor) if actor else None
            row["subject"] = _text(await self._aliased(subject))
            await self._store.add({**row, "fields": list(fields)})

    async def record_deletion(self, deletion: Deletion) -> None:
        """Once for each deletion, however often it is resumed."""
        row: Document = {"_id": f"deleted:{deletion.tombstone}", "at": self.clock(), "fields": []}
        person = {"actor": deletion.tombstone, "subject": _text(Subject(RESIDENT, deletion.tombstone))}
        action = {"action": AuditAction.ACCOUNT_DELETED.value, "request_id": deletion.request_id}
        await self._store.add({**row, **person, **action})

    async def trail(self, subject: Subject, first: int, after: PageKey | None = None) -> list[AuditEntry]:
        """What happened to one thing or person, the latest first."""
        async with database_errors_as_refusals():
            where = {"subject": _text(await self._aliased(subject))}
            return await self._with_residents(await self._store.page(where, first, after))

    async def count(self, subject: Subject) -> int:
        async with database_errors_as_refusals():
            return await self._store.count({"subject": _text(await self._aliased(subject))})

    async def about(self, resident: str, bookings: Sequence[str]) -> list[AuditEntry]:
        """What the resident did, and what was done with their data."""
        alias = await self._store.alias(resident)
        subjects = [_text(Subject(RESIDENT, alias)), *(_text(Subject("Booking", key)) for key in bookings)]
        where = {"$or": [{"actor": alias}, {"subject": {"$in": subjects}}]}
        return await self._with_residents(await self._store.page(where, None))

    async def _aliased(self, subject: Subject) -> Subject:
        if subject.kind != RESIDENT or subject.key.startswith(TOMBSTONE):
            return subject
        return Subject(RESIDENT, await self._store.alias(subject.key))

    async def _with_residents(self, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
        aliases = {name for entry in entries for name in (entry.actor, _person(entry)) if name}
        known = await self._store.residents_behind(sorted(aliases))
        return [_with_names(entry, known) for entry in entries]


def _with_names(entry: AuditEntry, known: dict[str, str]) -> AuditEntry:
    actor = known.get(entry.actor, entry.actor) if entry.actor else None
    person = _person(entry)
    subject = Subject(RESIDENT, known.get(person, person)) if person else entry.subject
    return replace(entry, actor=actor, subject=subject)


def _person(entry: AuditEntry) -> str | None:
    return entry.subject.key if entry.subject.kind == RESIDENT else None


def _text(subject: Subject) -> str:
    return f"{subject.kind}:{subject.key}"
