"""Moving bookings through their life: cancelling, the store's moves, and what happens by itself in time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lifecircle.catalogue.bookings.documents import DATE_CANCELLED, NEXT_DATE, moved, placed
from lifecircle.catalogue.bookings.ledger import Ledger
from lifecircle.catalogue.bookings.limits import without_date
from lifecircle.catalogue.bookings.model import (
    HOLDING,
    Actor,
    Booking,
    BookingDate,
    BookingEvent,
    BookingStatus,
    booking_from_document,
)
from lifecircle.catalogue.bookings.moves import (
    OFFERED,
    check_cancellable,
    check_moment,
    check_move,
    is_expired,
    next_due,
)
from lifecircle.catalogue.bookings.store import Holder, holder_of
from lifecircle.catalogue.bookings.texts import status_text, time_text
from lifecircle.catalogue.bookings.waiting.service import WaitingList
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.errors import NotFound, StateChanged, TooLateToCancel
from lifecircle.catalogue.jobs import Lease

log = logging.getLogger("lifecircle.bookings")

NOT_CONFIRMED = "商家未在时限内确认"
BY_ITSELF = "到时自动完成"

_BATCH = 100
_TRIES = 5


@dataclass(frozen=True)
class Mover:
    ledger: Ledger
    waiting: WaitingList

    # --- the resident's side ---

    async def own(self, resident: str, booking_id: str) -> Booking:
        """Raises NotFound, also for somebody else's."""
        booking = await self.ledger.store.find(booking_id)
        if booking is None or booking.resident != resident:
            raise no_such_booking()
        return self.as_of_now(booking)

    async def cancel(self, resident: str, booking_id: str, reason: str | None, start: datetime | None) -> Booking:
        """`start`: of the one date of a series that is meant; None: the whole booking.

        Raises NotFound, StateChanged, TooLateToCancel. Cancelling twice gives the cancelled booking.
        """
        booking = await self.own(resident, booking_id)
        date = date_at(booking, start)
        if (date.ended if date else booking.status) is BookingStatus.CANCELLED:
            return booking
        now = self.ledger.clock()
        if date and len(booking.coming) > 1:
            change = _cancel_date(booking, date, reason, now)
            freed: Sequence[BookingDate] = (date,)
        else:
            check_cancellable(booking, now)
            change = moved(booking, BookingEvent(now, BookingStatus.CANCELLED, Actor.RESIDENT, reason))
            freed = booking.coming
        after = await self.ledger.change(booking, change)
        if after is None:
            return await self._cancelled_meanwhile(resident, booking_id, start)
        await self._pass_on(booking, freed)
        return after

    async def _cancelled_meanwhile(self, resident: str, booking_id: str, start: datetime | None) -> Booking:
        booking = await self.own(resident, booking_id)
        date = date_at(booking, start)
        if (date.ended if date else booking.status) is not BookingStatus.CANCELLED:
            raise changed_meanwhile()
        return booking

    # --- the store's side ---

    async def move(self, booking: Booking, to: BookingStatus, actor: Actor, reason: str | None, verb: str) -> Booking:
        """By whom the booking may be moved was asked before. Twice is once.

        Raises StateChanged, TooSoon, InThePast.
        """
        for _ in range(_TRIES):
            now, seen = self.ledger.clock(), self.as_of_now(booking)
            if seen.status is to:
                return seen
            check_move(seen, to, actor, verb)
            check_moment(seen, to, now)
            after = await self.ledger.change(seen, _step(seen, to, actor, reason, now))
            if after:
                if to is BookingStatus.DECLINED:
                    await self._pass_on(seen, seen.coming)
                return after
            found = await self.ledger.store.find(booking.id)
            if found is None:
                raise no_such_booking()
            booking = found
        raise changed_meanwhile()

    # --- by itself ---

    def as_of_now(self, booking: Booking) -> Booking:
        """A PENDING booking whose time to be confirmed has run out reads as what it is."""
        expired = is_expired(booking.status, booking.expires_at, self.ledger.clock())
        return replace(booking, status=BookingStatus.EXPIRED) if expired else booking

    async def release(self, holder: Holder | Booking) -> None:
        """Clear away a holder whose time has run out. Nothing happens where somebody was faster."""
        document = await self.ledger.store.document(holder.id)
        if document is not None and document["version"] == holder.version:
            await self._settle(document)

    async def settle_due(self, lease: Lease) -> None:
        """Whatever is due, in batches until nothing is: after a long sleep too."""
        while rows := await self.ledger.store.due(self.ledger.clock(), _BATCH):
            await lease.guard()
            settled = [await self._settle_if_readable(row) for row in rows]
            if not any(settled):
                return

    async def _settle_if_readable(self, row: Document) -> bool:
        try:
            return await self._settle(row)
        except (AttributeError, KeyError, TypeError, ValueError) as error:  # one bad document must not hold up the rest
            log.error("booking %s cannot be settled: %r", row["_id"], error)
            return False

    async def _settle(self, row: Document) -> bool:
        """What time has done to it. Idempotent, and a compare-and-set."""
        now = self.ledger.clock()
        if row["status"] == OFFERED:
            await self.waiting.lapse(holder_of(row), row.get("waiting_entry"))
            return True
        booking = booking_from_document(row)
        if booking.status is BookingStatus.PENDING:
            event = BookingEvent(now, BookingStatus.EXPIRED, Actor.SYSTEM, NOT_CONFIRMED)
            if await self.ledger.change(booking, moved(booking, event)):
                await self._pass_on(booking, booking.coming)
        elif booking.status in HOLDING:
            ending = _step(booking, BookingStatus.COMPLETED, Actor.SYSTEM, BY_ITSELF, now)
            await self.ledger.change(booking, ending)
        else:  # its tickets are of no use any more
            forget = {"$unset": {"due_at": "", "tickets": "", "lookup": ""}, "$inc": {"version": 1}}
            await self.ledger.change(booking, forget)
        return True

    async def _pass_on(self, booking: Booking, freed: Sequence[BookingDate]) -> None:
        for date in freed:
            await self.waiting.pass_on(booking.district, date.holds, date.interval)


