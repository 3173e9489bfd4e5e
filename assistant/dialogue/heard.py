"""What one sentence says about a booking. Each part is cut out of the text before the next is looked for, so that the
number of a house is no time and the name of a street no service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.assistant.dialogue.model import BookingForm, Step, Wish
from lifecircle.assistant.dialogue.turn import Turn
from lifecircle.assistant.entities import Kind
from lifecircle.assistant.entities.patterns import numbers_in
from lifecircle.assistant.policies.shelf import matter_of
from lifecircle.assistant.understanding import Signals
from lifecircle.assistant.when import TimeSpan, parse
from lifecircle.assistant.when.numerals import number
from lifecircle.assistant.when.spans import FINENESS, Grain
from lifecircle.catalogue.clock import local_day, midnight

_CLAUSE = r"[^,。;!?]"
_HOUSE = rf"{_CLAUSE}{{2,40}}[\d一二三四五六七八九十](?:号|弄|幢|栋|楼|室|单元|座)?{_CLAUSE}{{0,40}}"
_ADDRESS = re.compile(
    rf"(?:地址|住址)(?:就|是|在|为|改成|换成|改为|:)*\s*({_CLAUSE}{{4,100}})"
    rf"|(?:我家|家里|家|我)(?:就)?(?:住在|住|在)({_HOUSE})|(?:上门到|送到|来)({_HOUSE})"
)
_PLAIN_ADDRESS = re.compile(
    rf"(?:^|(?<=[,。;]))\s*(?:我?住在?|就?在)?([\u4e00-\u9fff]{{1,12}}(?:路|街|巷|弄|道|村|苑|园|里|坊|小区|公寓|幢|栋|号楼)"
    rf"{_CLAUSE}{{0,30}}[\d一二三四五六七八九十]{_CLAUSE}{{0,30}})(?=$|[,。;])"
)
_PLACE_NUMBER = re.compile(r"[\d一二三四五六七八九十]+(?:号|弄|幢|栋|楼|室|单元|座|-\d|$)")
_PHONE = re.compile(r"(?:(?:我的)?(?:电话|手机号?|联系方式)(?:是|:)?\s*)?(?<!\d)(1[3-9]\d{9})(?!\d)")
_PARTY = re.compile(
    r"(?<!第)(?<![一二两三四五六七八九十\d])([一二两三四五六七八九十]{1,3}|\d{1,2})(?:个人|位|份|人)(?!家|民|员|工|次)"
)
_SMALL_WORDS = re.compile(
    r"预约|预订|约|订|报名|改期|改|换|调|推迟|提前|上门|服务|时间|空位|位置|有空|有位|还有|没有|有|空|行|来|去|到|成|那|就|个|次|人|帮|请|在|是|和|再|还|这|一"
)
_MARKUP = re.compile(r"<[^>]*>|[<>{}$`\\|]")
_AFTER = ("以后", "之后", "过后")
_COARSEST = FINENESS[Grain.MONTH]


@dataclass(frozen=True, slots=True)
class Heard:
    service: str | None
    wish: Wish | None
    party_size: int | None
    address: str | None
    phone: str | None
    most_fen: int | None
    is_past: bool
    """A time was named, and it is over."""
    asks_more: bool
    """A question about something else is left when all of the above is cut out."""

    @property
    def is_nothing(self) -> bool:
        told = (self.service, self.wish, self.party_size, self.address, self.phone, self.most_fen, self.is_past)
        return not any(told)


def hear(form: BookingForm, turn: Turn, *, is_booking: bool = False) -> Heard:
    """`is_booking`: whatever is asked, it is about this booking ("明天能打疫苗吗")."""
    text, address = _address_in(turn.signals.text, is_missing=form.address is None)
    text, phone = _cut(text, _PHONE)
    text, most_fen = _price_in(text)
    text, service = _service_in(text, form, turn)
    text, people = _cut(text, _PARTY)
    text, wish = _wish_in(text, turn.now, _spoken_of(form))
    wish = _at_the_same_hour(wish, form)
    is_past = wish is not None and (wish.end or wish.start) <= turn.now
    asks_more = not is_booking and _asks_more(text)
    counts = not asks_more
    return Heard(
        service=service if counts else None,
        wish=wish if counts and not is_past else None,
        party_size=number(people) if people and counts else None,
        address=address,
        phone=phone,
        most_fen=most_fen if counts else None,
        is_past=is_past and counts,
        asks_more=asks_more,
    )


def without_markup(text: str) -> str:
    """What is repeated and stored is words, never tags or operators."""
    return " ".join(_MARKUP.sub("", text).split())


def address_in(text: str) -> str | None:
    """A road with its number, a house in a compound, or what is called an address."""
    return _address_in(text, is_missing=True)[1]


def service_in(text: str, turn: Turn) -> str | None:
    """Of whatever sentence, the service that it is about."""
    named = turn.names.offering_in(text)
    similar = None if named else turn.names.category_in(text) or turn.names.similar_in(text)
    return named.name if named else similar.name if similar else None


def _cut(text: str, pattern: re.Pattern[str]) -> tuple[str, str | None]:
    """The text without what the pattern found, and the group that it found."""
    found = pattern.search(text)
    if found is None:
        return text, None
    value = next((group for group in found.groups() if group), "")
    return f"{text[: found.start()]} {text[found.end() :]}".strip(), value.strip(" :")


def _address_in(text: str, *, is_missing: bool) -> tuple[str, str | None]:
    rest, address = _cut(text, _ADDRESS)
    if address is None and is_missing:
        rest, address = _cut(text, _PLAIN_ADDRESS)
        if address and not _PLACE_NUMBER.search(address):
            address = None
    if address is None or Signals(address).asks:
        return text, None
    return rest, without_markup(address)


def _price_in(text: str) -> tuple[str, int | None]:
    """What it may cost at most: "不超过100块"."""
    found = next((each for each in numbers_in(text, [True] * len(text)) if each.kind is Kind.PRICE_LIMIT), None)
    if found is None:
        return text, None
    return f"{text[: found.start]} {text[found.end :]}".strip(), found.value


def _service_in(text: str, form: BookingForm, turn: Turn) -> tuple[str, str | None]:
    """A name that stands in the text; where one is plainly wanted also a similar one, or a category."""
    signals, names = Signals(text), turn.names
    named = names.offering_in(text)
    if named:
        return text.replace(named.name, " ", 1), named.name
    is_changed = turn.corrects or re.search(r"(?:换|改)(?:成|为)", text)
    is_wanted = form.step is Step.WHAT or signals.wants_booking or is_changed
    if not is_wanted or signals.looks_nearby:
        return text, None
    category = names.category_in(text)
    if category and (form.name is None or signals.wants_booking):
        return text.replace(category.name, " ", 1), category.name
    similar = names.similar_in(text)
    return text, similar.name if similar else None


def _spoken_of(form: BookingForm) -> datetime | None:
    return form.chosen.start if form.chosen else form.wish.start if form.wish else None


def _wish_in(text: str, now: datetime, before: datetime | None) -> tuple[str, Wish | None]:
    """The time in the text; a bare clock time belongs to the day that was spoken of before."""
    span = parse(text, now)
    if span is None or FINENESS[span.grain] > _COARSEST:
        return text, None
    if before and not Signals(text).names_a_date:
        span = parse(text, max(midnight(local_day(before)), now)) or span
    rest = f"{text[: span.begin]} {text[span.stop :]}".strip()
    return rest, _wish(span, text)


def _at_the_same_hour(wish: Wish | None, form: BookingForm) -> Wish | None:
    """ "不是明天，是后天": another day is another day, not another time of day."""
    if wish is None or wish.end is None or form.wish is None or not form.wish.is_point:
        return wish
    day = local_day(wish.start)
    if (wish.start, wish.end) != (midnight(day), midnight(day + timedelta(days=1))):
        return wish
    hour = form.wish.start - midnight(local_day(form.wish.start))
    return Wish(midnight(day) + hour, None, is_point=True)


def _wish(span: TimeSpan, text: str) -> Wish:
    if span.end is None and text[: span.stop].endswith(_AFTER):
        return Wish(span.start, midnight(local_day(span.start) + timedelta(days=1)), is_point=False)
    return Wish(span.start, span.end, is_point=span.end is None)


def _asks_more(rest: str) -> bool:
    return Signals(rest).asks and len(_SMALL_WORDS.sub("", matter_of(rest))) > 1
