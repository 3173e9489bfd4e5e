"""All queries and indexes behind telling people: the outboxes, credits, dead letters and what WeChat has pushed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.notices.model import OUTBOXES
from lifecircle.catalogue.pages import PageKey, beyond

CREDITS, DEAD, NONCES = "notice_credits", "dead_notices", "wechat_nonces"

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_DUE = IndexModel([("notify_at", ASCENDING)], name="notify_at")
"""Not a partial index: the embedded engine would not search it (docs/decisions/0016)."""
_EXPIRY = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)


@dataclass(frozen=True, slots=True)
class Mark:
    """The outbox of a document as it is to be, if the document is still as it was read."""

    document: Document
    notices: list[Document]
    notify_at: datetime | None

    def where(self) -> Document:
        """`version` moves with the document, `outbox` with its notices: neither side disturbs the other's writes."""
        row = self.document
        same = {"_id": row["_id"], "district": row["district"], "version": row["version"]}
        return {**same, "outbox": row.get("outbox")}

    def update(self) -> Document:
        values: Document = {"notices": self.notices, "outbox": self.document.get("outbox", 0) + 1}
        if self.notify_at is None:
            return {"$set": values, "$unset": {"notify_at": ""}}
        return {"$set": {**values, "notify_at": self.notify_at}}


class OutboxStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_indexes(self) -> None:
        for name in OUTBOXES:
            await ensure_indexes(self._database[name], [_DUE])

    async def due(self, collection: str, now: datetime, most: int) -> list[Document]:
        """Documents with something to tell, the longest overdue first.

        From a lower bound on: without one the embedded engine also reads all that have nothing to tell.
        """
        overdue = {"notify_at": {"$gt": _LONG_AGO, "$lte": now}}
        rows = self._database[collection].find(overdue).sort("notify_at", ASCENDING)
        return await rows.limit(most).to_list(most)

    async def read(self, collection: str, row: Document) -> Document | None:
        return await self._database[collection].find_one({"_id": row["_id"], "district": row["district"]})

    async def mark(self, collection: str, mark: Mark) -> bool:
        """Compare and set."""
        result = await self._database[collection].update_one(mark.where(), mark.update(), hint="_id_")
        return result.matched_count == 1

    async def mark_many(self, collection: str, marks: Sequence[Mark]) -> int:
        """Compare and set each; how many were still as they had been read."""
        if not marks:
            return 0
        writes = [UpdateOne(mark.where(), mark.update()) for mark in marks]
        return int((await self._database[collection].bulk_write(writes, ordered=False)).matched_count)


class AddressStore:
    """Where somebody can be reached; everything sealed."""

    def __init__(self, database: Database) -> None:
        self._residents = database["residents"]

    async def of(self, resident: str) -> Document:
        return await self._residents.find_one({"_id": resident}, {"openid": 1, "phone": 1}) or {}

    async def resident_of(self, ids: Sequence[str]) -> str | None:
        found = await self._residents.find_one({"_id": {"$in": list(ids)}, "openid": {"$type": "string"}}, {"_id": 1})
        return str(found["_id"]) if found else None


class CreditStore:
    """One document for each resident and template: how many messages are agreed to."""

    def __init__(self, database: Database) -> None:
        self._credits = database[CREDITS]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._credits, [IndexModel([("resident", ASCENDING)], name="of_resident")])

    async def of(self, resident: str) -> list[Document]:
        return await self._credits.find({"resident": resident}).sort("_id").to_list(100)

    async def read(self, resident: str, template: str) -> Document:
        """Made at first use."""
        key = credit_id(resident, template)
        found = await self._credits.find_one({"_id": key})
        if found is None:
            with contextlib.suppress(DuplicateKeyError):  # two reports of the same agreement at once
                await self._credits.insert_one(_no_credit(key, resident, template))
            found = await self._credits.find_one({"_id": key})
        return found or _no_credit(key, resident, template)

    async def replace(self, seen: Document, values: Document) -> bool:
        """Compare and set."""
        where = {"_id": seen["_id"], "version": seen["version"]}
        result = await self._credits.update_one(where, {"$set": values, "$inc": {"version": 1}})
        return result.matched_count == 1

    async def take(self, resident: str, template: str, notice: str) -> bool:
        """Use one for the notice; once, however often the notice is tried."""
        key = credit_id(resident, template)
        change: Document = {
            "$inc": {"left": -1, "version": 1},
            "$push": {"spent": {"$each": [notice], "$slice": -_REMEMBERED}},
        }
        where: dict[str, Any] = {"_id": key, "left": {"$gt": 0}, "spent": {"$ne": notice}}
        if (await self._credits.update_one(where, change)).matched_count:
            return True
        return await self._credits.find_one({"_id": key, "spent": notice}, {"_id": 1}) is not None

    async def give_back(self, resident: str, template: str, notice: str) -> None:
        """Nothing was sent for the notice."""
        where = {"_id": credit_id(resident, template), "spent": notice}
        await self._credits.update_one(where, {"$inc": {"left": 1, "version": 1}, "$pull": {"spent": notice}})

    async def drop(self, resident: str, template: str) -> None:
        """WeChat says that there is none left."""
        where = {"_id": credit_id(resident, template)}
        await self._credits.update_one(where, {"$set": {"left": 0, "unpaired": []}, "$inc": {"version": 1}})


class PushStore:
    """Signed pushes that have been seen, so that a signature is good for one body only."""

    def __init__(self, database: Database) -> None:
        self._nonces = database[NONCES]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._nonces, [_EXPIRY])

    async def is_first_use(self, key: str, body: str, expires_at: datetime) -> bool:
        """Of this body under the nonce; the same body again is WeChat asking twice. False: another body."""
        with contextlib.suppress(DuplicateKeyError):
            await self._nonces.insert_one({"_id": key, "body": body, "expires_at": expires_at})
            return True
        found = await self._nonces.find_one({"_id": key})
        return found is None or found["body"] == body


class DeadLetterStore:
    def __init__(self, database: Database) -> None:
        self._dead = database[DEAD]

    async def create_indexes(self) -> None:
        by_area = IndexModel([("areas", ASCENDING), ("at", DESCENDING)], name="of_area")
        await ensure_indexes(self._dead, [by_area, _EXPIRY])

    async def put(self, document: Document) -> None:
        await self._dead.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def of_area(self, area: str, first: int, after: PageKey | None) -> list[Document]:
        rows = self._dead.find({"areas": area, **beyond(after, "at")}).sort([("at", DESCENDING), ("_id", DESCENDING)])
        return await rows.limit(first).to_list(first)


async def create_notice_indexes(database: Database) -> None:
    for store in (OutboxStore(database), CreditStore(database), PushStore(database), DeadLetterStore(database)):
        await store.create_indexes()


_REMEMBERED = 50


def credit_id(resident: str, template: str) -> str:
    return f"{resident}:{template}"


def _no_credit(key: str, resident: str, template: str) -> Document:
    lists: Document = {"spent": [], "unpaired": [], "events": []}
    return {"_id": key, "resident": resident, "template": template, "left": 0, "version": 0, **lists}
