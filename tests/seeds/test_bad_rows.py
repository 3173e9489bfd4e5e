"""A mistake in the files is named by file, line and column, before anything is written."""

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from motor.motor_asyncio import AsyncIOMotorDatabase

from lifecircle.catalogue.errors import LifecircleError
from lifecircle.seeds import data
from lifecircle.seeds.errors import SeedError
from lifecircle.seeds.loader import read_seed_documents

DAY = date(2026, 3, 4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(Path(data.__path__[0]), copy)
    return copy


def spoil(folder: Path, file: str, pattern: str, replacement: str) -> int:
    """Changes the first place that matches; gives back its line."""
    text = (folder / file).read_text(encoding="utf-8")
    found = re.search(pattern, text, re.MULTILINE)
    assert found, pattern
    (folder / file).write_text(
        text[: found.start()] + found.expand(replacement) + text[found.end() :], encoding="utf-8"
    )
    return text.count("\n", 0, found.start()) + 1


def refusal(folder: Path) -> SeedError:
    with pytest.raises(SeedError) as caught:
        read_seed_documents(DAY, folder=folder)
    return caught.value


@pytest.mark.parametrize(
    ("file", "pattern", "replacement", "column"),
    [
        ("stores.csv", r"^(s0500,[^,]*),[a-z-]+,", r"\1,basic,", "category"),
        ("stores.csv", r"^(s0500,.*),120\.\d+,", r"\1,121.5,", "lng"),
        ("stores.csv", r"^(s0500,.*)0571-0", r"\g<1>0571-8", "phone"),
        ("stores.csv", r"^s0501,", "s0500,", "id"),
        ("stores.csv", r"^(s0436,.*),anjie,anjie,", r"\1,linli,anjie,", "merchant"),
        ("stores.csv", r"^(s0436,.*),anjie,anjie,", r"\1,anjie,anjei,", "chain"),
        ("stores.csv", r"^(s0500,[^,]*,[^,]*),330199\d+,", r"\1,330199009001,", "community"),
        ("stores.csv", r"^(s0060,.*),s0\d+,,", r"\1,s9999,,", "part_of"),
        ("stores.csv", r"^(s0500,.*)$", r"\1,surplus", "(surplus cell)"),
        ("hours.yaml", r"^(- \{name: office, weekly: ')1-5 08:30", r"\g<1>1-5 8:30", "weekly"),
        ("hours.yaml", r"^(- \{name: office, .*) CLOSED", r"\1 closed", "holidays"),
        ("chains.yaml", r"^(- \{slug: jieyi, .*), hours: laundry", r"\1, hours: lundry", "hours"),
        ("chains.yaml", r"^(- \{slug: jieyi, .*)\}", r"\1, owner: x}", "owner"),
        ("categories.yaml", r"^(- \{code: bakery, under: )quality", r"\1qualty", "under"),
        ("merchants.csv", r"^(mozhou,.*),330199001$", r"\1,330299001", "area"),
        ("offerings.yaml", r"^(- \{id: laoyang-cut, )store: s0588", r"\1store: s0588, chain: jianmei", "(record)"),
        ("offerings.yaml", r"^(- \{id: laoyang-cut, .*)capacity: 1", r"\1capacity: none", "capacity"),
        ("offerings.yaml", r"^(- \{id: shot, each: )vaccination", r"\1vacination", "each"),
        ("overrides.yaml", r"^(- \{store: )s0436", r"\1s0435, price: 1, store: s0500", "store"),
        ("overrides.yaml", r"^(- \{store: )s0438", r"\1s0500", "template"),
        ("exceptions.yaml", r"^(.*)13:30-19:30", r"\g<1>13:30", "ranges"),
        ("areas.yaml", r"^- code: '330199002001'", "- code: '330199007001'", "code"),
        ("areas.yaml", r"^(- code: '330199002001'\n.*\n  households:) \d+", r"\1 many", "households"),
        ("border_points.yaml", r"^(- \{name: j11, at: \[)120", r"\g<1>20", "at.0"),
    ],
)
def test_a_bad_row_is_named(folder: Path, file: str, pattern: str, replacement: str, column: str) -> None:
    line = spoil(folder, file, pattern, replacement)
    error = refusal(folder)
    assert (error.file, error.row, error.column) == (file, line, column)
    assert error.reason
    assert f"{file}:{line}" in error.message


def test_a_seed_error_belongs_to_the_family() -> None:
    assert isinstance(SeedError("a.csv", 1, "b", "c"), LifecircleError)


@pytest.mark.parametrize(
    "break_file",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_text("- {slug: a"),
        lambda file: file.write_text("slug: a"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, break_file: Callable[[Path], object]) -> None:
    break_file(folder / "chains.yaml")
    assert refusal(folder).file == "chains.yaml"


async def test_nothing_is_written_when_a_row_is_bad(folder: Path, database: AsyncIOMotorDatabase) -> None:
    spoil(folder, "overrides.yaml", r"s0438", "s0500")
    refusal(folder)
    assert await database.list_collection_names() == []
