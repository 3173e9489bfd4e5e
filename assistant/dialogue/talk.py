"""Booking by talking: what → when → which → sure? → booked. Nothing is booked before the resident has said yes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lifecircle.assistant.dialogue import choice, offers, questions, wording
from lifecircle.assistant.dialogue.heard import Heard, hear
from lifecircle.assistant.dialogue.model import BookingForm, Option, Step, Wish
from lifecircle.assistant.dialogue.offers import Candidate, Place
from lifecircle.assistant.dialogue.turn import INTENT, Moved, Turn
from lifecircle.assistant.policies.shelf import matter_of
from lifecircle.assistant.replies import Reply, ReplyKind, Requirement, TimeSlotOffer
from lifecircle.assistant.understanding import Shift, Signals
from lifecircle.catalogue.bookings.model import BookingRequest, Contact
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import local_day, midnight
from lifecircle.catalogue.errors import BookingRefused, InvalidInput, NotFound
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.stores.model import Store
from lifecircle.catalogue.text import fold

_CONFIRM_SUGGESTIONS = ("确认预约", "算了")
_SHORT_QUESTION = 3
"""Letters; a question with less of a matter than that is about what is being booked."""


@dataclass(frozen=True)
class BookingTalk:
    desk: BookingDesk

    async def begin(self, turn: Turn, names: tuple[str, ...] = (), *, is_short: bool = False) -> Moved:
        """`names`: what the sentence is about where it says so in other words than the catalogue."""
        form = BookingForm(Step.WHAT, store=turn.stores[0] if turn.stores else None, is_short=is_short)
        heard = hear(form, turn, is_booking=bool(names))
        says_which = turn.names.offering_in(turn.signals.text) or (heard.service and not is_short)
        known = [] if says_which else list(dict.fromkeys(name for name in names if turn.names.offering_in(name)))
        if len(known) > 1 and offers.has_several(known, turn):
            return questions.which(known, _with(form, heard))
        if known:
            form, heard = replace(form, name=known[0]), replace(heard, service=None)
        return await self._take_in(form, heard, turn)

    async def go_on(self, form: BookingForm, turn: Turn) -> Moved | None:
        """None where the sentence does not move the form: a digression."""
        turn = _as_suggested(form, turn)
        heard = hear(form, turn)
        if form.options and heard.service and turn.signals.wants_another_booking:
            return self._put_off(form, turn, heard.service)
        if turn.signals.stops and heard.is_nothing:
            return Moved(Reply("好的，没有预约。需要时再找我。", ReplyKind.ANSWER, "booking.abandon"), None)
        if form.step is Step.CONFIRM and form.chosen and turn.signals.agrees:
            return await self._on_yes(form, form.chosen, turn)
        outcome = self._which(form, heard, turn) or await self._elsewhere(form, turn)
        if outcome:
            return outcome
        if not heard.is_nothing or _picks_a_service(form, turn.signals.ordinal):
            return await self._take_in(form, heard, turn)
        return self._explained(form, turn) or await self._asked_again(form, heard, turn)

    def _put_off(self, form: BookingForm, turn: Turn, service: str) -> Moved:
        """One thing after the other."""
        form = replace(form, later=turn.said or turn.signals.text)
        asked = self._ask_to_confirm(form, turn) if form.chosen else None
        if asked is None:
            return questions.clarify(f"好的，先约好这个，接着再约{service}。您选哪一个？", form, questions.labels(form))
        return replace(asked, reply=after_saying(f"好的，先约好这个，接着再约{service}。", asked.reply))

    # --- which one ---

    def _which(self, form: BookingForm, heard: Heard, turn: Turn) -> Moved | None:
        if not form.options:
            return None
        chosen = choice.chosen(form.options, turn.signals, heard.wish)
        if chosen:
            return self._ask_to_confirm(replace(_with(form, heard), wish=form.wish, chosen=chosen), turn)
        if choice.is_beyond(form.options, turn.signals.ordinal):
            return questions.clarify(f"只有 {len(form.options)} 个可以选，您选哪一个？", form, questions.labels(form))
        return None

    async def _elsewhere(self, form: BookingForm, turn: Turn) -> Moved | None:
        """Another store, earlier, later, or another time than what was shown."""
        shown = (form.chosen,) if form.chosen else form.options
        if not shown or form.wish is None:
            return None
        if turn.signals.wants_another_store:
            refused = tuple(dict.fromkeys((*form.refused, *(option.store for option in shown))))
            return await self._offer(replace(form, chosen=None, store=None, refused=refused), form.wish, turn)
        if turn.stores and turn.stores[0] not in {option.store for option in form.options}:
            return await self._offer(replace(form, chosen=None, store=turn.stores[0]), form.wish, turn)
        if turn.signals.shift:
            wish = _shifted(shown, turn.signals.shift)
            return await self._offer(replace(form, chosen=None, wish=wish), wish, turn)
        if turn.signals.wants_another_time:
            return questions.ask("好的，您想换到什么时间？", form.without_time(), questions.WHEN_SUGGESTIONS)
        return None

    def _explained(self, form: BookingForm, turn: Turn) -> Moved | None:
        """ "要带什么" at the confirmation is about what is being booked."""
        if (
            form.step is not Step.CONFIRM
            or not turn.signals.asks
            or len(matter_of(turn.signals.text)) >= _SHORT_QUESTION
        ):
            return None
        found = self._chosen(form, turn)
        if found is None:
            return None
        offering, store = found
        known = f"这项服务的说明：{offering.description}" if offering.description else "这项服务没有别的说明。"
        call = f"想问得更细，请打 {store.phone}。" if store.phone else ""
        asked = self._ask_to_confirm(form, turn)
        return replace(asked, reply=after_saying(f"{known}{call}", asked.reply))

    async def _asked_again(self, form: BookingForm, heard: Heard, turn: Turn) -> Moved | None:
        """An answer that answers nothing: a yes or a number too many, an unclear address, "不对" without what."""
        if form.step is Step.CONFIRM and turn.signals.objects:
            return questions.ask(
                "哪里要改？可以说换个时间、换一家，或者重新说地址。", form, ("换个时间", "换一家", "算了")
            )
        if form.address_asked and not form.address and any(map(str.isdigit, turn.signals.text)):
            return questions.ask("没听出地址，可以说“地址是……”，或者说“确认”。", form, ("确认", "算了"))
        if not turn.signals.only_answers:
            return None
        if form.step is Step.CHOICE:
            return questions.clarify("您选哪一个？", form, questions.labels(form))
        return await self._take_in(form, heard, turn)

    # --- what and when ---

    async def _take_in(self, form: BookingForm, heard: Heard, turn: Turn) -> Moved:
        """Take in whatever the sentence says, in any order, and ask for what is missing."""
        now = _with(form, heard, turn.signals.ordinal)
        found = offers.candidates(now, turn) if now.name else []
        unclear = questions.not_yet(now, found, turn, is_past=heard.is_past)
        if unclear:
            return unclear
        if now.chosen and _asked(now) == _asked(form):
            return self._ask_to_confirm(now, turn)
        if now.wish is None:
            return questions.when(now, found)
        return await self._offer(replace(now, chosen=None), now.wish, turn, found)

    async def _offer(
        self, form: BookingForm, wish: Wish, turn: Turn, nearby: Sequence[Candidate] | None = None
    ) -> Moved:
        if nearby is None:
            nearby = offers.candidates(form, turn)
        found = [each for each in nearby if each.most_people >= form.party_size]
        if not found:
            return questions.nothing_fits(form)
        window = max(each.offering.window_days for each in found)
        if local_day(wish.start) > local_day(turn.now) + timedelta(days=window):
            text = f"{form.name}最多可以提前 {window} 天预约，请换一个近一点的时间。"
            return questions.ask(text, form.without_time(), questions.WHEN_SUGGESTIONS)
        head, shown = await self._times(found, form, wish)
        if not shown:
            text = f"{wording.wish_text(wish)}前后没有空位了，换一天好吗？"
            return questions.ask(text, form.without_time(), questions.WHEN_SUGGESTIONS)
        form = replace(form, options=offers.options(shown))
        if offers.fits(shown[0], wish) and (len(shown) == 1 or form.is_short):
            return self._ask_to_confirm(replace(form, chosen=form.options[0]), turn)
        return questions.show(head, form, shown, turn)

    async def _times(self, found: list[Candidate], form: BookingForm, wish: Wish) -> tuple[str, list[Place]]:
        """What fits, else what is nearest on those days, else on the days after."""
        people = form.party_size
        first, days = local_day(wish.start), offers.days_of(wish)
        free = await offers.places(self.desk, found, first, days, people)
        fitting = [place for place in free if offers.fits(place, wish)]
        if fitting:
            head = "可以约这些（费用到场支付），您选哪一个？"
            return head, offers.first_and_near(fitting) if form.is_short else offers.spread(fitting)
        if not free:
            free = await offers.places(self.desk, found, first + timedelta(days=days), offers.DAYS_AHEAD, people)
        head = f"{wording.wish_text(wish)}没有空位，最近的有这些（费用到场支付），您选哪一个？"
        return head, offers.nearest(free, wish)

    # --- sure? ---

    def _chosen(self, form: BookingForm, turn: Turn) -> tuple[Offering, Store] | None:
        offering = turn.snapshot.offering(form.chosen.offering) if form.chosen else None
        store = turn.snapshot.store(offering.store) if offering and offering.store else None
        return (offering, store) if offering and store else None

    def _ask_to_confirm(self, form: BookingForm, turn: Turn) -> Moved:
        found, chosen = self._chosen(form, turn), form.chosen
        if found is None or chosen is None:
            return Moved(Reply("这项服务刚刚下架了，您可以换一家。", ReplyKind.FALLBACK, INTENT), None)
        offering, store = found
        text = wording.confirmation(form, chosen, offering, store)
        card = TimeSlotOffer(offering, chosen.start, chosen.end)
        reply = Reply(text, ReplyKind.CONFIRM, INTENT, cards=(card,), suggestions=_CONFIRM_SUGGESTIONS)
        asked = form.address_asked or form.is_short
        return Moved(reply, replace(form, step=Step.CONFIRM, address_asked=asked))

    async def _on_yes(self, form: BookingForm, chosen: Option, turn: Turn) -> Moved:
        found = self._chosen(form, turn)
        if found and found[0].at_home and not form.address and not form.address_asked:
            text = "请告诉我上门地址，或者再说一次“确认”，由店家打电话联系您。"
            return questions.ask(text, replace(form, address_asked=True), ("确认", "算了"))
        if turn.resident is None:
            text = "预约前请先登录，登录后说“确认”就可以。"
            reply = Reply(text, ReplyKind.FORM, INTENT, suggestions=("确认",), requires=Requirement.SIGN_IN)
            return Moved(reply, form)
        return await self._book(form, chosen, turn.resident, turn)

    async def _book(self, form: BookingForm, chosen: Option, resident: str, turn: Turn) -> Moved:
        contact = Contact(phone=form.phone, address=form.address)
        request = BookingRequest(
            chosen.offering,
            chosen.start,
            party_size=form.party_size,
            contact=contact,
            idempotency_key=turn.booking_key,
        )
        try:
            booking = await self.desk.create(resident, request)
        except (BookingRefused, InvalidInput, NotFound) as refusal:
            return questions.ask(
                f"没有约上：{refusal.message}换个时间好吗？", form.without_time(), questions.WHEN_SUGGESTIONS
            )
        reply = Reply(wording.booked_text(booking), ReplyKind.BOOKED, INTENT, cards=(booking,), booking=booking)
        return await self._next(form, Moved(reply, None, booking), turn)

    async def _next(self, form: BookingForm, booked: Moved, turn: Turn) -> Moved:
        """What was put off while this one was made."""
        if form.later is None:
            return booked
        then = await self.begin(replace(turn, said=form.later, signals=Signals(fold(form.later)), stores=()))
        text = f"{booked.reply.text}\n\n{then.reply.text}"
        reply = replace(booked.reply, text=text, suggestions=then.reply.suggestions)
        return Moved(reply, then.task, booked.booking)


def _with(form: BookingForm, heard: Heard, ordinal: int | None = None) -> BookingForm:
    picked = form.names[ordinal - 1] if ordinal and _picks_a_service(form, ordinal) else None
    name = picked or heard.service or form.name
    return replace(
        form,
        name=name,
        names=() if name != form.name else form.names,
        wish=heard.wish or form.wish,
        party_size=heard.party_size or form.party_size,
        address=heard.address or form.address,
        phone=heard.phone or form.phone,
        most_fen=heard.most_fen or form.most_fen,
        refused=form.refused if name == form.name else (),
    )


def after_saying(first: str, reply: Reply) -> Reply:
    return replace(reply, text=f"{first}\n\n{reply.text}")


def _asked(form: BookingForm) -> tuple[object, ...]:
    """What decides which times are offered."""
    return form.wish, form.name, form.party_size, form.most_fen, form.store


def _as_suggested(form: BookingForm, turn: Turn) -> Turn:
    """ "第二个" of the times that were suggested."""
    ordinal = turn.signals.ordinal
    if form.step is not Step.WHEN or ordinal is None or not 1 <= ordinal <= len(questions.WHEN_SUGGESTIONS):
        return turn
    return replace(turn, signals=Signals(questions.WHEN_SUGGESTIONS[ordinal - 1]))


def _picks_a_service(form: BookingForm, ordinal: int | None) -> bool:
    return form.step is Step.WHAT and ordinal is not None and 1 <= ordinal <= len(form.names)


def _shifted(shown: Collection[Option], shift: Shift) -> Wish:
    """From what was shown to the end of its day, or from the beginning of the day up to it."""
    first, last = min(option.start for option in shown), max(option.start for option in shown)
    if shift is Shift.LATER:
        return Wish(last + timedelta(minutes=1), _next_midnight(last), is_point=False)
    return Wish(midnight(local_day(first)), first, is_point=False)


def _next_midnight(instant: datetime) -> datetime:
    return midnight(local_day(instant) + timedelta(days=1))