def date_at(booking: Booking, start: datetime | None) -> BookingDate | None:
    """The date of a series that begins then; None where the whole booking is meant. Raises NotFound."""
    if start is None:
        return None
    found = next((date for date in booking.dates if date.interval.start == start), None)
    if found is None:
        raise NotFound("这个预约没有这一次，请刷新后再试。", "date")
    return found if booking.is_series else None


def _cancel_date(booking: Booking, date: BookingDate, reason: str | None, now: datetime) -> Document:
    """Raises StateChanged, TooLateToCancel."""
    if date.ended is not None or (date.interval == booking.interval and booking.status is BookingStatus.CHECKED_IN):
        raise StateChanged(f"这一次现在是“{status_text(booking.status_of(date))}”，不能取消。", "date")
    if booking.status not in HOLDING:
        check_move(booking, BookingStatus.CANCELLED, Actor.RESIDENT, "取消")
    until = date.interval.start - (booking.interval.start - booking.cancellable_until)
    if now > until:
        raise TooLateToCancel(f"这一次的取消截止时间是{time_text(until)}，现在请直接打电话联系店家。", "date")
    said = f"取消{time_text(date.interval.start)}这一次" + (f"：{reason}" if reason else "")
    event = BookingEvent(now, booking.status, Actor.RESIDENT, said)
    tickets = without_date(booking.tickets, local_day(date.interval.start))
    return moved(booking, event, kind=DATE_CANCELLED, **rest(booking, date, BookingStatus.CANCELLED, tickets))


def _step(booking: Booking, to: BookingStatus, actor: Actor, reason: str | None, now: datetime) -> Document:
    """The update for a move; where a series has further dates, its present one ends and it goes on."""
    present, *further = booking.coming or booking.dates
    if to not in (BookingStatus.COMPLETED, BookingStatus.NO_SHOW) or not further:
        sets = {"expires_at": None} if to is BookingStatus.CONFIRMED else {}
        return moved(booking, BookingEvent(now, to, actor, reason), **sets)
    said = f"{time_text(present.interval.start)}这一次：{status_text(to)}" + (f"，{reason}" if reason else "")
    event = BookingEvent(now, BookingStatus.CONFIRMED, actor, said)
    going_on = replace(booking, status=BookingStatus.CONFIRMED)
    return moved(booking, event, kind=NEXT_DATE, **rest(going_on, present, to, booking.tickets))


def rest(booking: Booking, ended: BookingDate, how: BookingStatus, tickets: Sequence[str]) -> dict[str, Any]:
    """What a series holds when one of its dates has ended."""
    dates = tuple(replace(date, ended=how) if date is ended else date for date in booking.dates)
    present, *further = [date for date in dates if date.ended is None]
    due = next_due(booking.status, present.interval, (date.interval for date in further), booking.expires_at)
    return {**placed(booking.resident, dates, tickets), "tickets": list(tickets) or None, "due_at": due}


def no_such_booking() -> NotFound:
    return NotFound("没有找到这个预约。", "booking")


def changed_meanwhile() -> StateChanged:
    return StateChanged("这个预约刚刚有变化，请刷新后再试。", "booking")
