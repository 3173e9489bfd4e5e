"""How the dialogue says things: prices, times, what is to be confirmed. Every price is paid on the spot and says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from lifecircle.assistant.dialogue.model import BookingForm, Option, Wish
from lifecircle.assistant.dialogue.offers import Place
from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.rules import date_text, time_text
from lifecircle.catalogue.clock import local, local_day, midnight
from lifecircle.catalogue.geo import walk_minutes
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.stores.model import Store


def yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02d}"


def price_text(offering: Offering) -> str:
    if offering.price is None:
        return "价格面议"
    return "免费" if offering.price == 0 else f"{yuan(offering.price)}/{offering.unit}"


def wish_text(wish: Wish) -> str:
    """A whole day is called by its date; nobody asked for midnight."""
    day = local_day(wish.start)
    if wish.is_point or wish.end is None or wish.start != midnight(day):
        return time_text(wish.start)
    last = local_day(wish.end - timedelta(seconds=1))
    return date_text(day) if last == day else f"{date_text(day)}到{date_text(last)}"


def option_lines(options: Sequence[Option], shown: Sequence[Place], *, with_walk: bool) -> list[str]:
    return [
        f"{k}. {option.label}，{_what(option, place)}{_walk(place) if with_walk else ''}"
        for k, (option, place) in enumerate(zip(options, shown, strict=True), 1)
    ]


def _what(option: Option, place: Place) -> str:
    offering = place.candidate.offering
    name = "" if offering.name in option.label else f"{offering.name}，"
    return name + price_text(offering)


def _walk(place: Place) -> str:
    return f"，离您步行约 {walk_minutes(place.candidate.metres)} 分钟"


def confirmation(form: BookingForm, chosen: Option, offering: Offering, store: Store) -> str:
    lines = [
        "请确认：",
        f"{store.name} · {offering.name}",
        f"{time_text(chosen.start)} 到 {local(chosen.end):%H:%M}",
        *([f"{form.party_size} 位"] if form.party_size > 1 else []),
        _total(offering, form.party_size),
        *([_address_line(form)] if offering.at_home else []),
        *([f"联系电话：{form.phone}"] if form.phone else []),
    ]
    return "\n".join(lines)


def _total(offering: Offering, people: int) -> str:
    if offering.price == 0:
        return price_text(offering)
    total = f" × {people}，共 {yuan(offering.price * people)}" if offering.price and people > 1 else ""
    return f"{price_text(offering)}{total}，到场支付"


def _address_line(form: BookingForm) -> str:
    return f"上门地址：{form.address}" if form.address else "上门地址还没填，请先告诉我，可以说“地址是……”"


def booked_text(booking: Booking) -> str:
    what = f"{time_text(booking.interval.start)}，{booking.store_name}，{booking.offering_name}"
    if booking.status is BookingStatus.PENDING:
        return f"已提交：{what}。等商家在两小时内确认，预约码 {booking.code}。"
    return f"约好了：{what}。预约码 {booking.code}。"
