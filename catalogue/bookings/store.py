"""All queries and indexes of the `bookings` collection.

Filters hold what an index leads with and little else: the embedded engine leaves the index for a whole scan where
`$in` or `$or` stands beside it, never searches an index that covers only some documents, and scans for
`find_one_and_update` whatever it asks. So what else is wanted is sifted here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel

from lifecircle.catalogue.bookings.claims import Taken, keys_of_days, taken_by
from lifecircle.catalogue.bookings.limits import used_by
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Booking,
    BookingDate,
    BookingStatus,
    Hold,
    Interval,
    booking_from_document,
    dates_from_document,
)
from lifecircle.catalogue.bookings.moves import OFFERED, is_expired
from lifecircle.catalogue.bookings.turns import turn_keys
from lifecircle.catalogue.database import Database, Document, ensure_indexes
from lifecircle.catalogue.pages import PageKey
from lifecircle.catalogue.together import Inserts

INDEXES = (
    IndexModel(
        [("district", ASCENDING), ("claims", ASCENDING)],
        name="claims",
        unique=True,
        partialFilterExpression={"claims": {"$exists": True}},
    ),
    IndexModel(
        [("district", ASCENDING), ("tickets", ASCENDING)],
        name="tickets",
        unique=True,
        partialFilterExpression={"tickets": {"$exists": True}},
    ),
    IndexModel([("district", ASCENDING), ("lookup", ASCENDING)], name="lookup"),
    IndexModel([("resident", ASCENDING), ("start", DESCENDING), ("_id", DESCENDING)], name="of_resident"),
    IndexModel([("store", ASCENDING), ("days", ASCENDING)], name="of_store"),
    IndexModel([("code", ASCENDING)], name="code"),
    IndexModel([("due_at", ASCENDING)], name="due"),
)

_BATCH = 30
"""The most alternatives that one `$in` of the embedded engine takes in good time."""

_SIFTED = 200

_FEW = 5_000
"""Bookings of whatever kind that are read in one look."""

_FIRST_SPAN = timedelta(minutes=30)
_A_LOOK = 1_000
_FAR = timedelta(days=800)
"""How `live` looks: spans grow while they hold fewer than so many, until they are so far away."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_HOLDER = {"status": 1, "expires_at": 1, "version": 1, "district": 1, "dates": 1, "due_at": 1, "tickets": 1}
_LIVE = {**_HOLDER, "waiting_entry": 1, "resident": 1, "created_at": 1, "request_key": 1}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whatever holds places: a booking, or the offer of one."""

    id: str
    district: str
    status: str
    expires_at: datetime | None
    version: int
    dates: tuple[BookingDate, ...]

    def has_expired(self, now: datetime) -> bool:
        return is_expired(self.status, self.expires_at, now)

    @property
    def is_offer(self) -> bool:
        return self.status == OFFERED

    @property
    def holds(self) -> list[Hold]:
        """None of one that is over, though it may still have tickets."""
        if self.status not in HOLDING and not self.is_offer:
            return []
        return [hold for date in self.dates if date.ended is None for hold in date.holds]


class BookingStore:
    def __init__(self, database: Database) -> None:
        self._bookings = database["bookings"]
        self._inserts = Inserts(self._bookings)

    async def create_indexes(self) -> None:
        await ensure_indexes(self._bookings, INDEXES)

    # --- writing ---

    async def insert(self, document: Document) -> None:
        """Claim, booking and first event in one write. Raises DuplicateKeyError when a claim is held."""
        await self._inserts.insert(document)

    async def change(self, key: str, district: str, version: int, change: Mapping[str, Any]) -> Document | None:
        """Compare and set: the document after it; None where it is no longer of that version.

        Raises DuplicateKeyError, and has changed nothing, when a claim is held by another.
        """
        as_seen = {"_id": key, "district": district, "version": version}
        done = await self._bookings.update_one(as_seen, change, hint="_id_")
        return await self.document(key) if done.modified_count else None

    async def replace(self, key: str, version: int, document: Document) -> bool:
        """Compare and set. Raises DuplicateKeyError."""
        as_seen = {"_id": key, "district": document["district"], "version": version}
        return (await self._bookings.replace_one(as_seen, document, hint="_id_")).modified_count == 1

    async def remove_offer(self, key: str, district: str, version: int) -> bool:
        as_seen = {"_id": key, "district": district, "version": version, "status": OFFERED}
        return (await self._bookings.delete_one(as_seen, hint="_id_")).deleted_count == 1

    # --- one ---

    async def document(self, key: str) -> Document | None:
        return await self._bookings.find_one({"_id": key})

    async def find(self, booking_id: str) -> Booking | None:
        document = await self.document(booking_id)
        return booking_from_document(document) if document and document["status"] != OFFERED else None

    async def find_by_code(self, code: str) -> list[Booking]:
        """Codes are random, not unique."""
        return [booking_from_document(row) for row in await self._bookings.find({"code": code}).to_list(_SIFTED)]

    # --- who holds what ---

    async def holders(self, district: str, keys: Iterable[str], first: int, stop: int) -> list[Holder]:
        """Everything that holds places under the keys, on the days of the cells."""
        return await self._holders(district, [each for key in keys for each in keys_of_days(key, first, stop)])

    async def _holders(self, district: str, lookups: Sequence[str]) -> list[Holder]:
        rows = await self._by_lookup(district, lookups, _HOLDER)
        return [holder_of(row) for row in rows]

    async def own(self, resident: str, district: str, intervals: Sequence[Interval]) -> list[Booking]:
        """Whatever of the resident's has a turn of the days of the intervals, also what is over or cancelled."""
        lookups = turn_keys(resident, intervals)
        return [booking_from_document(row) for row in await self._by_lookup(district, lookups, None)]

    async def used_tickets(self, district: str, keys: Sequence[str]) -> dict[str, int]:
        """By the key of a limit, one bit a ticket."""
        rows = await self._by_lookup(district, keys, _HOLDER)
        return used_by([ticket for row in rows for ticket in row.get("tickets", ())])

    async def expired_users(self, district: str, keys: Sequence[str], now: datetime) -> list[Holder]:
        """Whoever keeps tickets of the limits though their time has run out."""
        return [holder for holder in await self._holders(district, keys) if holder.has_expired(now)]

    async def _by_lookup(self, district: str, lookups: Sequence[str], fields: Document | None) -> list[Document]:
        found: dict[str, Document] = {}
        for at in range(0, len(lookups), _BATCH):
            some = list(lookups[at : at + _BATCH])
            where = {"district": district, "lookup": some[0] if len(some) == 1 else {"$in": some}}
            found |= {row["_id"]: row async for row in self._bookings.find(where, fields)}
        return list(found.values())

    # --- lists ---

    async def of_resident(
        self, resident: str, statuses: Sequence[BookingStatus], first: int, after: PageKey | None
    ) -> list[Booking]:
        found: list[Booking] = []
        async for row in self._rows_of(resident, after):
            is_beyond = after is None or (row["start"], row["_id"]) < after
            if is_beyond and (not statuses or row["status"] in statuses):
                found.append(booking_from_document(row))
                if len(found) == first:
                    break
        return found

    async def count_of_resident(self, resident: str, statuses: Sequence[BookingStatus]) -> int:
        rows = self._bookings.find({"resident": resident}, {"status": 1})
        return sum([1 async for row in rows if not statuses or row["status"] in statuses])

    def _rows_of(self, resident: str, after: PageKey | None) -> AsyncIterator[Document]:
        where: Document = {"resident": resident} | ({"start": {"$lte": after[0]}} if after else {})
        cursor = self._bookings.find(where).sort([("start", DESCENDING), ("_id", DESCENDING)])
        return cursor.batch_size(_SIFTED)

    async def of_store(self, store: str, day: date) -> list[Booking]:
        """Everything that has a date on the local day."""
        rows = await self._bookings.find({"store": store, "days": day.isoformat()}).to_list(None)
        return [booking_from_document(row) for row in rows]

    # --- what the system must look at ---

    async def due(self, now: datetime, most: int) -> list[Document]:
        where = {"due_at": {"$gt": _LONG_AGO, "$lte": now}}
        return await self._bookings.find(where).sort("due_at", ASCENDING).limit(most).to_list(most)

    async def live(self, districts: Sequence[str], now: datetime) -> AsyncIterator[Document]:
        """Everything that may still matter to somebody else's booking.

        Where there are many, in spans of `due_at` away from now in both directions, each with about as many as can be
        read in good time: the embedded engine reads all that a query finds before it answers.
        """
        async for rows in self._looks(now):
            for row in rows:
                if not districts or row["district"] in districts:
                    yield row

    async def _looks(self, now: datetime) -> AsyncIterator[list[Document]]:
        if await self._bookings.estimated_document_count() <= _FEW:
            yield await self._bookings.find({"due_at": {"$gte": _LONG_AGO}}, _LIVE).to_list(None)
            return
        for ahead in (True, False):
            edge, width, is_last = now, _FIRST_SPAN, False
            while not is_last:
                is_last = abs(edge - now) > _FAR
                rows = await self._due_within(edge, None if is_last else width, ahead=ahead)
                yield rows
                edge += width if ahead else -width
                width = width * 2 if len(rows) < _A_LOOK else width / 2

    async def _due_within(self, edge: datetime, width: timedelta | None, *, ahead: bool) -> list[Document]:
        """`width`: None is however far."""
        if ahead:
            span = {"$gte": edge, **({"$lt": edge + width} if width else {})}
        else:
            span = {"$lt": edge, "$gte": edge - width if width else _LONG_AGO}
        return await self._bookings.find({"due_at": span}, _LIVE).to_list(None)


def holder_of(row: Document) -> Holder:
    dates = dates_from_document(row)
    return Holder(row["_id"], row["district"], row["status"], row.get("expires_at"), row["version"], dates)


def taken_from(holders: Iterable[Holder], now: datetime) -> Taken:
    """What is held by those whose time has not run out."""
    return taken_by(hold for holder in holders if not holder.has_expired(now) for hold in holder.holds)
