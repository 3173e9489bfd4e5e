"""All queries and indexes of the `wrong_info_reports` collection, and the one write that vouches for a store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from lifecircle.catalogue.database import Database, Document, changed_one, ensure_indexes
from lifecircle.catalogue.freshness.model import WrongInfoReport, report_from_document
from lifecircle.catalogue.jobs import Lease
from lifecircle.catalogue.pages import PageKey, beyond
from lifecircle.catalogue.stores.model import Store, store_from_document

_LATEST_FIRST = [("reported_at", DESCENDING), ("_id", DESCENDING)]
_BATCH = 200

INDEXES = (
    IndexModel(
        [("district", ASCENDING), ("idempotency.key", ASCENDING)],
        name="idempotency",
        unique=True,
        partialFilterExpression={"idempotency.key": {"$exists": True}},
    ),
    IndexModel([("merchant", ASCENDING), *_LATEST_FIRST], name="of_merchant"),
    IndexModel([("areas", ASCENDING), *_LATEST_FIRST], name="of_area"),
    IndexModel([("resident", ASCENDING)], name="of_resident"),
    IndexModel([("waiting", ASCENDING), ("reported_at", ASCENDING)], name="waiting", sparse=True),
)
"""`waiting` is there while a merchant has a report to itself, so that the job that moves reports on reads little."""


class FreshnessStore:
    def __init__(self, database: Database) -> None:
        self._reports = database["wrong_info_reports"]
        self._stores = database["stores"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._reports, INDEXES)

    async def assure(self, store_id: str, version: int, today: date) -> Document | None:
        """Compare and set; None where the store is no longer as it was read."""
        return await changed_one(
            self._stores,
            {"_id": store_id, "version": version},
            {"$set": {"assured_on": today.isoformat()}, "$inc": {"version": 1}},
        )

    async def stores_of(
        self, merchant: str, wanted: Document, stores: Sequence[str], first: int, after: str | None
    ) -> list[Store]:
        """By id; no stores: all of the merchant's."""
        where: dict[str, Any] = {"merchant": merchant, **wanted}
        ids: dict[str, Any] = {"$in": list(stores)} if stores else {}
        if after is not None:
            ids["$gt"] = after
        if ids:
            where["_id"] = ids
        rows = await self._stores.find(where).sort("_id", ASCENDING).limit(first).to_list(first)
        return [store_from_document(row) for row in rows]

    async def count_stores_of(self, merchant: str, wanted: Document, stores: Sequence[str]) -> int:
        ids = {"_id": {"$in": list(stores)}} if stores else {}
        return int(await self._stores.count_documents({"merchant": merchant, **wanted, **ids}))

    async def store_document(self, store_id: str) -> Document | None:
        return await self._stores.find_one({"_id": store_id})

    async def insert(self, document: Document) -> None:
        """Raises DuplicateKeyError for a key that has been used."""
        await self._reports.insert_one(document)

    async def find(self, report_id: str) -> WrongInfoReport | None:
        return await self._one({"_id": report_id})

    async def of_key(self, key: str) -> WrongInfoReport | None:
        return await self._one({"idempotency.key": key})

    async def answer(self, report_id: str, text: str, by: str, now: datetime) -> WrongInfoReport | None:
        """Compare and set; None where somebody has answered already."""
        document = await changed_one(
            self._reports,
            {"_id": report_id, "answered_at": None},
            {"$set": {"answered_at": now, "answered_by": by, "answer": text}, "$unset": {"waiting": ""}},
        )
        return report_from_document(document) if document else None

    async def of_merchant(
        self, merchant: str, stores: Sequence[str], is_open: bool | None, first: int, after: PageKey | None
    ) -> list[WrongInfoReport]:
        """The latest first; no stores: all of the merchant's."""
        where: dict[str, Any] = {"merchant": merchant}
        if stores:
            where["store"] = {"$in": list(stores)}
        return await self._page(where, is_open, first, after)

    async def of_area(
        self, area: str, is_open: bool | None, first: int, after: PageKey | None
    ) -> list[WrongInfoReport]:
        """What has come to the staff, the latest first."""
        return await self._page({"areas": area, "escalated_at": {"$ne": None}}, is_open, first, after)

    async def overdue(self, since: datetime) -> AsyncIterator[str]:
        """Reports from `since` or earlier that wait for their merchant, the earliest first."""
        rows = self._reports.find({"waiting": True, "reported_at": {"$lte": since}}, {"_id": 1})
        async for row in rows.sort("reported_at", ASCENDING).batch_size(_BATCH):
            yield row["_id"]

    async def escalate(self, lease: Lease, report_id: str, now: datetime) -> None:
        """Does nothing where it has been answered meanwhile."""
        where = lease.fenced({"_id": report_id, "answered_at": None, "escalated_at": None})
        await self._reports.update_one(
            where, {"$set": {"escalated_at": now, **lease.stamp()}, "$unset": {"waiting": ""}}
        )

    async def _page(
        self, where: dict[str, Any], is_open: bool | None, first: int, after: PageKey | None
    ) -> list[WrongInfoReport]:
        if is_open is not None:
            where["answered_at"] = None if is_open else {"$ne": None}
        cursor = self._reports.find({**where, **beyond(after, "reported_at")}).sort(_LATEST_FIRST)
        rows = await cursor.limit(first).to_list(first)
        return [report_from_document(row) for row in rows]

    async def _one(self, where: dict[str, Any]) -> WrongInfoReport | None:
        document = await self._reports.find_one(where)
        return report_from_document(document) if document else None
