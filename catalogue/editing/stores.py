"""Making, changing and closing stores."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document, database_errors_as_refusals
from lifecircle.catalogue.editing import rules
from lifecircle.catalogue.editing.desk import Desk, check_version, clean_key
from lifecircle.catalogue.editing.model import Edit, Given, Taken, edited, once
from lifecircle.catalogue.errors import Duplicate, InvalidInput, NotFound
from lifecircle.catalogue.history.model import ChangeKind
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.closing import CLOSED, MOVED, OPEN
from lifecircle.catalogue.stores.model import Store, store_from_document

REQUIRED = {"name": "店名", "category": "类别", "address": "地址", "location": "位置"}
"""What every store has; None leaves it as it is."""

MOST_DAYS_SHUT = 400


@dataclass(frozen=True, slots=True)
class Closing:
    """Exactly one of the three says what happens; `until` is the first day open again."""

    until: date | None = None
    permanently: bool = False
    moved_to: str | None = None


@dataclass(frozen=True)
class StoreEdits:
    desk: Desk

    async def create(self, roles: Roles, merchant: str, chain: str | None, given: Given, key: str | None) -> Store:
        """Raises NotFound, Forbidden, InvalidInput, Duplicate, LimitReached, IdempotencyConflict."""
        async with database_errors_as_refusals():
            owner, member = await self.desk.merchant_for(roles, merchant)
            repeated = once(roles.resident, clean_key(key), "createStore", [merchant, chain, dict(given)])
            earlier = await self.desk.earlier(repeated)
            if earlier:
                return await self._store(earlier["store"])
            brand = await self._chain_of(merchant, chain)
            await self.desk.check_room("stores", rules.MOST_STORES, "门店", merchant=merchant)
            document = new_store(owner, brand, given, self.desk.keeper.current, local_day(self.desk.clock()))
            edit = Edit("stores", None, document, ChangeKind.CREATED)
            try:
                await self.desk.write(roles, member, edit, once=repeated, answer={"store": document["_id"]})
            except Taken as taken:
                again = await self.desk.earlier(repeated)  # the same request, a moment ago
                if again:
                    return await self._store(again["store"])
                if taken.collection != "stores":
                    raise
                raise Duplicate("这个门店编号已经用过了，请换一个。", "number") from None
            return store_from_document(document)

    async def update(self, roles: Roles, store: str, version: int, given: Given) -> Store:
        """Raises NotFound, Forbidden, InvalidInput, StateChanged."""
        async with database_errors_as_refusals():
            row, member = await self.desk.store_for(roles, store)
            check_version(version, row["version"])
            changes = store_changes(row, given, self.desk.keeper.current)
            edit = edited(row, changes, "stores", ChangeKind.EDITED)
            if edit is None:
                return store_from_document(row)
            edit = vouched(edit, local_day(self.desk.clock()))
            await self.desk.write(roles, member, edit)
            return store_from_document(edit.after)

    async def close(self, roles: Roles, store: str, version: int, closing: Closing) -> Store:
        """Close for a while, for good, or move; `until` today opens again. Old ids keep resolving.

        Raises NotFound, Forbidden, InvalidInput, StateChanged.
        """
        async with database_errors_as_refusals():
            row, member = await self.desk.store_for(roles, store)
            check_version(version, row["version"])
            state = closed_state(closing, local_day(self.desk.clock()))
            if closing.moved_to is not None:
                await self._check_target(row, closing.moved_to)
            edit = edited({"closed_until": None, "moved_to": None, **row}, state, "stores", ChangeKind.CLOSED)
            if edit is None:
                return store_from_document(row)
            await self.desk.write(roles, member, edit)
            return store_from_document(edit.after)

    async def _chain_of(self, merchant: str, chain: str | None) -> Document | None:
        """Raises NotFound: another merchant's chain is nothing to put a store into."""
        if chain is None:
            return None
        row = await self.desk.store.one("chains", chain)
        if row is None or row["merchant"] != merchant:
            raise NotFound("没有找到这个品牌，请选择本商户的品牌。", "chain")
        return row

    async def _check_target(self, row: Document, target: str) -> None:
        found = await self.desk.store.one("stores", target)
        if found is None or found["merchant"] != row["merchant"] or target == row["_id"]:
            raise NotFound("没有找到新店，请选择本商户的另一家店；还没有的话请先新建。", "movedTo")
        if found["state"] != OPEN:
            raise InvalidInput("新店目前没有营业，请先让新店恢复营业，或选择另一家店。", "movedTo")

    async def _store(self, key: str) -> Store:
        row = await self.desk.store.one("stores", key)
        if row is None:
            raise NotFound("没有找到这家店，可能已经关闭。", "store")
        return store_from_document(row)


