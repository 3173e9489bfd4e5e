"""Booking by talking: what → when → which → sure? → booked. Nothing is booked before the resident has said yes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lifecircle.assistant.dialogue.model import BookingForm, Option, Step, Wish
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.replies import Card, Reply, ReplyKind, Requirement, TimeSlotOffer
from lifecircle.assistant.understanding import Signals
from lifecircle.assistant.when import TimeSpan, parse
from lifecircle.catalogue.bookings.model import Booking, BookingRequest, Contact
from lifecircle.catalogue.bookings.rules import FreeTime, time_text
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import local, local_day, midnight
from lifecircle.catalogue.errors import BookingRefused, NotFound
from lifecircle.catalogue.geo import Point, walk_minutes
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store
from lifecircle.catalogue.text import fold

INTENT = "booking.create"
RADIUS = 10_000
MOST_STORES = 6
MOST_OPTIONS = 4

_WHEN_SUGGESTIONS = ("明天上午", "明天下午", "这周六")
_CONFIRM_SUGGESTIONS = ("确认预约", "算了")


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, and everything it is understood against."""

    signals: Signals
    snapshot: Snapshot
    names: OfferNames
    resident: str | None
    near: Point | None
    center: Point
    now: datetime
    booking_key: str


@dataclass(frozen=True, slots=True)
class Outcome:
    reply: Reply
    form: BookingForm | None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    offering: Offering
    store: Store
    metres: float


