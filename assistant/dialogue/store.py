"""Conversations in the database: any worker can take the next turn, and a restart forgets nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.dialogue.codec import form_from_json, form_to_json
from lifecircle.assistant.dialogue.model import Conversation, LastTurn
from lifecircle.catalogue.database import Database, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

KEPT = timedelta(hours=24)
"""A conversation is forgotten this long after its last turn."""


class ConversationStore:
    """What a resident said (an address, say) is personal, so what is remembered is sealed."""

    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._conversations = database["conversations"]
        self._keys = keys

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._conversations,
            [
                IndexModel([("resident", ASCENDING)], name="of_resident"),
                IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
            ],
        )

    async def find(self, conversation_id: str, now: datetime) -> Conversation | None:
        row = await self._conversations.find_one({"_id": conversation_id})
        if row is None or row["expires_at"] <= now:
            return None
        memory = self._opened(row["memory"])
        return Conversation(
            id=row["_id"],
            resident=row["resident"],
            form=form_from_json(memory.get("form")),
            near=Point(**memory["near"]) if memory.get("near") else None,
            is_traditional=row["is_traditional"],
            last=_last(memory.get("last")),
            version=row["version"],
        )

    async def save(self, conversation: Conversation, now: datetime) -> bool:
        """Compare and set; False where another turn was faster."""
        row = {
            "resident": conversation.resident,
            "memory": self._sealed(conversation),
            "is_traditional": conversation.is_traditional,
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

    def _sealed(self, conversation: Conversation) -> str:
        memory = {
            "form": form_to_json(conversation.form),
            "near": conversation.near and asdict(conversation.near),
            "last": _last_to_json(conversation.last),
        }
        return self._keys.seal(json.dumps(memory), field="conversation")

    def _opened(self, sealed: str) -> dict[str, Any]:
        try:
            return dict(json.loads(self._keys.unseal(sealed, field="conversation")))
        except CannotUnseal:  # its key has been retired: the resident starts the form again
            return {}


def _last_to_json(last: LastTurn | None) -> dict[str, Any] | None:
    if last is None:
        return None
    return {"key": last.key, "said": last.said, "form": form_to_json(last.form), "booking": last.booking}


def _last(data: dict[str, Any] | None) -> LastTurn | None:
    return LastTurn(**{**data, "form": form_from_json(data["form"])}) if data else None
