"""What a turn is about: safety first, then the open form, then small talk, policy, booking, nearby, or not knowing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lifecircle.assistant import answers, safety
from lifecircle.assistant.dialogue.heard import hear
from lifecircle.assistant.dialogue.model import BookingForm, Step
from lifecircle.assistant.dialogue.own import own_bookings
from lifecircle.assistant.dialogue.talk import BookingTalk
from lifecircle.assistant.dialogue.turn import Outcome, Turn
from lifecircle.assistant.offer_names import NamedCategory
from lifecircle.assistant.policies.answering import Found
from lifecircle.assistant.policies.shelf import Policies
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.catalogue.bookings.service import BookingDesk

CERTAIN = 0.97
"""Confidence that only one of a guide's own questions reaches; it comes before everything that it could also mean."""

_STILL_OPEN = "刚才的预约还没完成，可以接着说。"


@dataclass(frozen=True)
class Router:
    desk: BookingDesk
    policies: Policies

    async def outcome(self, form: BookingForm | None, turn: Turn) -> Outcome:
        cry = safety.reply_to(turn.signals.text)
        if cry:
            return Outcome(cry, form)
        talk = BookingTalk(self.desk)
        moved = await talk.go_on(form, turn) if form else None
        if moved:
            return moved
        digression = await self._digression(turn, is_open=form is not None)
        if digression is None:
            return await talk.begin(turn)
        return Outcome(_reminded(digression) if form else digression, form)

    async def _digression(self, turn: Turn, *, is_open: bool) -> Reply | None:
        """None: a booking begins."""
        signals = turn.signals
        plain = answers.small_talk(signals)
        if plain:
            return plain
        if not is_open and signals.only_answers:
            return answers.nothing_pending()
        found = self.policies.answers.find(signals.text)
        guide = self._guide(found, turn)
        if guide is None and (signals.speaks_of_own_bookings or signals.unbooks):
            return await own_bookings(self.desk, turn)
        if guide is None and (_wants_booking(turn) or (not is_open and _only_a_service(turn))):
            return None
        return guide or self._elsewhere(turn, found)

    def _guide(self, found: Found, turn: Turn) -> Reply | None:
        if not found.is_good or (found.confidence < CERTAIN and _means_something_else(turn)):
            return None
        reply = self.policies.answers.reply(found, turn.now)
        return replace(reply, cards=(*reply.cards, *safety.numbers_beside(turn.signals.text)))

    def _elsewhere(self, turn: Turn, found: Found) -> Reply:
        text = turn.signals.text
        category = turn.names.category_in(text) or turn.names.category_around(text)
        return _place(turn, category) if category else self.policies.answers.not_known(found)


def _means_something_else(turn: Turn) -> bool:
    """Who wants to book, or asks for a place nearby, is answered so, except with one of the guides' own questions."""
    signals = turn.signals
    if signals.unbooks or signals.speaks_of_own_bookings or _wants_booking(turn):
        return True
    return signals.looks_nearby and turn.names.category_in(signals.text) is not None


def _wants_booking(turn: Turn) -> bool:
    """Says so without asking something, or names a service; or names a service and a time."""
    signals, named = turn.signals, turn.names.offering_in(turn.signals.text)
    if signals.wants_booking:
        return named is not None or not signals.asks
    heard = hear(BookingForm(Step.WHAT), turn)
    return named is not None and heard.wish is not None


def _only_a_service(turn: Turn) -> bool:
    """ "马桶堵了" names what can be booked, and no place to go to."""
    text = turn.signals.text
    return turn.names.offering_in(text) is not None and turn.names.category_in(text) is None


def _place(turn: Turn, category: NamedCategory) -> Reply:
    if turn.signals.asks and not turn.signals.asks_for_a_place:
        is_group = bool(turn.snapshot.categories.children(category.code))
        return answers.not_known() if is_group else answers.ask_there(turn.snapshot, category, turn.near, turn.center)
    return answers.nearby_answer(turn.snapshot, category, turn.near, turn.center)


def _reminded(reply: Reply) -> Reply:
    if reply.kind is ReplyKind.EMERGENCY:
        return reply
    return replace(reply, text=f"{reply.text}\n\n{_STILL_OPEN}")
