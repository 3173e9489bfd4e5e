"""The one module that knows the driver: connecting, codecs, the schema version.

Only `store.py` files (queries and indexes) may know what a collection looks like; nothing else touches the database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorCollection, AsyncIOMotorDatabase
from pymongo import IndexModel
from pymongo.errors import ConnectionFailure, DuplicateKeyError, OperationFailure, PyMongoError

from lifecircle.catalogue.errors import DatabaseUnreachable, SchemaTooNew, Unavailable

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

SCHEMA_VERSION = 2
"""Raised by a change that an older release must not meet. 2: residents' turns (docs/decisions/0031)."""

__all__ = [
    "SCHEMA_VERSION",
    "Client",
    "Collection",
    "ConnectionFailure",
    "Database",
    "Document",
    "DuplicateKeyError",
    "connect",
    "database_errors_as_refusals",
    "ensure_indexes",
    "ensure_schema_version",
    "happened_at",
    "next_events",
    "open_database",
    "violated_index",
    "violated_value",
    "wait_until_reachable",
]


def connect(uri: str, *, server_selection_ms: int = 3_000) -> Client:
    """A client with aware datetimes, that writes again after a lost answer unless the URI forbids it.

    Connecting happens at the first operation.
    """
    return AsyncIOMotorClient(
        uri,
        tz_aware=True,
        serverSelectionTimeoutMS=server_selection_ms,
        connectTimeoutMS=3_000,
        socketTimeoutMS=20_000,
        w="majority",
        appname="lifecircle",
    )


def open_database(client: Client, name: str) -> Database:
    return client.get_database(name, codec_options=CodecOptions(tz_aware=True))


async def wait_until_reachable(client: Client, seconds: float) -> None:
    """Ping until it answers; raises DatabaseUnreachable after `seconds`."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            await client.admin.command("ping")
            return
        except PyMongoError as error:
            if asyncio.get_running_loop().time() >= deadline:
                raise DatabaseUnreachable(f"the database does not answer: {_first_line(error)}") from error
            await asyncio.sleep(0.1)


async def ensure_schema_version(database: Database) -> None:
    """Store the schema version, so that older releases refuse what this one writes; refuse a newer one.

    Raises SchemaTooNew.
    """
    with contextlib.suppress(DuplicateKeyError):  # several workers start at once
        await database["meta"].update_one({"_id": "schema"}, {"$setOnInsert": {"version": SCHEMA_VERSION}}, upsert=True)
    stored = await database["meta"].find_one({"_id": "schema"})
    found = stored["version"] if stored else 0
    if found > SCHEMA_VERSION:
        raise SchemaTooNew(
            f"the database has schema version {found}, this release knows {SCHEMA_VERSION}: install the newer release"
        )
    if found < SCHEMA_VERSION:
        await database["meta"].update_one({"_id": "schema", "version": found}, {"$set": {"version": SCHEMA_VERSION}})


async def ensure_indexes(collection: Collection, indexes: Sequence[IndexModel]) -> None:
    """Create what is missing. Safe to run by several workers at once."""
    for attempt in range(5):
        try:
            await collection.create_indexes(list(indexes))
            return
        except OperationFailure:
            if attempt == 4:
                raise
            await asyncio.sleep(0.05 * 2**attempt)


async def changed_one(collection: Collection, where: Document, update: Document) -> Document | None:
    """Compare and set one document by its `_id`, and read it; None where it is not, or no longer, as `where` says.

    The embedded engine walks through the whole collection for `find_one_and_update` (docs/decisions/0016). What is read
    may already hold the next change too.
    """
    if not (await collection.update_one(where, update, hint="_id_")).matched_count:
        return None
    return await collection.find_one({name: where[name] for name in ("_id", "district") if name in where})


async def next_events(stream: Any) -> list[Document]:
    """All that one look at a change stream brings; empty where nothing has happened for a moment.

    The driver hands them out one by one, each by way of another thread. What it holds already it gives at once.
    """
    event = await stream.try_next()
    events = [] if event is None else [event]
    inner = getattr(stream, "delegate", None)
    has_more = getattr(getattr(inner, "_cursor", None), "_has_next", None)
    while events and inner and has_more and has_more():
        events.append(inner.try_next())
    return events


def happened_at(event: Document) -> datetime:
    """When what a change stream tells of was written, by the clock of the server."""
    told: datetime | None = event.get("wallTime")  # since MongoDB 6
    return told or event["clusterTime"].as_datetime()


def violated_index(error: DuplicateKeyError) -> frozenset[str]:
    """The fields of the unique index that a write ran into."""
    return frozenset((error.details or {}).get("keyPattern") or {"_id"})


def violated_value(error: DuplicateKeyError, field: str) -> Any:
    """The value of one field of the unique index that a write ran into."""
    return ((error.details or {}).get("keyValue") or {}).get(field)


@contextlib.asynccontextmanager
async def database_errors_as_refusals() -> AsyncIterator[None]:
    """A lost or busy database becomes `Unavailable`, which the client is told about."""
    try:
        yield
    except ConnectionFailure as error:
        raise Unavailable from error


def _first_line(error: BaseException) -> str:
    return str(error).split(",")[0][:200]
