"""One turn of a conversation: found, answered, remembered."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from lifecircle.assistant.dialogue.model import Conversation, LastTurn
from lifecircle.assistant.dialogue.store import ConversationStore
from lifecircle.assistant.dialogue.turn import INTENT, Outcome, Turn
from lifecircle.assistant.dialogue.wording import booked_text
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.assistant.router import Router
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Busy, IdempotencyConflict, InvalidInput, NotFound
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import fold, is_traditional, traditional

MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class Said:
    """What a client sends for one turn."""

    text: str
    conversation: str | None
    resident: str | None
    near: Point | None
    key: str | None
    """Idempotency key of the turn."""


@dataclass(frozen=True, slots=True)
class Replied:
    conversation: str
    reply_id: str
    reply: Reply


@dataclass
class Assistant:
    database: Database
    keys: KeyRing
    desk: BookingDesk
    router: Router
    clock: Clock
    _names: OfferNames | None = field(default=None, init=False)

    @property
    def shelf(self) -> PolicyShelf:
        return self.router.shelf

    async def reply(self, said: Said, snapshot: Snapshot) -> Replied:
        """Raises InvalidInput, NotFound, IdempotencyConflict, Busy, Unavailable."""
        _check(said)
        async with database_errors_as_refusals():
            store, now = ConversationStore(self.database, self.keys), self.clock()
            before = _listening(_rewound(await self._conversation(store, said, now), said), said)
            repeated = await self._already_booked(before, said)
            if repeated:
                return repeated
            turn = self._turn(before, said, snapshot, now)
            outcome = await self.router.outcome(before.form, turn)
            after = _after(before, said, outcome)
            if not await store.save(after, now):
                raise Busy("上一句话还在处理，请稍等一下再说。")
        return _replied(after, outcome.reply, before.version + 1)

    async def _conversation(self, store: ConversationStore, said: Said, now: datetime) -> Conversation:
        """Somebody else's conversation is as unknown as one that never was."""
        if said.conversation is None:
            return await self._first(store, said, now)
        found = await store.find(said.conversation, now)
        if found is None or (found.resident is not None and found.resident != said.resident):
            raise NotFound("这段对话已经结束，请重新开始。", "conversation")
        return replace(found, resident=found.resident or said.resident)

    async def _first(self, store: ConversationStore, said: Said, now: datetime) -> Conversation:
        """A first turn that is sent twice with its key finds the conversation that it began."""
        fresh = Conversation(secrets.token_urlsafe(16), said.resident)
        if said.resident is None or said.key is None:
            return fresh
        named = self.keys.lookup_hash(f"{said.resident}:{said.key}", field="conversation").partition(".")[2]
        found = await store.find(named, now)
        if found is None:
            return replace(fresh, id=named)
        return found if found.last and found.last.key == said.key else fresh

    async def _already_booked(self, before: Conversation, said: Said) -> Replied | None:
        """The answer to a turn that was lost on its way: the same booking."""
        last = before.last
        if last is None or last.key != said.key or not last.booking or not before.resident:
            return None
        booking = await self.desk.of_resident(before.resident, last.booking)
        reply = Reply(booked_text(booking), ReplyKind.BOOKED, INTENT, cards=(booking,), booking=booking)
        return _replied(before, reply, before.version)

    def _turn(self, before: Conversation, said: Said, snapshot: Snapshot, now: datetime) -> Turn:
        return Turn(
            signals=Signals(fold(said.text)),
            snapshot=snapshot,
            names=self._names_of(snapshot),
            resident=said.resident,
            near=before.near,
            center=_center(snapshot),
            now=now,
            booking_key=f"chat:{before.id}:{said.key or before.version}",
            said=said.text,
        )

    def _names_of(self, snapshot: Snapshot) -> OfferNames:
        if self._names is None or not self._names.is_current(snapshot):
            self._names = OfferNames(snapshot)
        return self._names


def _check(said: Said) -> None:
    if not fold(said.text):
        raise InvalidInput("请说点什么，比如“养老金怎么认证”。", "text")
    if len(said.text) > MAX_TEXT:
        raise InvalidInput(f"一次最多说 {MAX_TEXT} 个字，请分几次说。", "text")


def _rewound(found: Conversation, said: Said) -> Conversation:
    """A turn that is sent again starts where it started the first time. Raises IdempotencyConflict."""
    last = found.last
    if last is None or said.key is None or last.key != said.key:
        return found
    if last.said != _hash_of(said.text):
        raise IdempotencyConflict
    return replace(found, form=last.form)


def _listening(before: Conversation, said: Said) -> Conversation:
    """Remembers where the resident is and which script they write; digits and most names belong to both."""
    near = said.near or before.near
    if is_traditional(said.text):
        return replace(before, near=near, is_traditional=True)
    is_simplified = traditional(said.text) != said.text
    return replace(before, near=near, is_traditional=before.is_traditional and not is_simplified)


def _after(before: Conversation, said: Said, outcome: Outcome) -> Conversation:
    if said.key is None:
        return replace(before, form=outcome.form, last=None)
    booking = outcome.booking.id if outcome.booking else None
    return replace(before, form=outcome.form, last=LastTurn(said.key, _hash_of(said.text), before.form, booking))


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _replied(conversation: Conversation, reply: Reply, number: int) -> Replied:
    """In the script that the conversation is held in."""
    if conversation.is_traditional:
        suggestions = tuple(traditional(text) for text in reply.suggestions)
        reply = replace(reply, text=traditional(reply.text), suggestions=suggestions)
    return Replied(conversation.id, f"{conversation.id}:{number}", reply)


def _center(snapshot: Snapshot) -> Point:
    """The middle of everything served, for residents who have not said where they are."""
    corners = [corner for area in snapshot.areas for corner in area.ring]
    if not corners:
        return Point(0.0, 0.0)
    lngs, lats = [lng for lng, _ in corners], [lat for _, lat in corners]
    return Point((min(lngs) + max(lngs)) / 2, (min(lats) + max(lats)) / 2)
