"""Rows against what the merchant has: which stores are new, which change, which stay. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.model import Edit, edited
from lifecircle.catalogue.editing.stores import REQUIRED, blank_store, vouched
from lifecircle.catalogue.history.model import ChangeKind
from lifecircle.catalogue.imports.model import MOST_ERRORS_TOLD, ImportRow, RowError, Sheet, StoreImport

_COLUMNS = {"name": "名称", "category": "类别", "address": "地址", "location": "经度"}
_PLAIN = {"mode": "SAME", "ranges": []}


@dataclass(slots=True)
class Plan:
    edits: list[Edit] = field(default_factory=list)
    unchanged: int = 0
    errors: list[RowError] = field(default_factory=list)

    def result(self, sheet: Sheet) -> StoreImport:
        created = sum(1 for edit in self.edits if edit.before is None)
        errors = sorted([*sheet.errors, *self.errors], key=lambda error: error.row)
        return StoreImport(
            rows=sheet.count,
            created=created,
            updated=len(self.edits) - created,
            unchanged=self.unchanged,
            failed=len({error.row for error in errors}),
            row_errors=tuple(errors[:MOST_ERRORS_TOLD]),
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose stores they are; `chain` None: stores stand alone or stay where they are."""

    merchant: Document
    chain: Document | None


def make_plan(rows: Sequence[ImportRow], held: Mapping[str, Document], owner: Owner, today: date) -> Plan:
    """`held`: the merchant's stores by their number."""
    plan, room = Plan(), rules.MOST_STORES - len(held)
    for row in rows:
        known = held.get(row.number)
        error = _misplaced(row, known, owner) or (None if known else _incomplete(row, owner))
        if error is None and known is None and room <= 0:
            error = RowError(row.row, None, "LIMIT_REACHED", f"一个商户最多 {rules.MOST_STORES} 家门店。")
        if error:
            plan.errors.append(error)
        elif known is None:
            room -= 1
            plan.edits.append(Edit("stores", None, _new(row, owner, today), ChangeKind.IMPORTED))
        else:
            edit = edited(known, _changes(row, known, owner), "stores", ChangeKind.IMPORTED)
            plan.unchanged += edit is None
            plan.edits += [] if edit is None else [vouched(edit, today)]
    return plan


def _misplaced(row: ImportRow, known: Document | None, owner: Owner) -> RowError | None:
    place = known or owner.chain
    if place and row.given.get("district", place["district"]) != place["district"]:
        return RowError(row.row, "经度", "INVALID_INPUT", "这个位置在别的区：门店不能跨区迁移，品牌也只在一个区。")
    if known and owner.chain and known["chain"] not in (None, owner.chain["_id"]):
        return RowError(row.row, "门店编号", "INVALID_INPUT", "这家店属于另一个品牌，请在那个品牌下导入。")
    return None


def _incomplete(row: ImportRow, owner: Owner) -> RowError | None:
    for name, what in REQUIRED.items():
        if name not in row.given and not (name == "name" and owner.chain):
            return RowError(row.row, _COLUMNS[name], "INVALID_INPUT", f"新门店请填写{what}。")
    return None


def _new(row: ImportRow, owner: Owner, today: date) -> Document:
    blank = blank_store(owner.merchant, owner.chain, today)
    name = {"name": owner.chain["name"]} if owner.chain else {}
    return {**blank, **name, **_values(row, None), "number": row.number}


def _changes(row: ImportRow, known: Document, owner: Owner) -> dict[str, Any]:
    chain = {"chain": owner.chain["_id"]} if owner.chain else {}
    values = _values(row, known)
    if values.get("photos") == [] and "photos" not in known:
        del values["photos"]
    return {**values, **chain}


def _values(row: ImportRow, known: Document | None) -> dict[str, Any]:
    """A cell holds the week; what public holidays do to it stays."""
    if row.given.get("hours") is None:
        return dict(row.given)
    holidays = ((known or {}).get("hours") or {}).get("holidays") or _PLAIN
    return {**row.given, "hours": {"weekly": row.given["hours"], "holidays": holidays}}
