"""Rules and records of the pension certification."""

from __future__ import annotations

from datetime import date
from typing import Any

from factories import NOON

from lifecircle.catalogue.certification.model import Record, Rule, Standing, State, rule_from_document
from lifecircle.catalogue.certification.rules import due_on


def a_rule_row(region: str = "全国", scheme: str = "企业职工", **changes: Any) -> dict[str, Any]:
    """As the seeds write it."""
    return {
        "_id": f"{region}:{scheme}",
        "region": region,
        "scheme": scheme,
        "also": [],
        "cycle_months": 12,
        "warning_months": 0,
        "local_rules_differ": True,
        "source": "社会保险事业中心说明",
        "source_url": None,
        "checked_on": "2026-11-22",
        "guide": None,
        "order": 0,
        "channels": [{"name": "窗口", "phone": "12333", "steps": ["带身份证去窗口。"]}],
        "version": 1,
        **changes,
    }


def a_rule(region: str = "全国", scheme: str = "企业职工", **changes: Any) -> Rule:
    return rule_from_document(a_rule_row(region, scheme, **changes))


def a_record(certified_on: date, **changes: Any) -> Record:
    given: dict[str, Any] = {
        "resident": "r1",
        "region": "全国",
        "scheme": "企业职工",
        "certified_on": certified_on,
        "previous_on": None,
        "by_staff": False,
        "recorded_at": NOON,
        "version": 1,
        **changes,
    }
    return Record(**given)


def a_standing(state: State, certified_on: date, rule: Rule | None = None) -> Standing:
    rule = rule or a_rule()
    return Standing(state, rule, a_record(certified_on), due_on(certified_on, rule))


def day(text: str) -> date:
    return date.fromisoformat(text)
