"""The layout holds: who may import whom, and the trap around `graphql/`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("gateway", "graphql", "assistant", "catalogue", "seeds")
MAY_IMPORT = {
    "gateway": {"gateway", "graphql", "assistant", "catalogue", "seeds"},
    "graphql": {"graphql", "assistant", "catalogue"},
    "assistant": {"assistant", "catalogue"},
    "catalogue": {"catalogue"},
    "seeds": {"seeds", "assistant", "catalogue"},
}
STANDARD = set(sys.stdlib_module_names)


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


@cache
def imported(path: Path) -> frozenset[str]:
    return frozenset(imports_of(path))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("lifecircle.")}
    assert ours <= MAY_IMPORT[folder]


@pytest.mark.parametrize("foreign", ["starlette", "strawberry", "uvicorn"])
def test_the_catalogue_knows_nothing_of_the_edge(foreign: str) -> None:
    offenders = [p for p in (ROOT / "catalogue").rglob("*.py") if any(n.split(".")[0] == foreign for n in imported(p))]
    assert offenders == []


def test_only_database_and_store_modules_and_the_keeper_know_the_driver() -> None:
    allowed = {"database.py", "together.py", "store.py", "keeper.py", "jobs.py", "health.py"}
    drivers = {"motor", "pymongo", "bson"}
    offenders = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.name not in allowed and any(name.split(".")[0] in drivers for name in imported(path))
    ]
    assert offenders == []


def test_graphql_has_no_init_file() -> None:
    assert not (ROOT / "graphql" / "__init__.py").exists()


def test_import_graphql_is_graphql_core_from_the_root() -> None:
    code = "import graphql; from graphql import specified_rules; print(graphql.__file__)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "site-packages" in found


def test_the_package_list_equals_the_folders() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    packages = {
        "lifecircle." + str(path.parent.relative_to(ROOT)).replace("/", ".")
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("__init__.py")
    }
    assert sorted(listed) == sorted(packages | {"lifecircle.graphql"})


def test_every_folder_with_modules_is_a_package() -> None:
    folders = {path.parent for path in modules() if path.parent != ROOT / "graphql"}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_no_module_is_named_after_a_standard_one() -> None:
    assert [str(path) for path in modules() if path.stem in STANDARD and path.stem != "__init__"] == []


def test_the_tests_are_not_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


LOCKS = ("requirements.lock", "requirements-dev.lock")


def locked(name: str) -> set[str]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {line.partition("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_files_name_no_host(name: str) -> None:
    assert "://" not in (ROOT / name).read_text("utf-8")


def test_the_lock_files_hold_what_runs_and_what_only_works_on_it() -> None:
    runs, tools = (locked(name) for name in LOCKS)
    assert runs & tools == set()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert {name_of(wanted) for wanted in project["dependencies"]} <= runs
    assert {name_of(wanted) for wanted in (*extras["embedded"], *extras["dev"])} <= tools


def name_of(wanted: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", wanted, maxsplit=1)[0]
