"""What an offering may say, and what a store lays over its chain's. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.booking_terms import CLEAN_RULES, EMPTIABLE_RULES, RULE_NAMES, check_rules_together
from lifecircle.catalogue.editing.model import Given
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.offerings.model import INHERITED_FIELDS, OfferingKind

EMPTIABLE = frozenset({"description", "price", "duration_minutes"}) | EMPTIABLE_RULES
"""Where None says something: no description, a price to be agreed, no fixed length."""

_DAY = 1440
_MONTH = 30 * _DAY

FIELD_NAMES = {
    "duration_minutes": "durationMinutes",
    "party_size_max": "partySizeMax",
    "lead_minutes": "leadMinutes",
    "cancel_before_minutes": "cancelBeforeMinutes",
    "at_home": "atHome",
    "auto_confirm": "autoConfirm",
    **RULE_NAMES,
}
"""As the input spells them; the others are spelled alike."""

_CLEAN: Mapping[str, Callable[[Any, str], Any]] = {
    "name": rules.name,
    "description": rules.description,
    "unit": rules.unit,
    "price": rules.price,
    "duration_minutes": lambda value, field: rules.whole(value, "时长（分钟）", 5, _DAY, field),
    "capacity": lambda value, field: rules.whole(value, "同时接待人数", 1, 500, field),
    "party_size_max": lambda value, field: rules.whole(value, "一次预约人数", 1, 500, field),
    "lead_minutes": lambda value, field: rules.whole(value, "提前预约时间（分钟）", 0, _MONTH, field),
    "cancel_before_minutes": lambda value, field: rules.whole(value, "取消提前时间（分钟）", 0, _MONTH, field),
    **CLEAN_RULES,
}


def clean_terms(given: Given) -> dict[str, Any]:
    """What was said, in its one spelling; None only where it says something. Raises InvalidInput."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if value is None and name not in EMPTIABLE:
            continue
        clean = _CLEAN.get(name)
        values[name] = value if value is None or clean is None else clean(value, FIELD_NAMES.get(name, name))
    return values


def new_offering(district: str, chain: str | None, store: str | None, given: Given) -> Document:
    """Raises InvalidInput."""
    values = clean_terms(given)
    if "name" not in values:
        raise InvalidInput("请填写服务名称。", "name")
    kind = _kind_of(values)
    document = {
        "_id": secrets.token_hex(12),
        "district": district,
        "chain": chain,
        "store": store,
        "template": None,
        "name": "",
        "description": None,
        "aliases": [],
        "price": None,
        "unit": "次",
        "kind": kind.value,
        "duration_minutes": None,
        "grid_minutes": 30,
        "capacity": 1,
        "party_size_max": 1,
        "lead_minutes": 60,
        "window_days": 30,
        "cancel_before_minutes": 120,
        "at_home": False,
        "bookable": kind is not OfferingKind.REQUEST_ONLY,
        "auto_confirm": True,
        "eligibility": [],
        "sessions": [],
        "state": "ACTIVE",
        "version": 1,
        **values,
    }
    check_whole(document)
    return document


def changed_terms(row: Document, given: Given) -> dict[str, Any]:
    """Of a store's own offering, or of a chain's. Raises InvalidInput."""
    values = clean_terms(given)
    if row["kind"] == OfferingKind.REQUEST_ONLY.value:
        values["kind"] = _kind_of(values).value
    check_whole({**row, **values})
    return values


def _kind_of(values: Mapping[str, Any]) -> OfferingKind:
    """Of an offering for which nobody holds a place yet, by what is said of its times."""
    if values.get("sessions"):
        return OfferingKind.SESSION
    has_length = values.get("duration_minutes") is not None
    return OfferingKind.APPOINTMENT if has_length else OfferingKind.REQUEST_ONLY


def laid_over(
    template: Document, override: Document | None, given: Given, given_back: Sequence[str]
) -> tuple[Document, list[str]]:
    """(fields to set, fields to give back) of a store's override. Raises InvalidInput."""
    values, back = clean_terms(given), [inherited_field(name) for name in given_back]
    both = next((name for name in back if name in values), None)
    if both:
        raise InvalidInput(f"“{FIELD_NAMES.get(both, both)}”不能同时修改又恢复为品牌的设置。", "inherit")
    held = {name: value for name, value in (override or {}).items() if name in INHERITED_FIELDS and name not in back}
    check_whole({**template, **held, **values})
    return values, back


def inherited_field(name: str) -> str:
    """The field that a client calls so. Raises InvalidInput."""
    known = {FIELD_NAMES.get(field, field): field for field in INHERITED_FIELDS}
    if name not in known:
        raise InvalidInput(f"没有“{name}”这一项可以恢复。", "inherit")
    return known[name]


def check_whole(row: Mapping[str, Any]) -> None:
    """What only all terms together can tell. Raises InvalidInput."""
    if row["party_size_max"] > row["capacity"] and not (row.get("one_place_per_party") or row.get("resources")):
        raise InvalidInput("一次预约人数不能超过同时接待人数。", "partySizeMax")
    check_rules_together(row)
    if row["kind"] == OfferingKind.SESSION.value:
        return
    if row["sessions"]:  # places of a session are held otherwise than those of a time
        raise InvalidInput("按时间预约的服务不能改成按场次，请另建一项服务。", "rules", "sessions")
    if row["bookable"] and row["duration_minutes"] is None:
        raise InvalidInput("可以在线预约的服务请填写时长（分钟）；不接受预约请关闭在线预约。", "durationMinutes")


def version_at_store(template: Document, override: Document | None) -> int:
    """As `offerings.model.at_store` counts it."""
    return int(template["version"]) + (int(override["version"]) if override else 0)
