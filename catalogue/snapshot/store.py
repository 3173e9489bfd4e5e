"""Marks in the database: documents whose only use is to come back through the change stream.

A stream that is resumed and brings the mark that was set when an image was made has brought everything since: whatever
the server, its log and its tokens have been through. A mark that was set just now says: all that was written is here.
"""

from __future__ import annotations

import contextlib
import secrets
from datetime import datetime, timedelta

from pymongo.errors import PyMongoError

from lifecircle.catalogue.database import Database

MARKS = "snapshot_marks"

_AWAITED = timedelta(minutes=10)
"""A mark so young may still be waited for."""

_LEFT_BEHIND = timedelta(days=30)


class Marks:
    """`folder` names the state folder, whose workers look at each other's images."""

    def __init__(self, database: Database, folder: str) -> None:
        self._marks = database[MARKS]
        self._folder = folder

    async def set(self, now: datetime, *, makes_image: bool) -> str:
        mark = secrets.token_hex(12)
        await self._marks.insert_one({"_id": mark, "folder": self._folder, "makes_image": makes_image, "at": now})
        return mark

    async def is_set(self, mark: str) -> bool:
        return await self._marks.find_one({"_id": mark}) is not None

    async def remove(self, mark: str) -> None:
        await self._marks.delete_one({"_id": mark})

    async def keep_only(self, mark: str, now: datetime) -> None:
        """Older marks of the folder go, and those of folders that nobody has used for long. May fail unseen."""
        older = {"folder": self._folder, "_id": {"$ne": mark}, "at": {"$lt": now - _AWAITED}}
        with contextlib.suppress(PyMongoError):
            await self._marks.delete_many({"$or": [older, {"at": {"$lt": now - _LEFT_BEHIND}}]})
