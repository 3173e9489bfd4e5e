"""Exporting the catalogue and importing it: as HSDS 3.0."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.exchange import writing
from lifecircle.catalogue.exchange.bundle import BundleWriter, read_bundle
from lifecircle.catalogue.exchange.checks import COLLECTIONS, check_documents, wanted_references
from lifecircle.catalogue.exchange.reading import Read, RowError, places_of, read_entities
from lifecircle.catalogue.exchange.store import ExchangeStore, Write, insertion, replacement
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.offerings.model import split_inherited_id

MOST_ERRORS = 100
"""How many errors an import tells before it says how many more there are."""

_PUBLIC = {"state": {"$in": [MerchantState.APPROVED.value, MerchantState.SUSPENDED.value]}}
"""Applications are nobody else's business."""


class ImportRefused(LifecircleError):
    """The file is not right; nothing was written."""

    def __init__(self, errors: list[RowError]) -> None:
        shown = "\n".join(f"  {error}" for error in errors[:MOST_ERRORS])
        more = f"\n  … and {len(errors) - MOST_ERRORS} more" if len(errors) > MOST_ERRORS else ""
        super().__init__(f"nothing was imported, {len(errors)} errors:\n{shown}{more}")
        self.errors = errors


@dataclass
class ImportCounts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass
class _Plan:
    writes: dict[str, list[Write]] = field(default_factory=dict)
    counts: dict[str, ImportCounts] = field(default_factory=dict)


# --- export ---


async def export_hsds(database: Database, path: Path) -> dict[str, int]:
    """Write a folder, or one file where the path ends with .json. How many entities of each kind."""
    store, writer = ExchangeStore(database), BundleWriter(path)
    around = await _surroundings(store)
    operators: set[str] = set()
    await writer.write("service_areas", _areas(store))
    await writer.write("taxonomy_terms", _categories(store))
    await writer.write("locations", _locations(store, around, operators))
    await writer.write("organizations", _organizations(store, sorted(operators)))
    await writer.write("services", _services(store, around))
    await writer.write("service_at_locations", _services_at_locations(store))
    return writer.close()


async def _surroundings(store: ExchangeStore) -> writing.Surroundings:
    districts = {row["_id"]: row["name"] async for row in store.rows("areas", {"level": "DISTRICT"})}
    return writing.Surroundings(districts, {row["_id"]: row["hours"] async for row in store.rows("chains")})


async def _areas(store: ExchangeStore) -> AsyncIterator[writing.Entity]:
    async for row in store.rows("areas"):
        yield writing.area_entity(row)


async def _categories(store: ExchangeStore) -> AsyncIterator[writing.Entity]:
    async for row in store.rows("categories"):
        yield writing.category_entity(row)


async def _organizations(store: ExchangeStore, operators: list[str]) -> AsyncIterator[writing.Entity]:
    async for row in store.rows("merchants", _PUBLIC):
        yield writing.merchant_entity(row)
    async for row in store.rows("chains"):
        yield writing.chain_entity(row)
    for name in operators:
        yield writing.operator_entity(name)


async def _locations(
    store: ExchangeStore, around: writing.Surroundings, operators: set[str]
) -> AsyncIterator[writing.Entity]:
    """Notes on the way who runs what."""
    async for row in store.rows("stores"):
        around.organization_of[row["_id"]] = writing.organization_of(row)
        if row["merchant"] is None:
            operators.add(row["operator_name"])
        yield writing.store_entity(row, around)


async def _services(store: ExchangeStore, around: writing.Surroundings) -> AsyncIterator[writing.Entity]:
    async for row in store.rows("offerings"):
        if not split_inherited_id(row["_id"]):
            yield writing.offering_entity(row, around)


async def _services_at_locations(store: ExchangeStore) -> AsyncIterator[writing.Entity]:
    """What stores change in their chain's offerings, and for readers every other offering at every store."""
    overridden, of_chain = set[str](), dict[str, list[str]]()
    async for row in store.rows("offerings"):
        if split_inherited_id(row["_id"]):
            overridden.add(row["_id"])
            yield writing.override_entity(row)
        elif row["chain"] is not None:
            of_chain.setdefault(row["chain"], []).append(row["_id"])
        else:
            yield writing.offering_at(row["_id"], row["store"])
    async for row in store.rows("stores", {"chain": {"$ne": None}}):
        for template in of_chain.get(row["chain"], ()):
            if f"{row['_id']}:{template}" not in overridden:
                yield writing.offering_at(template, row["_id"])


