"""All queries and indexes behind the certification. What was recorded is sealed; in clear stands only whose it is."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.catalogue.certification.model import Record
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.sealing import KeyRing

RECORDS, REMINDERS, RULES = "certifications", "certification_reminders", "certification_rules"

SEALED_AS = "certification"

_BATCH = 50
"""Opening so many takes a few milliseconds, in which nothing else happens."""


class RuleStore:
    def __init__(self, database: Database) -> None:
        self._rules = database[RULES]

    async def all(self) -> list[Document]:
        return await self._rules.find({}).to_list(None)


class RecordStore:
    """One document for each resident."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._records = database[RECORDS]
        self._keys = keys

    async def of(self, resident: str) -> Record | None:
        """Raises CannotUnseal."""
        row = await self._records.find_one({"_id": resident})
        return self.opened(row) if row else None

    async def version_of(self, resident: str) -> int | None:
        row = await self._records.find_one({"_id": resident}, {"version": 1})
        return row["version"] if row else None

    async def put(self, record: Record) -> bool:
        """In the place of the version before it; False where somebody was faster."""
        row = self._document(record)
        if record.version > 1:
            before = {"_id": record.resident, "version": record.version - 1}
            return (await self._records.replace_one(before, row, hint="_id_")).matched_count == 1
        with contextlib.suppress(DuplicateKeyError):
            await self._records.insert_one(row)
            return True
        return False

    async def drop(self, resident: str) -> None:
        await self._records.delete_one({"_id": resident})

    async def batches(self) -> AsyncIterator[list[Document]]:
        """Every record, still sealed. One cursor: the embedded engine sorts everything anew for each page by `_id`."""
        cursor = self._records.find({}).batch_size(_BATCH)
        while rows := await cursor.to_list(_BATCH):
            yield rows

    def opened(self, row: Mapping[str, Any]) -> Record:
        """Raises CannotUnseal."""
        details = json.loads(self._keys.unseal(row["details"], field=SEALED_AS))
        previous = details["previous_on"]
        return Record(
            resident=row["resident"],
            region=details["region"],
            scheme=details["scheme"],
            certified_on=date.fromisoformat(details["certified_on"]),
            previous_on=date.fromisoformat(previous) if previous else None,
            by_staff=details["by_staff"],
            recorded_at=row["recorded_at"],
            version=row["version"],
        )

    def _document(self, record: Record) -> Document:
        details = {
            "region": record.region,
            "scheme": record.scheme,
            "certified_on": record.certified_on.isoformat(),
            "previous_on": record.previous_on.isoformat() if record.previous_on else None,
            "by_staff": record.by_staff,
        }
        sealed = self._keys.seal(json.dumps(details, ensure_ascii=False), field=SEALED_AS)
        owner = {"_id": record.resident, "resident": record.resident}
        return {**owner, "details": sealed, "recorded_at": record.recorded_at, "version": record.version}


class ReminderStore:
    """Notices of due dates: `catalogue/notices` sends what lies here. What was sent stays: nothing is sent twice."""

    def __init__(self, database: Database) -> None:
        self._reminders = database[REMINDERS]

    async def add(self, reminder: Document) -> bool:
        """Once, however often it is added."""
        with contextlib.suppress(DuplicateKeyError):
            await self._reminders.insert_one(reminder)
            return True
        return False

    async def open(self) -> list[Document]:
        """Those that nobody has been told of yet."""
        fields = {"resident": 1, "due_on": 1}
        return await self._reminders.find(_OPEN, fields).to_list(None)

    async def drop(self, key: str) -> None:
        await self._reminders.delete_one({"_id": key, **_OPEN})

    async def drop_of(self, resident: str) -> None:
        await self._reminders.delete_many({"resident": resident, **_OPEN})


_OPEN = {"notify_at": {"$exists": True}}


async def create_certification_indexes(database: Database) -> None:
    of_resident = IndexModel([("resident", ASCENDING)], name="of_resident")
    expiry = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)
    await ensure_indexes(database[REMINDERS], [of_resident, expiry])
