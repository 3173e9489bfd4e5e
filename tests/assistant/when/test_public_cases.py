"""The parser against duckling's Chinese corpus, where that lies beside the project."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lifecircle.assistant.when import parse
from lifecircle.assistant.when.spans import SHANGHAI
from lifecircle.catalogue.text import traditional

CASES = Path(__file__).resolve().parents[3] / "shared" / "data" / "datetime" / "cases.jsonl"

pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the public cases are not here")


def cases(chosen: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    every = (json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines())
    return [case for case in every if chosen(case)]


def is_right(case: dict[str, Any], text: str) -> bool:
    span = parse(text, datetime.fromisoformat(case["ref"]).replace(tzinfo=SHANGHAI))
    if span is None or span.start.replace(tzinfo=None).isoformat() != case["start"]:
        return False
    return case["end"] is None or span.until.replace(tzinfo=None).isoformat() == case["end"]


def share_right(chosen: list[dict[str, Any]], script: Callable[[str], str]) -> float:
    return sum(is_right(case, script(case["text"])) for case in chosen) / len(chosen)


@pytest.mark.parametrize("script", [str, traditional])
def test_nearly_all_core_cases_are_right_in_both_scripts(script: Callable[[str], str]) -> None:
    assert share_right(cases(lambda case: case["core"]), script) >= 0.97


@pytest.mark.parametrize("script", [str, traditional])
def test_most_cases_that_name_no_foreign_festival_are_right(script: Callable[[str], str]) -> None:
    assert share_right(cases(lambda case: case["holiday"] != "other"), script) >= 0.88
