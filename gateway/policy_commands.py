"""`lifecircle policies import` and `policies list`: regulations from files."""

from __future__ import annotations

import argparse
import asyncio

from lifecircle.assistant.policies.importing.parsing import Given
from lifecircle.assistant.policies.importing.service import Imported, Outcome, Report, import_policies
from lifecircle.assistant.policies.model import Regulation
from lifecircle.assistant.policies.store import RegulationStore
from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.database import ensure_schema_version
from lifecircle.gateway.exchange_commands import opened
from lifecircle.gateway.settings import Settings

_SAID = {
    Outcome.NEW: "new",
    Outcome.UNCHANGED: "unchanged",
    Outcome.REPLACES: "replaces an older version",
    Outcome.OLDER: "kept as an older version",
}


def run(settings: Settings, options: argparse.Namespace) -> int:
    lines = import_files(settings, options) if options.step == "import" else list_kept(settings)
    for line in asyncio.run(lines):
        print(line)
    return 0


async def import_files(settings: Settings, options: argparse.Namespace) -> list[str]:
    """Raises CannotImport, CannotStart."""
    checked_on = options.checked_on or local_day(system_clock())
    async with opened(settings) as database:
        await ensure_schema_version(database)
        report = await import_policies(database, options.path, Given(checked_on, options.issuer, options.region))
    return reported(report)


async def list_kept(settings: Settings) -> list[str]:
    """Raises CannotStart."""
    async with opened(settings) as database:
        kept = await RegulationStore(database).all()
    return [_line_of(regulation) for regulation in kept] or ["nothing was imported yet"]


def reported(report: Report) -> list[str]:
    totals = ", ".join(f"{report.count(outcome)} {outcome.value}" for outcome in Outcome)
    return [
        *(_line_of_import(one) for one in report.imported),
        *(f"{file}: skipped, {reason}" for file, reason in report.skipped),
        f"{len(report.imported)} regulations with {report.articles} articles: {totals}; {len(report.skipped)} skipped",
    ]


def _line_of_import(one: Imported) -> str:
    doubts = [name for name, known in _doubtful(one.regulation) if not known]
    missing = f" (not found: {', '.join(doubts)})" if doubts else ""
    return f"{one.regulation.file}: {_line_of(one.regulation)}: {_SAID[one.outcome]}{missing}"


def _doubtful(regulation: Regulation) -> tuple[tuple[str, bool], ...]:
    return (
        ("issuer", regulation.issuer is not None),
        ("date", regulation.dated_on is not None),
        ("date of effect", regulation.effective_on is not None),
    )


def _line_of(regulation: Regulation) -> str:
    dated = f" of {regulation.dated_on}" if regulation.dated_on else ""
    where = f" ({regulation.region})" if regulation.region else ""
    return (
        f"{regulation.short_title}{dated}{where}, version {regulation.version}, {regulation.status.value}, "
        f"{len(regulation.articles)} articles"
    )
