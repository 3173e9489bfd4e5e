"""Conversations in the database: any worker can take the next turn, and a restart forgets nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.dialogue.model import BookingForm, Conversation, Option, Step, Wish
from lifecircle.catalogue.database import Database, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

KEPT = timedelta(hours=24)
"""A conversation is forgotten this long after its last turn."""


class ConversationStore:
    """What a resident said (an address, say) is personal, so the form is sealed."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._conversations = database["conversations"]
        self._keys = keys

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._conversations, [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)]
        )

    async def find(self, conversation_id: str, now: datetime) -> Conversation | None:
        row = await self._conversations.find_one({"_id": conversation_id})
        if row is None or row["expires_at"] <= now:
            return None
        return Conversation(
            id=row["_id"],
            resident=row["resident"],
            form=self._opened(row["form"]),
            last_key=row["last_key"],
            last_booking=row["last_booking"],
            version=row["version"],
        )

    async def save(self, conversation: Conversation, now: datetime) -> bool:
        """Compare and set; False where another turn was faster."""
        row = {
            "resident": conversation.resident,
            "form": self._sealed(conversation.form),
            "last_key": conversation.last_key,
            "last_booking": conversation.last_booking,
            "updated_at": now,
            "expires_at": now + KEPT,
        }
        try:
            result = await self._conversations.update_one(
                {"_id": conversation.id, "version": conversation.version},
                {"$set": row, "$inc": {"version": 1}},
                upsert=conversation.version == 0,
            )
        except DuplicateKeyError:
            return False
        return bool(result.matched_count or result.upserted_id)

    def _sealed(self, form: BookingForm | None) -> str | None:
        return self._keys.seal(json.dumps(asdict(form), default=_plain), field="conversation") if form else None

    def _opened(self, sealed: str | None) -> BookingForm | None:
        if sealed is None:
            return None
        try:
            return _form(json.loads(self._keys.unseal(sealed, field="conversation")))
        except CannotUnseal:  # its key has been retired: the resident starts the form again
            return None


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _form(data: dict[str, Any]) -> BookingForm:
    wish, chosen = data["wish"], data["chosen"]
    return BookingForm(
        step=Step(data["step"]),
        name=data["name"],
        wish=Wish(_instant(wish["start"]), wish["end"] and _instant(wish["end"]), wish["is_point"]) if wish else None,
        options=tuple(_option(option) for option in data["options"]),
        chosen=_option(chosen) if chosen else None,
        address=data["address"],
    )


def _option(data: dict[str, str]) -> Option:
    return Option(data["offering"], data["label"], _instant(data["start"]), _instant(data["end"]))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