@dataclass(frozen=True)
class BookingTalk:
    desk: BookingDesk

    async def begin(self, turn: Turn) -> Outcome:
        return await self._go_on(BookingForm(Step.WHAT), turn)

    async def go_on(self, form: BookingForm, turn: Turn) -> Outcome:
        if turn.signals.stops:
            return Outcome(Reply("好的，没有预约。需要时再找我。", ReplyKind.ANSWER, "booking.abandon"), None)
        if form.step is Step.CONFIRM and form.chosen and turn.signals.agrees:
            return await self._book(form, form.chosen, turn)
        if form.step is Step.CHOICE and (chosen := _choice(form.options, turn.signals)):
            return self._ask_to_confirm(replace(form, chosen=chosen), turn)
        return await self._go_on(form, turn)

    def understands(self, form: BookingForm, turn: Turn) -> bool:
        """Whether the sentence moves the form on; else it is a digression."""
        signals = turn.signals
        if signals.stops or signals.address or _wish(signals, turn, form.wish):
            return True
        if form.step is Step.CONFIRM and signals.agrees:
            return True
        if form.step is Step.CHOICE and _choice(form.options, signals):
            return True
        return not signals.asks and turn.names.offering_in(signals.text) is not None

    async def _go_on(self, form: BookingForm, turn: Turn) -> Outcome:
        """Take in whatever the sentence says, in any order, and ask for what is missing."""
        heard = _with_what_was_heard(form, turn)
        if heard.name is None:
            question = "您想预约什么服务？比如保洁、上门理发、羽毛球场。"
            return _ask(question, heard.with_step(Step.WHAT), ("日常保洁", "上门理发", "上门认证"))
        if heard.wish is None:
            return _ask(f"好的，约{heard.name}。您想约什么时间？", heard.with_step(Step.WHEN), _WHEN_SUGGESTIONS)
        if heard.chosen and heard.wish == form.wish and heard.name == form.name:
            return self._ask_to_confirm(heard, turn)
        return await self._offer(replace(heard, chosen=None), heard.wish, turn)

    async def _offer(self, form: BookingForm, wish: Wish, turn: Turn) -> Outcome:
        candidates = _candidates(form.name or "", turn)
        if not candidates:
            return Outcome(Reply(f"附近没有可以预约的{form.name}。", ReplyKind.FALLBACK, INTENT), None)
        free = await asyncio.gather(*(self._free(candidate, wish) for candidate in candidates))
        found = [(candidate, time) for candidate, times in zip(candidates, free, strict=True) for time in times]
        exact = [(candidate, time) for candidate, time in found if _fits(time, wish)]
        shown = _spread(exact or _nearest(found, wish))
        if not shown:
            text = f"{time_text(wish.start)}前后没有空位了，换一天好吗？"
            return _ask(text, replace(form, wish=None, step=Step.WHEN), _WHEN_SUGGESTIONS)
        return self._show(replace(form, options=tuple(_option(c, t) for c, t in shown)), shown, bool(exact), turn)

    def _show(self, form: BookingForm, shown: list[tuple[_Candidate, FreeTime]], is_exact: bool, turn: Turn) -> Outcome:
        if len(shown) == 1 and is_exact:
            return self._ask_to_confirm(replace(form, chosen=form.options[0]), turn)
        lines = [
            f"{k}. {option.label}，{_price(c.offering)}，离您步行约 {walk_minutes(c.metres)} 分钟"
            for k, (option, (c, _)) in enumerate(zip(form.options, shown, strict=True), 1)
        ]
        head = "可以约这些，您选哪一个？" if is_exact else "这个时间没有空位，最近的有这些，您选哪一个？"
        reply = Reply(
            "\n".join([head, *lines]),
            ReplyKind.CLARIFY,
            INTENT,
            cards=tuple(TimeSlotOffer(c.offering, t.interval.start, t.interval.end) for c, t in shown),
            suggestions=tuple(option.label for option in form.options),
        )
        if len(shown) == 1:
            reply = replace(reply, suggestions=(form.options[0].label, "算了"))
        return Outcome(reply, form.with_step(Step.CHOICE))

    async def _free(self, candidate: _Candidate, wish: Wish) -> list[FreeTime]:
        first = local_day(wish.start)
        days = 1 if wish.is_point or wish.end is None else (local_day(wish.end - timedelta(seconds=1)) - first).days + 1
        try:
            found = await self.desk.availability(candidate.offering.id, first, min(days, 14))
        except (BookingRefused, NotFound):
            return []
        return [free for day in found for free in day.times]

    def _ask_to_confirm(self, form: BookingForm, turn: Turn) -> Outcome:
        chosen = form.chosen
        offering = turn.snapshot.offering(chosen.offering) if chosen else None
        store = turn.snapshot.store(offering.store) if offering and offering.store else None
        if chosen is None or offering is None or store is None:
            return Outcome(Reply("这项服务刚刚下架了，您可以换一家。", ReplyKind.FALLBACK, INTENT), None)
        text = "\n".join(
            [
                "请确认：",
                f"{store.name} · {offering.name}",
                f"{time_text(chosen.start)} 到 {local(chosen.end):%H:%M}",
                _price(offering) + ("" if offering.price == 0 else "，到场支付"),
                *_address_line(offering, form),
            ]
        )
        card = TimeSlotOffer(offering, chosen.start, chosen.end)
        reply = Reply(text, ReplyKind.CONFIRM, INTENT, cards=(card,), suggestions=_CONFIRM_SUGGESTIONS)
        return Outcome(reply, form.with_step(Step.CONFIRM))

    async def _book(self, form: BookingForm, chosen: Option, turn: Turn) -> Outcome:
        if turn.resident is None:
            text = "预约前请先登录，登录后说“确认”就可以。"
            return Outcome(
                Reply(text, ReplyKind.FORM, INTENT, suggestions=("确认",), requires=Requirement.SIGN_IN), form
            )
        request = BookingRequest(
            chosen.offering, chosen.start, contact=Contact(address=form.address), idempotency_key=turn.booking_key
        )
        try:
            booking = await self.desk.create(turn.resident, request)
        except (BookingRefused, NotFound) as refusal:
            return _ask(
                f"没有约上：{refusal.message}换个时间好吗？",
                replace(form, wish=None, chosen=None, options=(), step=Step.WHEN),
                _WHEN_SUGGESTIONS,
            )
        what = f"{time_text(booking.interval.start)}，{booking.store_name}，{booking.offering_name}"
        text = f"约好了：{what}。预约码 {booking.code}。"
        cards: tuple[Card, ...] = (booking,)
        return Outcome(Reply(text, ReplyKind.BOOKED, INTENT, cards=cards, booking=booking), None, booking)


def _ask(question: str, form: BookingForm, suggestions: tuple[str, ...]) -> Outcome:
    return Outcome(Reply(question, ReplyKind.FORM, INTENT, suggestions=suggestions), form)