# --- import ---


async def import_hsds(database: Database, path: Path) -> dict[str, ImportCounts]:
    """All or nothing. What is here already and the same stays as it is, so a second run changes nothing.

    Raises NotAnExchange, ImportRefused, ChangedMeanwhile.
    """
    read, store = read_entities(read_bundle(path)), ExchangeStore(database)
    errors = [*read.errors, *check_documents(read), *await _unknown_references(read, store)]
    errors += await _taken_numbers(read, store)
    if errors:
        raise ImportRefused(errors)
    plan = await _plan(read, store)
    if plan.writes:
        await store.write(plan.writes)
    return plan.counts


async def _unknown_references(read: Read, store: ExchangeStore) -> list[RowError]:
    """Records that are named and stand neither in the file nor here."""
    missing = [
        (target, key, name, place)
        for target, key, name, place in wanted_references(read)
        if key not in read.documents.get(target, {})
    ]
    here = {t: await store.found(t, {key for target, key, *_ in missing if target == t}) for t in COLLECTIONS}
    return [
        RowError(place, f"{name}: there is no {key} in {target}")
        for target, key, name, place in missing
        if key not in here[target]
    ]


async def _taken_numbers(read: Read, store: ExchangeStore) -> list[RowError]:
    """Store numbers that another store of the merchant has here already."""
    errors, holders = list[RowError](), dict[str, dict[tuple[str, str], str]]()
    for place, document in places_of(read, "stores"):
        district, merchant, number = (document.get(name) for name in ("district", "merchant", "number"))
        if not (isinstance(district, str) and isinstance(merchant, str) and isinstance(number, str)):
            continue
        if merchant not in holders:
            holders[merchant] = await store.holders_of_numbers(merchant)
        holder = holders[merchant].get((district, number))
        if holder not in (None, document["_id"]) and holder not in read.documents["stores"]:
            errors.append(RowError(place, f"number: {number} is that of {holder} here"))
    return errors


async def _plan(read: Read, store: ExchangeStore) -> _Plan:
    plan = _Plan()
    for collection in COLLECTIONS:
        documents = read.documents.get(collection, {})
        held, counts, writes = await store.found(collection, documents), ImportCounts(), list[Write]()
        for key, document in documents.items():
            before = held.get(key)
            if before is None:
                counts.created += 1
                writes.append(insertion(document))
            elif _content(document) == _content(_as_exported(collection, before)):
                counts.unchanged += 1
            else:
                counts.updated += 1
                newer = {**document, "version": max(before["version"] + 1, document["version"])}
                writes.append(replacement(before, newer, _FIELDS[collection]))
        plan.counts[collection] = counts
        if writes:
            plan.writes[collection] = writes
    return plan


def _as_exported(collection: str, row: Document) -> Document:
    """A record here, as it would come back from an export: the two are compared in one form."""
    part, entity = _exported(collection, row)
    read = read_entities({part: [entity]})
    return read.documents.get(collection, {}).get(row["_id"], {})


def _exported(collection: str, row: Document) -> tuple[str, writing.Entity]:
    around = writing.Surroundings()
    match collection:
        case "areas":
            return "service_areas", writing.area_entity(row)
        case "categories":
            return "taxonomy_terms", writing.category_entity(row)
        case "merchants":
            return "organizations", writing.merchant_entity(row)
        case "chains":
            return "organizations", writing.chain_entity(row)
        case "stores":
            return "locations", writing.store_entity(row, around)
        case _ if split_inherited_id(row["_id"]):
            return "service_at_locations", writing.override_entity(row)
        case _:
            return "services", writing.offering_entity(row, around)


def _content(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "version"}


_FIELDS: Mapping[str, tuple[str, ...]] = {
    "areas": writing.AREA_FIELDS,
    "categories": writing.CATEGORY_FIELDS,
    "merchants": writing.MERCHANT_FIELDS,
    "chains": writing.CHAIN_FIELDS,
    "stores": writing.STORE_FIELDS,
    "offerings": (*writing.OVERRIDE_FIELDS, "sessions"),
}
"""What an import may take away from a record that is here."""
