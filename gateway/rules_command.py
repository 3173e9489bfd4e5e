"""`lifecircle certification-rules`: the rules of the pension certification, for a city of one's own."""

from __future__ import annotations

from pathlib import Path

from lifecircle.catalogue.certification.store import RULES
from lifecircle.catalogue.database import connect, ensure_schema_version, open_database, wait_until_reachable
from lifecircle.gateway.preparing import REACHABLE_SECONDS, uri_of
from lifecircle.gateway.serve import database_of
from lifecircle.gateway.settings import Settings
from lifecircle.seeds.certification import read_certification_rules
from lifecircle.seeds.store import load_collection


async def load_rules(settings: Settings, folder: Path | None) -> str:
    """Load what is new, and say what changed. Raises SeedError, CannotStart; then nothing is written."""
    rules = read_certification_rules(folder)
    with database_of(settings) as ready:
        client = connect(uri_of(ready))
        try:
            await wait_until_reachable(client, REACHABLE_SECONDS)
            database = open_database(client, ready.mongodb_database)
            await ensure_schema_version(database)
            counts = await load_collection(database, RULES, rules)
        finally:
            client.close()
    return (
        f"rules: {counts.created} created, {counts.updated} updated, {counts.unchanged} unchanged, {counts.kept} kept"
    )
