"""All queries and indexes of consents and the audit, and what a deletion does to other collections."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.pages import PageKey, beyond
from lifecircle.catalogue.people.model import MemberRole
from lifecircle.catalogue.privacy.model import (
    AuditEntry,
    ConsentRecord,
    Deletion,
    Purpose,
    audit_entry_from_document,
    consent_from_document,
    deletion_from_document,
)

TOMBSTONE = "gone-"
"""How the id begins that is left of a deleted account."""

_BATCH = 100
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def new_tombstone() -> str:
    return TOMBSTONE + secrets.token_hex(16)


class ConsentStore:
    def __init__(self, database: Database) -> None:
        self._consents = database["consents"]

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._consents,
            [IndexModel([("resident", ASCENDING), ("number", ASCENDING)], name="of_resident", unique=True)],
        )

    async def of(self, resident: str) -> list[ConsentRecord]:
        """From the earliest to the latest."""
        rows = await self._consents.find({"resident": resident}).sort("number", ASCENDING).to_list(None)
        return [consent_from_document(row) for row in rows]

    async def add(self, resident: str, number: int, record: ConsentRecord) -> bool:
        """The record becomes the resident's `number`-th; False where somebody was faster."""
        row = {"_id": secrets.token_hex(12), "resident": resident, "number": number, "at": record.at}
        decision = {"purpose": record.purpose.value, "version": record.version, "given": record.given}
        try:
            await self._consents.insert_one({**row, **decision})
        except DuplicateKeyError:
            return False
        return True

    async def latest(self, resident: str, purpose: Purpose) -> ConsentRecord | None:
        where = {"resident": resident, "purpose": purpose.value}
        row = await self._consents.find_one(where, sort=[("number", DESCENDING)])
        return consent_from_document(row) if row else None


class AuditStore:
    """Rows are added; only `purge` takes any away, for the retention job."""

    def __init__(self, database: Database) -> None:
        self._audit = database["audit"]
        self._residents = database["residents"]

    async def create_indexes(self) -> None:
        newest = [("at", DESCENDING), ("_id", DESCENDING)]
        await ensure_indexes(
            self._audit,
            [
                *(IndexModel([(name, ASCENDING), *newest], name=name) for name in ("subject", "actor")),
                IndexModel([("at", ASCENDING)], name="age"),
            ],
        )

    async def add(self, row: Document) -> bool:
        """False where the row is there already."""
        try:
            await self._audit.insert_one(row)
        except DuplicateKeyError:
            return False
        return True

    async def page(self, where: Mapping[str, Any], first: int | None, after: PageKey | None = None) -> list[AuditEntry]:
        """The latest first; `first` None: all."""
        if after:
            where = {"$and": [where, beyond(after, "at")]}
        cursor = self._audit.find(where).sort([("at", DESCENDING), ("_id", DESCENDING)]).limit(first or 0)
        return [audit_entry_from_document(row) for row in await cursor.to_list(first)]

    async def count(self, where: Mapping[str, Any]) -> int:
        return int(await self._audit.count_documents(dict(where)))

    async def purge(self, before: datetime) -> int:
        return int((await self._audit.delete_many({"at": {"$lt": before}})).deleted_count)

    async def alias(self, resident: str) -> str:
        """The name under which the audit knows a resident, made at first use.

        It is what their account will leave when it is deleted, so no audit row has to change for that. One that is gone
        already gets a name that nothing else has.
        """
        await self._residents.update_one(
            {"_id": resident, "tombstone": {"$exists": False}}, {"$set": {"tombstone": new_tombstone()}}
        )
        found = await self._residents.find_one({"_id": resident}, {"tombstone": 1})
        return str(found["tombstone"]) if found else new_tombstone()

    async def residents_behind(self, aliases: Sequence[str]) -> dict[str, str]:
        """The resident's id by alias; deleted accounts have none."""
        cursor = self._residents.find({"tombstone": {"$in": list(aliases)}}, {"tombstone": 1})
        return {row["tombstone"]: row["_id"] for row in await cursor.to_list(None)}


