"""All queries of an exchange: whole collections in order, and one write that is all or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ASCENDING, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import LifecircleError

TRANSACTION_LIMIT = 5_000
"""Writes that one transaction may hold."""

_BATCH = 1_000
_LOOKUP = 30  # the embedded server takes the square of the list of an $in

Write = InsertOne[Document] | UpdateOne


class ChangedMeanwhile(LifecircleError):
    """Somebody edits what an import was about to replace."""


class ExchangeStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, collection: str, where: Document | None = None) -> AsyncIterator[Document]:
        """By id."""
        async for row in self._database[collection].find(where or {}).sort("_id", ASCENDING).batch_size(_BATCH):
            yield row

    async def found(self, collection: str, ids: Iterable[str]) -> dict[str, Document]:
        found: dict[str, Document] = {}
        for chunk in _chunks(sorted(ids), _LOOKUP):
            rows = await self._database[collection].find({"_id": {"$in": list(chunk)}}).to_list(None)
            found |= {row["_id"]: row for row in rows}
        return found

    async def holders_of_numbers(self, merchant: str) -> dict[tuple[str, str], str]:
        """By district and store number which store has it. All at once, not one by one (docs/decisions/0016)."""
        rows = self._database["stores"].find({"merchant": merchant}, {"district": 1, "number": 1})
        return {(row["district"], row["number"]): row["_id"] async for row in rows.batch_size(_BATCH)}

    async def write(self, writes: dict[str, list[Write]]) -> None:
        """In one transaction up to its limit. Beyond it in order, so that a run that was broken off can be repeated.

        Raises ChangedMeanwhile.
        """
        if sum(map(len, writes.values())) > TRANSACTION_LIMIT:
            await self._write(writes, None)
            return

        async def attempt(session: AsyncIOMotorClientSession) -> None:
            await self._write(writes, session)

        async with await self._database.client.start_session() as session:
            await session.with_transaction(attempt)

    async def _write(self, writes: dict[str, list[Write]], session: AsyncIOMotorClientSession | None) -> None:
        for collection, rows in writes.items():
            for chunk in _chunks(rows, _BATCH):
                try:
                    result = await self._database[collection].bulk_write(list(chunk), session=session)
                except BulkWriteError as error:
                    raise _meanwhile(collection) from error
                if result.inserted_count + result.matched_count != len(chunk):
                    raise _meanwhile(collection)


def insertion(document: Document) -> Write:
    return InsertOne(document)


def replacement(held: Document, document: Document, fields: Iterable[str]) -> Write:
    """The named fields as they are in `document`, the others as they were; only if the record is as it was read."""
    change: dict[str, Any] = {"$set": {name: value for name, value in document.items() if name != "_id"}}
    gone = [name for name in fields if name in held and name not in document]
    if gone:
        change["$unset"] = dict.fromkeys(gone, "")
    return UpdateOne({"_id": held["_id"], "version": held["version"]}, change)


def _meanwhile(collection: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(f"somebody is editing {collection} at this moment: run the import again")


def _chunks(rows: Sequence[Any], length: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), length):
        yield rows[start : start + length]
