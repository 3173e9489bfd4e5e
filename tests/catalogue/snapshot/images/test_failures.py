"""No room, no process, a kill: it costs the image and nothing else."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from factories import DISTRICT, SetClock, a_store
from keeping import Keep, an_image, images, name_of
from patience import PATIENCE, until

from lifecircle.catalogue.database import Database, connect, open_database
from lifecircle.catalogue.snapshot import images as images_module
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.gateway.embedded import EmbeddedDatabase


async def test_without_a_process_for_it_folding_goes_on_a_thread_and_says_so(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = await keep()
    await keeper.rebased()
    monkeypatch.setattr(images_module, "_FOLDING", "lifecircle.no_such_module")
    monkeypatch.setattr(keeper_module, "FOLD_AT", 5)
    with caplog.at_level(logging.WARNING):
        await database["stores"].insert_many([a_store(f"s{number}") for number in range(8)])
        await until(lambda: keeper.current.store_count == 8 and keeper.current.unfolded < 5)
    assert "folding on a thread" in caplog.text


async def test_a_folder_that_cannot_be_written_costs_the_image_and_nothing_else(
    database: Database, keep: Keep, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(images_module, "bake", full)
    await database["stores"].insert_one(a_store("s1"))
    keeper = await keep()
    await keeper.rebased()
    await database["stores"].insert_one(a_store("s2"))
    await until(lambda: name_of(keeper, "s2"))
    assert "No space left" in caplog.text


async def test_an_image_whose_writing_was_broken_off_is_never_seen(
    database: Database, keep: Keep, folder: ImageFolder
) -> None:
    """As kill -9 leaves it: a part of the next image, a file of changes, and no change of the pointer."""
    await database["stores"].insert_one(a_store("s1"))
    await an_image(keep)
    (image,) = images(folder)
    folder.path("next.image.partial").write_bytes(image.read_bytes()[:1000])
    folder.path("next.changes").write_bytes(b"half")
    keeper = await keep()
    assert (keeper.reloads, name_of(keeper, "s1")) == (0, "好邻居s1")


def test_the_lock_of_a_killed_process_is_free(folder: ImageFolder) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lifecircle.catalogue.snapshot.folder import ImageFolder;"
        "lock = ImageFolder(Path(sys.argv[1])).lock(); print(bool(lock), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", code, str(folder._path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"True\n"
        assert folder.lock() is None
        holder.kill()
        holder.wait()
        lock = folder.lock()
    assert lock
    lock.release()


async def test_images_are_for_their_owner_only(keep: Keep, folder: ImageFolder) -> None:
    await an_image(keep)
    modes = {path.name: stat.S_IMODE(os.stat(path).st_mode) for path in folder._path.iterdir()}
    assert stat.S_IMODE(os.stat(folder._path).st_mode) == 0o700
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}


async def test_an_image_outlives_a_database_that_was_killed(
    tmp_path: Path, clock: SetClock, folder: ImageFolder
) -> None:
    """The database's log outlives kill -9, and what is edited after its restart is seen on top of the image."""

    async def once(edit: Callable[[Database], Awaitable[Any]]) -> tuple[int, dict[str, str]]:
        with EmbeddedDatabase(tmp_path / "state") as embedded:
            client = connect(embedded.uri, server_selection_ms=20_000)
            database = open_database(client, "lifecircle")
            await edit(database)
            keeper = SnapshotKeeper(database, [DISTRICT], clock, (), folder)
            async with asyncio.timeout(PATIENCE):
                await keeper.start()
            await keeper.rebased()
            seen = {store.id: store.name for store in keeper.current.all_stores()}
            await database["stores"].update_one({"_id": "s1"}, {"$set": {"name": "最后改的"}, "$inc": {"version": 1}})
            await keeper.stop()
            assert embedded.pid
            embedded._stopping.set()
            os.kill(embedded.pid, signal.SIGKILL)
            client.close()
            return keeper.reloads, seen

    assert await once(lambda db: db["stores"].insert_many([a_store("s1"), a_store("s2")])) == (
        1,
        {"s1": "好邻居s1", "s2": "好邻居s2"},
    )
    assert await once(lambda db: db["stores"].delete_one({"_id": "s2"})) == (0, {"s1": "最后改的"})
