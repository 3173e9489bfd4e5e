"""The change stream behind the feed: whole documents of some collections, as they are written."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from pymongo.errors import PyMongoError

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import LifecircleError

AWAIT_MS = 250
"""How long the server holds an idle look at the stream."""


class FeedLost(LifecircleError):
    """The stream broke off: something may have been missed, so whoever listens should look for themselves."""


@dataclass(frozen=True, slots=True)
class Written:
    collection: str
    document: Document


async def changes(database: Database, collections: Sequence[str]) -> AsyncGenerator[Written | None, None]:
    """None first, when the stream is open, and whenever nothing has happened for a moment. Raises FeedLost."""
    wanted = [{"$match": {"ns.coll": {"$in": list(collections)}, "operationType": {"$ne": "delete"}}}]
    try:
        async with database.watch(wanted, full_document="updateLookup", max_await_time_ms=AWAIT_MS) as stream:
            while True:
                event = await stream.try_next()
                document = event.get("fullDocument") if event else None
                yield Written(event["ns"]["coll"], document) if event and document else None
    except PyMongoError as error:
        raise FeedLost(type(error).__name__) from error
