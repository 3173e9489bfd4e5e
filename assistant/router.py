"""What a turn is about. Safety first, in every state; then the open task; then whatever is new."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lifecircle.assistant import answers, safety, searching
from lifecircle.assistant.certification import own_certification
from lifecircle.assistant.dialogue.complaint import ComplaintTalk, told_before
from lifecircle.assistant.dialogue.heard import address_in, hear
from lifecircle.assistant.dialogue.left import as_left, calm, reminded
from lifecircle.assistant.dialogue.model import BookingForm, Doubt, Errand, Form, OwnForm, RequestForm, Step, Task
from lifecircle.assistant.dialogue.own import OwnTalk, errand_of, own_bookings
from lifecircle.assistant.dialogue.talk import BookingTalk
from lifecircle.assistant.dialogue.turn import Moved, Outcome, Turn
from lifecircle.assistant.entities import EntityKeeper, Kind
from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.meaning import Guess, guess, intent_called
from lifecircle.assistant.policies.shelf import PolicyShelf
from lifecircle.assistant.refusals import refused
from lifecircle.assistant.replies import PARAGRAPH, Reply
from lifecircle.assistant.sought import Sought
from lifecircle.assistant.understanding import Signals
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.certification.service import CertificationDesk
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.requests.service import RequestDesk
from lifecircle.catalogue.text import fold

MISSES = 2
"""Sentences in a row that were not understood, and a person takes over."""
SURELY_NOTHING = 0.8
"""How likely a sentence must be to belong to no intent, that a guide that seems to fit is not believed."""
FEWEST_CHOICES = 2
_ERRANDS = ("own.change", "own.cancel")


@dataclass(frozen=True)
class Router:
    """Wired once; holds nothing of any conversation."""

    desk: BookingDesk
    shelf: PolicyShelf
    matcher: IntentMatcher
    requests: RequestDesk
    certification: CertificationDesk
    entities: EntityKeeper = field(default_factory=EntityKeeper)

    async def outcome(self, before: Form | None, turn: Turn) -> Outcome:
        form, text = before or Form(), turn.signals.text
        cry, in_case = safety.listen(text)
        if cry:
            return Outcome(cry, before)
        no = refused(text)
        if no:
            return Outcome(no, before)
        meant = _settled(form.doubt, turn)
        if meant:
            turn, about = meant
            return await self._something_new(form, turn, about)
        moved = await self._go_on(form.task, turn) if form.task else None
        if moved:
            return as_left(form, moved)
        outcome = await self._something_new(form, turn, None)
        return replace(outcome, reply=safety.with_caution(outcome.reply, in_case)) if in_case else outcome

    # --- the open task ---

    async def _go_on(self, task: Task, turn: Turn) -> Moved | None:
        """None where the sentence is about something else."""
        said, turn = turn.signals.text, _corrected(turn)
        match task:
            case BookingForm():
                if _leaves(turn, guess(self.matcher, said)):
                    return None
                named = replace(turn, stores=await self._stores(turn)) if task.options else turn
                return await BookingTalk(self.desk).go_on(task, named)
            case OwnForm():
                return await OwnTalk(self.desk).go_on(task, turn)
            case RequestForm():
                return await ComplaintTalk(self.requests).go_on(task, turn)

    async def _stores(self, turn: Turn) -> tuple[str, ...]:
        """The stores that a plain name stands for, or the chain."""
        if turn.signals.only_answers:
            return ()
        finder = await self.entities.finder(turn.snapshot)
        named = [each for each in finder.find(turn.signals.text) if each.likeness == 1]
        found = [each.keys for kind in (Kind.STORE, Kind.CHAIN) for each in named if each.kind is kind]
        return found[0] if found else ()

    # --- something new ---

    async def _something_new(self, form: Form, turn: Turn, about: Guess | None) -> Outcome:
        answer = await self._answer(form, turn, about)
        if isinstance(answer, Moved):
            return as_left(form, answer, begun=True)
        if not answer.unanswered:
            return Outcome(reminded(answer.reply, form.task), calm(form), unanswered=answer.is_doubtful)
        if form.misses + 1 >= MISSES:
            return Outcome(answers.handoff(), calm(form), unanswered=True)
        doubt = Doubt(turn.said or turn.signals.text, answer.choices) if answer.choices else None
        missed = replace(form, doubt=doubt, misses=form.misses + 1)
        return Outcome(reminded(answer.reply, form.task), missed, unanswered=True)

    async def _answer(self, form: Form, turn: Turn, about: Guess | None) -> Moved | _Answer:
        """The explicit signals first, then what the matcher is sure of, then the guides.

        `about`: what the sentence is known to mean; None asks the matcher, where that is still open.
        """
        signals = turn.signals
        plain = answers.small_talk(signals)
        if plain:
            return _Answer(plain)
        if form.task is None and signals.only_answers and not _names_a_booking(signals):
            return _Answer(answers.nothing_pending())
        about = about or guess(self.matcher, signals.text)
        sought = Sought(self.shelf.current, signals.text)
        if (signals.asks or not about.names) and not about.is_at_once and sought.is_own_question:
            return _Answer(self._guide(sought, turn))
        said = await self._said(turn, about, sought)
        return said or await self._understood(turn, about, sought)

    async def _said(self, turn: Turn, about: Guess, sought: Sought) -> Moved | _Answer | None:
        """What the sentence says in so many words."""
        signals = turn.signals
        if signals.unbooks or (about.intent in _ERRANDS and about.confidence > SURELY_NOTHING):
            return await OwnTalk(self.desk).begin(errand_of(turn), turn)
        if signals.asks_after_a_request:
            return _Answer(await told_before(self.requests, turn))
        if signals.speaks_of_own_bookings:
            return _Answer(await own_bookings(self.desk, turn))
        if about.is_at_once or _wants_booking(turn):
            return await self._booking(turn, about, sought)
        category = turn.names.category_in(signals.text)
        if signals.looks_nearby and category:
            return _Answer(searching.place(turn, category))
        if signals.complains and about.complaint:
            return _as_sure_as(about, ComplaintTalk(self.requests).begin(about.complaint, turn))
        return None

    async def _understood(self, turn: Turn, about: Guess, sought: Sought) -> Moved | _Answer:
        """What the matcher makes of it."""
        if not about.is_sure:
            return self._unsure(turn, about, sought)
        if about.intent is None:
            return self._nothing(turn, about, sought)
        if about.names and not (turn.signals.asks and _is_about(sought, turn)):
            return await self._booking(turn, about, sought)
        if about.complaint and not (about.intent == "property.complaint" and sought.is_good):
            return _as_sure_as(about, ComplaintTalk(self.requests).begin(about.complaint, turn))
        simple = await self._simple(turn, about)
        if simple:
            return simple
        if sought.is_for_the_office:
            return self._at_the_office(sought)
        return _Answer(self._guide(sought, turn)) if sought.is_good else self._nothing(turn, about, sought)

    async def _simple(self, turn: Turn, about: Guess) -> Moved | _Answer | None:
        match about.intent:
            case "own.list":
                return _Answer(await own_bookings(self.desk, turn))
            case "own.change":
                return await OwnTalk(self.desk).begin(Errand.CHANGE, turn)
            case "own.cancel":
                return await OwnTalk(self.desk).begin(Errand.CANCEL, turn)
            case "pension.status" if _is_own_standing(turn.signals.text):
                return await self._own_standing(turn)
            case "own.rate":
                return _Answer(answers.how_to_rate())
            case "report.wrong_info":
                return _Answer(answers.how_to_correct())
            case "report.scam_other":
                return _Answer(answers.suspicious())
        if about.is_of("search"):
            named = replace(turn, stores=await self._stores(turn))
            reply = searching.found(named, about, self.desk.calendar)
            return _Answer(reply) if reply else None
        talk = answers.small_talk_about(about.intent)
        return _Answer(talk) if talk else None

    async def _own_standing(self, turn: Turn) -> _Answer | None:
        """None where there are no rules to reckon by: the guides say how one looks it up."""
        try:
            return _Answer(await own_certification(self.certification, turn.resident, turn.now))
        except NotFound:
            return None

    async def _booking(self, turn: Turn, about: Guess, sought: Sought) -> Moved:
        named = replace(turn, stores=await self._stores(turn))
        begun = await BookingTalk(self.desk).begin(named, about.names, is_short=about.is_at_once)
        begun = _as_sure_as(about, begun) if about.names else begun
        if about.intent != "pension.home_visit" or not sought.is_good:
            return begun
        guide = self._guide(sought, turn)
        text = f"{guide.text.partition(PARAGRAPH)[0]}{PARAGRAPH}{begun.reply.text}"
        return replace(begun, reply=replace(begun.reply, text=text, citations=guide.citations))

    def _guide(self, sought: Sought, turn: Turn) -> Reply:
        reply = self.shelf.current.answers.reply(sought.found, turn.now)
        return replace(reply, cards=(*reply.cards, *safety.numbers_beside(turn.signals.text)))

    # --- not sure, not known ---

    def _at_the_office(self, sought: Sought) -> _Answer:
        return _Answer(self.shelf.current.answers.not_known(sought.found))

    def _unsure(self, turn: Turn, about: Guess, sought: Sought) -> _Answer:
        if sought.is_for_the_office:
            return self._at_the_office(sought)
        if sought.is_good:
            return _Answer(self._guide(sought, turn), is_doubtful=True)
        if len(about.choices) < FEWEST_CHOICES or turn.signals.is_noise:
            return self._nothing(turn, about, sought)
        return _Answer(answers.did_you_mean(about.choices, about.confidence), unanswered=True, choices=about.choices)

    def _nothing(self, turn: Turn, about: Guess, sought: Sought) -> _Answer:
        """Said so; who asks after something that the catalogue has is at least told where it is."""
        if about.intent is None and about.confidence < SURELY_NOTHING and sought.is_good:
            return _Answer(self._guide(sought, turn), is_doubtful=True)
        category = None if about.intent is None and turn.signals.asks else searching.category_of(turn)
        if category:
            reply = searching.place(turn, category)
            return _Answer(reply, unanswered=reply.intent is None)
        if about.is_of("search"):
            return _Answer(searching.which_kind(about))
        return _Answer(self.shelf.current.answers.not_known(sought.found), unanswered=True)


@dataclass(frozen=True, slots=True)
class _Answer:
    reply: Reply
    unanswered: bool = False
    is_doubtful: bool = False
    """Answered, but worth looking at by people."""
    choices: tuple[str, ...] = ()


def _as_sure_as(about: Guess, begun: Moved) -> Moved:
    return replace(begun, reply=replace(begun.reply, confidence=round(about.confidence, 2)))


def _settled(doubt: Doubt | None, turn: Turn) -> tuple[Turn, Guess] | None:
    """The sentence that was not understood, with the meaning that was picked for it; of a question, the title alone."""
    if doubt is None:
        return None
    ordinal, titles = turn.signals.ordinal, [fold(choice) for choice in doubt.choices]
    if turn.signals.text in titles:
        picked = titles.index(turn.signals.text)
    elif ordinal is not None and 1 <= ordinal <= len(titles):
        picked = ordinal - 1
    else:
        return None
    intent = intent_called(doubt.choices[picked])
    if intent is None:
        return None
    about = Guess(intent, 1.0, is_sure=True)
    if not (about.names or about.complaint):
        return replace(turn, signals=Signals(titles[picked])), about
    return replace(turn, said=doubt.said, signals=Signals(fold(doubt.said))), about


def _corrected(turn: Turn) -> Turn:
    """ "不是今天，是明天" is heard as 明天."""
    meant = turn.signals.meant
    if turn.signals.stops or meant == turn.signals.text:
        return turn
    return replace(turn, signals=Signals(meant), corrects=True)


def _leaves(turn: Turn, about: Guess) -> bool:
    """In the middle of a booking: another booking is to be cancelled, or something is complained of."""
    signals = turn.signals
    if signals.unbooks and not signals.stops and any(word in signals.text for word in ("取消", "退")):
        return True
    return about.complaint is not None and about.confidence > SURELY_NOTHING and not address_in(signals.text)


def _names_a_booking(signals: Signals) -> bool:
    """ "取消预约" is no answer where nothing was asked."""
    return signals.unbooks and any(word in signals.text for word in ("约", "订"))


def _wants_booking(turn: Turn) -> bool:
    """Says so without asking something, or names a service; or names a service and a time."""
    signals, named = turn.signals, turn.names.offering_in(turn.signals.text)
    if signals.wants_booking:
        return named is not None or not signals.asks
    return named is not None and hear(BookingForm(Step.WHAT), turn).wish is not None


def _is_own_standing(text: str) -> bool:
    """ "我认证了没有" asks for what is recorded of oneself; how one looks it up is for the guides."""
    return "我" in text and not any(word in text for word in ("怎么", "哪里", "哪儿", "如何", "妈", "爸", "父", "母"))


def _is_about(sought: Sought, turn: Turn) -> bool:
    """A question that a guide answers and that names no service of the catalogue."""
    return sought.is_good and turn.names.offering_in(turn.signals.text) is None
