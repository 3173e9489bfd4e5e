"""All queries and indexes behind the editing of stores, chains and offerings.

An edit and its history record are one transaction. It costs twice a plain write on the embedded engine, and an import
of thousands a third of the same writes one by one; in return no change is ever without its record, nor the other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.editing.model import Edit, Overtaken, Taken, Work
from lifecircle.catalogue.history.model import history_document

KEYS = "edit_keys"

STORE_INDEXES = (
    IndexModel(
        [("district", ASCENDING), ("merchant", ASCENDING), ("number", ASCENDING)],
        name="number",
        unique=True,
        partialFilterExpression={"number": {"$type": "string"}},
    ),
)
_OF_OWNER = (
    IndexModel([("store", ASCENDING)], name="of_store"),
    IndexModel([("chain", ASCENDING)], name="of_chain"),
)
_DUPLICATE = 11000
_BATCH = 1_000
"""Documents that are encoded at once: so long the worker answers nobody else."""
_MOST_LISTED = 30
"""The embedded engine takes the square of the list of an $in."""

T = TypeVar("T")


class EditingStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_indexes(self) -> None:
        await ensure_indexes(self._database["stores"], STORE_INDEXES)
        await ensure_indexes(self._database["chains"], [IndexModel([("merchant", ASCENDING)], name="of_merchant")])
        await ensure_indexes(self._database["offerings"], _OF_OWNER)
        expiry = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)
        await ensure_indexes(self._database[KEYS], [expiry])

    async def one(self, collection: str, key: str) -> Document | None:
        return await self._database[collection].find_one({"_id": key})

    async def key(self, key: str) -> Document | None:
        """The request that was made with an idempotency key."""
        return await self.one(KEYS, key)

    async def stores_of(self, merchant: str) -> list[Document]:
        return await self._database["stores"].find({"merchant": merchant}).batch_size(_BATCH).to_list(None)

    async def any_store_of_chain(self, chain: str) -> Document | None:
        row = await self.one("chains", chain)
        where = {"merchant": row["merchant"], "chain": chain} if row else None
        return await self._database["stores"].find_one(where) if where else None

    async def offerings_of_chain(self, chain: str) -> list[Document]:
        rows = self._database["offerings"].find({"chain": chain, "state": "ACTIVE"})
        return await rows.to_list(None)

    async def count(self, collection: str, **where: Any) -> int:
        return int(await self._database[collection].count_documents(where))

    async def commit(self, work: Work) -> None:
        """All of it or nothing. Raises Overtaken, Taken."""

        async def attempt(session: AsyncIOMotorClientSession) -> None:
            await self._write(work, session)

        async with await self._database.client.start_session() as session:
            await session.with_transaction(attempt)

    async def _write(self, work: Work, session: AsyncIOMotorClientSession) -> None:
        if work.key:
            await self._insert(KEYS, [work.key], session)
        for collection in sorted({edit.collection for edit in work.edits}):
            edits = [edit for edit in work.edits if edit.collection == collection]
            await self._insert(collection, (edit.after for edit in edits if edit.before is None), session)
            await self._update(collection, [edit for edit in edits if edit.before is not None], session)
        await self._insert("history", (_record(edit, work) for edit in work.edits), session)

    async def _insert(self, collection: str, documents: Iterable[Document], session: AsyncIOMotorClientSession) -> None:
        try:
            for rows in _batches(list(documents)):
                await self._database[collection].insert_many(rows, ordered=True, session=session)
        except DuplicateKeyError:
            raise Taken(collection) from None
        except BulkWriteError as error:
            if any(one.get("code") == _DUPLICATE for one in (error.details or {}).get("writeErrors", ())):
                raise Taken(collection) from None
            raise

    async def _update(self, collection: str, edits: Sequence[Edit], session: AsyncIOMotorClientSession) -> None:
        """Compare and set: whoever writes one of the documents after the versions are read here ends the transaction.

        The versions are read at once, since a condition on each write takes the embedded engine twice as long.
        """
        held = await self._versions(collection, edits, session)
        if any(held.get(edit.after["_id"]) != (edit.before or {}).get("version") for edit in edits):
            raise Overtaken
        try:
            for part in _batches(edits):
                await self._database[collection].bulk_write([_set(edit) for edit in part], session=session)
        except BulkWriteError as error:
            if any(one.get("code") == _DUPLICATE for one in (error.details or {}).get("writeErrors", ())):
                raise Taken(collection) from None
            raise

    async def _versions(
        self, collection: str, edits: Sequence[Edit], session: AsyncIOMotorClientSession
    ) -> dict[str, int]:
        """Of the documents, or where they are many, of everything that their merchant has."""
        if not edits:
            return {}
        ids = [edit.after["_id"] for edit in edits]
        many = len(ids) > _MOST_LISTED
        where = {"merchant": edits[0].after["merchant"]} if many else {"_id": {"$in": ids}}
        rows = self._database[collection].find(where, {"version": 1}, session=session)
        return {row["_id"]: row["version"] for row in await rows.to_list(None)}


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    yield from (rows[start : start + _BATCH] for start in range(0, len(rows), _BATCH))


def _record(edit: Edit, work: Work) -> Document:
    before, after = edit.told or (edit.before, edit.after)
    return history_document(edit.collection, before, after, edit.kind, work.author, work.at)


def _set(edit: Edit) -> UpdateOne:
    """Only what the edit changes is written."""
    before = edit.before or {}
    change: dict[str, Any] = {
        "$set": {name: value for name, value in edit.after.items() if name not in before or before[name] != value}
    }
    gone = [name for name in before if name not in edit.after]
    if gone:
        change["$unset"] = dict.fromkeys(gone, "")
    return UpdateOne({"_id": edit.after["_id"]}, change)