class AccountStore:
    """The resident's document from the profile to the tombstone."""

    def __init__(self, database: Database) -> None:
        self._residents = database["residents"]
        self._members = database["members"]
        self._merchants = database["merchants"]

    async def create_indexes(self) -> None:
        partial = {"tombstone": {"$exists": True}}
        by_alias = IndexModel([("tombstone", ASCENDING)], name="alias", unique=True, partialFilterExpression=partial)
        await ensure_indexes(self._residents, [by_alias, IndexModel([("state", ASCENDING)], name="state", sparse=True)])

    async def profile(self, resident: str) -> Document | None:
        return await self._residents.find_one({"_id": resident})

    async def change_profile(self, resident: str, values: Document, gone: Sequence[str]) -> bool:
        """False where the account is deleted, or is being deleted."""
        change: Document = {"$inc": {"version": 1}}
        if values:
            change["$set"] = values
        if gone:
            change["$unset"] = dict.fromkeys(gone, "")
        result = await self._residents.update_one({"_id": resident, "deletion": {"$exists": False}}, change)
        return result.matched_count == 1

    async def strip_profile(self, resident: str) -> None:
        """Leave only what the deletion itself needs."""
        row = await self._residents.find_one({"_id": resident, "deletion": {"$exists": True}})
        if row is None:
            return
        kept = {name: row[name] for name in ("_id", "state", "tombstone", "deletion", "created_at", "version")}
        same = {"_id": resident, "deletion.holder": row["deletion"]["holder"]}
        await self._residents.replace_one(same, {**kept, "nickname": None, "phone": None})

    # --- deleting ---

    async def begin(self, resident: str, holder: str, now: datetime, request_id: str | None) -> Deletion | None:
        """Mark the account; None where it is gone or marked already."""
        state = {"holder": holder, "touched_at": now, "requested_at": now, "request_id": request_id}
        marked = await self._residents.find_one_and_update(
            {"_id": resident, "deletion": {"$exists": False}, "tombstone": {"$exists": True}},
            {"$set": {"state": "DELETING", "deletion": {**state, "checked": False, "done": []}}},
            return_document=ReturnDocument.AFTER,
        )
        return deletion_from_document(marked) if marked else None

    async def take_over(self, resident: str, holder: str, now: datetime, untouched_since: datetime) -> Deletion | None:
        """Go on with a deletion that was broken off; None while somebody is at it."""
        taken = await self._residents.find_one_and_update(
            {"_id": resident, "state": "DELETING", "deletion.touched_at": {"$lte": untouched_since}},
            {"$set": {"deletion.holder": holder, "deletion.touched_at": now}},
            return_document=ReturnDocument.AFTER,
        )
        return deletion_from_document(taken) if taken else None

    async def is_deleting(self, resident: str) -> bool:
        return await self._residents.find_one({"_id": resident, "state": "DELETING"}, {"_id": 1}) is not None

    async def broken_off(self, untouched_since: datetime) -> list[str]:
        where = {"state": "DELETING", "deletion.touched_at": {"$lte": untouched_since}}
        return [row["_id"] for row in await self._residents.find(where, {"_id": 1}).to_list(_BATCH)]

    async def mark_checked(self, deletion: Deletion, now: datetime) -> bool:
        return await self._mark(deletion, {"$set": {"deletion.checked": True, "deletion.touched_at": now}})

    async def mark_done(self, deletion: Deletion, step: str, now: datetime) -> bool:
        change = {"$addToSet": {"deletion.done": step}, "$set": {"deletion.touched_at": now}}
        return await self._mark(deletion, change)

    async def release(self, deletion: Deletion) -> None:
        """The run has failed: another may take over at once."""
        await self._mark(deletion, {"$set": {"deletion.touched_at": _LONG_AGO}})

    async def call_off(self, deletion: Deletion) -> None:
        """The account lives on as before."""
        await self._mark(deletion, {"$unset": {"deletion": "", "state": ""}})

    async def bury(self, deletion: Deletion, now: datetime) -> None:
        """Put the tombstone in the account's place; from here on the same openid makes a new account."""
        stone = {"state": "DELETED", "nickname": None, "phone": None, "created_at": now, "version": 1}
        await self._residents.update_one({"_id": deletion.tombstone}, {"$setOnInsert": stone}, upsert=True)
        await self._residents.delete_one({"_id": deletion.resident, "deletion.holder": deletion.holder})

    async def purge_tombstones(self, before: datetime) -> int:
        result = await self._residents.delete_many({"state": "DELETED", "created_at": {"$lt": before}})
        return int(result.deleted_count)

    async def _mark(self, deletion: Deletion, change: Document) -> bool:
        mine = {"_id": deletion.resident, "deletion.holder": deletion.holder}
        return (await self._residents.update_one(mine, change)).matched_count == 1

    # --- what stands in the way ---

    async def sole_owner_of(self, resident: str) -> list[str]:
        """Names of the approved merchants that have no other owner."""
        owned = await self._members.find({"resident": resident, "role": MemberRole.OWNER.value}).to_list(None)
        where = {"_id": {"$in": [row["merchant"] for row in owned]}, "state": MerchantState.APPROVED.value}
        found = await self._merchants.find(where).sort("_id").to_list(None)
        return [row["name"] for row in found if not await self._has_another_owner(row["_id"], resident)]

    async def _has_another_owner(self, merchant: str, resident: str) -> bool:
        where = {"merchant": merchant, "role": MemberRole.OWNER.value, "resident": {"$nin": [None, resident]}}
        return await self._members.find_one(where, {"_id": 1}) is not None


async def create_privacy_indexes(database: Database) -> None:
    await ConsentStore(database).create_indexes()
    await AuditStore(database).create_indexes()
    await AccountStore(database).create_indexes()
