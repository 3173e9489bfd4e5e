"""Reaching the database, its schema version, and its indexes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bson import ObjectId
from factories import NOON
from pymongo import ASCENDING, IndexModel
from pymongo.errors import AutoReconnect, OperationFailure, ServerSelectionTimeoutError

from lifecircle.catalogue.bookings.store import INDEXES, BookingStore
from lifecircle.catalogue.database import (
    SCHEMA_VERSION,
    ConnectionFailure,
    Database,
    DuplicateKeyError,
    connect,
    database_errors_as_refusals,
    ensure_indexes,
    ensure_schema_version,
    violated_index,
    violated_value,
    wait_until_reachable,
)
from lifecircle.catalogue.errors import DatabaseUnreachable, SchemaTooNew, Unavailable
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.stores.store import create_catalogue_indexes

NOWHERE = "mongodb://127.0.0.1:1/"


async def version(database: Database) -> int | None:
    row = await database["meta"].find_one({"_id": "schema"})
    return row["version"] if row else None


# --- schema version ---


async def test_an_empty_database_gets_the_schema_version(database: Database) -> None:
    await ensure_schema_version(database)
    assert await version(database) == SCHEMA_VERSION


async def test_several_workers_may_store_it_at_once_and_again(database: Database) -> None:
    await asyncio.gather(*(ensure_schema_version(database) for _ in range(5)))
    await ensure_schema_version(database)
    assert await version(database) == SCHEMA_VERSION
    assert await database["meta"].count_documents({}) == 1


async def test_a_newer_schema_refuses_and_stays(database: Database) -> None:
    await database["meta"].insert_one({"_id": "schema", "version": SCHEMA_VERSION + 1})
    with pytest.raises(SchemaTooNew, match=f"version {SCHEMA_VERSION + 1}.*knows {SCHEMA_VERSION}"):
        await ensure_schema_version(database)
    assert await version(database) == SCHEMA_VERSION + 1


async def test_an_older_schema_is_taken(database: Database) -> None:
    await database["meta"].insert_one({"_id": "schema", "version": SCHEMA_VERSION - 1})
    await asyncio.gather(*(ensure_schema_version(database) for _ in range(3)))
    assert await version(database) == SCHEMA_VERSION, "the older release must not come back"


# --- indexes ---


async def test_five_workers_may_create_all_indexes_at_once(database: Database) -> None:
    async def one_worker() -> None:
        await BookingStore(database).create_indexes()
        await PeopleStore(database).create_indexes()
        await create_catalogue_indexes(database)

    await asyncio.gather(*(one_worker() for _ in range(5)))
    bookings = await database["bookings"].index_information()
    assert set(bookings) == {"_id_", *(index.document["name"] for index in INDEXES)}
    assert bookings["claims"]["unique"]
    assert bookings["claims"]["partialFilterExpression"] == {"claims": {"$exists": True}}
    assert (await database["sessions"].index_information())["expiry"]["expireAfterSeconds"] == 0
    for collection in ("areas", "merchants", "chains", "stores", "offerings"):
        assert "district" in await database[collection].index_information()


async def test_an_index_that_contradicts_is_not_swallowed(database: Database) -> None:
    await ensure_indexes(database["things"], [IndexModel([("a", ASCENDING)], name="one")])
    await database["things"].insert_many([{"b": 1}, {"b": 1}])
    with pytest.raises(OperationFailure):
        await ensure_indexes(database["things"], [IndexModel([("b", ASCENDING)], name="two", unique=True)])


async def test_a_violated_index_and_its_value_are_named(database: Database) -> None:
    bookings = database["bookings"]
    await BookingStore(database).create_indexes()
    await bookings.insert_one({"_id": "b1", "district": "d", "claims": ["x", "y"]})
    with pytest.raises(DuplicateKeyError) as claimed:
        await bookings.insert_one({"_id": "b2", "district": "d", "claims": ["w", "y", "z"]})
    assert violated_index(claimed.value) == {"district", "claims"}
    assert violated_value(claimed.value, "claims") == "y"
    with pytest.raises(DuplicateKeyError) as repeated:
        await bookings.insert_one({"_id": "b1", "district": "d", "claims": ["other"]})
    assert violated_index(repeated.value) == {"_id"}
    await bookings.insert_many([{"_id": "b3", "district": "d"}, {"_id": "b4", "district": "d"}])
    await bookings.insert_one({"_id": "b5", "district": "another", "claims": ["x"]})


# --- values ---


async def test_instants_come_back_aware_and_to_the_millisecond(database: Database) -> None:
    key = ObjectId()
    await database["things"].insert_one({"_id": key, "at": NOON})
    row = await database["things"].find_one({"_id": key})
    assert row
    assert row["at"] == NOON
    assert row["at"].tzinfo is not None


# --- reaching it ---


async def test_a_database_that_answers_is_reachable(mongodb_uri: str) -> None:
    client = connect(mongodb_uri)
    async with asyncio.timeout(20):
        await wait_until_reachable(client, 20)
    client.close()


@pytest.mark.parametrize("seconds", [0, 0.5])
async def test_a_database_that_is_not_there_is_unreachable_in_time(seconds: float) -> None:
    client = connect(NOWHERE, server_selection_ms=100)
    async with asyncio.timeout(15):
        with pytest.raises(DatabaseUnreachable, match="does not answer"):
            await wait_until_reachable(client, seconds)
    client.close()


async def test_the_message_for_the_operator_holds_no_password() -> None:
    client = connect("mongodb://admin:s3cret@127.0.0.1:1/", server_selection_ms=100)
    with pytest.raises(DatabaseUnreachable) as refused:
        await wait_until_reachable(client, 0)
    assert "s3cret" not in str(refused.value)
    client.close()


class LateClient:
    """A client whose server answers the third time."""

    def __init__(self) -> None:
        self.asked = 0

    @property
    def admin(self) -> LateClient:
        return self

    async def command(self, name: str) -> None:
        self.asked += 1
        if self.asked < 3:
            raise ServerSelectionTimeoutError(f"{name}: nobody there")


async def test_a_database_that_comes_up_late_is_waited_for() -> None:
    client: Any = LateClient()
    async with asyncio.timeout(15):
        await wait_until_reachable(client, 10)
    assert client.asked == 3


@pytest.mark.parametrize(
    "error", [ConnectionFailure("lost"), AutoReconnect("lost"), ServerSelectionTimeoutError("nobody")], ids=repr
)
async def test_a_lost_connection_becomes_a_refusal_that_the_client_is_told(error: Exception) -> None:
    with pytest.raises(Unavailable) as refused:
        async with database_errors_as_refusals():
            raise error
    assert refused.value.code == "UPSTREAM_UNAVAILABLE"
    assert refused.value.__cause__ is error


async def test_any_other_error_passes_through() -> None:
    with pytest.raises(OperationFailure):
        async with database_errors_as_refusals():
            raise OperationFailure("a mistake of ours")
    with pytest.raises(DuplicateKeyError):
        async with database_errors_as_refusals():
            raise DuplicateKeyError("a claim")
