"""A review: what somebody who came says, once for each booking. The booking's key is the review's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.database import Document

STARS = {1: "非常不满意", 2: "不满意", 3: "基本满意", 4: "满意", 5: "非常满意"}
"""The five levels of 好差评."""


class TextState(StrEnum):
    SHOWN = "SHOWN"
    HELD = "HELD"
    """The stars count; the text waits for WeChat's content check, which could not be asked."""
    REFUSED = "REFUSED"
    """The check came later and said no: only the author sees the text."""


@dataclass(frozen=True, slots=True)
class Review:
    id: str
    district: str
    store: str
    merchant: str | None
    offering: str
    resident: str
    stars: int
    text: str | None
    text_state: TextState
    reply: str | None
    replied_at: datetime | None
    written_at: datetime
    version: int

    def text_for(self, resident: str | None) -> str | None:
        return self.text if self.text_state is TextState.SHOWN or resident == self.resident else None


def review_from_document(row: Mapping[str, Any]) -> Review:
    reply = row.get("reply") or {}
    return Review(
        id=row["_id"],
        district=row["district"],
        store=row["store"],
        merchant=row["merchant"],
        offering=row["offering"],
        resident=row["resident"],
        stars=row["stars"],
        text=row["text"],
        text_state=TextState(row["text_state"]),
        reply=reply.get("text"),
        replied_at=reply.get("at"),
        written_at=row["written_at"],
        version=row["version"],
    )


def review_document(booking: Booking, stars: int, text: str | None, state: TextState, now: datetime) -> Document:
    return {
        "_id": booking.id,
        "district": booking.district,
        "store": booking.store,
        "merchant": booking.merchant,
        "offering": booking.offering,
        "resident": booking.resident,
        "stars": stars,
        "text": text,
        "text_state": state.value,
        "reply": None,
        "written_at": now,
        "changed_at": now,
        "uncounted": True,
        **({"held": True} if state is TextState.HELD else {}),
        "version": 1,
    }
