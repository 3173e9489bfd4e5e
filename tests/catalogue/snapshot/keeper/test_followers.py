"""Followers beside the snapshot, and keepers beside each other."""

from __future__ import annotations

from factories import a_store
from keeping import Keep, name_of, pass_on
from patience import until

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.snapshot.reading import Change


class Notes:
    """A follower that writes down what it is told."""

    collection = "policies"

    def __init__(self, database: Database) -> None:
        self._database = database
        self.rows: dict[str, Document] = {}
        self.reloads = 0

    async def reload(self) -> None:
        self.reloads += 1
        self.rows = {row["_id"]: row async for row in self._database[self.collection].find()}

    def apply(self, key: str, document: Document | None) -> None:
        self.rows.pop(key, None)
        if document:
            self.rows[key] = document


async def test_a_follower_is_loaded_at_the_start_and_told_of_every_change(database: Database, keep: Keep) -> None:
    await database["policies"].insert_one({"_id": "p1", "title": "养老金"})
    notes = Notes(database)
    keeper = await keep(followers=(notes,))
    assert notes.rows == {"p1": {"_id": "p1", "title": "养老金"}}
    await database["policies"].insert_one({"_id": "p2", "title": "低保"})
    await database["policies"].update_one({"_id": "p1"}, {"$set": {"title": "养老金认证"}})
    await until(lambda: "p2" in notes.rows and notes.rows["p1"]["title"] == "养老金认证")
    await database["policies"].delete_one({"_id": "p2"})
    await until(lambda: "p2" not in notes.rows)
    assert notes.reloads == 1
    assert keeper.current.unfolded == 0, "what belongs to a follower is no change of the catalogue"


async def test_a_follower_reloads_with_the_snapshot(database: Database, keep: Keep) -> None:
    await database["stores"].insert_one(a_store())
    notes = Notes(database)
    keeper = await keep(followers=(notes,))
    await database["stores"].drop()
    await until(lambda: keeper.reloads == 2)
    assert notes.reloads == 2


async def test_a_collection_without_a_follower_is_not_listened_to(database: Database, keep: Keep) -> None:
    keeper = await keep()
    await database["policies"].insert_one({"_id": "p1"})
    await pass_on(keeper, database)
    assert keeper.current.store_count == 1


async def test_two_keepers_see_each_others_edits(database: Database, keep: Keep) -> None:
    here, there = await keep(), await keep()
    await database["stores"].insert_one(a_store("s1"))
    here.apply([Change("stores", "s1", a_store("s1"))])
    assert name_of(here, "s1")
    await until(lambda: name_of(there, "s1"))


async def test_a_stopped_keeper_follows_no_more(database: Database, keep: Keep) -> None:
    stopped, other = await keep(), await keep()
    await stopped.stop()
    await pass_on(other, database)
    assert stopped.current.store_count == 0
