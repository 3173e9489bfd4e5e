"""All queries and indexes of the `handoffs` collection."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.handoffs.model import Handoff, handoff_from_document
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.pages import PageKey, beyond
from lifecircle.catalogue.sealing import KeyRing

_OLDEST_FIRST = [("opened_at", ASCENDING), ("_id", ASCENDING)]


class HandoffStore:
    """What staff note at the end may name people, so it is sealed."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._handoffs = database["handoffs"]
        self._keys = keys

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._handoffs,
            [
                IndexModel([("areas", ASCENDING), *_OLDEST_FIRST], name="of_area"),
                IndexModel([("resident", ASCENDING)], name="of_resident"),
                IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
            ],
        )

    async def open(self, handoff: Handoff) -> Handoff:
        """As it stands where the same turn has opened it before."""
        row = {
            "_id": handoff.id,
            "conversation": handoff.conversation,
            "resident": handoff.resident,
            "area": handoff.area,
            "areas": list(handoff.areas),
            "reason": handoff.reason,
            "opened_at": handoff.opened_at,
            "closed_at": None,
            "note": None,
            "expires_at": None,
        }
        try:
            await self._handoffs.insert_one(row)
        except DuplicateKeyError:
            return await self.find(handoff.id) or handoff
        return handoff

    async def find(self, key: str) -> Handoff | None:
        row = await self._handoffs.find_one({"_id": key})
        return handoff_from_document(row) if row else None

    async def bind(self, key: str, resident: str) -> None:
        """Whose it is comes out when they sign in."""
        where = {"_id": key, "resident": None}
        await self._handoffs.update_one(where, {"$set": {"resident": resident}}, hint="_id_")

    async def close(self, key: str, note: str | None, now: datetime, until: datetime) -> bool:
        """Compare and set; False where it is closed already."""
        sealed = self._keys.seal(note, field="handoff-note") if note else None
        change = {"$set": {"closed_at": now, "note": sealed, "expires_at": until}}
        done = await self._handoffs.update_one({"_id": key, "closed_at": None}, change, hint="_id_")
        return bool(done.matched_count)

    async def of_area(
        self, area: str, *, is_open: bool, first: int, after: PageKey | None, now: datetime
    ) -> list[Handoff]:
        """Who has waited longest comes first."""
        where = {**_wanted(area, now, is_open=is_open), **beyond(after, "opened_at", latest_first=False)}
        rows = await self._handoffs.find(where).sort(_OLDEST_FIRST).limit(first).to_list(first)
        return [handoff_from_document(row) for row in rows]

    async def count(self, area: str, *, is_open: bool, now: datetime) -> int:
        return int(await self._handoffs.count_documents(_wanted(area, now, is_open=is_open)))


def _wanted(area: str, now: datetime, *, is_open: bool) -> Document:
    return {"areas": area, "closed_at": None} if is_open else {"areas": area, "expires_at": {"$gt": now}}
