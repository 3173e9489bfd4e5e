"""District and policies together: what `lifecircle seed` and `--demo` load."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from lifecircle.catalogue.database import Database
from lifecircle.seeds.certification import FILE, read_certification_rules
from lifecircle.seeds.loader import LoadReport, load, read_seed_documents, seeding_day
from lifecircle.seeds.policy_files import read_policies

DISTRICT = "330199"


async def is_empty(database: Database) -> bool:
    """Whether nothing has been loaded, or a load was broken off."""
    marker = await database["meta"].find_one({"_id": "seed"})
    return marker is None or marker["state"] != "DONE"


async def seed_everything(
    database: Database, today: date, now: datetime, *, size: int | None = None, folder: Path | None = None
) -> LoadReport:
    """Load what is new. Raises SeedError before anything is written."""
    documents = read_seed_documents(await seeding_day(database, today), size=size, folder=folder)
    policies = documents.collections["policies"] = read_policies(district=DISTRICT)
    guides = {guide["_id"] for guide in policies}
    rules = folder if folder and (folder / FILE).exists() else None  # a district of one's own may leave them out
    documents.collections["certification_rules"] = read_certification_rules(rules, guides=guides)
    return await load(database, documents, now=now)
