"""What may be booked, when, and what may happen to a booking afterwards. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.bookings.claims import free_seats, rounded
from lifecircle.catalogue.bookings.model import Booking, BookingRequest, BookingStatus, Interval, Occupancy
from lifecircle.catalogue.clock import at_minute, local, local_day
from lifecircle.catalogue.errors import (
    HolidayClosed,
    InThePast,
    InvalidInput,
    NotBookable,
    OutsideHours,
    PartyTooLarge,
    StateChanged,
    TooFarAhead,
    TooLateToCancel,
    TooSoon,
)
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering, OfferingKind

PENDING_HOURS = 2
"""How long a booking that the merchant must confirm holds its places."""

ALLOWED_MOVES: dict[BookingStatus, frozenset[BookingStatus]] = {
    BookingStatus.PENDING: frozenset(
        {BookingStatus.CONFIRMED, BookingStatus.DECLINED, BookingStatus.CANCELLED, BookingStatus.EXPIRED}
    ),
    BookingStatus.CONFIRMED: frozenset(
        {BookingStatus.CHECKED_IN, BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.NO_SHOW}
    ),
    BookingStatus.CHECKED_IN: frozenset({BookingStatus.COMPLETED}),
}
"""The life of a booking; a state that is not a key is final. Drawn in docs/bookings.md."""

_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class FreeTime:
    interval: Interval
    remaining: int


@dataclass(frozen=True, slots=True)
class DayAvailability:
    day: date
    times: tuple[FreeTime, ...]
    closed_reason: str | None


def may_move(booking: Booking, to: BookingStatus) -> bool:
    return to in ALLOWED_MOVES.get(booking.status, frozenset())


def check_cancellable(booking: Booking, now: datetime) -> None:
    """Raises StateChanged, TooLateToCancel."""
    if not may_move(booking, BookingStatus.CANCELLED):
        raise StateChanged(f"这个预约现在是“{status_text(booking.status)}”，不能取消。", "booking")
    if now > booking.cancellable_until:
        until = time_text(booking.cancellable_until)
        raise TooLateToCancel(f"取消截止时间是{until}，现在请直接打电话联系店家。", "booking")


def check_terms(request: BookingRequest, offering: Offering, now: datetime) -> None:
    """What can be said without looking at the calendar or at other bookings.

    Raises NotBookable, InvalidInput, PartyTooLarge, InThePast, TooSoon, TooFarAhead.
    """
    if not (offering.is_active and offering.bookable) or offering.kind is OfferingKind.REQUEST_ONLY:
        raise NotBookable(f"“{offering.name}”不能在线预约，请打电话咨询。", "offering")
    _check_size(request, offering)
    if request.duration_minutes not in (None, offering.duration_minutes):
        raise InvalidInput(f"“{offering.name}”的时长是 {offering.duration_minutes} 分钟。", "durationMinutes")
    if request.start <= now:
        raise InThePast("预约时间已经过去，请选择以后的时间。", "start")
    if request.start < now + timedelta(minutes=offering.lead_minutes):
        raise TooSoon(f"需要至少提前 {lead_text(offering.lead_minutes)}预约。", "start")
    if local_day(request.start) > local_day(now) + timedelta(days=offering.window_days):
        raise TooFarAhead(f"最多可以提前 {offering.window_days} 天预约。", "start")


def _check_size(request: BookingRequest, offering: Offering) -> None:
    if request.party_size < 1:
        raise InvalidInput("人数至少为 1。", "partySize")
    if request.party_size > min(offering.party_size_max, offering.capacity):
        raise PartyTooLarge(f"一次最多预约 {min(offering.party_size_max, offering.capacity)} 位。", "partySize")


def interval_of(
    request: BookingRequest, offering: Offering, openings: Sequence[OpenRange], closed_reason: str | None
) -> Interval:
    """The time that the request would take.

    Raises HolidayClosed, OutsideHours, InvalidInput.
    """
    for candidate in bookable_intervals(offering, openings):
        if candidate.start == request.start:
            return candidate
    if offering.kind is OfferingKind.SESSION:
        raise OutsideHours("这个时间没有安排场次。", "start")
    if any(opening.opens <= request.start < opening.closes for opening in openings):
        raise OutsideHours(f"请选整点开始的时段：每 {offering.grid_minutes} 分钟一档，且要在打烊前做完。", "start")
    if closed_reason:
        raise HolidayClosed(f"{date_text(local_day(request.start))}不营业（{closed_reason}）。", "start")
    raise OutsideHours(f"{time_text(request.start)}不在营业时间内。", "start")


def bookable_intervals(offering: Offering, openings: Sequence[OpenRange]) -> list[Interval]:
    """Every time that the offering could be had, whether free or not, in order."""
    if offering.kind is OfferingKind.SESSION:
        return sorted((Interval(s.start, s.end) for s in offering.sessions), key=lambda interval: interval.start)
    if offering.kind is OfferingKind.REQUEST_ONLY or not offering.duration_minutes:
        return []
    return [interval for opening in openings for interval in _grid(offering, opening)]


def _grid(offering: Offering, opening: OpenRange) -> list[Interval]:
    length, step = timedelta(minutes=offering.duration_minutes or 0), timedelta(minutes=offering.grid_minutes)
    count = max(0, (opening.closes - opening.opens - length) // step + 1)
    return [Interval(opening.opens + k * step, opening.opens + k * step + length) for k in range(count)]


def free_times(
    offering: Offering,
    openings: Sequence[OpenRange],
    occupied: Sequence[Occupancy],
    party_size: int,
    now: datetime,
) -> list[FreeTime]:
    """What can be booked now: enough places, inside the window, not too soon."""
    earliest = now + timedelta(minutes=offering.lead_minutes)
    latest = local_day(now) + timedelta(days=offering.window_days)
    held = _as_claimed(occupied)
    found = []
    for interval in bookable_intervals(offering, openings):
        if interval.start <= now or interval.start < earliest or local_day(interval.start) > latest:
            continue
        remaining = len(free_seats(offering.capacity, interval, _relevant(offering, interval, held)))
        if remaining >= party_size:
            found.append(FreeTime(interval, remaining))
    return found


def _as_claimed(occupied: Sequence[Occupancy]) -> list[Occupancy]:
    """Times beside the grid of claims block a little more than themselves."""
    return [Occupancy(rounded(held.interval), held.seats) for held in occupied]


def _relevant(offering: Offering, interval: Interval, occupied: Sequence[Occupancy]) -> Sequence[Occupancy]:
    """Sessions that overlap in time do not share places."""
    if offering.kind is OfferingKind.SESSION:
        start = rounded(interval).start
        return [held for held in occupied if held.interval.start == start]
    return occupied


def seats_for(offering: Offering, interval: Interval, occupied: Sequence[Occupancy]) -> list[int]:
    """The free places of one time."""
    return free_seats(offering.capacity, interval, _relevant(offering, interval, _as_claimed(occupied)))


def by_day(times: Sequence[FreeTime], first: date, days: int, closed: dict[date, str]) -> list[DayAvailability]:
    grouped: dict[date, list[FreeTime]] = {}
    for free in times:
        grouped.setdefault(local_day(free.interval.start), []).append(free)
    span = [first + timedelta(days=offset) for offset in range(days)]
    return [DayAvailability(day, tuple(grouped.get(day, ())), closed.get(day)) for day in span]


def span_of(first: date, days: int) -> Interval:
    return Interval(at_minute(first, 0), at_minute(first + timedelta(days=days), 0))


def status_text(status: BookingStatus) -> str:
    return _STATUS_TEXTS[status]


def time_text(instant: datetime) -> str:
    """ "11月24日（周二）10:00" """
    return f"{date_text(local_day(instant))}{local(instant):%H:%M}"


def date_text(day: date) -> str:
    return f"{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def lead_text(minutes: int) -> str:
    if minutes % 1440 == 0 and minutes:
        return f"{minutes // 1440} 天"
    return f"{minutes // 60} 小时" if minutes % 60 == 0 and minutes else f"{minutes} 分钟"


_STATUS_TEXTS = {
    BookingStatus.PENDING: "待商家确认",
    BookingStatus.CONFIRMED: "已预约",
    BookingStatus.CHECKED_IN: "已到店",
    BookingStatus.COMPLETED: "已完成",
    BookingStatus.CANCELLED: "已取消",
    BookingStatus.DECLINED: "商家已谢绝",
    BookingStatus.NO_SHOW: "未到店",
    BookingStatus.EXPIRED: "已过期",
}
