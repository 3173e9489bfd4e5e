"""All queries and indexes of the `questions` collection: a row for each group and area, counted up in place."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.learning.model import Question, QuestionGroup, Trouble
from lifecircle.assistant.learning.rules import KEPT, MOST_SAMPLES
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes

_EVERYWHERE = "-"
_MOST_AREAS = 20


class QuestionStore:
    def __init__(self, database: Database) -> None:
        self._questions = database["questions"]

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._questions,
            [
                IndexModel([("areas", ASCENDING)], name="of_area"),
                IndexModel([("key", ASCENDING)], name="of_key"),
                IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
            ],
        )

    async def add(self, question: Question, now: datetime) -> None:
        area = question.areas[0] if question.areas else _EVERYWHERE
        key = f"{area}:{question.key}"
        told: Document = {"comments": question.comment} if question.comment else {}
        understood: Document = {"intents": question.intent} if question.intent else {}
        change: Document = {
            "$setOnInsert": {"key": question.key, "areas": list(question.areas)},
            "$set": {"last_at": now, "expires_at": now + KEPT},
            "$inc": {"count": 1, question.trouble.value: 1},
            "$push": {
                name: {"$each": [value], "$slice": -MOST_SAMPLES}
                for name, value in {"samples": question.text, **told, **understood}.items()
            },
        }
        try:
            await self._questions.update_one({"_id": key}, change, upsert=True)
        except DuplicateKeyError:  # two at once made it: it is there now
            await self._questions.update_one({"_id": key}, change)

    async def groups(self, areas: list[str] | None, first: int, now: datetime) -> list[QuestionGroup]:
        """The most frequent first; no areas: all there are."""
        where: Document = {"expires_at": {"$gt": now}}
        if areas is not None:
            where["areas"] = {"$in": areas[:_MOST_AREAS]}
        grouped: list[Document] = [{"$match": where}, {"$group": _merged()}]
        ordered: list[Document] = [{"$sort": {"count": -1, "last_at": -1, "_id": 1}}, {"$limit": first}]
        return [_group(row) async for row in self._questions.aggregate([*grouped, *ordered])]

    async def group(self, key: str) -> QuestionGroup | None:
        rows = self._questions.aggregate([{"$match": {"key": key}}, {"$group": _merged()}])
        return next((_group(row) for row in await rows.to_list(1)), None)

    async def drop(self, key: str) -> None:
        """It has been dealt with; should it be asked again, it comes back."""
        await self._questions.delete_many({"key": key})


def _merged() -> Document:
    lists: Document = {name: {"$push": f"${name}"} for name in ("samples", "comments", "intents")}
    sums: Document = {name: {"$sum": f"${name}"} for name in ("count", *Trouble)}
    return {"_id": "$key", "last_at": {"$max": "$last_at"}, **sums, **lists}


def _group(row: Mapping[str, Any]) -> QuestionGroup:
    def distinct(name: str) -> tuple[str, ...]:
        """In the order of their first appearance; a row without any has no such field."""
        return tuple(dict.fromkeys(text for part in row[name] for text in part or ()))[:MOST_SAMPLES]

    return QuestionGroup(
        key=row["_id"],
        samples=distinct("samples"),
        comments=distinct("comments"),
        count=row["count"],
        unanswered=row[Trouble.UNANSWERED],
        unsure=row[Trouble.UNSURE],
        unhelpful=row[Trouble.UNHELPFUL],
        intents=distinct("intents"),
        last_at=row["last_at"],
    )
