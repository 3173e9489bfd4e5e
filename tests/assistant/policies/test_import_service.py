"""Regulations into the database: again, in a new version, and in an older one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from papers import PARAGRAPHS, as_text, write

from lifecircle.assistant.policies.errors import CannotImport
from lifecircle.assistant.policies.importing.parsing import Given
from lifecircle.assistant.policies.importing.service import Outcome, Report, import_policies
from lifecircle.assistant.policies.model import PolicyStatus
from lifecircle.assistant.policies.store import RegulationStore
from lifecircle.catalogue.database import Database

GIVEN = Given(date(2026, 11, 22))
NEWER = as_text(tuple(line.replace("2024年3月1日", "2025年6月1日").replace("五日", "三日") for line in PARAGRAPHS))
OLDER = as_text(tuple(line.replace("2024年3月1日", "2020年6月1日").replace("五日", "九日") for line in PARAGRAPHS))


async def taken(database: Database, folder: Path, text: str, given: Given = GIVEN) -> Report:
    return await import_policies(database, write(folder, "办法.txt", text), given)


async def versions(database: Database) -> list[tuple[int, PolicyStatus, date | None]]:
    return [(one.version, one.status, one.dated_on) for one in await RegulationStore(database).all()]


async def test_a_first_import_is_new(database: Database, tmp_path: Path) -> None:
    report = await taken(database, tmp_path, as_text())
    assert (report.count(Outcome.NEW), report.articles) == (1, 4)
    assert await versions(database) == [(1, PolicyStatus.IN_FORCE, date(2024, 3, 1))]


async def test_importing_again_changes_nothing_but_when_it_was_read(database: Database, tmp_path: Path) -> None:
    await taken(database, tmp_path, as_text())
    before = await database["regulations"].find({}).to_list(None)
    report = await taken(database, tmp_path, as_text())
    assert report.count(Outcome.UNCHANGED) == 1
    assert await database["regulations"].find({}).to_list(None) == before
    await taken(database, tmp_path, as_text(), Given(date(2027, 1, 1)))
    (kept,) = await RegulationStore(database).all()
    assert (kept.version, kept.checked_on) == (1, date(2027, 1, 1))


async def test_a_new_version_replaces_the_old_and_keeps_it_readable(database: Database, tmp_path: Path) -> None:
    first = (await taken(database, tmp_path, as_text())).imported[0].regulation
    report = await taken(database, tmp_path, NEWER)
    assert report.count(Outcome.REPLACES) == 1
    assert await versions(database) == [
        (2, PolicyStatus.IN_FORCE, date(2025, 6, 1)),
        (1, PolicyStatus.REPLACED, date(2024, 3, 1)),
    ]
    old = await RegulationStore(database).find(first.id)
    assert old is not None
    assert "五日" in old.articles[2].text


async def test_an_older_version_is_kept_behind_the_newer_one(database: Database, tmp_path: Path) -> None:
    await taken(database, tmp_path, as_text())
    report = await taken(database, tmp_path, OLDER)
    assert report.count(Outcome.OLDER) == 1
    in_force = [one for one in await RegulationStore(database).all() if one.status is PolicyStatus.IN_FORCE]
    assert [one.dated_on for one in in_force] == [date(2024, 3, 1)]


async def test_versions_of_one_folder_come_in_their_order(database: Database, tmp_path: Path) -> None:
    for name, text in (("a.txt", NEWER), ("b.txt", OLDER), ("c.txt", as_text()), ("d.txt", as_text())):
        write(tmp_path, name, text)
    report = await import_policies(database, tmp_path, GIVEN)
    assert [row[0] for row in await versions(database)] == [3, 2, 1]
    assert (await versions(database))[0][1:] == (PolicyStatus.IN_FORCE, date(2025, 6, 1))
    assert report.skipped == [("d.txt", "the same text as another file")]


async def test_an_import_that_was_broken_off_is_mended_by_the_next(database: Database, tmp_path: Path) -> None:
    await taken(database, tmp_path, as_text())
    await taken(database, tmp_path, NEWER)
    await database["regulations"].update_many({}, {"$set": {"status": "IN_FORCE"}})
    await taken(database, tmp_path, NEWER)
    assert [row[1] for row in await versions(database)] == [PolicyStatus.IN_FORCE, PolicyStatus.REPLACED]


async def test_places_do_not_replace_each_other(database: Database, tmp_path: Path) -> None:
    for region in ("东市", "西市"):
        await taken(database, tmp_path, as_text(), Given(date(2026, 1, 1), region=region))
    assert [row[1] for row in await versions(database)] == [PolicyStatus.IN_FORCE] * 2


async def test_one_bad_file_keeps_everything_out(database: Database, tmp_path: Path) -> None:
    write(tmp_path, "好.txt", as_text())
    write(tmp_path, "坏.pdf", b"")
    with pytest.raises(CannotImport, match=r"坏\.pdf"):
        await import_policies(database, tmp_path, GIVEN)
    assert await versions(database) == []
