"""What may be booked, by whom, for how long and how far ahead. Pure functions."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import ceil

from lifecircle.catalogue.bookings.claims import CELL_MINUTES, places_needed
from lifecircle.catalogue.bookings.model import BookingRequest
from lifecircle.catalogue.bookings.moves import may_move
from lifecircle.catalogue.bookings.texts import date_text, lead_text, status_text, time_text
from lifecircle.catalogue.bookings.times import DayAvailability, FreeTime
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import (
    InThePast,
    InvalidInput,
    NotBookable,
    NotEligible,
    PartyTooLarge,
    TooFarAhead,
    TooSoon,
)
from lifecircle.catalogue.offerings.model import Offering, OfferingKind

__all__ = [
    "DayAvailability",
    "FreeTime",
    "check_duration",
    "check_start",
    "check_terms",
    "date_text",
    "last_day",
    "lead_text",
    "may_move",
    "price_of",
    "status_text",
    "time_text",
]


def check_terms(request: BookingRequest, offering: Offering, now: datetime, *, dates: bool = True) -> None:
    """What can be said without looking at the calendar or at other bookings; without `dates`, not of its times.

    Raises NotBookable, InvalidInput, PartyTooLarge, NotEligible, InThePast, TooSoon, TooFarAhead.
    """
    if not (offering.is_active and offering.bookable) or offering.kind is OfferingKind.REQUEST_ONLY:
        raise NotBookable(f"“{offering.name}”不能在线预约，请打电话咨询。", "offering")
    _check_size(request.party_size, offering)
    check_duration(request.duration_minutes, offering)
    _check_resource(request.resource, offering)
    _check_declaration(request, offering)
    if dates:
        check_start(request.start, offering, now)


def check_start(start: datetime, offering: Offering, now: datetime) -> None:
    """Raises InThePast, TooSoon, TooFarAhead."""
    if start <= now:
        raise InThePast("预约时间已经过去，请选择以后的时间。", "start")
    if start < now + timedelta(minutes=offering.lead_minutes):
        raise TooSoon(f"需要至少提前 {lead_text(offering.lead_minutes)}预约。", "start")
    if local_day(start) > last_day(offering, now):
        raise TooFarAhead(f"最多可以提前 {offering.window_days} 天预约。", "start")


def last_day(offering: Offering, now: datetime) -> date:
    """Of the booking window."""
    return local_day(now) + timedelta(days=offering.window_days)


def _check_size(party_size: int, offering: Offering) -> None:
    if party_size < 1:
        raise InvalidInput("人数至少为 1。", "partySize")
    if party_size > offering.most_people:
        raise PartyTooLarge(f"一次最多预约 {offering.most_people} 位。", "partySize")


def check_duration(minutes: int | None, offering: Offering) -> None:
    """Raises InvalidInput."""
    if minutes in (None, offering.duration_minutes):
        return
    least, most = offering.rules.min_duration_minutes, offering.rules.max_duration_minutes
    if least is None or most is None or offering.kind is not OfferingKind.APPOINTMENT:
        raise InvalidInput(f"“{offering.name}”的时长是 {offering.duration_minutes} 分钟。", "durationMinutes")
    if minutes is None or not least <= minutes <= most or minutes % CELL_MINUTES:
        raise InvalidInput(
            f"“{offering.name}”的时长可选 {least} 到 {most} 分钟，应为 {CELL_MINUTES} 的倍数。", "durationMinutes"
        )


def _check_resource(wanted: str | None, offering: Offering) -> None:
    if wanted is None:
        return
    known = offering.rules.resources if offering.uses_resources else ()
    if all(wanted != one.id for one in known):
        names = "、".join(one.name for one in known)
        raise InvalidInput(f"请从这些里选：{names}。" if names else "这项服务不能指定人员或场地。", "resource")


def _check_declaration(request: BookingRequest, offering: Offering) -> None:
    """The resident says so; nothing of it is stored."""
    asked = [rule.text for rule in offering.eligibility if rule.must_declare]
    if asked and not request.declares_eligible:
        raise NotEligible(f"预约前请确认您符合：{'；'.join(asked)}。", "declaresEligible")


def price_of(offering: Offering, party_size: int, minutes: int | None) -> int | None:
    """Fen for one date: for each place that is taken, and in proportion where the resident chose the time."""
    if offering.price is None:
        return None
    whole = offering.price * places_needed(offering, party_size)
    if minutes is None or not offering.duration_minutes:
        return whole
    return ceil(whole * minutes / offering.duration_minutes)
