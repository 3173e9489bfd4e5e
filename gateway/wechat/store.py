"""All queries of the access token that the workers share: collection `wechat_tokens`, one document per app id.

`fence` rises at each take-over of the lease, and `number` with each stored token. Every change is conditional on them,
so that a worker which lost its lease, or which looked before somebody else refreshed, changes nothing.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pymongo import ReturnDocument

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError

LEASE_MARGIN = timedelta(seconds=5)
"""How far the clocks of two workers may be apart."""


@dataclass(frozen=True)
class TokenRecord:
    number: int
    fence: int
    sealed: str | None = field(repr=False)
    expires_at: datetime | None
    refresh_at: datetime | None
    forced_at: datetime | None
    """When WeChat was last told to replace a token, which it allows 20 times a day."""


class TokenStore:
    def __init__(self, database: Database, app_id: str) -> None:
        self._tokens = database["wechat_tokens"]
        self._app_id = app_id

    async def record(self) -> TokenRecord:
        found = await self._tokens.find_one({"_id": self._app_id})
        if found is None:
            with contextlib.suppress(DuplicateKeyError):  # several workers start at once
                await self._tokens.insert_one({"_id": self._app_id, "number": 0, "fence": 0, "lease_until": None})
            found = await self._tokens.find_one({"_id": self._app_id})
        return _record(found or {})

    async def take_lease(self, seen: TokenRecord, now: datetime, until: datetime) -> int | None:
        """The fence of the lease; None while another holds it or when anything changed since `seen`."""
        free = [{"lease_until": None}, {"lease_until": {"$lte": now - LEASE_MARGIN}}]
        taken = await self._tokens.find_one_and_update(
            {"_id": self._app_id, "fence": seen.fence, "number": seen.number, "$or": free},
            {"$set": {"lease_until": until}, "$inc": {"fence": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return taken["fence"] if taken else None

    async def note_forced(self, fence: int, now: datetime) -> bool:
        return await self._change(fence, {"$set": {"forced_at": now}})

    async def save(self, fence: int, sealed: str, expires_at: datetime, refresh_at: datetime) -> bool:
        """Store a token and give the lease back. False when the lease was lost."""
        fields = {"sealed": sealed, "expires_at": expires_at, "refresh_at": refresh_at, "lease_until": None}
        return await self._change(fence, {"$set": fields, "$inc": {"number": 1}})

    async def give_up(self, fence: int, try_again_at: datetime) -> bool:
        """Give the lease back with the token as it was."""
        return await self._change(fence, {"$set": {"lease_until": None, "refresh_at": try_again_at}})

    async def _change(self, fence: int, update: Document) -> bool:
        result = await self._tokens.update_one({"_id": self._app_id, "fence": fence}, update)
        return result.matched_count == 1


def _record(row: Document) -> TokenRecord:
    return TokenRecord(
        number=row.get("number", 0),
        fence=row.get("fence", 0),
        sealed=row.get("sealed"),
        expires_at=row.get("expires_at"),
        refresh_at=row.get("refresh_at"),
        forced_at=row.get("forced_at"),
    )
