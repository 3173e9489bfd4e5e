"""A conversation that people have taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Handoff:
    id: str
    conversation: str
    resident: str | None
    area: str
    """The smallest area that the resident was placed in."""
    areas: tuple[str, ...]
    """It and those above it."""
    reason: str
    opened_at: datetime
    closed_at: datetime | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def handoff_from_document(document: Mapping[str, Any]) -> Handoff:
    return Handoff(
        id=document["_id"],
        conversation=document["conversation"],
        resident=document["resident"],
        area=document["area"],
        areas=tuple(document["areas"]),
        reason=document["reason"],
        opened_at=document["opened_at"],
        closed_at=document["closed_at"],
    )
