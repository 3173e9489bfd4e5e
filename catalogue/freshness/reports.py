"""Reports of wrong information: what one must hold, whose business it is, when it moves on. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.freshness.model import WrongInfo, WrongInfoReport
from lifecircle.catalogue.membership.rules import plain_text, reaches
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.rates import Limit
from lifecircle.catalogue.stores.model import Store

PATIENCE = timedelta(days=7)
"""A merchant has this long to answer before the community's staff see a report."""

REPORT_LIMIT = Limit("wrong-info", 10, 86_400)
"""Of one resident in a day."""

FIELDS = (
    *("name", "category", "address", "location", "phone", "openingHours", "exceptions"),
    *("notice", "accessibility", "offerings", "photos", "closed"),
)
"""What can be wrong with a store; `closed`: it is not there any more."""


def checked(given: WrongInfo) -> tuple[str | None, str]:
    """(field, text) in their one spelling. Raises InvalidInput."""
    if given.field is not None and given.field not in FIELDS:
        raise InvalidInput(f"请选择哪一项有误（{'、'.join(FIELDS)}），或者不填。", "field")
    return given.field, plain_text(given.text, "说明", 4, 500, "text")


def path_of(areas: Areas, store: Store) -> tuple[str, ...]:
    """The smallest area that the store stands in, and those above it."""
    known = areas.get(store.community) if store.community else None
    area = known or areas.locate(store.location)
    return areas.path(area.id) if area else ()


def report_document(key: str, given: WrongInfo, store: Store, district: str, path: tuple[str, ...]) -> Document:
    """Without times and reporter. Raises InvalidInput."""
    field, text = checked(given)
    about = {"store": store.id, "merchant": store.merchant, "areas": list(path), "field": field, "text": text}
    return {"_id": key, "district": district, **about, "answered_at": None, "answered_by": None, "answer": None}


def idempotency(resident: str, given: WrongInfo) -> Document:
    """The part of the document that recognises the same request. A resident's keys are their own."""
    if given.idempotency_key is None:
        return {}
    plain_text(given.idempotency_key, "请求编号", 1, 128, "idempotencyKey")
    key = hashlib.sha256(f"{resident}:{given.idempotency_key}".encode()).hexdigest()
    return {"idempotency": {"key": key, "hash": request_hash(given)}}


def request_hash(given: WrongInfo) -> str:
    return hashlib.sha256(json.dumps(asdict(given), sort_keys=True).encode()).hexdigest()


def may_answer(roles: Roles, report: WrongInfoReport) -> bool:
    """The merchant's members who reach the store; the areas' staff once it has come to them."""
    member = roles.membership(report.merchant) if report.merchant else None
    if member is not None and reaches(member, (report.store,)):
        return True
    return report.escalated_at is not None and not roles.areas.isdisjoint(report.areas)


def may_see(roles: Roles, report: WrongInfoReport) -> bool:
    return report.resident == roles.resident or may_answer(roles, report)


def may_assure(roles: Roles, store: Store, path: tuple[str, ...]) -> bool:
    """The merchant's members who reach the store, and the staff of the areas it stands in."""
    member = roles.membership(store.merchant) if store.merchant else None
    return (member is not None and reaches(member, (store.id,))) or not roles.areas.isdisjoint(path)
