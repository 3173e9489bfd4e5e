"""Queries of single records of the catalogue, and its indexes."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from lifecircle.catalogue.database import Database, ensure_indexes
from lifecircle.catalogue.stores.model import Store, store_from_document

_BY_DISTRICT = IndexModel([("district", ASCENDING)], name="district")


async def create_catalogue_indexes(database: Database) -> None:
    for collection in ("areas", "merchants", "chains", "stores", "offerings"):
        await ensure_indexes(database[collection], [_BY_DISTRICT])


async def area_exists(database: Database, code: str) -> bool:
    return await database["areas"].find_one({"_id": code}) is not None


async def read_store(database: Database, store_id: str) -> Store | None:
    document = await database["stores"].find_one({"_id": store_id})
    return store_from_document(document) if document else None
