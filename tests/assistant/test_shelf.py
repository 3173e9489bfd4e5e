"""The shelf: what it holds, what it lists, and how it follows what is changed and imported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from papers import PARAGRAPHS, as_text, write

from lifecircle.assistant.policies.importing.parsing import Given
from lifecircle.assistant.policies.importing.service import import_policies
from lifecircle.assistant.policies.model import policy_from_document
from lifecircle.assistant.policies.shelf import Policies, PolicyShelf, matter_of
from lifecircle.catalogue.database import Database
from lifecircle.seeds.policy_files import read_policies

GUIDES = read_policies(district="330199")
PATIENCE = 20.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(policy_from_document(row) for row in GUIDES)


async def shelf_over(database: Database) -> PolicyShelf:
    shelf = PolicyShelf(database)
    await shelf.reload()
    return shelf


def test_a_list_is_ordered_by_relevance_where_something_is_asked(policies: Policies) -> None:
    assert policies.select("低保怎么申请", None, None)[0].id == "minimum-living-allowance"
    everything = policies.select(None, None, None)
    assert [policy.id for policy in everything] == sorted(row["_id"] for row in GUIDES)
    assert policies.select("  ", None, None) == everything


def test_a_list_is_narrowed_by_topic_and_region(policies: Policies) -> None:
    assert {policy.topic for policy in policies.select(None, "labour", None)} == {"labour"}
    assert "pension-certification-qingdao" not in {policy.id for policy in policies.select(None, None, "海口市")}


def test_a_matter_is_what_is_left_without_the_words_of_asking() -> None:
    assert matter_of("请问低保怎么申请？") == "低保申请"
    assert matter_of("怎么办") == ""


async def test_the_shelf_loads_guides_and_regulations(database: Database, tmp_path: Path) -> None:
    await database["policies"].insert_many(GUIDES[:3])
    await import_policies(database, write(tmp_path, "办法.txt", as_text()), Given(date(2026, 11, 22)))
    shelf = await shelf_over(database)
    assert len(shelf.current) == 3
    assert [one.title for one in shelf.current.regulations()] == ["测试市便民办法"]
    (listed,) = shelf.current.select(None, "regulation", None)
    assert shelf.current.get(listed.id) == listed
    assert "第三条 社区应当自收到申请之日起五日内答复。" in listed.body


async def test_a_changed_guide_and_a_removed_one_are_followed(database: Database) -> None:
    await database["policies"].insert_many(GUIDES[:3])
    shelf = await shelf_over(database)
    changed = GUIDES[0] | {"title": "改过的标题"}
    shelf.apply(changed["_id"], changed)
    shelf.apply(GUIDES[1]["_id"], None)
    await until(lambda: len(shelf.current) == 2)
    found = shelf.current.get(changed["_id"])
    assert found is not None
    assert found.title == "改过的标题"


async def test_a_replaced_regulation_leaves_the_shelf(database: Database, tmp_path: Path) -> None:
    shelf = await shelf_over(database)
    newer = as_text(tuple(line.replace("2024年3月1日", "2025年6月1日") for line in PARAGRAPHS))
    for text in (as_text(), newer):
        await import_policies(database, write(tmp_path, "办法.txt", text), Given(date(2026, 11, 22)))
    for row in await database["regulations"].find({}).to_list(None):
        shelf.regulations.apply(row["_id"], row)
    await until(lambda: bool(shelf.current.regulations()))
    assert [one.dated_on for one in shelf.current.regulations()] == [date(2025, 6, 1)]


async def test_between_the_two_writes_of_an_import_the_newer_version_counts(database: Database, tmp_path: Path) -> None:
    newer = as_text(tuple(line.replace("2024年3月1日", "2025年6月1日") for line in PARAGRAPHS))
    for text in (as_text(), newer):
        await import_policies(database, write(tmp_path, "办法.txt", text), Given(date(2026, 11, 22)))
    await database["regulations"].update_many({}, {"$set": {"status": "IN_FORCE"}})
    shelf = await shelf_over(database)
    assert [one.dated_on for one in shelf.current.regulations()] == [date(2025, 6, 1)]
