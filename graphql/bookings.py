"""Bookings: the record and lists of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from typing import Self

import strawberry

from lifecircle.catalogue.bookings import model
from lifecircle.catalogue.bookings.store_side import day_key
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.privacy.model import AuditAction, Subject
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import BookingStatus
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.money import Money
from lifecircle.graphql.node import Node
from lifecircle.graphql.offerings import Offering
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.places import Location
from lifecircle.graphql.stores import Store

MAX_NOTE = 500
MAX_KEY = 128


@strawberry.type(description="One step in a booking's life.")
class BookingEvent:
    at: datetime = strawberry.field(description="When.")
    status: BookingStatus = strawberry.field(description="The state it moved to.")
    actor: str = strawberry.field(description="Who moved it: RESIDENT, MERCHANT, STAFF or SYSTEM.")
    reason: str | None = strawberry.field(description="Why, where somebody said so.")


@strawberry.type(description="One date of a booking.")
class BookingDate:
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End.")
    status: BookingStatus = strawberry.field(description="Where this date stands.")


@strawberry.type(description="Whom to call and where to come, as the resident gave it.")
class BookingContact:
    name: str | None = strawberry.field(description="Who to ask for.")
    phone: str | None = strawberry.field(description="The number to call, in full.")
    address: str | None = strawberry.field(description="Where to come to.")
    location: Location | None = strawberry.field(description="The place on the map.")
    note: str | None = strawberry.field(description="A wish for the store.")

    @classmethod
    def of(cls, contact: model.Contact) -> Self:
        place = Location(point=Point(*contact.location)) if contact.location else None
        return cls(name=contact.name, phone=contact.phone, address=contact.address, location=place, note=contact.note)


@strawberry.type(description="A booking.")
class Booking(Node):
    code: str = strawberry.field(description="What to show at the door; the store sees only its end.")
    status: BookingStatus = strawberry.field(description="Where it stands.")
    start: datetime = strawberry.field(description="Start; of a series, of its next date.")
    end: datetime = strawberry.field(description="End; of a series, of its next date.")
    party_size: int = strawberry.field(description="Number of people.")
    price: Money | None = strawberry.field(description="As of the moment of booking; null: agreed on the spot.")
    history: list[BookingEvent] = strawberry.field(description="Every step, the first one first.")
    can_cancel_until: datetime | None = strawberry.field(description="Until when it can be cancelled here.")
    can_reschedule_until: datetime | None = strawberry.field(description="Until when it can be moved here.")
    dates: list[BookingDate] = strawberry.field(description="Every date of a series; of a single booking, the one.")
    resources: list[str] = strawberry.field(description="Names of the workers, rooms or courts that are booked.")
    record: strawberry.Private[model.Booking]

    @classmethod
    def of(cls, record: model.Booking) -> Self:
        """As its resident sees it."""
        holds = record.status in model.HOLDING
        return cls(
            id=global_id("Booking", record.id),
            code=record.code,
            status=record.status,
            start=record.interval.start,
            end=record.interval.end,
            party_size=record.party_size,
            price=None if record.price is None else Money.on_the_spot(record.price),
            history=[
                BookingEvent(at=e.at, status=e.status, actor=e.actor.value, reason=e.reason) for e in record.events
            ],
            can_cancel_until=record.cancellable_until if holds else None,
            can_reschedule_until=record.reschedulable_until if holds else None,
            dates=[
                BookingDate(start=d.interval.start, end=d.interval.end, status=record.status_of(d))
                for d in record.dates
            ],
            resources=list(record.resources),
            record=record,
        )

    @classmethod
    def for_store(cls, record: model.Booking, viewer: str) -> Self:
        """As the store sees it: whoever has the code has shown it, so the list does not tell."""
        shown = cls.of(record)
        if record.resident != viewer:
            shown.code = f"******{record.code[-2:]}"
        return shown

    @strawberry.field(description="What is booked.")
    async def offering(self, info: Info) -> Offering:
        return Offering.of(await info.context.require_offering(self.record.offering))

    @strawberry.field(
        description="For the resident always; for the store while the booking holds, until a day after its end. Every "
        "reading by the store is recorded, and the resident's export shows it."
    )
    async def contact(self, info: Info) -> BookingContact | None:
        context, viewer = info.context, info.context.require_viewer().resident
        found = await context.services.bookings.contacts.of(await context.roles(), self.record.id)
        if found and self.record.resident != viewer:
            await context.services.privacy.audit.record(
                AuditAction.PERSONAL_DATA_READ,
                actor=viewer,
                subject=Subject("Booking", self.record.id),
                fields=["contact"],
                request_id=context.request_id,
            )
        return BookingContact.of(found) if found else None

    @strawberry.field(description="Where.")
    async def store(self, info: Info) -> Store:
        return Store.of(await info.context.require_store(self.record.store), info.context)


@strawberry.type(description="A booking in a page.")
class BookingEdge:
    node: Booking = strawberry.field(description="The booking.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(
    description="A page of bookings: a resident's from the latest start on, a store's day from the morning on."
)
class BookingConnection:
    edges: list[BookingEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many there are in all; counted only when asked for.")
    async def total_count(self) -> int | None:
        return await self.count()


async def bookings_of(
    info: Info, resident: str, status: list[BookingStatus] | None, first: int | None, after: str | None
) -> BookingConnection:
    size, key = page_size(first), read_time_cursor(after, "booking")
    statuses = status or []
    found = await info.context.services.bookings.list_of_resident(resident, statuses, size + 1, key)
    edges = [
        BookingEdge(node=Booking.of(record), cursor=time_cursor("booking", record.interval.start, record.id))
        for record in found[:size]
    ]
    position = page_info(edges, has_next=len(found) > size, after=after)
    count = partial(info.context.services.bookings.count_of_resident, resident, statuses)
    return BookingConnection(edges=edges, page_info=position, count=count)


async def bookings_on(info: Info, store: str, day: date, first: int | None, after: str | None) -> BookingConnection:
    """A store's day, for those who look after it. Raises Unauthenticated, Forbidden."""
    context, size, key = info.context, page_size(first), read_time_cursor(after, "day")
    roles, desk = await context.roles(), context.services.bookings.of_store
    found = await desk.day(roles, store, day, size + 1, key)
    edges = []
    for record in found[:size]:
        at = time_cursor("day", *day_key(record, day))
        edges.append(BookingEdge(node=Booking.for_store(record, roles.resident), cursor=at))
    position = page_info(edges, has_next=len(found) > size, after=after)
    return BookingConnection(edges=edges, page_info=position, count=partial(desk.count, roles, store, day))


async def load_booking(context: RequestContext, key: str) -> Node | None:
    """The resident's own, or one of a store that the viewer looks after."""
    if context.viewer is None:
        return None
    desk, viewer = context.services.bookings, context.viewer.resident
    try:
        return Booking.of(await desk.of_resident(viewer, key))
    except NotFound:
        return Booking.for_store(await desk.of_store.find(await context.roles(), key), viewer)


_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Who writes them into a name turns around what stands beside it."""
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")


def short_text(text: str | None, limit: int, *field: str) -> str | None:
    """None where there is nothing to be seen. Raises InvalidInput for what is too long or holds control characters."""
    if text is None:
        return None
    if len(text) > limit or any(ord(char) < 32 and char not in "\n\t" for char in text):
        raise InvalidInput(f"这里最多 {limit} 个字，且不能有特殊控制字符。", *field)
    shown = _DIRECTIONS.sub("", text).strip()
    return shown if any(unicodedata.category(char) not in _UNSEEN for char in shown) else None
