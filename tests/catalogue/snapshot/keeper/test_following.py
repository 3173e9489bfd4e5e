"""A keeper's snapshot is loaded at the start and follows a real change stream."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from factories import DISTRICT, SetClock, a_category, a_chain, a_merchant, a_store, an_area, an_offering, an_override
from keeping import Keep, name_of, pass_on
from patience import until

from lifecircle.catalogue.clock import system_clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change


async def test_the_snapshot_is_loaded_when_start_returns(database: Database, keep: Keep) -> None:
    await database["stores"].insert_many([a_store("s1"), a_store("s2")])
    await database["offerings"].insert_many([an_offering("o1"), an_offering("t1", chain="c1", store=None)])
    await database["chains"].insert_one(a_chain())
    await database["areas"].insert_one(an_area())
    await database["categories"].insert_one(a_category())
    await database["merchants"].insert_one(a_merchant())
    keeper = await keep()
    current = keeper.current
    assert keeper.reloads == 1
    assert sorted(store.id for store in current.all_stores()) == ["s1", "s2"]
    assert current.offering("o1")
    assert current.chains.get("c1")
    assert current.areas.get(DISTRICT)
    assert current.categories.get("convenience-store")
    assert current.merchants.get("m1")


async def test_more_stores_than_one_batch_are_loaded(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecircle.catalogue.snapshot.reading.BATCH", 7)
    await database["stores"].insert_many([a_store(f"s{number}") for number in range(22)])
    assert (await keep()).current.store_count == 22


async def test_before_the_start_there_is_no_snapshot(database: Database, clock: SetClock) -> None:
    keeper = SnapshotKeeper(database, [DISTRICT], clock)
    with pytest.raises(RuntimeError, match="not loaded"):
        _ = keeper.current


async def test_an_edit_in_the_database_appears(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1"))
    keeper = await keep()
    await database["stores"].update_one({"_id": "s1"}, {"$set": {"name": "新名字"}, "$inc": {"version": 1}})
    await until(lambda: name_of(keeper, "s1") == "新名字")
    await database["stores"].insert_one(a_store("s2"))
    await until(lambda: name_of(keeper, "s2"))
    await database["stores"].delete_one({"_id": "s1"})
    await until(lambda: name_of(keeper, "s1") is None)
    assert keeper.reloads == 1


async def test_an_override_appears_and_goes(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1", chain="c1"))
    await database["offerings"].insert_one(an_offering("t1", chain="c1", store=None, price=3000))
    keeper = await keep()

    def price() -> int | None:
        offering = keeper.current.offering("s1:t1")
        assert offering
        return offering.price

    await database["offerings"].insert_one(an_override("s1", "t1", price=2500))
    await until(lambda: price() == 2500)
    await database["offerings"].delete_one({"_id": "s1:t1"})
    await until(lambda: price() == 3000)


async def test_another_district_is_neither_loaded_nor_followed(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("far1", district="330110"))
    keeper = await keep()
    await database["stores"].insert_one(a_store("far2", district="330110"))
    await pass_on(keeper, database)
    assert [store.id for store in keeper.current.all_stores()] == ["marker"]


async def test_a_request_that_took_current_keeps_seeing_the_old_value(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store("s1", name="旧"))
    keeper = await keep()
    taken = keeper.current
    await database["stores"].replace_one({"_id": "s1"}, a_store("s1", name="新", version=2))
    await until(lambda: name_of(keeper, "s1") == "新")
    await database["stores"].drop()
    await until(lambda: keeper.reloads == 2)
    held = taken.store("s1")
    assert held
    assert held.name == "旧"
    assert taken.store_count == 1


async def test_a_document_that_cannot_be_read_is_left_out_and_the_stream_goes_on(
    database: Database, keep: Keep
) -> None:
    await database["stores"].insert_one(a_store("s1", name="旧"))
    keeper = await keep()
    await database["stores"].insert_one({"_id": "broken", "district": DISTRICT, "version": 1})
    await database["stores"].replace_one({"_id": "s1"}, a_store("s1", address=None, location=None, version=2))
    await pass_on(keeper, database)
    assert keeper.current.store("broken") is None
    assert name_of(keeper, "s1") == "旧"


async def test_a_document_that_cannot_be_read_does_not_keep_the_others_from_loading(
    database: Database, keep: Keep
) -> None:
    broken = {"_id": "broken", "district": DISTRICT, "version": 1}
    for collection, row in (("stores", a_store()), ("offerings", an_offering()), ("chains", a_chain())):
        await database[collection].insert_many([broken, row])
    current = (await keep()).current
    assert [store.id for store in current.all_stores()] == ["s1"]
    assert current.chains.get("c1")
    assert current.offering("o1")
    assert not current.offering("broken")


async def test_the_age_grows_with_the_clock_until_the_stream_answers(keep: Keep, clock: SetClock) -> None:
    keeper = await keep()
    clock.advance(seconds=90)
    assert keeper.age_seconds == 90
    await until(lambda: keeper.age_seconds == 0)


async def test_an_applied_change_is_seen_at_once_and_an_older_event_does_not_undo_it(
    database: Database, keep: Keep
) -> None:
    keeper = await keep()
    await database["stores"].insert_one(a_store("s1", name="第一版"))
    keeper.apply([Change("stores", "s1", a_store("s1", name="第二版", version=2))])
    assert name_of(keeper, "s1") == "第二版"
    await pass_on(keeper, database)
    assert name_of(keeper, "s1") == "第二版"


async def test_a_newer_event_replaces_what_was_applied(database: Database, keep: Keep) -> None:
    keeper = await keep()
    keeper.apply([Change("stores", "s1", a_store("s1", name="第二版", version=2))])
    await database["stores"].insert_one(a_store("s1", name="第三版", version=3))
    await until(lambda: name_of(keeper, "s1") == "第三版")


async def test_what_is_still_queued_is_not_taken_for_known(database: Database, keep: Keep, clock: SetClock) -> None:
    """By a clock that is an hour ahead, whatever the stream brings is an hour old, and more may stand behind it."""
    clock.now = system_clock() + timedelta(hours=1)
    keeper = await keep()
    assert keeper.age_seconds == 0

    async def go_on_writing() -> None:
        for number in itertools.count():
            await database["stores"].insert_one(a_store(f"s{number}"))

    writing = asyncio.create_task(go_on_writing())
    await until(lambda: keeper.age_seconds > 3_000)
    writing.cancel()
    await asyncio.wait([writing])
    await until(lambda: keeper.age_seconds == 0)
