"""All queries and indexes of the `conversations` collection: state, lease and messages of one in one document.

Any worker can take the next turn, and a restart forgets nothing. What was said (an address, say) is personal, so memory
and messages are sealed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import Enum
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.assistant.conversations.model import (
    Conversation,
    HandoffMark,
    LastTurn,
    Message,
    MessageAuthor,
    Transcript,
)
from lifecircle.assistant.conversations.remembered import RememberedRows
from lifecircle.assistant.conversations.rules import KEPT, LEASE, MOST_MESSAGES, expiry, is_own
from lifecircle.assistant.dialogue.codec import form_from_json, form_to_json
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing

UNREADABLE = "（这条消息已无法读取）"

_OF_HANDOFF = ("handoff", "keep_until", "expires_at")


class Taken(Enum):
    """Why a conversation could not be taken."""

    UNKNOWN = "unknown"
    BUSY = "busy"


class ConversationStore:
    def __init__(self, database: Database, keys: KeyRing) -> None:
        self._conversations = database["conversations"]
        self._keys = keys
        self._remembered = RememberedRows()

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._conversations,
            [
                IndexModel([("resident", ASCENDING)], name="of_resident"),
                IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0),
            ],
        )

    # --- turns ---

    async def take(
        self, key: str, resident: str | None, holder: str, now: datetime, *, begins: bool = False
    ) -> Conversation | Taken:
        """The conversation, held for the turn. `begins`: it is made where there is none.

        Somebody else's conversation is as unknown as one that never was, and is not held up either.
        """
        free = {"turn.until": {"$not": {"$gt": now}}}  # an $or would make the embedded engine look at all of them
        mine = {"resident": {"$in": [None, resident]}}
        change: Document = {"$set": {"turn": {"holder": holder, "until": now + LEASE}}}
        known = await self._taken_as_remembered({"_id": key, **mine, **free}, change, now)
        if known:
            return known
        if begins:
            change["$setOnInsert"] = self._beginning(resident, now)
        with contextlib.suppress(DuplicateKeyError):  # it is there, and held
            await self._conversations.update_one({"_id": key, **mine, **free}, change, hint="_id_", upsert=begins)
        row = await self._conversations.find_one({"_id": key}, {"messages": 0})
        if row is None or not is_own(row["resident"], resident) or _is_over(row, now):
            return Taken.UNKNOWN
        return self._conversation(row) if (row.get("turn") or {}).get("holder") == holder else Taken.BUSY

    async def _taken_as_remembered(self, where: Document, change: Document, now: datetime) -> Conversation | None:
        """In one command, where nothing but this worker's own turns has changed the conversation; else None.

        Every turn seals the memory anew, so no two memories are alike.
        """
        row = self._remembered.get(where["_id"])
        if row is None or _is_over(row, now):
            return None
        unchanged = {**where, "memory": row["memory"]}
        if (await self._conversations.update_one(unchanged, change, hint="_id_")).matched_count:
            return self._conversation(row)
        self._remembered.forget(row["_id"])
        return None

    async def is_held(self, key: str, now: datetime) -> bool:
        row = await self._conversations.find_one({"_id": key}, {"turn": 1})
        turn = row.get("turn") if row else None
        return bool(turn and turn["until"] > now)

    async def begin(self, conversation: Conversation, said: Sequence[Message], now: datetime) -> None:
        """The first turn of a conversation whose id nobody else can know."""
        row, messages = self._row(conversation, now), [self._sealed_message(message) for message in said]
        await self._conversations.insert_one({"_id": conversation.id, **row, "messages": messages})
        self._remembered.put(conversation.id, row)

    async def save(
        self, conversation: Conversation, said: Sequence[Message], holder: str, now: datetime, *, hands_over: bool
    ) -> bool:
        """Ends the turn; False where it took so long that another has begun.

        Unless the turn itself hands over, an open hand-over is left as it is: the staff may be closing it right now.
        """
        row = whole = self._row(conversation, now)
        if conversation.is_handed_over and not hands_over:
            row = {name: value for name, value in whole.items() if name not in _OF_HANDOFF}
        done = await self._conversations.update_one(
            {"_id": conversation.id, "turn.holder": holder},
            {"$set": row, "$unset": {"turn": ""}, "$push": self._pushed(said)},
            hint="_id_",
        )
        if done.matched_count:
            self._remembered.put(conversation.id, whole)
        return bool(done.matched_count)

    async def release(self, key: str, holder: str) -> None:
        """Ends a turn of which nothing is to be remembered."""
        where = {"_id": key, "turn.holder": holder}
        await self._conversations.update_one(where, {"$unset": {"turn": ""}}, hint="_id_")

    # --- reading and adding ---

    async def transcript(self, key: str, now: datetime) -> Transcript | None:
        row = await self._conversations.find_one({"_id": key}, {"memory": 0})
        return None if row is None or _is_over(row, now) else self.transcript_of(row)

    def transcript_of(self, row: Mapping[str, Any]) -> Transcript:
        messages = tuple(self._message(message) for message in row.get("messages", ()))
        return Transcript(row["_id"], row["resident"], _mark(row.get("handoff")), messages)

    async def add(self, key: str, message: Message) -> bool:
        """Beside any turn that is under way; False where the conversation is no more."""
        change = {"$push": self._pushed([message])}
        return bool((await self._conversations.update_one({"_id": key}, change, hint="_id_")).matched_count)

    async def is_traditional(self, key: str) -> bool:
        row = await self._conversations.find_one({"_id": key}, {"is_traditional": 1})
        return bool(row and row["is_traditional"])

    async def end_handoff(self, key: str, handoff: str, until: datetime, message: Message) -> None:
        """Once, however often it is asked for."""
        change = {
            "$set": {"handoff.is_open": False, "keep_until": until, "expires_at": until},
            "$push": self._pushed([message]),
        }
        where = {"_id": key, "handoff.id": handoff, "handoff.is_open": True}
        await self._conversations.update_one(where, change, hint="_id_")

    async def rate(self, key: str, message_id: str, *, helpful: bool) -> bool:
        """False where it was rated so already."""
        wanted = {"messages": {"$elemMatch": {"id": message_id, "helpful": {"$ne": helpful}}}}
        change = {"$set": {"messages.$.helpful": helpful}}
        return bool((await self._conversations.update_one({"_id": key, **wanted}, change, hint="_id_")).matched_count)

    # --- documents ---

    def _beginning(self, resident: str | None, now: datetime) -> Document:
        row = self._row(Conversation("", resident), now)
        return {**row, "expires_at": now + KEPT, "messages": []}

    def _row(self, conversation: Conversation, now: datetime) -> Document:
        return {
            "resident": conversation.resident,
            "version": conversation.version,
            "memory": self._sealed_memory(conversation),
            "is_traditional": conversation.is_traditional,
            "handoff": asdict(conversation.handoff) if conversation.handoff else None,
            "keep_until": conversation.keep_until,
            "updated_at": now,
            "expires_at": expiry(conversation, now),
        }

    def _conversation(self, row: Mapping[str, Any]) -> Conversation:
        memory = self._opened(row["memory"], "conversation") or {}
        return Conversation(
            id=row["_id"],
            resident=row["resident"],
            form=form_from_json(memory.get("form")),
            near=Point(**memory["near"]) if memory.get("near") else None,
            is_traditional=row["is_traditional"],
            last=_last(memory.get("last")),
            version=row["version"],
            handoff=_mark(row.get("handoff")),
            keep_until=row.get("keep_until"),
        )

    def _sealed_memory(self, conversation: Conversation) -> str:
        near = conversation.near
        memory = {
            "form": form_to_json(conversation.form),
            "near": near and {"longitude": near.longitude, "latitude": near.latitude},
            "last": _last_to_json(conversation.last),
        }
        return self._keys.seal(_json(memory), field="conversation")

    def _pushed(self, said: Sequence[Message]) -> Document:
        sealed = [self._sealed_message(message) for message in said]
        return {"messages": {"$each": sealed, "$slice": -MOST_MESSAGES}}

    def _sealed_message(self, message: Message) -> Document:
        body = self._keys.seal(_json({"text": message.text, "reply": message.reply}), field="message")
        return {"id": message.id, "author": message.author.value, "at": message.at, "body": body}

    def _message(self, row: Mapping[str, Any]) -> Message:
        body = self._opened(row["body"], "message") or {"text": UNREADABLE, "reply": None}
        author = MessageAuthor(row["author"])
        return Message(row["id"], author, body["text"], row["at"], body["reply"], row.get("helpful"))

    def _opened(self, sealed: str, field: str) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self._keys.unseal(sealed, field=field)))
        except CannotUnseal:  # its key has been retired: the resident starts the form again
            return None


def _json(content: Mapping[str, Any]) -> str:
    """Chinese as it is: escaped it would be twice as long, and every turn of a conversation rewrites the document."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _is_over(row: Mapping[str, Any], now: datetime) -> bool:
    return row["expires_at"] is not None and row["expires_at"] <= now


def _mark(data: Mapping[str, Any] | None) -> HandoffMark | None:
    return HandoffMark(**data) if data else None


def _last_to_json(last: LastTurn | None) -> dict[str, Any] | None:
    if last is None:
        return None
    plain = {"key": last.key, "said": last.said, "reply": last.reply, "resident": last.resident}
    return {**plain, "form": form_to_json(last.form)}


def _last(data: dict[str, Any] | None) -> LastTurn | None:
    """None also for one that an older release wrote: the turn is then taken again."""
    if not data or "reply" not in data:
        return None
    return LastTurn(**{**data, "form": form_from_json(data["form"])})
