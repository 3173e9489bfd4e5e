"""Inserts that share a command: each document succeeds or fails for itself, as with a command of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bson.errors import InvalidDocument
from pymongo import ASCENDING, GEOSPHERE, IndexModel
from pymongo.errors import WriteError

from lifecircle.catalogue.database import (
    ConnectionFailure,
    Database,
    Document,
    DuplicateKeyError,
    connect,
    ensure_indexes,
    open_database,
    violated_index,
    violated_value,
)
from lifecircle.catalogue.together import MOST, Inserts
from lifecircle.gateway.embedded import EmbeddedDatabase

SEAT = IndexModel([("district", ASCENDING), ("claims", ASCENDING)], name="claims", unique=True)


async def outcome(inserts: Inserts, *documents: Document) -> list[object]:
    return await asyncio.gather(*(inserts.insert(document) for document in documents), return_exceptions=True)


def claiming(number: int, *claims: str) -> Document:
    return {"_id": number, "district": "d", "claims": list(claims)}


@pytest.fixture
async def inserts(database: Database) -> Inserts:
    await ensure_indexes(database["things"], [SEAT])
    return Inserts(database["things"])


async def test_as_many_as_come_at_once_are_all_there(inserts: Inserts, database: Database) -> None:
    count = 2 * MOST + 7
    assert await outcome(inserts, *(claiming(n, f"c{n}") for n in range(count))) == [None] * count
    assert await database["things"].count_documents({}) == count
    await inserts.insert(claiming(count, "alone"))
    assert await database["things"].count_documents({}) == count + 1


async def test_of_those_that_want_the_same_one_gets_it_and_each_other_hears_which_key(
    inserts: Inserts, database: Database
) -> None:
    first = asyncio.create_task(inserts.insert(claiming(-1, "other")))  # the rest gather behind it
    answers = await outcome(inserts, *(claiming(n, f"own{n}", "same") for n in range(40)))
    await first
    refused = [answer for answer in answers if isinstance(answer, DuplicateKeyError)]
    assert (answers.count(None), len(refused)) == (1, 39)
    for error in refused:
        assert violated_index(error) == {"district", "claims"}
        assert violated_value(error, "claims") == "same"
        assert "op" not in (error.details or {}), "the document itself is nobody's business in a log"
    rows = await database["things"].find({"claims": "same"}).to_list(None)
    assert [answers.index(None)] == [row["_id"] for row in rows]
    assert await database["things"].count_documents({}) == 2, "what was refused left nothing behind"


async def test_an_id_that_is_there_already_is_told_apart(inserts: Inserts) -> None:
    await inserts.insert(claiming(1, "a"))
    first = asyncio.create_task(inserts.insert(claiming(0, "x")))
    again, fresh = await outcome(inserts, claiming(1, "b"), claiming(2, "c"))
    await first
    assert isinstance(again, DuplicateKeyError)
    assert violated_index(again) == {"_id"}
    assert fresh is None


async def test_a_document_that_cannot_be_written_keeps_no_other_back(inserts: Inserts, database: Database) -> None:
    first = asyncio.create_task(inserts.insert(claiming(0, "x")))
    odd = {**claiming(1, "a"), "odd": object()}
    unsent, fresh = await outcome(inserts, odd, claiming(2, "b"))
    await first
    assert isinstance(unsent, InvalidDocument)
    assert fresh is None
    assert await database["things"].count_documents({}) == 2


async def test_what_the_server_will_not_have_is_its_own_error(database: Database) -> None:
    await ensure_indexes(database["things"], [IndexModel([("place", GEOSPHERE)], name="place")])
    inserts = Inserts(database["things"])
    first = asyncio.create_task(inserts.insert({"_id": 0}))
    nowhere = {"type": "Point", "coordinates": [500.0, 500.0]}
    bad, good = await outcome(inserts, {"_id": 1, "place": nowhere}, {"_id": 2})
    await first
    assert isinstance(bad, WriteError)
    assert not isinstance(bad, DuplicateKeyError)
    assert good is None


async def test_who_is_gone_before_the_command_is_not_written(inserts: Inserts, database: Database) -> None:
    first = asyncio.create_task(inserts.insert(claiming(0, "x")))
    await asyncio.sleep(0)
    leaving = asyncio.create_task(inserts.insert(claiming(1, "a")))
    staying = asyncio.create_task(inserts.insert(claiming(2, "b")))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.gather(first, staying)
    assert leaving.cancelled()
    assert {row["_id"] async for row in database["things"].find()} == {0, 2}


async def test_when_the_database_dies_everybody_hears_of_it_and_the_next_may_try(tmp_path: Path) -> None:
    with EmbeddedDatabase(tmp_path / "state") as embedded:
        client = connect(embedded.uri, server_selection_ms=500)
        inserts = Inserts(open_database(client, "test")["things"])
        await inserts.insert({"_id": "before"})
    answers = await outcome(inserts, *({"_id": number} for number in range(5)))
    assert all(isinstance(answer, ConnectionFailure) for answer in answers)
    with pytest.raises(ConnectionFailure):
        await inserts.insert({"_id": "later"})
    client.close()


async def test_whatever_becomes_of_the_writer_nobody_waits_for_ever(inserts: Inserts, database: Database) -> None:
    waiting = [asyncio.create_task(inserts.insert(claiming(number, f"c{number}"))) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert inserts._writing
    inserts._writing.cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(answer, ConnectionFailure) for answer in answers)
    assert len({id(answer) for answer in answers}) == 3
    await inserts.insert(claiming(9, "later"))
