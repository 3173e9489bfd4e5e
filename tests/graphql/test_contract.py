from pathlib import Path

import pytest
from graphql import build_schema

from bench import contract


def test_the_schema_is_as_committed_described_and_keeps_the_contract() -> None:
    assert list(contract.problems()) == []


def test_what_the_contract_still_misses_only_shrinks(shared: Path) -> None:
    """When something is added, its lines leave the list; a new line would be a breaking change."""
    built = build_schema(contract.COMMITTED.read_text("utf-8"))
    assert sorted(contract.breaks(built)) == contract.MISSING.read_text("utf-8").splitlines()


def test_a_removed_field_is_found(shared: Path) -> None:
    sdl = contract.COMMITTED.read_text("utf-8").replace("  walkMinutes: Int\n", "  walk: Int\n", 1)
    assert any("StoreEdge.walkMinutes" in change for change in contract.breaks(build_schema(sdl)))


@pytest.mark.parametrize("name", ["Store.isOpen", "CreateBookingInput.start"])
def test_a_field_without_a_description_is_found(name: str) -> None:
    bare = build_schema(
        "type Query { s: Store } type Store { isOpen: Boolean } input CreateBookingInput { start: String }"
    )
    assert name in list(contract.undescribed(bare))
