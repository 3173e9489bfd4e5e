"""The life of a booking: who may move it, from where to where. Drawn in docs/bookings.md."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.model import NEVER_WAS, Actor, Booking, BookingStatus, Interval
from lifecircle.catalogue.bookings.texts import status_text, time_text
from lifecircle.catalogue.errors import InThePast, StateChanged, TooLateToCancel, TooSoon

CHECK_IN_BEFORE = timedelta(hours=1)
"""How long before the start somebody can be checked in; until the end."""

UNSETTLED = timedelta(hours=24)
"""How long after its end a booking waits for the store to say whether anybody came; then it counts as completed."""

_RESIDENT = frozenset({Actor.RESIDENT})
_STORE = frozenset({Actor.MERCHANT, Actor.STAFF})
_SYSTEM = frozenset({Actor.SYSTEM})

_P, _C, _I = BookingStatus.PENDING, BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN


@dataclass(frozen=True, slots=True)
class Move:
    who: frozenset[Actor]
    start: BookingStatus
    to: BookingStatus


MOVES = (
    Move(_STORE, _P, BookingStatus.CONFIRMED),
    Move(_STORE, _P, BookingStatus.DECLINED),
    Move(_RESIDENT, _P, BookingStatus.CANCELLED),
    Move(_SYSTEM, _P, BookingStatus.EXPIRED),
    Move(_RESIDENT, _C, BookingStatus.CANCELLED),
    Move(_STORE, _C, BookingStatus.DECLINED),
    Move(_STORE, _C, BookingStatus.CHECKED_IN),
    Move(_STORE | _SYSTEM, _C, BookingStatus.COMPLETED),
    Move(_STORE, _C, BookingStatus.NO_SHOW),
    Move(_STORE | _SYSTEM, _I, BookingStatus.COMPLETED),
    Move(_STORE | _SYSTEM, _I, BookingStatus.CONFIRMED),
)
"""The whole table; a state that no move starts from is final. CHECKED_IN → CONFIRMED: a series goes on."""


def may_move(booking: Booking, to: BookingStatus, actor: Actor | None = None) -> bool:
    """None: by anybody at all."""
    return any(
        move.start is booking.status and move.to is to and (actor is None or actor in move.who) for move in MOVES
    )


def check_move(booking: Booking, to: BookingStatus, actor: Actor, verb: str) -> None:
    """Raises StateChanged."""
    if not may_move(booking, to, actor):
        raise StateChanged(f"这个预约现在是“{status_text(booking.status)}”，不能{verb}。", "booking")


def check_cancellable(booking: Booking, now: datetime) -> None:
    """Raises StateChanged, TooLateToCancel."""
    check_move(booking, BookingStatus.CANCELLED, Actor.RESIDENT, "取消")
    if now > booking.cancellable_until:
        until = time_text(booking.cancellable_until)
        raise TooLateToCancel(f"取消截止时间是{until}，现在请直接打电话联系店家。", "booking")


def check_reschedulable(booking: Booking, date: Interval, now: datetime) -> None:
    """Raises StateChanged, TooLateToCancel."""
    if not may_move(booking, BookingStatus.CANCELLED, Actor.RESIDENT):
        raise StateChanged(f"这个预约现在是“{status_text(booking.status)}”，不能改期。", "booking")
    until = date.start - (booking.interval.start - booking.reschedulable_until)
    if now > until:
        raise TooLateToCancel(f"改期截止时间是{time_text(until)}，现在请直接打电话联系店家。", "booking")


def check_moment(booking: Booking, to: BookingStatus, now: datetime) -> None:
    """Whether this is a moment at which the store may say so. Raises TooSoon, InThePast."""
    start, end = booking.interval.start, booking.interval.end
    if to is BookingStatus.CHECKED_IN:
        if now < start - CHECK_IN_BEFORE:
            raise TooSoon(f"这个预约是{time_text(start)}的，开始前 1 小时起才能签到。", "code")
        if now >= end:
            raise InThePast(f"这个预约的时间（{time_text(start)}）已经结束，不能再签到。", "code")
    elif to in (BookingStatus.COMPLETED, BookingStatus.NO_SHOW):
        if now < start:
            raise TooSoon(f"这个预约{time_text(start)}才开始，现在还不能这样标记。", "booking")
    elif to in (BookingStatus.CONFIRMED, BookingStatus.DECLINED) and now >= start:
        raise InThePast(f"这个预约的时间（{time_text(start)}）已经到了，不能再确认或谢绝。", "booking")


def is_expired(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a holder's time to be confirmed, or to take an offer, has run out."""
    return status in (BookingStatus.PENDING, OFFERED) and expires_at is not None and expires_at <= now


OFFERED = "OFFERED"
"""The state of a document that holds a freed place for the next in the waiting list. It is no booking, and nobody's."""


def next_due(
    status: BookingStatus, interval: Interval, later: Iterable[Interval], expires_at: datetime | None
) -> datetime | None:
    """When the system must look at the booking again; None: never."""
    if status is BookingStatus.PENDING:
        return expires_at
    if status is BookingStatus.CHECKED_IN:
        return interval.end
    if status is BookingStatus.CONFIRMED:
        settled = interval.end + UNSETTLED
        following = min((date.start - CHECK_IN_BEFORE for date in later), default=settled)
        return max(interval.end, min(settled, following))
    return None


def frees_tickets(status: BookingStatus) -> bool:
    return status in NEVER_WAS
