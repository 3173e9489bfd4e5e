"""The rules and prices that decide a booking, as the database has them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.offerings.model import Offering, at_store, offering_from_document, split_inherited_id
from lifecircle.catalogue.stores.model import Store, store_from_document


@dataclass(frozen=True, slots=True)
class Listing:
    """One offering as its store has it."""

    offering: Offering
    store: Store
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class OfferingTerms(Listing):
    """The same with the district that it is booked in: from the database, or as good as."""

    district: str

    def are_as(self, others: OfferingTerms) -> bool:
        """Whether they would decide the same."""
        mine, theirs = (self.offering, self.schedule), (others.offering, others.schedule)
        return mine == theirs and self.store.version == others.store.version


async def read_terms(database: Database, offering_id: str) -> OfferingTerms | None:
    """None where there is no such offering at an open store."""
    inherited = split_inherited_id(offering_id)
    if inherited:
        store_row, template, override = await asyncio.gather(
            _one(database, "stores", inherited[0]),
            _one(database, "offerings", inherited[1]),
            _one(database, "offerings", offering_id),
        )
        if not store_row or not template or template["chain"] is None or template["chain"] != store_row["chain"]:
            return None
        offering = at_store(offering_from_document(template), store_row["_id"], override)
    else:
        row = await _one(database, "offerings", offering_id)
        store_row = row and row["store"] and await _one(database, "stores", row["store"])
        if not row or not store_row:
            return None
        offering = offering_from_document(row)
    return await _terms(database, offering, store_row)


async def _terms(database: Database, offering: Offering, store_row: Document) -> OfferingTerms:
    store = store_from_document(store_row)
    schedule = store.hours
    if schedule is None:
        chain = await _one(database, "chains", store.chain) if store.chain else None
        schedule = schedule_from_document(chain["hours"]) if chain else Schedule()
    return OfferingTerms(offering, store, schedule, store_row["district"])


async def _one(database: Database, collection: str, key: str) -> Document | None:
    return await database[collection].find_one({"_id": key})
