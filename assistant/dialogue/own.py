"""What the resident has booked: listed, moved and cancelled by talking. Nothing is changed before a yes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from lifecircle.assistant.dialogue import choice, offers, wording
from lifecircle.assistant.dialogue.heard import hear
from lifecircle.assistant.dialogue.model import BookingForm, Errand, OwnForm, Step, Wish
from lifecircle.assistant.dialogue.offers import Candidate, Place
from lifecircle.assistant.dialogue.turn import Moved, Turn
from lifecircle.assistant.replies import Reply, ReplyKind, Requirement, TimeSlotOffer
from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.rules import status_text, time_text
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import BookingRefused, NotFound, StateChanged
from lifecircle.catalogue.text import fold

LISTED = 5
_COMING = (BookingStatus.PENDING, BookingStatus.CONFIRMED)
_INTENTS = {Errand.CHANGE: "booking.change", Errand.CANCEL: "booking.cancel"}
_VERBS = {Errand.CHANGE: "改期", Errand.CANCEL: "取消"}
_KEEPS = re.compile(r"(?:还是|先|那)*(?:不|别|不要|不用)(?:取消|改|换|退)(?:了|吧|期|时间)*[。!]*")
_DO_CANCEL = re.compile(
    r"(?:对|是的?|嗯|好的?|那|就|要|请|确认|确定|帮我|麻烦|[, ])*取消(?:吧|了|掉|它|这个|预约|[。!])*"
)
""" "取消" is a yes where it is asked whether to cancel."""
_WHEN = ("明天上午", "后天下午", "算了")


async def own_bookings(desk: BookingDesk, turn: Turn) -> Reply:
    if turn.resident is None:
        return _sign_in("booking.list", "我的预约")
    found = await _coming(desk, turn.resident)
    if not found:
        return _none("booking.list")
    lines = ["您的预约：", *(f"{k}. {_line(booking)}" for k, booking in enumerate(found, 1))]
    suggestions = ("取消预约", "改预约时间")
    return Reply("\n".join(lines), ReplyKind.ANSWER, "booking.list", cards=tuple(found), suggestions=suggestions)


@dataclass(frozen=True)
class OwnTalk:
    desk: BookingDesk

    async def begin(self, errand: Errand, turn: Turn) -> Moved:
        intent = _INTENTS[errand]
        if turn.resident is None:
            return Moved(_sign_in(intent, turn.said or turn.signals.text), None)
        found = await _coming(self.desk, turn.resident)
        if not found:
            return Moved(_none(intent), None)
        form = OwnForm(errand, Step.WHAT, tuple(booking.id for booking in found))
        heard = hear(BookingForm(Step.WHAT), turn, is_booking=True)
        meant = _spoken_of(found, turn.signals.text, heard.service, heard.wish if errand is Errand.CANCEL else None)
        if len(meant) != 1:
            return _which(form, meant or found)
        is_plain = len(found) == 1 or heard.service is not None
        return await self._about(form, meant[0], _new_time(meant[0], turn) if is_plain else None, turn)

    async def go_on(self, form: OwnForm, turn: Turn) -> Moved | None:
        """None where the sentence does not move the form: a digression."""
        is_yes = form.step is Step.CONFIRM and _says_yes(form.errand, turn)
        if not is_yes and (turn.signals.stops or _KEEPS.fullmatch(turn.signals.text)):
            text = "好的，没有改动您的预约。"
            return Moved(Reply(text, ReplyKind.ANSWER, "booking.keep"), None)
        if turn.resident is None:
            return Moved(_sign_in(_INTENTS[form.errand], "我的预约"), None)
        if form.booking is None:
            return await self._picked(form, turn.resident, turn)
        booking = await self._still_there(turn.resident, form.booking)
        if booking is None:
            return Moved(Reply("这个预约已经不在了，没有改动。", ReplyKind.ANSWER, _INTENTS[form.errand]), None)
        if is_yes:
            return await self._do(form, booking, turn.resident)
        if turn.signals.unbooks and errand_of(turn) is not form.errand:
            return await self.begin(errand_of(turn), turn)
        return await self._changed(form, booking, turn)

    # --- which booking ---

    async def _picked(self, form: OwnForm, resident: str, turn: Turn) -> Moved | None:
        found = [booking for booking in await _coming(self.desk, resident) if booking.id in form.shown]
        ordinal = turn.signals.ordinal
        if ordinal is not None and (ordinal == -1 or 1 <= ordinal <= len(form.shown)):
            wanted = form.shown[ordinal if ordinal == -1 else ordinal - 1]
            meant = [booking for booking in found if booking.id == wanted]
        else:
            heard = hear(BookingForm(Step.WHAT), turn)
            meant = _spoken_of(found, turn.signals.text, heard.service, heard.wish)
            if len(meant) == len(found) > 1:
                return _which(form, found) if turn.signals.only_answers else None
        return await self._about(form, meant[0], None, turn) if len(meant) == 1 else _which(form, meant or found)

    async def _about(self, form: OwnForm, booking: Booking, wish: Wish | None, turn: Turn) -> Moved:
        form = replace(form, booking=booking.id)
        if booking.is_series:
            text = f"{_line(booking)}有好几次，请在“我的预约”里选择要{_VERBS[form.errand]}的那一次。"
            return Moved(Reply(text, ReplyKind.ANSWER, _INTENTS[form.errand], cards=(booking,)), None)
        until = booking.cancellable_until if form.errand is Errand.CANCEL else booking.reschedulable_until
        if turn.now > until:
            return Moved(_too_late(form.errand, booking, turn), None)
        if form.errand is Errand.CANCEL:
            return _confirm_cancelling(form, booking)
        return await self._offer(form, booking, wish, turn) if wish else _ask_when(form, booking)

    # --- to when ---

    async def _changed(self, form: OwnForm, booking: Booking, turn: Turn) -> Moved | None:
        if form.errand is Errand.CANCEL:
            return _confirm_cancelling(form, booking) if turn.signals.only_answers or turn.signals.unbooks else None
        heard = hear(_before(booking, form.wish), turn)
        chosen = choice.chosen(form.options, turn.signals, heard.wish) if form.options else None
        if chosen:
            return _confirm_moving(replace(form, chosen=chosen), booking, turn)
        if heard.wish:
            return await self._offer(form, booking, heard.wish, turn)
        if heard.is_past or turn.signals.only_answers or turn.signals.wants_another_time or turn.signals.unbooks:
            return _ask_when(form, booking)
        return None

    async def _offer(self, form: OwnForm, booking: Booking, wish: Wish, turn: Turn) -> Moved:
        offering, store = turn.snapshot.offering(booking.offering), turn.snapshot.store(booking.store)
        if offering is None or store is None:
            text = f"“{booking.offering_name}”已经下架，不能改期；可以取消，或打电话问店家。"
            return Moved(Reply(text, ReplyKind.ANSWER, "booking.change", cards=(booking,)), None)
        form = replace(form, wish=wish)
        free = await self._free(Candidate(offering, store, 0.0), booking, wish)
        fitting = [place for place in free if offers.fits(place, wish)]
        shown = offers.spread(fitting) if fitting else offers.nearest(free, wish)
        form = replace(form, options=offers.options(shown))
        if not shown:
            text = f"{wording.wish_text(wish)}前后没有空位了，换一天好吗？"
            return _ask(text, replace(form, step=Step.WHEN), _WHEN)
        if len(shown) == 1 and fitting:
            return _confirm_moving(replace(form, chosen=form.options[0]), booking, turn)
        head = (
            "可以改到这些时间，您选哪一个？"
            if fitting
            else f"{wording.wish_text(wish)}没有空位，最近的有这些，您选哪一个？"
        )
        lines = [f"{k}. {time_text(option.start)}" for k, option in enumerate(form.options, 1)]
        labels = tuple(option.label for option in form.options)
        suggestions = labels if len(labels) > 1 else (*labels, "算了")
        reply = Reply("\n".join([head, *lines]), ReplyKind.CLARIFY, "booking.change", suggestions=suggestions)
        return Moved(reply, replace(form, step=Step.CHOICE))

    async def _free(self, candidate: Candidate, booking: Booking, wish: Wish) -> list[Place]:
        """Of the wished days, else of the days after; never the time that it has already."""
        first, days = local_day(wish.start), offers.days_of(wish)
        for day, count in ((first, days), (first + timedelta(days=days), offers.DAYS_AHEAD)):
            found = await offers.places(self.desk, [candidate], day, count, booking.party_size)
            others = [place for place in found if place.start != booking.interval.start]
            if others:
                return others
        return []

    # --- doing it ---

    async def _still_there(self, resident: str, key: str) -> Booking | None:
        try:
            booking = await self.desk.of_resident(resident, key)
        except NotFound:
            return None
        return booking if booking.status in _COMING else None

    async def _do(self, form: OwnForm, booking: Booking, resident: str) -> Moved:
        intent = _INTENTS[form.errand]
        try:
            if form.errand is Errand.CANCEL:
                done = await self.desk.cancel(resident, booking.id, None)
                text = f"已取消：{_what(done)}。"
            elif form.chosen:
                done = await self.desk.reschedule(resident, booking.id, form.chosen.start)
                waits = "等商家确认，" if done.status is BookingStatus.PENDING else ""
                text = f"改好了：{_what(done)}。{waits}预约码 {done.code}。"
            else:
                return _ask_when(form, booking)
        except (BookingRefused, NotFound, StateChanged) as refusal:
            if form.errand is Errand.CANCEL:
                return Moved(Reply(f"没有取消：{refusal.message}", ReplyKind.ANSWER, intent, cards=(booking,)), None)
            return _ask(f"没有改成：{refusal.message}换个时间好吗？", replace(form, step=Step.WHEN, chosen=None), _WHEN)
        return Moved(Reply(text, ReplyKind.ANSWER, intent, cards=(done,)), None)


def _says_yes(errand: Errand, turn: Turn) -> bool:
    return turn.signals.agrees or (errand is Errand.CANCEL and _DO_CANCEL.fullmatch(turn.signals.text) is not None)


async def _coming(desk: BookingDesk, resident: str) -> list[Booking]:
    """The next first."""
    found = await desk.list_of_resident(resident, _COMING, LISTED, None)
    return sorted(found, key=lambda booking: booking.interval.start)


def _new_time(booking: Booking, turn: Turn) -> Wish | None:
    """A bare clock time belongs to the booking's day, and a bare day to its hour."""
    return hear(_before(booking, None), turn, is_booking=True).wish


