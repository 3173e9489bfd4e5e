"""What the dialogue asks and shows: a reply and the form as it then waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lifecircle.assistant.dialogue import offers, wording
from lifecircle.assistant.dialogue.model import BookingForm, Step
from lifecircle.assistant.dialogue.offers import Candidate, Place
from lifecircle.assistant.dialogue.turn import INTENT, Moved, Turn
from lifecircle.assistant.replies import Reply, ReplyKind, TimeSlotOffer
from lifecircle.catalogue.offerings.model import OfferingKind

WHEN_SUGGESTIONS = ("明天上午", "明天下午", "这周六")
_MOST_NAMES = 4


def ask(question: str, form: BookingForm, suggestions: tuple[str, ...]) -> Moved:
    return Moved(Reply(question, ReplyKind.FORM, INTENT, suggestions=suggestions), form)


def clarify(question: str, form: BookingForm, suggestions: tuple[str, ...]) -> Moved:
    return Moved(Reply(question, ReplyKind.CLARIFY, INTENT, suggestions=suggestions), form)


def labels(form: BookingForm) -> tuple[str, ...]:
    found = tuple(option.label for option in form.options)
    return found if len(found) > 1 else (*found, "算了")


def show(head: str, form: BookingForm, shown: Sequence[Place], turn: Turn) -> Moved:
    lines = wording.option_lines(form.options, shown, with_walk=turn.near is not None)
    cards = tuple(TimeSlotOffer(place.candidate.offering, place.start, place.end) for place in shown)
    outcome = clarify("\n".join([head, *lines]), form.with_step(Step.CHOICE), labels(form))
    return replace(outcome, reply=replace(outcome.reply, cards=cards))


def not_yet(form: BookingForm, found: Sequence[Candidate], turn: Turn, *, is_past: bool) -> Moved | None:
    """What must be said before times can be looked for."""
    if form.name is None and form.names:
        return which(form.names, form)
    if form.name is None:
        question = "您想预约什么服务？比如保洁、上门理发、羽毛球场。"
        return ask(question, form.with_step(Step.WHAT), ("日常保洁", "上门理发", "上门认证"))
    if not found and (form.store or form.most_fen is not None or form.refused):
        return nothing_fits(form)
    if not found:
        return Moved(Reply(f"附近没有可以预约的{form.name}。", ReplyKind.FALLBACK, INTENT), None)
    if all(each.offering.kind is OfferingKind.REQUEST_ONLY for each in found):
        return _by_phone(found[0])
    if is_past:
        return ask("这个时间已经过去了，您想约什么时间？", form.without_time(), WHEN_SUGGESTIONS)
    most = max(each.most_people for each in found)
    if form.party_size > most:
        return _too_many(form, most)
    return None if turn.names.offering_in(form.name) else _which_service(form, found)


def when(form: BookingForm, found: Sequence[Candidate]) -> Moved:
    """Who comes to the house must also know where it is: asked for in one go where few turns are wanted."""
    form = form.with_step(Step.WHEN)
    if form.is_short and form.address is None and any(each.offering.at_home for each in found):
        question = "可以上门。您想约什么时间、上门地址是哪里？比如“下周三上午十点，青石路12号3幢502”。"
        return ask(question, replace(form, address_asked=True), WHEN_SUGGESTIONS)
    return ask(f"好的，约{form.name}。您想约什么时间？", form, WHEN_SUGGESTIONS)


def which(names: Sequence[str], form: BookingForm) -> Moved:
    """A need that several services answer."""
    known = tuple(names[:_MOST_NAMES])
    return clarify(f"可以约这些：{'、'.join(known)}。您要哪一种？", replace(form, names=known, step=Step.WHAT), known)


def nothing_fits(form: BookingForm) -> Moved:
    if form.options:
        return clarify("附近没有别的店了，您看原来的可以吗？", replace(form, store=None), labels(form))
    if form.most_fen is not None:
        text = f"附近没有不超过 {wording.yuan(form.most_fen)} 的{form.name}。您可以放宽价格，或者换一项服务。"
        return ask(text, replace(form, most_fen=None, step=Step.WHEN), WHEN_SUGGESTIONS)
    text = f"这家店没有可以预约的{form.name}，要看看别的店吗？可以说时间，比如“明天上午”。"
    return ask(text, replace(form, store=None, step=Step.WHEN), WHEN_SUGGESTIONS)


def _too_many(form: BookingForm, most: int) -> Moved:
    fewer = replace(form, party_size=1)
    if most == 1:
        return ask(f"{form.name}一次预约一份，几个人要分开约。先约一份好吗？", fewer, ("先约一份", "算了"))
    text = f"{form.name}一次最多预约 {most} 位。您可以减少人数，或者分几次约。"
    return ask(text, fewer, (f"{most}个人", "算了"))


def _which_service(form: BookingForm, found: Sequence[Candidate]) -> Moved | None:
    """Only the trade was named, and it has several services."""
    names = tuple(offers.service_names(found)[:_MOST_NAMES])
    if len(names) < 2:
        return None
    question = f"{form.name}有这些服务：{'、'.join(names)}。您要哪一种？"
    return clarify(question, replace(form, names=names, step=Step.WHAT), names)


def _by_phone(candidate: Candidate) -> Moved:
    store, name = candidate.store, candidate.offering.name
    call = f"请打 {store.phone}，{store.name}" if store.phone else f"请到店里问，{store.name}"
    text = f"“{name}”不能在线预约，{call}（{store.address}）。"
    return Moved(Reply(text, ReplyKind.ANSWER, "booking.phone", cards=(store,)), None)
