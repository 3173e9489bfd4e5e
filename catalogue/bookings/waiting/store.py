"""All queries and indexes of the `waiting_entries` collection; as careful with filters as `bookings/store.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.catalogue.bookings.model import Interval
from lifecircle.catalogue.bookings.waiting.model import WaitingEntry, WaitingStatus, entry_from_document
from lifecircle.catalogue.database import Database, Document, ensure_indexes

INDEXES = (
    IndexModel([("district", ASCENDING), ("keys", ASCENDING), ("start", ASCENDING)], name="line"),
    IndexModel([("resident", ASCENDING)], name="of_resident"),
    IndexModel([("status", ASCENDING)], name="status"),
)

_LONGEST = timedelta(days=1)
_MOST = 500


class WaitingStore:
    def __init__(self, database: Database) -> None:
        self._entries = database["waiting_entries"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._entries, INDEXES)

    async def find(self, key: str) -> WaitingEntry | None:
        row = await self._entries.find_one({"_id": key})
        return entry_from_document(row) if row else None

    async def first_of(self, keys: Iterable[str]) -> WaitingEntry | None:
        for key in keys:
            found = await self.find(key)
            if found:
                return found
        return None

    async def insert(self, document: Document) -> WaitingEntry:
        """Raises DuplicateKeyError."""
        await self._entries.insert_one(document)
        return entry_from_document(document)

    async def put_again(self, old: WaitingEntry, document: Document) -> WaitingEntry | None:
        """Compare and set: None where somebody was faster."""
        as_seen = {"_id": old.id, "version": old.version, "district": old.district}
        fresh = {**document, "version": old.version + 1}
        done = await self._entries.replace_one(as_seen, fresh, hint="_id_")
        return entry_from_document(fresh) if done.modified_count else None

    async def change(self, entry: WaitingEntry, update: Mapping[str, Any]) -> WaitingEntry | None:
        """Compare and set: None where somebody was faster."""
        as_seen = {"_id": entry.id, "version": entry.version, "district": entry.district}
        done = await self._entries.update_one(as_seen, update, hint="_id_")
        return await self.find(entry.id) if done.modified_count else None

    async def of_resident(self, resident: str) -> list[WaitingEntry]:
        return [entry_from_document(row) async for row in self._entries.find({"resident": resident})]

    async def waiting(self, district: str, keys: Sequence[str], interval: Interval) -> list[WaitingEntry]:
        """Who waits for a time that overlaps, in the order in which they came."""
        found: dict[str, WaitingEntry] = {}
        span = {"$gt": interval.start - _LONGEST, "$lt": interval.end}
        for key in keys:
            async for row in self._entries.find({"district": district, "keys": key, "start": span}):
                found[row["_id"]] = entry_from_document(row)
        here = (e for e in found.values() if e.status is WaitingStatus.WAITING and e.interval.end > interval.start)
        return sorted(here, key=lambda entry: entry.order)

    async def ahead_of(self, entry: WaitingEntry) -> int:
        """How many wait for the same start and came earlier."""
        rows = self._entries.find({"district": entry.district, "keys": entry.keys[0], "start": entry.interval.start})
        line = [entry_from_document(row) async for row in rows]
        return sum(
            1
            for other in line
            if other.status is WaitingStatus.WAITING and other.offering == entry.offering and other.order < entry.order
        )

    async def all_waiting(self) -> list[WaitingEntry]:
        """The nearest starts first, as many as can be looked at in one go."""
        rows = await self._entries.find({"status": WaitingStatus.WAITING.value}).to_list(None)
        found = sorted((entry_from_document(row) for row in rows), key=lambda entry: entry.interval.start)
        return found[:_MOST]
