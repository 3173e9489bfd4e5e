"""What a resident has booked already: nobody is in two places at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lifecircle.catalogue.bookings.claims import share_cells
from lifecircle.catalogue.bookings.ledger import TRIES, Ledger
from lifecircle.catalogue.bookings.limits import used_by
from lifecircle.catalogue.bookings.model import HOLDING, Booking, Interval
from lifecircle.catalogue.bookings.mover import Mover
from lifecircle.catalogue.bookings.moves import is_expired
from lifecircle.catalogue.bookings.texts import time_text
from lifecircle.catalogue.bookings.turns import next_turns
from lifecircle.catalogue.errors import Busy, OverlapsYourBooking


@dataclass(frozen=True)
class OwnTime:
    ledger: Ledger
    mover: Mover

    async def at(self, resident: str, district: str, interval: Interval) -> list[Booking]:
        """The resident's bookings that are in the way; those run out are cleared away."""
        known = await self.ledger.store.own(resident, district, [interval])
        return await self._without_expired(_in_the_way(known, [interval]))

    async def turns(
        self,
        resident: str,
        district: str,
        intervals: Sequence[Interval],
        *,
        besides: str | None = None,
        made_by: Collection[str] = (),
    ) -> Booking | tuple[str, ...]:
        """The resident's next turns; or a booking of theirs, other than `besides`, that is in the way.

        Or the one, whatever became of it, that took an offer under a key of `made_by`. Raises Busy.
        """
        for _ in range(TRIES):
            known = await self.ledger.store.own(resident, district, intervals)  # one look: who is in the way, and turns
            made = next((booking for booking in known if booking.request_key in made_by), None)
            if made:
                return made
            met = [booking for booking in _in_the_way(known, intervals) if booking.id != besides]
            standing = await self._without_expired(met)
            if standing:
                return standing[0]
            turns = next_turns(resident, intervals, used_by(ticket for booking in known for ticket in booking.tickets))
            if not met and turns is not None:
                return turns
        raise Busy("现在预约的人太多，请稍后再试。")

    async def _without_expired(self, bookings: Sequence[Booking]) -> list[Booking]:
        now, standing = self.ledger.clock(), []
        for booking in bookings:
            if is_expired(booking.status, booking.expires_at, now):
                await self.mover.release(booking)
            else:
                standing.append(booking)
        return standing


def _in_the_way(known: Sequence[Booking], intervals: Sequence[Interval]) -> list[Booking]:
    return [
        booking
        for booking in known
        if booking.status in HOLDING
        and any(share_cells(date.interval, interval) for date in booking.coming for interval in intervals)
    ]


def overlap_with(own: Booking, intervals: Sequence[Interval]) -> OverlapsYourBooking:
    met = next(d.interval for d in own.coming if any(share_cells(d.interval, interval) for interval in intervals))
    return OverlapsYourBooking(f"您在{time_text(met.start)}已经预约了“{own.offering_name}”，时间重叠。", "start")
