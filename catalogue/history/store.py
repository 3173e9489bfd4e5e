"""All queries of the `history` collection.

Records stand beside the catalogue, not in its documents: a worker reads every document at its start and again with
every change, and the past would weigh more than the present. Ids are in the order in which a history is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import DESCENDING

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.history.model import HistoryEntry, entry_from_document, ids_of


class HistoryStore:
    def __init__(self, database: Database) -> None:
        self._history = database["history"]

    async def page(self, owner: str, first: int, before: str | None) -> Sequence[HistoryEntry]:
        """The latest first, from the one right below the id."""
        begins, ends = ids_of(owner)
        below = min(before, ends) if before else ends
        cursor = self._history.find({"_id": {"$gte": begins, "$lt": below}}).sort("_id", DESCENDING).limit(first)
        return [entry_from_document(row) for row in await cursor.to_list(first)]
