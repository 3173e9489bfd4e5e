"""Reading conversations, and saying of a reply whether it helped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lifecircle.assistant.conversations.codec import Known, bookings_named, reply_from_json
from lifecircle.assistant.conversations.model import Json, Message, MessageAuthor, Transcript
from lifecircle.assistant.conversations.rules import Access, access, is_own
from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.handoffs.model import Handoff
from lifecircle.assistant.handoffs.rules import served_by
from lifecircle.assistant.handoffs.store import HandoffStore
from lifecircle.assistant.learning.model import Trouble
from lifecircle.assistant.learning.service import LearningDesk
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.replies import Reply
from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.privacy.audit import AuditLog
from lifecircle.catalogue.privacy.model import AuditAction, Subject
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot

MAX_COMMENT = 200

_BY_HANDOFF = "handoff."
_UNKNOWN = "没有找到这段对话，可能已经过期。"


@dataclass(frozen=True, slots=True)
class Sight:
    """A conversation as somebody may see it."""

    transcript: Transcript
    access: Access


@dataclass(frozen=True, slots=True)
class Rating:
    """What a resident says of a reply."""

    conversation: str
    number: str
    helpful: bool
    comment: str | None


def key_for_staff(handoff: Handoff) -> str:
    """Whoever has the id of a conversation without an owner has the conversation: staff get it by its hand-over."""
    return handoff.conversation if handoff.resident else f"{_BY_HANDOFF}{handoff.id}"


@dataclass(frozen=True)
class ConversationDesk:
    database: Database
    keys: KeyRing
    bookings: BookingDesk
    shelf: PolicyShelf
    learning: LearningDesk
    clock: Clock

    @cached_property
    def _store(self) -> ConversationStore:
        return ConversationStore(self.database, self.keys)

    # --- reading ---

    async def look(self, key: str, viewer: str | None, roles: Roles | None) -> Sight:
        """Raises NotFound, also for whom it is none of their business."""
        async with database_errors_as_refusals():
            real = await self._conversation_of(key)
            found = await self._store.transcript(real, self.clock()) if real else None
        sight = _sight(found, key, viewer, roles)
        if sight is None:
            raise NotFound(_UNKNOWN, "conversation")
        return sight

    def sight_of(self, row: Mapping[str, Any], key: str, viewer: str | None, roles: Roles | None) -> Sight:
        """Of a conversation as the feed tells it. Raises NotFound where it is not the viewer's business any more."""
        sight = _sight(self._store.transcript_of(row), key, viewer, roles)
        if sight is None:
            raise NotFound(_UNKNOWN, "conversation")
        return sight

    async def note_reading(self, sight: Sight, reader: str, request_id: str) -> None:
        """That staff read what a resident said stands in the audit, for the resident to see."""
        handoff = sight.transcript.handoff
        if sight.access is not Access.STAFF or handoff is None:
            return
        resident = sight.transcript.resident
        await AuditLog(self.database, self.clock).record(
            AuditAction.PERSONAL_DATA_READ,
            actor=reader,
            subject=Subject("Resident", resident) if resident else Subject("Handoff", handoff.id),
            fields=["messages"],
            request_id=request_id,
        )

    async def known(self, resident: str | None, replies: Iterable[Json | None], snapshot: Snapshot) -> Known:
        """What the replies name. Bookings are read only for the resident whose they are."""
        found = dict[str, Booking]()
        for key in bookings_named(replies) if resident else ():
            try:
                found[key] = await self.bookings.of_resident(resident or "", key)
            except NotFound:
                continue
        return Known(snapshot, self.shelf.current, found)

    # --- rating ---

    async def rate(self, rating: Rating, viewer: str | None, snapshot: Snapshot) -> Reply:
        """Of one's own conversation. Raises NotFound, InvalidInput."""
        comment = plain_text(rating.comment, "意见", 1, MAX_COMMENT, "comment") if rating.comment else None
        async with database_errors_as_refusals():
            found = await self._store.transcript(rating.conversation, self.clock())
            message = _message(found, rating.number) if found else None
            if found is None or message is None or message.reply is None or not is_own(found.resident, viewer):
                raise NotFound("没有找到这条回复，可能已经过期。", "reply")
            is_new = await self._store.rate(found.id, message.id, helpful=rating.helpful)
            asked = _message(found, f"{message.id}.said")
            if is_new and asked and not rating.helpful:
                areas = served_by(snapshot.areas, None)
                await self.learning.note(asked.text, Trouble.UNHELPFUL, message.reply["intent"], areas, comment)
        return reply_from_json(message.reply, await self.known(found.resident, [message.reply], snapshot))

    async def _conversation_of(self, key: str) -> str | None:
        if not key.startswith(_BY_HANDOFF):
            return key
        handoff = await HandoffStore(self.database, self.keys).find(key.removeprefix(_BY_HANDOFF))
        return handoff.conversation if handoff else None


def _sight(found: Transcript | None, key: str, viewer: str | None, roles: Roles | None) -> Sight | None:
    seen = access(found, viewer, roles, by_handoff=key.startswith(_BY_HANDOFF)) if found else None
    return Sight(found, seen) if found and seen else None


def _message(found: Transcript, key: str) -> Message | None:
    """One of the assistant's, or what was said before it."""
    authors = (MessageAuthor.ASSISTANT, MessageAuthor.RESIDENT)
    return next((one for one in found.messages if one.id == key and one.author in authors), None)
