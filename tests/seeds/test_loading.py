from datetime import UTC, date, datetime, timedelta

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase
from scale import scaled

from lifecircle.seeds import store
from lifecircle.seeds.documents import SeedDocuments
from lifecircle.seeds.loader import load, read_seed_documents, seeding_day
from lifecircle.seeds.store import Counts

DAY = date(2026, 3, 4)
NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)

SIZE = scaled(4_000, 20_000)
"""More documents than one transaction takes."""


async def counted(database: AsyncIOMotorDatabase) -> dict[str, int]:
    return {name: await database[name].count_documents({}) for name in await database.list_collection_names()}


async def test_the_first_load_writes_everything_and_the_second_nothing(database: AsyncIOMotorDatabase) -> None:
    documents = read_seed_documents(DAY)
    first = await load(database, documents, now=NOW)
    assert first.changes == documents.count
    marker = await database["meta"].find_one({"_id": "seed"})

    second = await load(database, documents, now=NOW + timedelta(hours=1))
    assert second.changes == 0
    assert second.collections["stores"] == Counts(unchanged=len(documents.collections["stores"]))
    assert await database["meta"].find_one({"_id": "seed"}) == marker


async def test_a_later_day_changes_nothing(database: AsyncIOMotorDatabase) -> None:
    assert await seeding_day(database, DAY) == DAY
    await load(database, read_seed_documents(DAY), now=NOW)
    day = await seeding_day(database, DAY + timedelta(days=40))
    assert day == DAY
    report = await load(database, read_seed_documents(day), now=NOW + timedelta(days=40))
    assert report.changes == 0


async def test_edited_records_are_kept_and_ratings_survive(database: AsyncIOMotorDatabase) -> None:
    documents = read_seed_documents(DAY)
    await load(database, documents, now=NOW)
    await database["stores"].update_one({"_id": "s0001"}, {"$set": {"name": "改过的名字", "version": 2}})
    await database["stores"].update_one({"_id": "s0002"}, {"$set": {"rating": {"sum": 500, "count": 100}}})
    await database["stores"].update_one({"_id": "s0003"}, {"$set": {"name": "旧名字"}})
    await database["stores"].delete_one({"_id": "s0004"})

    counts = (await load(database, documents, now=NOW)).collections["stores"]
    assert (counts.created, counts.updated, counts.kept) == (1, 1, 1)
    assert (await database["stores"].find_one({"_id": "s0001"}))["name"] == "改过的名字"
    assert (await database["stores"].find_one({"_id": "s0002"}))["rating"]["count"] == 100
    assert (await database["stores"].find_one({"_id": "s0003"}))["name"] != "旧名字"


async def test_a_load_that_fails_in_the_middle_leaves_nothing(database: AsyncIOMotorDatabase) -> None:
    await database["offerings"].create_index("name", unique=True)  # many offerings share a name: the last insert fails
    with pytest.raises(Exception, match=r"(?i)duplicate|E11000|bulk|batch"):
        await load(database, read_seed_documents(DAY), now=NOW)
    assert not any((await counted(database)).values())


async def test_an_interrupted_bulk_load_is_finished_by_the_next(
    database: AsyncIOMotorDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "TRANSACTION_LIMIT", 100)
    documents = read_seed_documents(DAY)
    broken = SeedDocuments(
        DAY, {"areas": documents.collections["areas"], "stores": [{"_id": "s", "bad": object()}] * 100}
    )
    with pytest.raises(Exception, match="encode"):
        await load(database, broken, now=NOW)
    assert (await database["meta"].find_one({"_id": "seed"}))["state"] == "LOADING"
    assert await seeding_day(database, DAY + timedelta(days=1)) == DAY

    report = await load(database, documents, now=NOW)
    assert report.collections["areas"].unchanged == len(documents.collections["areas"])
    assert report.collections["stores"].created == len(documents.collections["stores"])
    assert (await database["meta"].find_one({"_id": "seed"}))["state"] == "DONE"
    assert (await load(database, documents, now=NOW)).changes == 0


@pytest.mark.slow
async def test_a_grown_district_loads_once(database: AsyncIOMotorDatabase) -> None:
    documents = read_seed_documents(DAY, size=SIZE)
    assert (await load(database, documents, now=NOW)).changes == documents.count
    assert (await load(database, documents, now=NOW)).changes == 0
