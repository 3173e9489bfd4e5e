"""The `seed` command."""

from __future__ import annotations

from pathlib import Path

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.database import Database, connect, ensure_schema_version, open_database, wait_until_reachable
from lifecircle.catalogue.snapshot.folder import image_folder
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.gateway.preparing import REACHABLE_SECONDS, prepare_catalogue, uri_of
from lifecircle.gateway.serve import database_of
from lifecircle.gateway.settings import Settings
from lifecircle.seeds.everything import seed_everything
from lifecircle.seeds.loader import LoadReport


async def seed(settings: Settings, size: int | None, folder: Path | None) -> list[str]:
    """Load, and say what changed. Raises SeedError, CannotStart; then nothing is written."""
    with database_of(settings) as ready:
        client = connect(uri_of(ready))
        try:
            await wait_until_reachable(client, REACHABLE_SECONDS)
            database, now = open_database(client, ready.mongodb_database), system_clock()
            await ensure_schema_version(database)
            await prepare_catalogue(database)
            report = await seed_everything(database, local_day(now), now, size=size, folder=folder)
            if report.changes:
                await _prepare_image(database, ready)
            return list(_lines(report))
        finally:
            client.close()


async def _prepare_image(database: Database, settings: Settings) -> None:
    """So that the next start maps what has just been loaded."""
    folder = image_folder(settings.state, settings.districts)
    keeper = SnapshotKeeper(database, settings.districts, system_clock, folder=folder)
    if folder:
        await keeper.start()
        await keeper.rebased()
        await keeper.stop()


def _lines(report: LoadReport) -> list[str]:
    rows = [
        f"{name:<12} created {count.created:>6}  updated {count.updated:>6}  "
        f"unchanged {count.unchanged:>6}  kept {count.kept:>4}"
        for name, count in report.collections.items()
    ]
    return [*rows, f"{report.changes} changes"]
