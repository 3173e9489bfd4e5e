"""Keepers over one folder of images."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from factories import DISTRICT, SetClock
from keeping import Keep, keepers
from patience import PATIENCE

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.snapshot import keeper as keeper_module
from lifecircle.catalogue.snapshot.folder import ImageFolder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@pytest.fixture
def folder(tmp_path: Path) -> ImageFolder:
    return ImageFolder(tmp_path / "snapshot", [DISTRICT])


@pytest.fixture(autouse=True)
def _a_busy_machine_may_catch_up_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past that time everything is read anew, which these tests would take for an image that is of no use."""
    monkeypatch.setattr(keeper_module, "CATCH_UP_SECONDS", PATIENCE)


@pytest.fixture
async def keep(database: Database, clock: SetClock, folder: ImageFolder) -> AsyncIterator[Keep]:
    """Starts keepers over the folder, each as another process would, and stops them."""

    def make(over: Any = database) -> SnapshotKeeper:
        return SnapshotKeeper(over, [DISTRICT], clock, (), ImageFolder(folder._path, folder._districts))

    async with keepers(make) as start:
        yield start
