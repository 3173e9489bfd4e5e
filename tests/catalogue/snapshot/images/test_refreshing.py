"""A quiet catalogue stays startable from its image."""

from __future__ import annotations

from typing import Any

import pytest
from factories import a_category, a_chain, an_area, an_offering
from keeping import Keep, images
from patience import until

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


async def test_an_image_that_grows_old_gets_a_new_place_in_the_stream(
    database: Database, keep: Keep, folder: ImageFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers keep a change only for so long; a quiet catalogue must stay startable from its image."""
    keeper = await keep()
    await keeper.rebased()
    before, image = folder.position(), images(folder)
    with monkeypatch.context() as now_and_then:
        now_and_then.setattr(keeper_module, "REFRESH_SECONDS", 0.05)
        await until(lambda: folder.position() != before)
    await keeper.rebased()
    assert images(folder) == image, "nothing had changed, so nothing was written anew"
    await keeper.stop()
    assert (await keep()).reloads == 0


@pytest.mark.parametrize("collection", ["areas", "categories", "chains", "offerings"])
async def test_a_new_place_in_the_stream_hides_no_change_before_it(
    database: Database, keep: Keep, folder: ImageFolder, monkeypatch: pytest.MonkeyPatch, collection: str
) -> None:
    row = {"areas": an_area, "categories": a_category, "chains": a_chain, "offerings": an_offering}[collection]()
    await database[collection].insert_one(row)
    keeper = await keep()
    await keeper.rebased()
    before = folder.position()
    assert before
    await database[collection].update_one({"_id": row["_id"]}, {"$set": {"name": "新名字"}, "$inc": {"version": 1}})

    def name(of: SnapshotKeeper) -> str:
        holder: Any = of.current.offerings.by_id if collection == "offerings" else getattr(of.current, collection)
        return str(holder.get(row["_id"]).name)

    await until(lambda: name(keeper) == "新名字")
    with monkeypatch.context() as now_and_then:
        now_and_then.setattr(keeper_module, "REFRESH_SECONDS", 0.05)
        await until(lambda: folder.position() not in (None, before))
    await keeper.stop()
    fresh = await keep()
    assert (fresh.reloads, name(fresh)) == (0, "新名字")
