"""The rules of the certification: complete, and a bad row is named before anything is written."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from certified import a_rule_row
from factories import NOON

from lifecircle.catalogue.certification.model import NATIONWIDE
from lifecircle.catalogue.certification.regions import known_regions, region_named
from lifecircle.catalogue.certification.rulebook import RuleBook
from lifecircle.catalogue.database import Database
from lifecircle.seeds import data
from lifecircle.seeds.certification import FILE, read_certification_rules
from lifecircle.seeds.errors import SeedError
from lifecircle.seeds.everything import seed_everything
from lifecircle.seeds.policy_files import read_policies

GUIDES = {guide["_id"] for guide in read_policies(district="330199")}

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def book() -> RuleBook:
    return RuleBook(read_certification_rules(guides=GUIDES))


def a_row(**changes: Any) -> dict[str, Any]:
    row = {**a_rule_row(guide="pension-certification-when"), **changes}
    return {name: value for name, value in row.items() if name not in ("_id", "order", "version")}


def refusal(folder: Path, rows: Rows | str) -> SeedError:
    text = rows if isinstance(rows, str) else yaml.safe_dump(rows, allow_unicode=True, sort_keys=False)
    (folder / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SeedError) as caught:
        read_certification_rules(folder, guides=GUIDES)
    return caught.value


def test_every_scheme_has_a_rule_for_the_whole_country_that_says_to_ask_on_the_spot(book: RuleBook) -> None:
    assert book.schemes == ["企业职工", "机关事业", "城乡居民", "工伤", "供养亲属"]
    for scheme in book.schemes:
        rule = book.rule(NATIONWIDE, scheme)
        assert (rule.cycle_months, rule.warning_months, rule.local_rules_differ) == (12, 0, True)


def test_local_rules_stand_beside_it(book: RuleBook) -> None:
    assert book.rule("海口市", "城乡居民").cycle_months == 6
    assert book.rule("青岛市", "企业职工").warning_months == 3
    assert book.rule("海口市", "企业职工").region == NATIONWIDE


def test_a_province_rules_its_cities_where_they_have_no_rule_of_their_own() -> None:
    book = RuleBook([a_rule_row(), a_rule_row("海南省", cycle_months=9), a_rule_row("海口市", cycle_months=6)])
    assert [book.rule(name, "企业职工").cycle_months for name in ("海口市", "三亚市", "杭州市")] == [6, 9, 12]


def test_every_way_to_certify_is_there(book: RuleBook) -> None:
    names = " ".join(channel.name for channel in book.usual().channels)
    for way in ("电子社保卡", "掌上12333", "亲情服务", "窗口", "上门", "国外"):
        assert way in names
    for rule in book.all():
        assert any("窗口" in channel.name for channel in rule.channels)
        assert any("上门" in channel.name for channel in rule.channels)


def test_no_channel_asks_for_what_this_app_must_not_hold(book: RuleBook) -> None:
    """They lead to the official ways; a bank number is only ever spoken of as not needed."""
    for rule in book.all():
        for step in (step for channel in rule.channels for step in channel.steps):
            assert "银行卡" not in step or "不要银行卡" in step or "也不要银行卡" in step


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        ("企业退休", "企业职工"),
        ("城乡居保", "城乡居民"),
        ("事業單位", "机关事业"),
        ("遗属补助", "供养亲属"),
        ("工伤", "工伤"),
    ],
)
def test_schemes_are_known_by_what_residents_call_them(book: RuleBook, said: str, scheme: str) -> None:
    assert book.scheme_named(said) == scheme


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("杭州", "杭州市"),
        ("浙江省杭州市", "杭州市"),
        ("浙江 杭州", "杭州市"),
        ("內蒙古", "内蒙古自治区"),
        ("恩施州", "恩施土家族苗族自治州"),
        ("吉林", "吉林省"),
        ("吉林市", "吉林市"),
        ("海南", "海南省"),
        ("海南州", "海南藏族自治州"),
        ("上海", "上海市"),
        ("全国", "全国"),
    ],
)
def test_regions_are_known_by_what_residents_call_them(said: str, name: str) -> None:
    found = region_named(said)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("said", ["", "市", "省", "州", "文澜街道", "Atlantis", "杭州市西湖区文三路1号", "$gt"])
def test_what_is_no_region_is_none(said: str) -> None:
    assert region_named(said) is None


def test_every_region_is_found_by_its_own_name() -> None:
    regions = known_regions()
    assert len([region for region in regions.values() if region.province is None]) == 35
    assert len(regions) > 365
    for name, region in regions.items():
        assert region_named(name) == region


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"region": "杭州"}, "region"),
        ({"region": "青岛市", "scheme": "新农合"}, "scheme"),
        ({"region": "青岛市", "also": ["职工"]}, "also"),
        ({"scheme": "机关事业", "also": ["企业职工"]}, "also"),
        ({}, "scheme"),
        ({"region": "青岛市", "cycle_months": 0}, "cycle_months"),
        ({"region": "青岛市", "cycle_months": "12"}, "cycle_months"),
        ({"region": "青岛市", "warning_months": -1}, "warning_months"),
        ({"region": "青岛市", "checked_on": "2026-02-30"}, "checked_on"),
        ({"region": "青岛市", "guide": "no-such-guide"}, "guide"),
        ({"region": "青岛市", "source_url": "somewhere"}, "source_url"),
        ({"region": "青岛市", "channels": []}, "channels"),
        ({"region": "青岛市", "channels": [{"name": "窗口", "phone": "12333", "steps": []}]}, "channels.0.steps"),
        ({"region": "青岛市", "channels": 2 * [{"name": "窗口", "phone": None, "steps": ["去。"]}]}, "channels"),
        ({"region": "青岛市", "interval": 3}, "interval"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(tmp_path: Path, change: dict[str, Any], column: str) -> None:
    error = refusal(tmp_path, [a_row(), a_row(**change)])
    assert (error.file, error.column) == (FILE, column)
    assert error.row == (tmp_path / FILE).read_text("utf-8").count("\n", 0, _second(tmp_path)) + 1
    assert error.reason


def _second(folder: Path) -> int:
    return (folder / FILE).read_text("utf-8").index("- region", 1)


@pytest.mark.parametrize("text", ["", "region: 全国", "- {region: ["])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text).file == FILE


async def test_seeding_is_idempotent_and_leaves_edited_rules_alone(database: Database) -> None:
    day = date(2026, 11, 23)
    first = await seed_everything(database, day, NOON)
    assert first.collections["certification_rules"].created == len(read_certification_rules(guides=GUIDES))
    again = await seed_everything(database, day, NOON)
    assert again.changes == 0
    edit = {"$set": {"cycle_months": 24, "version": 2}}
    await database["certification_rules"].update_one({"_id": "海口市:城乡居民"}, edit)
    assert (await seed_everything(database, day, NOON)).collections["certification_rules"].kept == 1


async def test_a_district_of_ones_own_may_leave_the_rules_out_or_bring_its_own(
    database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(Path(data.__path__[0]), folder)
    (folder / FILE).unlink()
    report = await seed_everything(database, date(2026, 11, 23), NOON, folder=folder)
    assert report.collections["certification_rules"].created == len(read_certification_rules())
    (folder / FILE).write_text("- {region: 火星}\n", "utf-8")
    with pytest.raises(SeedError):
        await seed_everything(database, date(2026, 11, 23), NOON, folder=folder)
