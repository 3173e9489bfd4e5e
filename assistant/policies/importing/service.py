"""Parsed regulations into the database, version behind version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.model import PolicyStatus, Regulation
from lifecircle.assistant.policies.store import RegulationStore
from lifecircle.catalogue.database import Database


class Outcome(StrEnum):
    NEW = "new"
    UNCHANGED = "unchanged"
    REPLACES = "replaces"
    """It takes the place of an older version, which is kept."""
    OLDER = "older"
    """It is kept as a version that has been replaced already."""


@dataclass(frozen=True, slots=True)
class Imported:
    regulation: Regulation
    outcome: Outcome


@dataclass
class Report:
    imported: list[Imported] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def articles(self) -> int:
        return sum(len(one.regulation.articles) for one in self.imported)

    def count(self, outcome: Outcome) -> int:
        return Counter(one.outcome for one in self.imported)[outcome]


async def import_policies(database: Database, path: Path, given: Given) -> Report:
    """Everything or, where one file is bad, nothing. Raises CannotImport."""
    parsed = parse(path, given)
    store, report = RegulationStore(database), Report(skipped=list(parsed.skipped))
    await store.create_indexes()
    taken: set[str] = set()
    for regulation in sorted(parsed.regulations, key=_age):
        if regulation.id in taken:
            report.skipped.append((regulation.file, "the same text as another file"))
            continue
        taken.add(regulation.id)
        report.imported.append(await _take(store, regulation))
    return report


async def _take(store: RegulationStore, regulation: Regulation) -> Imported:
    """One insert, then the older ones step back: between the two, readers take the newest that is in force."""
    known = await store.versions(regulation.key)
    same = next((one for one in known if one.id == regulation.id), None)
    if same:
        if same.checked_on < regulation.checked_on:
            await store.read_again(same.id, regulation.checked_on)
        await _step_back(store, known)
        return Imported(same, Outcome.UNCHANGED)
    numbered = replace(regulation, version=max((one.version for one in known), default=0) + 1)
    is_older = any(_age(numbered) < _age(one) for one in known)
    if is_older:
        numbered = replace(numbered, status=PolicyStatus.REPLACED)
    await store.add(numbered)
    await _step_back(store, [*known, numbered])
    return Imported(numbered, Outcome.OLDER if is_older else Outcome.REPLACES if known else Outcome.NEW)


async def _step_back(store: RegulationStore, known: list[Regulation]) -> None:
    """All but the newest; also what an import that was broken off left behind."""
    standing = [one for one in known if one.status is not PolicyStatus.REPLACED]
    newest = max(standing, key=_newness, default=None)
    await store.retire(one.id for one in standing if one is not newest)


def _age(regulation: Regulation) -> date:
    """Texts without a date count as old: what has one is a version that somebody dated."""
    return regulation.dated_on or date.min


def _newness(regulation: Regulation) -> tuple[date, int]:
    return _age(regulation), regulation.version
