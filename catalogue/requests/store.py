"""All queries and indexes of the `service_requests` collection. What the resident said is sealed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from lifecircle.catalogue.database import Database, Document, ensure_indexes
from lifecircle.catalogue.pages import PageKey, beyond
from lifecircle.catalogue.requests.model import RequestCategory, ServiceRequest
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

COLLECTION = "service_requests"
SEALED_AS = "request"
UNREADABLE = "（内容已无法读取）"
"""Where the key has been retired."""

_LATEST_FIRST = [("made_at", DESCENDING), ("_id", DESCENDING)]

INDEXES = (
    IndexModel([("areas", ASCENDING), *_LATEST_FIRST], name="of_area"),
    IndexModel([("resident", ASCENDING), *_LATEST_FIRST], name="of_resident"),
    IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
)


class RequestStore:
    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._requests = database[COLLECTION]
        self._keys = keys

    async def create_indexes(self) -> None:
        await ensure_indexes(self._requests, INDEXES)

    async def insert(self, request: ServiceRequest, district: str) -> None:
        """Raises DuplicateKeyError for one that is there already."""
        said = json.dumps({"text": request.text, "place": request.place}, ensure_ascii=False)
        await self._requests.insert_one(
            {
                "_id": request.id,
                "district": district,
                "category": request.category.value,
                "said": self._keys.seal(said, field=SEALED_AS),
                "areas": list(request.areas),
                "resident": request.resident,
                "made_at": request.made_at,
                "closed_at": None,
                "note": None,
            }
        )

    async def find(self, request_id: str) -> ServiceRequest | None:
        row = await self._requests.find_one({"_id": request_id})
        return self._request(row) if row else None

    async def close(self, request_id: str, note: str, now: datetime, until: datetime) -> bool:
        """Compare and set; False where somebody has closed it already."""
        changes = {"closed_at": now, "note": note, "expires_at": until}
        result = await self._requests.update_one({"_id": request_id, "closed_at": None}, {"$set": changes})
        return bool(result.matched_count)

    async def of_area(self, area: str, is_open: bool | None, first: int, after: PageKey | None) -> list[ServiceRequest]:
        return await self._page({"areas": area}, is_open, first, after)

    async def of_resident(self, resident: str, first: int, after: PageKey | None) -> list[ServiceRequest]:
        return await self._page({"resident": resident}, None, first, after)

    async def _page(
        self, where: dict[str, Any], is_open: bool | None, first: int, after: PageKey | None
    ) -> list[ServiceRequest]:
        if is_open is not None:
            where["closed_at"] = None if is_open else {"$ne": None}
        cursor = self._requests.find({**where, **beyond(after, "made_at")}).sort(_LATEST_FIRST)
        rows = await cursor.limit(first).to_list(first)
        return [self._request(row) for row in rows]

    def _request(self, row: Document) -> ServiceRequest:
        said = self._opened(row["said"])
        return ServiceRequest(
            id=row["_id"],
            category=RequestCategory(row["category"]),
            text=said["text"],
            place=said["place"],
            areas=tuple(row["areas"]),
            resident=row["resident"],
            made_at=row["made_at"],
            closed_at=row["closed_at"],
            note=row["note"],
        )

    def _opened(self, sealed: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._keys.unseal(sealed, field=SEALED_AS)))
        except CannotUnseal:
            return {"text": UNREADABLE, "place": None}
