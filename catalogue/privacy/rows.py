"""Queries over the collections of other features, as far as a person is concerned."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from lifecircle.catalogue.bookings.model import Booking, booking_from_document
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.membership.model import Member, member_from_document
from lifecircle.catalogue.privacy.rules import merchant_without, without_person
from lifecircle.catalogue.privacy.store import TOMBSTONE, new_tombstone

_BATCH = 500
_AT_ONCE = 30
"""The embedded engine takes the square of the list of an $in."""


class HeldRows:
    """Rows of one collection that belong to a resident each."""

    def __init__(self, database: Database, collection: str) -> None:
        self._rows = database[collection]
        self._residents = database["residents"]

    async def of(self, resident: str) -> list[Document]:
        return await self._rows.find({"resident": resident}).sort("_id").to_list(None)

    async def erase(self, resident: str, born: str | None, now: datetime) -> None:
        where = {"resident": resident} | ({born: {"$lte": now}} if born else {})
        await self._rows.delete_many(where)

    async def drop(self, ids: Sequence[str]) -> None:
        await self._rows.delete_many({"_id": {"$in": list(ids)}})

    async def purge_expired(self, field: str, now: datetime) -> int:
        """What a TTL index has missed, or the embedded engine does not know."""
        return int((await self._rows.delete_many({field: {"$lte": now}})).deleted_count)

    async def orphans(self) -> AsyncIterator[str]:
        """Residents that rows name and that are no more: a request was under way while its account was deleted.

        Each once, which a server reads off the index; the embedded engine walks through the collection, but copies
        nothing: with 100,000 rows a plain read takes it longer than the driver waits.
        """
        named: set[str] = set()
        async for row in self._rows.aggregate([{"$group": {"_id": "$resident"}}], batchSize=_BATCH):
            if _is_an_account(row["_id"]):
                named.add(row["_id"])
            if len(named) == _AT_ONCE:
                for resident in await self._gone(named):
                    yield resident
                named.clear()
        for resident in await self._gone(named):
            yield resident

    async def _gone(self, named: set[str]) -> set[str]:
        known = await self._residents.find({"_id": {"$in": list(named)}}, {"_id": 1}).to_list(None)
        return named - {row["_id"] for row in known}


class HeldBookings:
    def __init__(self, database: Database) -> None:
        self._bookings = database["bookings"]
        self._residents = database["residents"]

    async def of(self, resident: str) -> list[Document]:
        return await self._bookings.find({"resident": resident}).sort("start").to_list(None)

    async def bookings_of(self, resident: str) -> list[Booking]:
        return [booking_from_document(row) for row in await self.of(resident)]

    async def let_go(self, resident: str, now: datetime) -> None:
        """Cancel what lies ahead and take the person out of everything: one compare-and-set per booking."""
        row = await self._residents.find_one({"_id": resident}, {"tombstone": 1})
        tombstone = (row or {}).get("tombstone") or new_tombstone()
        where = {"resident": resident, "created_at": {"$lte": now}}
        while rows := await self._bookings.find(where).limit(_BATCH).to_list(_BATCH):
            for row in rows:
                same = {"_id": row["_id"], "district": row["district"], "version": row["version"]}
                await self._bookings.replace_one(same, without_person(row, tombstone, now), hint="_id_")


class HeldMemberships:
    def __init__(self, database: Database) -> None:
        self._members = database["members"]

    async def of(self, resident: str) -> list[Member]:
        return [member_from_document(row) for row in await self._members.find({"resident": resident}).to_list(None)]

    async def drop(self, member: Member) -> None:
        await self._members.delete_one({"_id": member.id, "resident": member.resident})

    async def drop_invitations(self, lookups: Sequence[str]) -> None:
        await self._members.delete_many({"phone_lookup": {"$in": list(lookups)}, "resident": None})


class HeldMerchants:
    def __init__(self, database: Database) -> None:
        self._merchants = database["merchants"]

    async def applied_for_by(self, resident: str) -> list[Document]:
        return await self._merchants.find({"applicant.resident": resident}).sort("_id").to_list(None)

    async def rename(self, resident: str, tombstone: str) -> None:
        """In whatever role the files name the resident. Each by compare-and-set, until none is left."""
        where = {"$or": [{"applicant.resident": resident}, {"history.actor": resident}]}
        while rows := await self._merchants.find(where).limit(_BATCH).to_list(_BATCH):
            for row in rows:
                same = {"_id": row["_id"], "version": row["version"]}
                await self._merchants.replace_one(same, merchant_without(row, resident, tombstone))


def _is_an_account(resident: Any) -> bool:
    return isinstance(resident, str) and not resident.startswith(TOMBSTONE)