def _with_what_was_heard(form: BookingForm, turn: Turn) -> BookingForm:
    named = turn.names.offering_in(turn.signals.text)
    category = None if named else turn.names.category_in(turn.signals.text)
    name = named.name if named else category.name if category and form.name is None else form.name
    wish = _wish(turn.signals, turn, form.wish) or form.wish
    return replace(form, name=name, wish=wish, address=turn.signals.address or form.address)


def _wish(signals: Signals, turn: Turn, before: Wish | None) -> Wish | None:
    """The time in the sentence; a bare clock time belongs to the day that was spoken of before."""
    span = parse(signals.text, turn.now)
    if span is None:
        return None
    if before and not signals.names_a_date:
        rebased = parse(signals.text, max(midnight(local_day(before.start)), turn.now))
        span = rebased or span
    return Wish(span.start, span.end, _is_point(span))


def _is_point(span: TimeSpan) -> bool:
    return span.end is None


def _candidates(name: str, turn: Turn) -> list[_Candidate]:
    """The nearest stores that offer it, one offering a store."""
    wanted = _named_offerings(name, turn)
    by_store = {offering.store: offering for offering in wanted if offering.store}
    by_chain = {offering.chain: offering for offering in wanted if offering.chain}
    found: list[_Candidate] = []
    for metres, store in turn.snapshot.near(turn.near or turn.center, RADIUS):
        offering = by_store.get(store.id) or (by_chain.get(store.chain) if store.chain else None)
        if offering is None or store.state != "OPEN":
            continue
        there = offering if offering.store else turn.snapshot.offering(f"{store.id}:{offering.id}")
        if there and there.bookable and there.is_active:
            found.append(_Candidate(there, store, metres))
        if len(found) == MOST_STORES:
            break
    return found


def _named_offerings(name: str, turn: Turn) -> tuple[Offering, ...]:
    named = turn.names.offering_in(name)
    if named:
        return named.offerings
    category = turn.names.category_in(name)
    return turn.names.offerings_of_category(category.code, turn.snapshot) if category else ()


def _fits(time: FreeTime, wish: Wish) -> bool:
    start = time.interval.start
    if wish.is_point or wish.end is None:
        return start == wish.start
    return wish.start <= start < wish.end


def _nearest(found: list[tuple[_Candidate, FreeTime]], wish: Wish) -> list[tuple[_Candidate, FreeTime]]:
    return sorted(found, key=lambda item: (abs(item[1].interval.start - wish.start), item[0].metres))


def _spread(found: list[tuple[_Candidate, FreeTime]]) -> list[tuple[_Candidate, FreeTime]]:
    """A few that differ: first every store once, then further times."""
    shown: list[tuple[_Candidate, FreeTime]] = []
    seen: set[str] = set()
    for item in found:
        if item[0].store.id not in seen:
            seen.add(item[0].store.id)
            shown.append(item)
    shown += [item for item in found if item not in shown]
    return shown[:MOST_OPTIONS]


def _option(candidate: _Candidate, time: FreeTime) -> Option:
    label = f"{candidate.store.name} {time_text(time.interval.start)}"
    return Option(candidate.offering.id, label, time.interval.start, time.interval.end)


def _choice(options: tuple[Option, ...], signals: Signals) -> Option | None:
    """By its label, its ordinal, or a name that only one of them has."""
    for option in options:
        if fold(option.label) == signals.text:
            return option
    if signals.ordinal and signals.ordinal <= len(options):
        return options[signals.ordinal - 1]
    if "最近" in signals.text:
        return options[0]
    named = [option for option in options if len(signals.text) >= 2 and signals.text in fold(option.label)]
    return named[0] if len(named) == 1 else None


def _price(offering: Offering) -> str:
    if offering.price is None:
        return "价格面议"
    return "免费" if offering.price == 0 else f"¥{offering.price // 100}.{offering.price % 100:02d}/{offering.unit}"


def _address_line(offering: Offering, form: BookingForm) -> list[str]:
    if not offering.at_home:
        return []
    return [f"上门地址：{form.address}" if form.address else "上门地址还没填，可以说“地址是……”"]
