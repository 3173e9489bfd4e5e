"""From documents of the database to a snapshot, whole or change by change."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from lifecircle.catalogue.areas import Areas, area_from_document
from lifecircle.catalogue.categories import Categories, category_from_document
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.merchants import Chain, Merchant, chain_from_document, merchant_from_document
from lifecircle.catalogue.offerings.model import Offering, offering_from_document, split_inherited_id
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.layers import StoreLayers
from lifecircle.catalogue.snapshot.model import OWNED, OfferingIndex, Override, Snapshot
from lifecircle.catalogue.snapshot.offers import with_all_offers
from lifecircle.catalogue.snapshot.records import Records
from lifecircle.catalogue.stores.model import Store, store_from_document

COLLECTIONS = ("areas", "categories", "merchants", "chains", "stores", "offerings")
"""What a snapshot holds."""

BATCH = 2_000

UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)
"""What reading a malformed document raises."""

log = logging.getLogger("lifecircle.snapshot")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One document as it is now; None: it is gone."""

    collection: str
    id: str
    document: Document | None


async def read_snapshot(database: Database, districts: Sequence[str], now: datetime) -> Snapshot:
    """Everything of the districts, read once. Garbage collection rests meanwhile: it would only count what stays."""
    with _no_collection():
        return await _read_snapshot(database, districts, now)


async def _read_snapshot(database: Database, districts: Sequence[str], now: datetime) -> Snapshot:
    where = {"district": {"$in": list(districts)}} if districts else {}
    (offerings, overrides), stores, areas, categories, merchants, chains = await asyncio.gather(
        _read_offerings(database, where),
        _read_stores(database, where),
        _read_all(database, "areas", where, area_from_document),
        _read_all(database, "categories", {}, category_from_document),
        _read_all(database, "merchants", where, merchant_from_document),
        _read_all(database, "chains", where, chain_from_document),
    )
    snapshot = Snapshot(
        areas=Areas(areas),
        categories=Categories(categories),
        merchants=Layered(Records.of(Merchant, {merchant.id: merchant for merchant in merchants})),
        chains=Layered(Records.of(Chain, {chain.id: chain for chain in chains})),
        stores=StoreLayers.over(StoreTable.of(stores)),
        offerings=_index(offerings, overrides),
        loaded_at=now,
    )
    overridden = {key.partition(":")[0] for key in overrides}
    table = with_all_offers(snapshot.stores.base.table, offerings, overridden, snapshot.offerings_of)
    return replace(snapshot, stores=StoreLayers.over(table))


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def with_changes(snapshot: Snapshot, changes: Iterable[Change]) -> Snapshot:
    """The snapshot after the changes. A change that is older than what is held is passed over."""
    by_collection: dict[str, dict[str, Document | None]] = {}
    for change in changes:
        documents = by_collection.setdefault(change.collection, {})
        if not _is_older(change.document, documents.get(change.id)):
            documents[change.id] = change.document
    for collection, documents in by_collection.items():
        snapshot = _APPLY[collection](snapshot, documents)
    return snapshot


def _is_older(row: Document | None, known: Document | None) -> bool:
    return row is not None and known is not None and row["version"] < known["version"]


async def _batches(database: Database, collection: str, where: Document) -> AsyncIterator[list[Document]]:
    """The next batch is on its way while one is read: the server and we work at the same time."""
    cursor = database[collection].find(where).batch_size(BATCH)
    coming = asyncio.ensure_future(cursor.to_list(BATCH))
    try:
        while batch := await coming:
            coming = asyncio.ensure_future(cursor.to_list(BATCH))
            await asyncio.sleep(0)  # lets the request for it go out
            yield batch
    finally:
        coming.cancel()


async def _read_all(
    database: Database, collection: str, where: Document, reader: Callable[[Document], T | None]
) -> list[T]:
    """Every document that can be read; one that cannot keeps no district from starting."""
    found: list[T] = []
    async for batch in _batches(database, collection, where):
        for row in batch:
            try:
                read = reader(row)
            except UNREADABLE as error:
                log.error("%s %s cannot be read, it is left out: %r", collection, row["_id"], error)
            else:
                found.extend(() if read is None else (read,))
    return found


async def _read_stores(database: Database, where: Document) -> list[Store]:
    schedules = _SharedSchedules()
    return await _read_all(database, "stores", where, lambda row: store_from_document(row, schedules.of))


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
    overrides: dict[str, Override] = {}

    def reader(row: Document) -> Offering | None:
        if split_inherited_id(row["_id"]):
            overrides[row["_id"]] = row
            return None
        return offering_from_document(row)

    return await _read_all(database, "offerings", where, reader), overrides


def _index(offerings: list[Offering], overrides: dict[str, Override]) -> OfferingIndex:
    return OfferingIndex(
        by_id=Layered(Records.of(Offering, {offering.id: offering for offering in offerings})),
        overrides=Layered(Records.of(Any, overrides)),
        of_store=Layered(Records.of(OWNED, _grouped((offering.store, offering.id) for offering in offerings))),
        of_chain=Layered(Records.of(OWNED, _grouped((offering.chain, offering.id) for offering in offerings))),
    )


def _grouped(pairs: Iterable[tuple[str | None, str]]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for owner, offering_id in pairs:
        if owner is not None:
            groups.setdefault(owner, []).append(offering_id)
    return {owner: tuple(members) for owner, members in groups.items()}


def _apply_areas(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _not_older(snapshot.areas, _read(documents, area_from_document))
    kept = [area for area in snapshot.areas if area.id not in read]
    areas = Areas([*kept, *(area for area in read.values() if area)])
    return replace(snapshot, areas=areas, small_changes=snapshot.small_changes + len(read))


def _apply_categories(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _not_older(snapshot.categories, _read(documents, category_from_document))
    kept = [category for category in snapshot.categories if category.code not in read]
    categories = Categories([*kept, *(category for category in read.values() if category)])
    return replace(snapshot, categories=categories, small_changes=snapshot.small_changes + len(read))


def _apply_merchants(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _read(documents, merchant_from_document)
    return replace(snapshot, merchants=snapshot.merchants.changed(_not_older(snapshot.merchants, read)))


def _apply_chains(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    read = _read(documents, chain_from_document)
    return replace(snapshot, chains=snapshot.chains.changed(_not_older(snapshot.chains, read)))


def _read(documents: dict[str, Document | None], reader: Callable[[Document], T]) -> dict[str, T | None]:
    return {key: None if row is None else reader(row) for key, row in documents.items()}


def _not_older(held: Layered[Any] | Areas | Categories, read: dict[str, Any]) -> dict[str, Any]:
    def is_older(key: str) -> bool:
        known = held.get(key)
        return bool(known and read[key] and read[key].version < known.version)

    return {key: value for key, value in read.items() if not is_older(key)}


def _apply_stores(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    return snapshot.with_stores(_read(documents, store_from_document))


def _apply_offerings(snapshot: Snapshot, documents: dict[str, Document | None]) -> Snapshot:
    overrides = {key: row for key, row in documents.items() if split_inherited_id(key)}
    offerings = {key: row for key, row in documents.items() if key not in overrides}
    return snapshot.with_offerings(_read(offerings, offering_from_document), overrides)


_APPLY = {
    "areas": _apply_areas,
    "categories": _apply_categories,
    "merchants": _apply_merchants,
    "chains": _apply_chains,
    "stores": _apply_stores,
    "offerings": _apply_offerings,
}
