"""All queries and indexes of the `uploads` collection: files that wait an hour for their import."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, IndexModel

from lifecircle.catalogue.database import Database, Document, ensure_indexes


class UploadStore:
    def __init__(self, database: Database) -> None:
        self._uploads = database["uploads"]

    async def create_indexes(self) -> None:
        expiry = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)
        await ensure_indexes(self._uploads, [expiry])

    async def add(self, document: Document) -> None:
        await self._uploads.insert_one(document)

    async def find(self, key: str, owner: str, now: datetime) -> bytes | None:
        """What was uploaded, for whom it belongs to and as long as it lasts."""
        row = await self._uploads.find_one({"_id": key, "owner": owner, "expires_at": {"$gt": now}})
        return bytes(row["content"]) if row else None
