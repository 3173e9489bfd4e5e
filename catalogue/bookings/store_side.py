"""The store's side: its day, and what its people may say about a booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lifecircle.catalogue.bookings.ledger import Ledger
from lifecircle.catalogue.bookings.model import Actor, Booking, BookingDate, BookingStatus
from lifecircle.catalogue.bookings.mover import Mover, no_such_booking
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.database import database_errors_as_refusals
from lifecircle.catalogue.errors import CodeInvalid, Forbidden
from lifecircle.catalogue.pages import PageKey
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.stores.store import read_store


@dataclass(frozen=True)
class StoreSide:
    ledger: Ledger
    mover: Mover

    async def confirm(self, roles: Roles, booking_id: str) -> Booking:
        """Raises NotFound, Forbidden, StateChanged, InThePast."""
        return await self._move(roles, booking_id, BookingStatus.CONFIRMED, None, "确认")

    async def decline(self, roles: Roles, booking_id: str, reason: str) -> Booking:
        """Before it starts, confirmed or not. Raises NotFound, Forbidden, StateChanged, InThePast."""
        return await self._move(roles, booking_id, BookingStatus.DECLINED, reason, "谢绝")

    async def complete(self, roles: Roles, booking_id: str) -> Booking:
        """Raises NotFound, Forbidden, StateChanged, TooSoon."""
        return await self._move(roles, booking_id, BookingStatus.COMPLETED, None, "标记为完成")

    async def mark_no_show(self, roles: Roles, booking_id: str) -> Booking:
        """Raises NotFound, Forbidden, StateChanged, TooSoon."""
        return await self._move(roles, booking_id, BookingStatus.NO_SHOW, None, "标记为未到店")

    async def check_in(self, roles: Roles, code: str) -> Booking:
        """By the code that the resident shows. Raises CodeInvalid, StateChanged, TooSoon, InThePast."""
        async with database_errors_as_refusals():
            for booking in await self.ledger.store.find_by_code(code.strip().upper()):
                actor = await self._actor(roles, booking)
                if actor:
                    return await self.mover.move(booking, BookingStatus.CHECKED_IN, actor, None, "签到")
        raise CodeInvalid("签到码不对，或不是您管理的门店的预约，请核对后再试。", "code")

    async def _move(self, roles: Roles, booking_id: str, to: BookingStatus, reason: str | None, verb: str) -> Booking:
        async with database_errors_as_refusals():
            booking, actor = await self._reached(roles, booking_id)
            return await self.mover.move(booking, to, actor, reason, verb)

    async def find(self, roles: Roles, booking_id: str) -> Booking:
        """Raises NotFound for a booking of a store that the viewer does not look after."""
        async with database_errors_as_refusals():
            booking, _ = await self._reached(roles, booking_id)
            return self.mover.as_of_now(booking)

    async def day(self, roles: Roles, store_id: str, day: date, first: int, after: PageKey | None) -> list[Booking]:
        """The bookings of one day in the order of their starts. Raises Forbidden."""
        async with database_errors_as_refusals():
            await self._require_store(roles, store_id)
            found = [self.mover.as_of_now(booking) for booking in await self.ledger.store.of_store(store_id, day)]
        ordered = sorted(found, key=lambda booking: day_key(booking, day))
        return [booking for booking in ordered if after is None or day_key(booking, day) > after][:first]

    async def count(self, roles: Roles, store_id: str, day: date) -> int:
        """Raises Forbidden."""
        async with database_errors_as_refusals():
            await self._require_store(roles, store_id)
            return len(await self.ledger.store.of_store(store_id, day))

    async def _require_store(self, roles: Roles, store_id: str) -> None:
        store = await read_store(self.ledger.database, store_id)
        if store is None or not await self._actor_at(roles, store.id, store.merchant):
            raise Forbidden("只有这家店的成员可以查看它的预约。")

    async def _reached(self, roles: Roles, booking_id: str) -> tuple[Booking, Actor]:
        """Raises NotFound; Forbidden for the resident's own, which they know of."""
        booking = await self.ledger.store.find(booking_id)
        actor = await self._actor(roles, booking) if booking else None
        if booking is None or (actor is None and booking.resident != roles.resident):
            raise no_such_booking()
        if actor is None:
            raise Forbidden("只有店家可以这样做。", "booking")
        return booking, actor

    async def _actor(self, roles: Roles, booking: Booking) -> Actor | None:
        return await self._actor_at(roles, booking.store, booking.merchant)

    async def _actor_at(self, roles: Roles, store_id: str, merchant: str | None) -> Actor | None:
        """As whom the viewer may act for the store; None: not at all."""
        if merchant is not None:
            member = roles.membership(merchant)
            reaches = member is not None and (not member.stores or store_id in member.stores)
            return Actor.MERCHANT if reaches else None
        if not roles.areas:
            return None
        store = await read_store(self.ledger.database, store_id)
        here = {store.community, store.station_of} if store else set()
        return Actor.STAFF if here & roles.areas else None


def day_key(booking: Booking, day: date) -> PageKey:
    """The place in a store's day, which runs from the morning on."""
    return date_on(booking.dates, day).interval.start, booking.id


def date_on(dates: Sequence[BookingDate], day: date) -> BookingDate:
    """The date that begins on the local day."""
    return next((date for date in dates if local_day(date.interval.start) == day), dates[0])
