"""Inserts that come at the same time go to the database in one command.

A command costs a server as much as several documents do, and the embedded engine a synced commit each. While one is on
its way the next gather, so alone nobody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

from pymongo.errors import BulkWriteError, ConnectionFailure, DuplicateKeyError, WriteConcernError, WriteError

from lifecircle.catalogue.database import Collection, Document

MOST = 100
"""Documents in one command: the others wait for the next rather than make all wait."""

_DUPLICATE_KEY = 11000


class Inserts:
    """Of one collection. To be used within one event loop."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._waiting: list[tuple[Document, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def insert(self, document: Document) -> None:
        """As `insert_one`, with the same errors: every document succeeds or fails for itself.

        Whoever is cancelled while it is on its way cannot know whether it was written, as with any write.
        """
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((document, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            batch = [(document, written) for document, written in batch if not written.done()]
            try:
                errors = await self._insert([document for document, _ in batch])
                for (_, written), error in zip(batch, errors, strict=True):
                    _answer(written, error)
            finally:  # whatever happens to this task, nobody waits for ever
                for _, written in batch:
                    _answer(written, ConnectionFailure("it is not known whether this was written"))

    async def _insert(self, documents: Sequence[Document]) -> Sequence[Exception | None]:
        """The error of each, None where it was written."""
        try:
            if len(documents) == 1:
                await self._collection.insert_one(documents[0])
            elif documents:
                await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return _errors(error.details or {}, len(documents))
        except Exception as error:  # whoever waits is told
            if len(documents) == 1 or isinstance(error, ConnectionFailure):
                return [copy(error) for _ in documents]
            # one that cannot be sent must not keep the others back
            return [found for document in documents for found in await self._insert([document])]
        return [None] * len(documents)


def _answer(written: asyncio.Future[None], error: Exception | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def _errors(details: Mapping[str, Any], count: int) -> Sequence[Exception | None]:
    unsure = details.get("writeConcernErrors") or []
    errors: list[Exception | None] = [_unsure(unsure[0]) if unsure else None for _ in range(count)]
    for each in details.get("writeErrors") or []:
        errors[each["index"]] = _refused({name: value for name, value in each.items() if name != "op"})
    return errors


def _refused(details: Mapping[str, Any]) -> Exception:
    kind = DuplicateKeyError if details.get("code") == _DUPLICATE_KEY else WriteError
    return kind(details.get("errmsg", ""), details.get("code"), details)


def _unsure(details: Mapping[str, Any]) -> Exception:
    return WriteConcernError(details.get("errmsg", ""), details.get("code"), details)
