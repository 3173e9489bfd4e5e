"""What residents report as wrong, as it is stored. Who reported is never shown to those who answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class WrongInfo:
    """What a resident wrote, nothing of it checked yet."""

    store: str
    field: str | None
    text: str
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class WrongInfoReport:
    id: str
    store: str
    merchant: str | None
    """Whose business it is first; None for public facilities."""
    areas: tuple[str, ...]
    """The area the store stands in and those above it."""
    field: str | None
    text: str
    resident: str
    reported_at: datetime
    escalated_at: datetime | None
    """Since when the areas' staff see it too."""
    answered_at: datetime | None
    answer: str | None
    request_hash: str | None


def report_from_document(document: Mapping[str, Any]) -> WrongInfoReport:
    return WrongInfoReport(
        id=document["_id"],
        store=document["store"],
        merchant=document["merchant"],
        areas=tuple(document["areas"]),
        field=document["field"],
        text=document["text"],
        resident=document["resident"],
        reported_at=document["reported_at"],
        escalated_at=document["escalated_at"],
        answered_at=document["answered_at"],
        answer=document["answer"],
        request_hash=(document.get("idempotency") or {}).get("hash"),
    )