def _before(booking: Booking, wish: Wish | None) -> BookingForm:
    return BookingForm(Step.WHEN, wish=wish or Wish(booking.interval.start, None, is_point=True))


def errand_of(turn: Turn) -> Errand:
    is_change = any(word in turn.signals.text for word in ("改", "推迟", "提前", "换个时间", "换时间"))
    return Errand.CHANGE if is_change else Errand.CANCEL


def _spoken_of(found: Sequence[Booking], text: str, service: str | None, wish: Wish | None) -> list[Booking]:
    """Those that the sentence names by service, store or day; all where it names none."""
    named = [b for b in found if fold(b.store_name) in text or _names(b, text, service)]
    meant = named or list(found)
    if wish is None:
        return meant
    on_day = [b for b in meant if local_day(b.interval.start) == local_day(wish.start)]
    return on_day or meant


def _names(booking: Booking, text: str, service: str | None) -> bool:
    """By its whole name, or by two characters of it that stand together."""
    name = fold(booking.offering_name)
    if service and service in name:
        return True
    return any(name[at : at + 2] in text for at in range(len(name) - 1) if name[at : at + 2] not in _IN_MANY)


_IN_MANY = frozenset({"预约", "服务", "上门", "时间", "小时", "一小", "两小", "社区", "取号"})


