"""The one query behind a store's statistics; its index is of the bookings' own."""

from __future__ import annotations

from datetime import date

from lifecircle.catalogue.bookings.model import Booking, booking_from_document
from lifecircle.catalogue.database import Database


class StatisticsStore:
    def __init__(self, database: Database) -> None:
        self._bookings = database["bookings"]

    async def between(self, store: str, first: date, last: date) -> list[Booking]:
        """Bookings with dates in the days; a series around them may come too."""
        days = {"$gte": first.isoformat(), "$lte": last.isoformat()}
        return [booking_from_document(row) async for row in self._bookings.find({"store": store, "days": days})]
