"""From documents of the database to a snapshot, whole or change by change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from lifecircle.catalogue.areas import Areas, area_from_document
from lifecircle.catalogue.categories import Categories, category_from_document
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.merchants import chain_from_document, merchant_from_document
from lifecircle.catalogue.offerings.model import Offering, offering_from_document
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.model import OfferingIndex, Override, Snapshot
from lifecircle.catalogue.stores.model import Store, store_from_document

COLLECTIONS = ("areas", "categories", "merchants", "chains", "stores", "offerings")
"""What a snapshot holds."""

BATCH = 2_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One document as it is now; None: it is gone."""

    collection: str
    id: str
    document: Document | None


async def read_snapshot(database: Database, districts: Sequence[str], now: datetime) -> Snapshot:
    """Everything of the districts, read once."""
    where = {"district": {"$in": list(districts)}} if districts else {}
    areas = [area_from_document(row) async for batch in _batches(database, "areas", where) for row in batch]
    categories = [category_from_document(row) async for batch in _batches(database, "categories", {}) for row in batch]
    merchants = [merchant_from_document(row) async for batch in _batches(database, "merchants", where) for row in batch]
    chains = [chain_from_document(row) async for batch in _batches(database, "chains", where) for row in batch]
    stores = await _read_stores(database, where)
    offerings, overrides = await _read_offerings(database, where)
    return Snapshot(
        areas=Areas(areas),
        categories=Categories(categories),
        merchants=Layered({merchant.id: merchant for merchant in merchants}),
        chains=Layered({chain.id: chain for chain in chains}),
        stores=StoreTable(stores),
        changed_stores={},
        offerings=_index(offerings, overrides),
        loaded_at=now,
    )


def with_changes(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The snapshot after the changes. A change that is older than what is held is passed over."""
    by_collection: dict[str, dict[str, Document | None]] = {}
    for change in changes:
        by_collection.setdefault(change.collection, {})[change.id] = change.document
    for collection, documents in by_collection.items():
        snapshot = _APPLY[collection](snapshot, documents)
    return snapshot


async def _batches(database: Database, collection: str, where: Document) -> AsyncIterator[list[Document]]:
    cursor = database[collection].find(where).batch_size(BATCH)
    while batch := await cursor.to_list(BATCH):
        yield batch
        await asyncio.sleep(0)


async def _read_stores(database: Database, where: Document) -> list[Store]:
    schedule = _SharedSchedules()
    return [replace_hours(row, schedule) async for batch in _batches(database, "stores", where) for row in batch]


def replace_hours(row: Document, schedules: _SharedSchedules) -> Store:
    """Read a store whose hours are shared with every other that keeps the same."""
    hours, row["hours"] = row["hours"], None
    store = store_from_document(row)
    return replace(store, hours=schedules.of(hours)) if hours else store


class _SharedSchedules:
    """Thousands of stores keep the same few weeks: one object for each."""

    def __init__(self) -> None:
        self._known: dict[str, Schedule] = {}

    def of(self, hours: Document) -> Schedule:
        key = repr(hours)
        if key not in self._known:
            self._known[key] = schedule_from_document(hours)
        return self._known[key]


async def _read_offerings(database: Database, where: Document) -> tuple[list[Offering], dict[str, Override]]:
    offerings: list[Offering] = []
    overrides: dict[str, Override] = {}
    async for batch in _batches(database, "offerings", where):
        for row in batch:
            if row.get("template"):
                overrides[row["_id"]] = row
            else:
                offerings.append(offering_from_document(row))
    return offerings, overrides


def _index(offerings: list[Offering], overrides: dict[str, Override]) -> OfferingIndex:
    return OfferingIndex(
        by_id=Layered({offering.id: offering for offering in offerings}),
        overrides=Layered(overrides),
        of_store=Layered(_grouped((offering.store, offering.id) for offering in offerings)),
        of_chain=Layered(_grouped((offering.chain, offering.id) for offering in offerings)),
    )


def _grouped(pairs: Iterable[tuple[str | None, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for owner, offering_id in pairs:
        if owner is not None:
            groups.setdefault(owner, []).append(offering_id)
    return {owner: tuple(members) for owner, members in groups.items()}


def _apply_areas(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    kept = [area for area in snapshot.areas if area.id not in documents]
    return replace(snapshot, areas=Areas([*kept, *(area_from_document(row) for row in documents.values() if row)]))


def _apply_categories(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    kept = [category for category in snapshot.categories if category.code not in documents]
    fresh = [category_from_document(row) for row in documents.values() if row]
    return replace(snapshot, categories=Categories([*kept, *fresh]))


def _apply_merchants(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _read(documents, merchant_from_document)
    return replace(snapshot, merchants=snapshot.merchants.changed(_not_older(snapshot.merchants, read)))


def _apply_chains(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _read(documents, chain_from_document)
    return replace(snapshot, chains=snapshot.chains.changed(_not_older(snapshot.chains, read)))


def _read(documents: dict[str, Document | None], reader: Callable[[Document], T]) -> dict[str, T | None]:
    return {key: None if row is None else reader(row) for key, row in documents.items()}


def _not_older(held: Layered[Any], read: dict[str, Any]) -> dict[str, Any]:
    def is_older(key: str) -> bool:
        known = held.get(key)
        return bool(known and read[key] and read[key].version < known.version)

    return {key: value for key, value in read.items() if not is_older(key)}


def _apply_stores(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    return snapshot.with_stores(_read(documents, store_from_document))


def _apply_offerings(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    rows = [row for row in documents.values() if row]
    return snapshot.with_offerings(
        [offering_from_document(row) for row in rows if not row.get("template")],
        {row["_id"]: row for row in rows if row.get("template")},
    )


_APPLY = {
    "areas": _apply_areas,
    "categories": _apply_categories,
    "merchants": _apply_merchants,
    "chains": _apply_chains,
    "stores": _apply_stores,
    "offerings": _apply_offerings,
}
