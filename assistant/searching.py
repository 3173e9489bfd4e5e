"""Where something is, when it is open, how it is reached and what it costs: what the catalogue itself answers."""

from __future__ import annotations

from datetime import datetime

from lifecircle.assistant import answers
from lifecircle.assistant.dialogue import offers, wording
from lifecircle.assistant.dialogue.heard import service_in
from lifecircle.assistant.dialogue.model import BookingForm, Step
from lifecircle.assistant.dialogue.turn import Turn
from lifecircle.assistant.meaning import Guess
from lifecircle.assistant.offer_names import NamedCategory
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.catalogue.clock import local, local_day
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.stores.closing import open_ranges_of
from lifecircle.catalogue.stores.model import Store

_KINDS = ("附近有什么药店", "附近有什么菜市场", "附近有什么理发店")
_MOST_PRICES = 3


def category_of(turn: Turn) -> NamedCategory | None:
    text = turn.signals.text
    return turn.names.category_in(text) or turn.names.category_around(text)


def found(turn: Turn, guess: Guess, calendar: HolidayCalendar) -> Reply | None:
    """None where the sentence names nothing that the catalogue has."""
    if guess.intent == "search.price":
        return _prices(turn) or _about_a_store(turn, calendar)
    if guess.intent in ("search.open", "search.contact"):
        return _about_a_store(turn, calendar)
    category = category_of(turn)
    if category:
        return place(turn, category)
    named = _named_store(turn)
    return _facts(named, turn, calendar) if named else None


def which_kind(guess: Guess) -> Reply:
    text = "您想找什么？可以说店或服务的名字，比如“附近有什么药店”。"
    return Reply(text, ReplyKind.CLARIFY, guess.intent, round(guess.confidence, 2), suggestions=_KINDS)


def place(turn: Turn, category: NamedCategory) -> Reply:
    """Where it is; or, to a question about a matter that has an office, who would know."""
    if turn.signals.asks and not turn.signals.asks_for_a_place:
        is_group = bool(turn.snapshot.categories.children(category.code))
        return answers.not_known() if is_group else answers.ask_there(turn.snapshot, category, turn.near, turn.center)
    return answers.nearby_answer(turn.snapshot, category, turn.near, turn.center)


def _about_a_store(turn: Turn, calendar: HolidayCalendar) -> Reply | None:
    store = _named_store(turn) or _nearest(turn)
    return _facts(store, turn, calendar) if store else None


def _named_store(turn: Turn) -> Store | None:
    """The nearest of those that share the name."""
    stores = [store for key in turn.stores if (store := turn.snapshot.store(key))]
    here = turn.near or turn.center
    return min(stores, key=lambda store: answers.metres_between(here, store.location), default=None)


def _nearest(turn: Turn) -> Store | None:
    category = category_of(turn)
    stores = answers.stores_of(turn.snapshot, category, turn.near or turn.center) if category else []
    return stores[0][1] if stores else None


def _facts(store: Store, turn: Turn, calendar: HolidayCalendar) -> Reply:
    lines = [
        store.name,
        f"地址：{store.address}",
        *([f"电话：{store.phone}"] if store.phone else []),
        f"今天：{_hours(store, turn, calendar, turn.now)}",
    ]
    return Reply("\n".join(lines), ReplyKind.ANSWER, "store.facts", 0.9, cards=(store,))


def _hours(store: Store, turn: Turn, calendar: HolidayCalendar, now: datetime) -> str:
    ranges = open_ranges_of(store, turn.snapshot.schedule_of(store), calendar, local_day(now), 1)
    open_today = [f"{local(each.opens):%H:%M}–{local(each.closes):%H:%M}" for each in ranges]
    return "、".join(open_today) if open_today else "不营业"


def _prices(turn: Turn) -> Reply | None:
    name = service_in(turn.signals.text, turn)
    found = offers.candidates(BookingForm(Step.WHAT, name=name), turn)[:_MOST_PRICES] if name else []
    if not found:
        return None
    lines = [f"{each.offering.name}：{each.store.name}，{wording.price_text(each.offering)}" for each in found]
    text = "\n".join(["附近的价格（到场支付）：", *lines])
    suggestions = (f"明天上午约{name}",)
    return Reply(
        text, ReplyKind.ANSWER, "search.price", 0.9, cards=tuple(e.store for e in found), suggestions=suggestions
    )
