"""The `regulations` collection: every version that was ever imported."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.policies.model import (
    PolicyStatus,
    Regulation,
    regulation_document,
    regulation_from_document,
)
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes

REGULATIONS = "regulations"
_BY_KEY = IndexModel([("key", ASCENDING)], name="key")


class RegulationStore:
    def __init__(self, database: Database) -> None:
        self._regulations = database[REGULATIONS]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._regulations, [_BY_KEY])

    async def not_replaced(self) -> list[Document]:
        return await self._regulations.find({"status": {"$ne": PolicyStatus.REPLACED.value}}).to_list(None)

    async def find(self, regulation_id: str) -> Regulation | None:
        found = await self._regulations.find_one({"_id": regulation_id})
        return regulation_from_document(found) if found else None

    async def all(self) -> list[Regulation]:
        """Every version, those of one regulation together, the newest first."""
        rows = await self._regulations.find({}).to_list(None)
        newest_first = sorted((regulation_from_document(row) for row in rows), key=_age, reverse=True)
        return sorted(newest_first, key=lambda one: one.key)

    async def versions(self, key: str) -> list[Regulation]:
        """The newest first."""
        rows = await self._regulations.find({"key": key}).to_list(None)
        return sorted((regulation_from_document(row) for row in rows), key=_age, reverse=True)

    async def older_than(self, regulation_id: str) -> list[Regulation]:
        """The newest first; none for what is no regulation."""
        regulation = await self.find(regulation_id)
        known = await self.versions(regulation.key) if regulation else []
        return [one for one in known if regulation and _age(one) < _age(regulation)]

    async def add(self, regulation: Regulation) -> bool:
        """False where it is there already."""
        try:
            await self._regulations.insert_one(regulation_document(regulation))
        except DuplicateKeyError:
            return False
        return True

    async def read_again(self, regulation_id: str, day: date) -> None:
        await self._regulations.update_one({"_id": regulation_id}, {"$set": {"checked_on": day.isoformat()}})

    async def retire(self, regulation_ids: Iterable[str]) -> None:
        for regulation_id in regulation_ids:
            await self._regulations.update_one(
                {"_id": regulation_id}, {"$set": {"status": PolicyStatus.REPLACED.value}}
            )


def _age(regulation: Regulation) -> tuple[date, int]:
    return regulation.dated_on or date.min, regulation.version