# --- pure ---


def clean_value(name: str, value: Any, snapshot: Snapshot) -> Mapping[str, Any]:
    """What one given field becomes in the document. Raises InvalidInput."""
    match name:
        case "name":
            return {"name": rules.name(value, name)}
        case "category":
            return {"category": rules.category(value, snapshot.categories, name)}
        case "address":
            return {"address": rules.address(value, name)}
        case "location":
            found = rules.place(value, snapshot.areas, name)
            at = {"type": "Point", "coordinates": [found.point.longitude, found.point.latitude]}
            return {"location": at, "community": found.community, "district": found.district}
        case "phone":
            return {"phone": None if value is None else rules.phone(value, name)}
        case "notice":
            return {"notice": None if value is None else rules.notice(value, name)}
        case "number":
            return {"number": None if value is None else rules.number(value, name)}
        case "accessibility":
            return {"accessibility": rules.accessibility(value or ())}
        case "photos":
            return {"photos": rules.photos(value or (), name)}
    raise ValueError(name)


def clean_values(given: Given, snapshot: Snapshot) -> dict[str, Any]:
    """Raises InvalidInput."""
    said = {name: value for name, value in given.items() if value is not None or name not in REQUIRED}
    values: dict[str, Any] = {}
    for name, value in said.items():
        values |= clean_value(name, value, snapshot)
    return values


def store_changes(row: Document, given: Given, snapshot: Snapshot) -> dict[str, Any]:
    """Raises InvalidInput."""
    values = clean_values(given, snapshot)
    check_district(values, row["district"], "门店不能迁到别的区：请在新的区新建门店，再把这家店标为已搬迁。")
    if values.get("photos") == [] and "photos" not in row:
        del values["photos"]
    return values


def check_district(values: Mapping[str, Any], district: str, message: str) -> None:
    """Raises InvalidInput."""
    if values.get("district", district) != district:
        raise InvalidInput(message, "location")


def new_store(owner: Document, chain: Document | None, given: Given, snapshot: Snapshot, today: date) -> Document:
    """Raises InvalidInput. A chain's store takes the brand's name where it has none of its own, and its hours."""
    values = clean_values(given, snapshot)
    if chain:
        values.setdefault("name", chain["name"])
        check_district(values, chain["district"], "这个品牌登记在别的区，请为这个区另建品牌。")
    for name, what in REQUIRED.items():
        if name not in values:
            raise InvalidInput(f"请填写{what}。", name)
    return {**blank_store(owner, chain, today), **values}


def blank_store(owner: Document, chain: Document | None, today: date) -> Document:
    return {
        "_id": secrets.token_hex(12),
        "district": owner["district"],
        "merchant": owner["_id"],
        "chain": chain["_id"] if chain else None,
        "number": None,
        "name": "",
        "category": "",
        "operator_name": owner["name"],
        "part_of": None,
        "station_of": None,
        "location": None,
        "address": "",
        "phone": None,
        "community": None,
        "hours": None,
        "exceptions": [],
        "accessibility": [],
        "photos": [],
        "notice": None,
        "assured_on": today.isoformat(),
        "floor_area": None,
        "rating": {"sum": 0, "count": 0},
        "state": OPEN,
        "version": 1,
    }


def vouched(edit: Edit, today: date) -> Edit:
    """Whoever edits a store has looked at it: the record counts as true again."""
    return Edit(edit.collection, edit.before, {**edit.after, "assured_on": today.isoformat()}, edit.kind)


def closed_state(closing: Closing, today: date) -> dict[str, Any]:
    """Raises InvalidInput."""
    if [closing.until is not None, closing.permanently, closing.moved_to is not None].count(True) != 1:
        raise InvalidInput("请选择一项：暂停营业到哪天（until）、永久停业（permanently）或已搬迁（movedTo）。", "until")
    if closing.moved_to is not None:
        return {"state": MOVED, "closed_until": None, "moved_to": closing.moved_to}
    if closing.until is None:
        return {"state": CLOSED, "closed_until": None, "moved_to": None}
    days = (closing.until - today).days
    if not 0 <= days <= MOST_DAYS_SHUT:
        raise InvalidInput(f"恢复营业的日期应在今天到 {MOST_DAYS_SHUT} 天以内；更久请选择永久停业。", "until")
    if days == 0:
        return {"state": OPEN, "closed_until": None, "moved_to": None}
    return {"state": CLOSED, "closed_until": closing.until.isoformat(), "moved_to": None}