# --- what is said ---


def _which(form: OwnForm, found: Sequence[Booking]) -> Moved:
    form = replace(form, shown=tuple(booking.id for booking in found))
    lines = [f"您要{_VERBS[form.errand]}哪一个？", *(f"{k}. {_line(booking)}" for k, booking in enumerate(found, 1))]
    suggestions = tuple(f"第{k}个" for k in range(1, min(len(found), 4) + 1))
    reply = Reply(
        "\n".join(lines), ReplyKind.CLARIFY, _INTENTS[form.errand], cards=tuple(found), suggestions=suggestions
    )
    return Moved(reply, form)


def _ask_when(form: OwnForm, booking: Booking) -> Moved:
    until = time_text(booking.reschedulable_until)
    return _ask(f"{_what(booking)}。您想改到什么时间？{until}以前可以改。", replace(form, step=Step.WHEN), _WHEN)


def _ask(text: str, form: OwnForm, suggestions: tuple[str, ...]) -> Moved:
    return Moved(Reply(text, ReplyKind.FORM, _INTENTS[form.errand], suggestions=suggestions), form)


def _confirm_cancelling(form: OwnForm, booking: Booking) -> Moved:
    text = (
        f"请确认要取消这个预约吗？\n{_line(booking)}\n{time_text(booking.cancellable_until)}以前可以取消，不收费。"
        "\n\n说“确认”就取消，说“算了”就保留；也可以在“我的预约”里操作。"
    )
    suggestions = ("确认", "算了")
    reply = Reply(text, ReplyKind.CONFIRM, "booking.cancel", cards=(booking,), suggestions=suggestions)
    return Moved(reply, replace(form, step=Step.CONFIRM))


