"""One turn of a conversation: safety first, then the open form, then policy, booking, nearby, or not knowing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime

from lifecircle.assistant import answers, safety
from lifecircle.assistant.dialogue.booking import BookingTalk, Outcome, Turn
from lifecircle.assistant.dialogue.model import BookingForm, Conversation
from lifecircle.assistant.dialogue.store import ConversationStore
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.policies.shelf import PolicyMatch, PolicyShelf
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Busy, InvalidInput, NotFound
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import fold, is_traditional, traditional

MAX_TEXT = 500
SURE = 0.6
"""How well a guide must fit a sentence before it is an answer."""
LIKELY = 0.5
"""The same for a sentence that is plainly a question."""


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
    shelf: PolicyShelf
    clock: Clock
    _names: OfferNames | None = field(default=None, init=False)

    async def reply(self, said: Said, snapshot: Snapshot) -> Replied:
        """Raises InvalidInput, NotFound, Busy, Unavailable."""
        _check(said)
        async with database_errors_as_refusals():
            store, now = ConversationStore(self.database, self.keys), self.clock()
            before = await self._conversation(store, said, now)
            repeated = await self._already_booked(before, said)
            if repeated:
                return repeated
            outcome = await self._outcome(before, said, snapshot, now)
            after = _after(before, said, outcome)
            if not await store.save(after, now):
                raise Busy("上一句话还在处理，请稍等一下再说。")
        reply = _in_script_of(said.text, outcome.reply)
        return Replied(after.id, f"{after.id}:{before.version + 1}", reply)

    async def _conversation(self, store: ConversationStore, said: Said, now: datetime) -> Conversation:
        """Somebody else's conversation is as unknown as one that never was."""
        if said.conversation is None:
            return Conversation(secrets.token_urlsafe(16), said.resident)
        found = await store.find(said.conversation, now)
        if found is None or (found.resident is not None and found.resident != said.resident):
            raise NotFound("这段对话已经结束，请重新开始。", "conversation")
        return replace(found, resident=found.resident or said.resident)

    async def _already_booked(self, before: Conversation, said: Said) -> Replied | None:
        """The answer to a turn that was lost on its way: the same booking."""
        if said.key is None or said.key != before.last_key or not before.last_booking or not before.resident:
            return None
        booking = await self.desk.of_resident(before.resident, before.last_booking)
        reply = Reply(f"已经约好了，预约码 {booking.code}。", ReplyKind.BOOKED, cards=(booking,), booking=booking)
        return Replied(before.id, f"{before.id}:{before.version}", _in_script_of(said.text, reply))

    async def _outcome(self, before: Conversation, said: Said, snapshot: Snapshot, now: datetime) -> Outcome:
        signals = Signals(fold(said.text))
        cry = safety.emergency(signals.text)
        if cry:
            return Outcome(cry, before.form)
        turn = self._turn(before, said, signals, snapshot, now)
        talk = BookingTalk(self.desk)
        if before.form and talk.understands(before.form, turn):
            return await talk.go_on(before.form, turn)
        return await self._fresh(before.form, turn, talk)

    async def _fresh(self, form: BookingForm | None, turn: Turn, talk: BookingTalk) -> Outcome:
        """A new subject; an open form waits and is taken up again."""
        signals = turn.signals
        if signals.greets:
            return Outcome(answers.greeting(), form)
        if signals.thanks:
            return Outcome(answers.thanks(), form)
        matches = self.shelf.current.search(signals.text, 3)
        best = matches[0] if matches else None
        named, category = turn.names.offering_in(signals.text), turn.names.category_in(signals.text)
        if category and signals.looks_nearby and not signals.wants_booking:
            return Outcome(answers.nearby_answer(turn.snapshot, category, turn.near, turn.center), form)
        if best and signals.asks and best.score >= LIKELY and not (named and signals.wants_booking):
            return Outcome(self._policy(best, turn, form), form)
        if signals.wants_booking and not (signals.asks and not named):
            return await talk.begin(turn)
        if best and best.score >= SURE:
            return Outcome(self._policy(best, turn, form), form)
        if category and not signals.wants_booking:
            return Outcome(answers.nearby_answer(turn.snapshot, category, turn.near, turn.center), form)
        return Outcome(answers.not_known(matches), form)

    def _policy(self, match: PolicyMatch, turn: Turn, form: BookingForm | None) -> Reply:
        reply = answers.policy_answer(match, is_stale=match.policy.is_stale(local_day(turn.now)))
        return replace(reply, text=f"{reply.text}\n\n刚才的预约还没完成，可以接着说。") if form else reply

    def _turn(self, before: Conversation, said: Said, signals: Signals, snapshot: Snapshot, now: datetime) -> Turn:
        return Turn(
            signals=signals,
            snapshot=snapshot,
            names=self._names_of(snapshot),
            resident=said.resident,
            near=said.near,
            center=_center(snapshot),
            now=now,
            booking_key=f"chat:{before.id}:{said.key or before.version}",
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


def _after(before: Conversation, said: Said, outcome: Outcome) -> Conversation:
    if outcome.booking is None:
        return replace(before, form=outcome.form)
    return replace(before, form=outcome.form, last_key=said.key, last_booking=outcome.booking.id)


def _center(snapshot: Snapshot) -> Point:
    """The middle of everything served, for residents who have not said where they are."""
    corners = [corner for area in snapshot.areas for corner in area.ring]
    if not corners:
        return Point(0.0, 0.0)
    lngs, lats = [lng for lng, _ in corners], [lat for _, lat in corners]
    return Point((min(lngs) + max(lngs)) / 2, (min(lats) + max(lats)) / 2)


def _in_script_of(question: str, reply: Reply) -> Reply:
    if not is_traditional(question):
        return reply
    return replace(
        reply, text=traditional(reply.text), suggestions=tuple(traditional(text) for text in reply.suggestions)
    )
