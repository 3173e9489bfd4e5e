"""One turn of a conversation: held, answered by the assistant or passed on to people, remembered."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from lifecircle.assistant import safety
from lifecircle.assistant.conversations.codec import reply_from_json, reply_to_json
from lifecircle.assistant.conversations.model import Conversation, HandoffMark, LastTurn, Message, MessageAuthor
from lifecircle.assistant.conversations.service import ConversationDesk
from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.conversations.turns import PATIENCE_SECONDS, Held, TurnKeeper
from lifecircle.assistant.dialogue.turn import Outcome, Turn
from lifecircle.assistant.handoffs.rules import ASKED_FOR, NOT_ANSWERED, served_by
from lifecircle.assistant.handoffs.service import HandoffDesk
from lifecircle.assistant.learning.rules import trouble_of
from lifecircle.assistant.learning.service import LearningDesk
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.assistant.router import Router
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import IdempotencyConflict, InvalidInput
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
    patience: float = PATIENCE_SECONDS
    """Seconds that a turn waits for the one before it."""
    _names: OfferNames | None = field(default=None, init=False)
    _centered: tuple[Areas, Point] | None = field(default=None, init=False)

    @property
    def shelf(self) -> PolicyShelf:
        return self.router.shelf

    @cached_property
    def conversations(self) -> ConversationDesk:
        return ConversationDesk(self.database, self.keys, self.desk, self.shelf, self.learning, self.clock)

    @cached_property
    def handoffs(self) -> HandoffDesk:
        return HandoffDesk(self.database, self.keys, self.desk.calendar, self.clock)

    @cached_property
    def learning(self) -> LearningDesk:
        return LearningDesk(self.database, self.clock)

    @cached_property
    def _turns(self) -> TurnKeeper:
        store = ConversationStore(self.database, self.keys)
        return TurnKeeper(store, self.keys, self.clock, self.patience)

    async def reply(self, said: Said, snapshot: Snapshot) -> Replied:
        """Raises InvalidInput, NotFound, IdempotencyConflict, Busy, Unavailable."""
        said = replace(said, text=_whole(said.text))
        _check(said)
        async with (
            database_errors_as_refusals(),
            self._turns.held(said.conversation, said.resident, said.key) as held,
        ):
            last = _repeated(held.before, said)
            if last and (last.resident or not said.resident):  # who has signed in meanwhile may get further
                return await self._again(held.before, last, snapshot)
            before = replace(held.before, form=last.form) if last else held.before
            before = _listening(replace(before, resident=before.resident or said.resident), said)
            before = await self.handoffs.as_it_stands(before, said.resident)
            if before.handoff and before.handoff.is_open:
                return await self._with_people(held, before, before.handoff, said, snapshot)
            return await self._with_assistant(held, before, said, snapshot)

    async def _with_assistant(self, held: Held, before: Conversation, said: Said, snapshot: Snapshot) -> Replied:
        now = self.clock()
        outcome = await self.router.outcome(before.form, self._turn(before, said, snapshot, now))
        after, outcome = await self._handed_over(before, outcome, snapshot, now)
        reply = _in_script(before, outcome.reply)
        after = _remembering(replace(after, form=outcome.form, version=before.version + 1), before, said, reply)
        messages = [_heard(after, said, now), _answered(after, reply, now)]
        await held.save(after, messages, now, hands_over=after.is_handed_over)
        await self._learn(before, said, outcome, snapshot)
        return Replied(after.id, f"{after.id}:{after.version}", reply)

    async def _with_people(
        self, held: Held, before: Conversation, mark: HandoffMark, said: Said, snapshot: Snapshot
    ) -> Replied:
        """The assistant keeps quiet until the hand-over is closed, except where somebody is in danger."""
        now, cry = self.clock(), safety.reply_to(fold(said.text))
        reply = _in_script(before, cry or await self.handoffs.passed_on(mark, snapshot, now))
        after = _remembering(replace(before, form=None, version=before.version + 1), before, said, reply)
        messages = [_heard(after, said, now), *([_answered(after, reply, now)] if cry else [])]
        await held.save(after, messages, now)
        return Replied(after.id, f"{after.id}:{after.version}", reply)

    async def _handed_over(
        self, before: Conversation, outcome: Outcome, snapshot: Snapshot, now: datetime
    ) -> tuple[Conversation, Outcome]:
        if outcome.reply.kind is not ReplyKind.HANDOFF:
            return before, outcome
        reason, number = NOT_ANSWERED if outcome.unanswered else ASKED_FOR, before.version + 1
        opened = await self.handoffs.open(before, number, reason, snapshot, now)
        if opened is None:
            return before, outcome
        mark, reply = opened
        told = replace(reply, intent=outcome.reply.intent or reply.intent)
        return replace(before, handoff=mark), replace(outcome, reply=told, form=None)

    async def _again(self, before: Conversation, last: LastTurn, snapshot: Snapshot) -> Replied:
        """The answer to a turn that was lost on its way: the same."""
        known = await self.conversations.known(before.resident, [last.reply], snapshot)
        reply_id = f"{before.id}:{before.version}"
        return Replied(before.id, reply_id, reply_from_json(last.reply, known))

    async def _learn(self, before: Conversation, said: Said, outcome: Outcome, snapshot: Snapshot) -> None:
        trouble = trouble_of(outcome)
        if trouble:
            areas = served_by(snapshot.areas, before.near)
            await self.learning.note(said.text, trouble, outcome.reply.intent, areas)

    def _turn(self, before: Conversation, said: Said, snapshot: Snapshot, now: datetime) -> Turn:
        return Turn(
            signals=Signals(fold(said.text)),
            snapshot=snapshot,
            names=self._names_of(snapshot),
            resident=said.resident,
            near=before.near,
            center=self._center_of(snapshot),
            now=now,
            booking_key=f"chat:{before.id}:{said.key or before.version}",
            said=said.text,
        )

    def _center_of(self, snapshot: Snapshot) -> Point:
        """Reckoned once for each version of the areas."""
        areas, center = self._centered or (None, Point(0.0, 0.0))
        if areas is not snapshot.areas:
            self._centered = snapshot.areas, (center := _center(snapshot))
        return center

    def _names_of(self, snapshot: Snapshot) -> OfferNames:
        if self._names is None or not self._names.is_current(snapshot):
            self._names = OfferNames(snapshot)
        return self._names


def _check(said: Said) -> None:
    if not fold(said.text):
        raise InvalidInput("请说点什么，比如“养老金怎么认证”。", "text")
    if len(said.text) > MAX_TEXT:
        raise InvalidInput(f"一次最多说 {MAX_TEXT} 个字，请分几次说。", "text")


def _whole(text: str) -> str:
    """Without halves of characters, which JSON can carry and nothing else can."""
    return "".join(char for char in text if not "\ud800" <= char <= "\udfff")


def _repeated(found: Conversation, said: Said) -> LastTurn | None:
    """The turn before, where this is the same sent again. Raises IdempotencyConflict."""
    last = found.last
    if last is None or said.key is None or last.key != said.key:
        return None
    if last.said != _hash_of(said.text):
        raise IdempotencyConflict
    return last


def _listening(before: Conversation, said: Said) -> Conversation:
    """Remembers where the resident is and which script they write; digits and most names belong to both."""
    near = said.near or before.near
    if is_traditional(said.text):
        return replace(before, near=near, is_traditional=True)
    is_simplified = traditional(said.text) != said.text
    return replace(before, near=near, is_traditional=before.is_traditional and not is_simplified)


def _remembering(after: Conversation, before: Conversation, said: Said, reply: Reply) -> Conversation:
    """Only a turn with a key can be told to be the same when it comes again."""
    if said.key is None:
        return replace(after, last=None)
    last = LastTurn(said.key, _hash_of(said.text), before.form, reply_to_json(reply), said.resident)
    return replace(after, last=last)


def _hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _heard(after: Conversation, said: Said, now: datetime) -> Message:
    return Message(f"{after.version}.said", MessageAuthor.RESIDENT, said.text, now)


def _answered(after: Conversation, reply: Reply, now: datetime) -> Message:
    return Message(str(after.version), MessageAuthor.ASSISTANT, reply.text, now, reply_to_json(reply))


def _in_script(conversation: Conversation, reply: Reply) -> Reply:
    """In the script that the conversation is held in."""
    if not conversation.is_traditional:
        return reply
    suggestions = tuple(traditional(text) for text in reply.suggestions)
    return replace(reply, text=traditional(reply.text), suggestions=suggestions)


def _center(snapshot: Snapshot) -> Point:
    """The middle of everything served, for residents who have not said where they are."""
    corners = [corner for area in snapshot.areas for corner in area.ring]
    if not corners:
        return Point(0.0, 0.0)
    lngs, lats = [lng for lng, _ in corners], [lat for _, lat in corners]
    return Point((min(lngs) + max(lngs)) / 2, (min(lats) + max(lats)) / 2)
