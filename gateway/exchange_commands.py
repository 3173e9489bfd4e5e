"""`lifecircle export`, `import` and `report`: what goes in and out by files."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from lifecircle.catalogue.clock import system_clock
from lifecircle.catalogue.database import (
    Database,
    connect,
    ensure_schema_version,
    open_database,
    wait_until_reachable,
)
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.exchange.service import export_hsds, import_hsds
from lifecircle.catalogue.exchange.tables import export_csv, export_geojson
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.reports.files import report_csv, report_geojson
from lifecircle.catalogue.reports.service import area_reports
from lifecircle.catalogue.snapshot.reading import read_snapshot
from lifecircle.gateway.preparing import REACHABLE_SECONDS, prepare_catalogue, uri_of
from lifecircle.gateway.serve import database_of
from lifecircle.gateway.settings import Settings


class CannotExchange(LifecircleError):
    """What was asked for does not exist, or cannot be written where it was asked for."""


async def export(settings: Settings, form: str, output: Path, merchant: str | None) -> list[str]:
    """Write the catalogue, and say what was written. Raises CannotExchange, CannotStart."""
    _check_output(form, output, merchant)
    async with opened(settings) as database:
        if merchant and not await _is_merchant(database, merchant):
            raise CannotExchange(f"there is no merchant {merchant}")
        with _os_errors_told():
            if form == "hsds":
                counts = await export_hsds(database, output)
                return [f"{part:<22} {count:>8}" for part, count in counts.items()]
            if form == "csv":
                return [f"{await export_csv(database, output, merchant)} stores in {output}"]
            return [f"{await export_geojson(database, output)} features in {output}"]


async def import_file(settings: Settings, path: Path) -> list[str]:
    """Take an HSDS export in, all or nothing. Raises NotAnExchange, ImportRefused, CannotStart."""
    async with opened(settings) as database:
        await ensure_schema_version(database)
        await prepare_catalogue(database)
        counts = await import_hsds(database, path)
    return [
        f"{name:<12} created {count.created:>6}  updated {count.updated:>6}  unchanged {count.unchanged:>6}"
        for name, count in counts.items()
    ]


async def report_area(settings: Settings, area: str, form: str) -> str:
    """The report of an area and everything below it. Raises CannotExchange, CannotStart."""
    async with opened(settings) as database:
        snapshot = await read_snapshot(database, (), system_clock())
    if snapshot.areas.get(area) is None:
        known = "、".join(f"{one.id} {one.name}" for one in snapshot.areas if one.parent is None)
        raise CannotExchange(f"there is no area {area}; reports begin at {known or 'no area: the database is empty'}")
    reports = area_reports(snapshot, area, system_clock())
    return report_csv(reports) if form == "csv" else report_geojson(reports)


def write_text(text: str, output: Path) -> None:
    """Raises CannotExchange."""
    with _os_errors_told():
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, "utf-8", newline="")


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    with database_of(settings) as ready:
        client = connect(uri_of(ready))
        try:
            await wait_until_reachable(client, REACHABLE_SECONDS)
            yield open_database(client, ready.mongodb_database)
        finally:
            client.close()


def _check_output(form: str, output: Path, merchant: str | None) -> None:
    if merchant and form != "csv":
        raise CannotExchange("--merchant goes with --format csv only")
    if form != "hsds" and output.is_dir():
        raise CannotExchange(f"{output} is a folder: name a file")
    if form == "hsds" and output.is_file() and output.suffix != ".json":
        raise CannotExchange(f"{output} is a file: name a folder, or a file that ends with .json")


async def _is_merchant(database: Database, key: str) -> bool:
    states = {"$in": [MerchantState.APPROVED.value, MerchantState.SUSPENDED.value]}
    return await database["merchants"].find_one({"_id": key, "state": states}) is not None


@contextlib.contextmanager
def _os_errors_told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotExchange(f"cannot write {error.filename}: {error.strerror}") from None
