"""All queries and indexes of the `bookings` collection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument

from lifecircle.catalogue.bookings.claims import rounded
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Booking,
    BookingEvent,
    BookingStatus,
    Interval,
    Occupancy,
    booking_from_document,
    event_document,
)
from lifecircle.catalogue.database import Database, Document, ensure_indexes

LONGEST = timedelta(days=1)
"""No booking lasts longer: how far before a time its holders may have begun."""

INDEXES = (
    IndexModel(
        [("district", ASCENDING), ("claims", ASCENDING)],
        name="claims",
        unique=True,
        partialFilterExpression={"claims": {"$exists": True}},
    ),
    IndexModel(
        [("district", ASCENDING), ("idempotency.key", ASCENDING)],
        name="idempotency",
        unique=True,
        partialFilterExpression={"idempotency.key": {"$exists": True}},
    ),
    IndexModel([("district", ASCENDING), ("offering", ASCENDING), ("start", ASCENDING)], name="offering_times"),
    IndexModel([("resident", ASCENDING), ("start", DESCENDING), ("_id", DESCENDING)], name="of_resident"),
)

_HOLDING = [status.value for status in HOLDING]

PageKey = tuple[datetime, str]
"""(start, id): a place in a resident's list, which runs from the latest start to the earliest."""


class BookingStore:
    def __init__(self, database: Database) -> None:
        self._bookings = database["bookings"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._bookings, INDEXES)

    async def insert(self, document: Document) -> None:
        """Claim, booking and first event in one write. Raises DuplicateKeyError when a claim is held."""
        await self._bookings.insert_one(document)

    async def find(self, booking_id: str) -> Booking | None:
        document = await self._bookings.find_one({"_id": booking_id})
        return booking_from_document(document) if document else None

    async def find_by_idempotency_key(self, district: str, key: str) -> tuple[Booking, str] | None:
        """The booking that was made with the key, and the hash of the request that made it."""
        document = await self._bookings.find_one({"district": district, "idempotency.key": key})
        return (booking_from_document(document), document["idempotency"]["hash"]) if document else None

    async def find_by_claim(self, district: str, claim: str) -> Booking | None:
        document = await self._bookings.find_one({"district": district, "claims": claim})
        return booking_from_document(document) if document else None

    async def overlapping(self, resident: str, interval: Interval) -> Booking | None:
        """A booking of the resident's that holds a place at any moment of the interval."""
        document = await self._bookings.find_one(
            {
                "resident": resident,
                "status": {"$in": _HOLDING},
                "start": {"$gt": interval.start - LONGEST, "$lt": interval.end},
                "end": {"$gt": interval.start},
            }
        )
        return booking_from_document(document) if document else None

    async def occupied(self, district: str, offering: str, span: Interval, now: datetime) -> list[Occupancy]:
        """Who holds places of the offering at any moment of the span; expired holders do not count."""
        cursor = self._bookings.find(
            {
                "district": district,
                "offering": offering,
                "start": {"$gt": span.start - LONGEST, "$lt": rounded(span).end},
                "status": {"$in": _HOLDING},
            },
            {"start": 1, "end": 1, "seats": 1, "status": 1, "expires_at": 1, "_id": 0},
        )
        rows = await cursor.to_list(None)
        return [
            Occupancy(Interval(row["start"], row["end"]), tuple(row["seats"]))
            for row in rows
            if not _has_expired(row, now)
        ]

    async def move(self, booking: Booking, event: BookingEvent) -> Booking | None:
        """Compare and set: the move happens only if the booking is still as it was read, else None."""
        change: dict[str, Any] = {
            "$set": {"status": event.status.value},
            "$push": {"events": event_document(event)},
            "$inc": {"version": 1},
        }
        if event.status not in HOLDING:
            change["$unset"] = {"claims": ""}
        document = await self._bookings.find_one_and_update(
            {"_id": booking.id, "district": booking.district, "version": booking.version, "status": booking.status},
            change,
            return_document=ReturnDocument.AFTER,
        )
        return booking_from_document(document) if document else None

    async def of_resident(
        self, resident: str, statuses: Sequence[BookingStatus], first: int, after: PageKey | None
    ) -> list[Booking]:
        where: dict[str, Any] = {"resident": resident}
        if statuses:
            where["status"] = {"$in": [status.value for status in statuses]}
        if after:
            start, booking_id = after
            where["$or"] = [{"start": {"$lt": start}}, {"start": start, "_id": {"$lt": booking_id}}]
        cursor = self._bookings.find(where).sort([("start", DESCENDING), ("_id", DESCENDING)]).limit(first)
        return [booking_from_document(document) for document in await cursor.to_list(first)]

    async def count_of_resident(self, resident: str, statuses: Sequence[BookingStatus]) -> int:
        where: dict[str, Any] = {"resident": resident}
        if statuses:
            where["status"] = {"$in": [status.value for status in statuses]}
        return int(await self._bookings.count_documents(where))


def _has_expired(row: Document, now: datetime) -> bool:
    return row["status"] == BookingStatus.PENDING and row["expires_at"] is not None and row["expires_at"] <= now