def _confirm_moving(form: OwnForm, booking: Booking, turn: Turn) -> Moved:
    offering, chosen = turn.snapshot.offering(booking.offering), form.chosen
    if chosen is None or offering is None:
        return _ask_when(form, booking)
    text = (
        f"请确认改期：\n{booking.store_name} · {booking.offering_name}\n"
        f"从 {time_text(booking.interval.start)} 改到 {time_text(chosen.start)}"
    )
    cards = (TimeSlotOffer(offering, chosen.start, chosen.end), booking)
    reply = Reply(text, ReplyKind.CONFIRM, "booking.change", cards=cards, suggestions=("确认", "算了"))
    return Moved(reply, replace(form, step=Step.CONFIRM))


def _too_late(errand: Errand, booking: Booking, turn: Turn) -> Reply:
    store = turn.snapshot.store(booking.store)
    call = f"请直接打 {store.phone} 联系店家。" if store and store.phone else "请直接联系店家。"
    until = booking.cancellable_until if errand is Errand.CANCEL else booking.reschedulable_until
    text = f"{_line(booking)}\n\n{time_text(until)}以后不能再{_VERBS[errand]}了，{call}"
    return Reply(text, ReplyKind.ANSWER, _INTENTS[errand], cards=(booking,))


def _sign_in(intent: str, again: str) -> Reply:
    text = "请先登录，登录后就能看到您的预约。"
    return Reply(text, ReplyKind.FORM, intent, suggestions=(again,), requires=Requirement.SIGN_IN)


def _none(intent: str) -> Reply:
    return Reply("您现在没有预约。", ReplyKind.ANSWER, intent, suggestions=("明天上午十点约保洁",))


def _what(booking: Booking) -> str:
    return f"{time_text(booking.interval.start)}，{booking.store_name}，{booking.offering_name}"


def _line(booking: Booking) -> str:
    return f"{_what(booking)}（{status_text(booking.status)}，预约码 {booking.code}）"
