"""All queries and indexes of reviews, and the counter in the store's document."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, changed_one, ensure_indexes
from lifecircle.catalogue.pages import PageKey, beyond
from lifecircle.catalogue.reviews.model import Review, TextState, review_from_document

REVIEWS = "reviews"
_LATEST_FIRST = [("written_at", DESCENDING), ("_id", DESCENDING)]
_INDEXES = (
    IndexModel([("store", ASCENDING), *_LATEST_FIRST], name="of_store"),
    IndexModel([("resident", ASCENDING)], name="of_resident"),
    IndexModel([("uncounted", ASCENDING)], name="uncounted", partialFilterExpression={"uncounted": True}),
    IndexModel([("held", ASCENDING)], name="held", partialFilterExpression={"held": True}),
)


class ReviewStore:
    def __init__(self, database: Database) -> None:
        self._reviews = database[REVIEWS]
        self._stores = database["stores"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._reviews, _INDEXES)

    async def find(self, key: str) -> Review | None:
        row = await self._reviews.find_one({"_id": key})
        return review_from_document(row) if row else None

    async def insert(self, document: Document) -> bool:
        """False where the booking has its review already."""
        try:
            await self._reviews.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def change(self, review: Review, values: Document, gone: tuple[str, ...] = ()) -> Review | None:
        """Compare and set; None where somebody was faster."""
        update: Document = {"$set": values, "$inc": {"version": 1}}
        if gone:
            update["$unset"] = dict.fromkeys(gone, "")
        row = await changed_one(
            self._reviews, {"_id": review.id, "district": review.district, "version": review.version}, update
        )
        return review_from_document(row) if row else None

    async def of_store(self, store: str, first: int, after: PageKey | None) -> list[Review]:
        where = {"store": store, **beyond(after, "written_at")}
        rows = await self._reviews.find(where).sort(_LATEST_FIRST).limit(first).to_list(first)
        return [review_from_document(row) for row in rows]

    async def count_of_store(self, store: str) -> int:
        return int(await self._reviews.count_documents({"store": store}))

    async def of_resident(self, resident: str) -> list[Document]:
        return await self._reviews.find({"resident": resident}).sort("_id").to_list(None)

    async def part_with(self, resident: str, tombstone: str, before: datetime) -> None:
        """The stars stay, as nobody's; the words go."""
        await self._reviews.update_many(
            {"resident": resident, "written_at": {"$lte": before}},
            {
                "$set": {"resident": tombstone, "text": None, "text_state": TextState.SHOWN.value},
                "$unset": {"held": ""},
                "$inc": {"version": 1},
            },
        )

    async def tombstone_of(self, resident: str) -> str | None:
        row = await self._stores.database["residents"].find_one({"_id": resident}, {"tombstone": 1})
        return (row or {}).get("tombstone")

    # --- the counter ---

    async def tally(self, store: str) -> tuple[int, int]:
        """(stars, reviews) of a store, counted anew."""
        cursor = self._reviews.aggregate(
            [
                {"$match": {"store": store}},
                {"$group": {"_id": None, "sum": {"$sum": "$stars"}, "count": {"$sum": 1}}},
            ]
        )
        rows = await cursor.to_list(1)
        return (int(rows[0]["sum"]), int(rows[0]["count"])) if rows else (0, 0)

    async def store_document(self, store: str) -> Document | None:
        return await self._stores.find_one({"_id": store})

    async def put_rating(self, seen: Document, rating: Document) -> Document | None:
        """Compare and set on the version that was read before the counting; None where somebody was faster."""
        return await changed_one(
            self._stores,
            {"_id": seen["_id"], "version": seen["version"]},
            {"$set": {"rating": rating}, "$inc": {"version": 1}},
        )

    async def mark_counted(self, key: str, version: int) -> None:
        await self._reviews.update_one({"_id": key, "version": version}, {"$unset": {"uncounted": ""}})

    async def uncounted(self, before: datetime, most: int) -> list[Review]:
        rows = self._reviews.find({"uncounted": True, "changed_at": {"$lte": before}})
        return [review_from_document(row) for row in await rows.limit(most).to_list(most)]

    async def held(self, most: int) -> list[Review]:
        rows = self._reviews.find({"held": True}).limit(most)
        return [review_from_document(row) for row in await rows.to_list(most)]
