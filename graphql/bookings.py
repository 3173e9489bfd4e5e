"""Bookings: the record, lists of it, and the inputs that make and cancel it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self

import strawberry

from lifecircle.catalogue.bookings import model
from lifecircle.catalogue.errors import InvalidCursor, InvalidInput
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import BookingStatus
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.money import Money
from lifecircle.graphql.node import Node
from lifecircle.graphql.offerings import Offering
from lifecircle.graphql.paging import PageInfo, cursor, page_info, page_size, read_cursor
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.places import LocationInput
from lifecircle.graphql.stores import Store

MAX_NOTE = 500
MAX_NAME = 40
MAX_PHONE = 20
MAX_ADDRESS = 200
MAX_KEY = 128


@strawberry.type(description="One step in a booking's life.")
class BookingEvent:
    at: datetime = strawberry.field(description="When.")
    status: BookingStatus = strawberry.field(description="The state it moved to.")
    actor: str = strawberry.field(description="Who moved it: RESIDENT, MERCHANT or SYSTEM.")
    reason: str | None = strawberry.field(description="Why, where somebody said so.")


@strawberry.type(description="A booking.")
class Booking(Node):
    code: str = strawberry.field(description="What to show at the door.")
    status: BookingStatus = strawberry.field(description="Where it stands.")
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End.")
    party_size: int = strawberry.field(description="Number of people.")
    price: Money | None = strawberry.field(description="As of the moment of booking; null: agreed on the spot.")
    history: list[BookingEvent] = strawberry.field(description="Every step, the first one first.")
    can_cancel_until: datetime | None = strawberry.field(description="Until when it can be cancelled here.")
    record: strawberry.Private[model.Booking]

    @classmethod
    def of(cls, record: model.Booking) -> Self:
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
            record=record,
        )

    @strawberry.field(description="What is booked.")
    async def offering(self, info: Info) -> Offering:
        return Offering.of(await info.context.require_offering(self.record.offering))

    @strawberry.field(description="Where.")
    async def store(self, info: Info) -> Store:
        return Store.of(await info.context.require_store(self.record.store), info.context)


@strawberry.type(description="A booking in a page.")
class BookingEdge:
    node: Booking = strawberry.field(description="The booking.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of bookings, the latest start first.")
class BookingConnection:
    edges: list[BookingEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    resident: strawberry.Private[str]
    statuses: strawberry.Private[list[model.BookingStatus]]

    @strawberry.field(description="How many there are in all; counted only when asked for.")
    async def total_count(self, info: Info) -> int | None:
        return await info.context.services.bookings.count_of_resident(self.resident, self.statuses)


@strawberry.input(description="Where to come to.")
class AddressInput:
    text: str = strawberry.field(description="Street, number, building, flat.")
    location: LocationInput | None = strawberry.field(default=None, description="The place on the map.")


@strawberry.input(description="What to book.")
class CreateBookingInput:
    offering: strawberry.ID = strawberry.field(description="What.")
    start: datetime = strawberry.field(description="When; one of the starts that `availability` lists.")
    party_size: int = strawberry.field(default=1, description="Number of people.")
    contact_name: str | None = strawberry.field(default=None, description="Who to ask for.")
    contact_phone: str | None = strawberry.field(default=None, description="Phone to call; stored encrypted.")
    address: AddressInput | None = strawberry.field(default=None, description="For services at home.")
    duration_minutes: int | None = strawberry.field(default=None, description="Where the offering lets one choose.")
    note: str | None = strawberry.field(default=None, description="A wish for the store.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same booking. Same key, other input: IDEMPOTENCY_CONFLICT."
    )

    def to_request(self) -> model.BookingRequest:
        """Raises InvalidInput, NotFound."""
        return model.BookingRequest(
            offering=key_of(self.offering, "Offering", "offering"),
            start=self.start,
            party_size=self.party_size,
            duration_minutes=self.duration_minutes,
            contact=self._contact(),
            idempotency_key=_short(self.idempotency_key, MAX_KEY, "idempotencyKey"),
        )

    def _contact(self) -> model.Contact:
        place = self.address.location.to_point("address") if self.address and self.address.location else None
        return model.Contact(
            name=_short(self.contact_name, MAX_NAME, "contactName"),
            phone=_short(self.contact_phone, MAX_PHONE, "contactPhone"),
            address=_short(self.address.text, MAX_ADDRESS, "address", "text") if self.address else None,
            location=(place.longitude, place.latitude) if place else None,
            note=_short(self.note, MAX_NOTE, "note"),
        )


@strawberry.type(description="The new booking, or why there is none.")
class CreateBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking to cancel.")
class CancelBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")
    reason: str | None = strawberry.field(default=None, description="Why, if the resident says so.")

    def clean_reason(self) -> str | None:
        return _short(self.reason, MAX_NOTE, "reason")


@strawberry.type(description="The cancelled booking, or why it is not cancelled.")
class CancelBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


async def bookings_of(
    info: Info, resident: str, status: list[BookingStatus] | None, first: int | None, after: str | None
) -> BookingConnection:
    size, key = page_size(first), _page_key(after)
    statuses = status or []
    found = await info.context.services.bookings.list_of_resident(resident, statuses, size + 1, key)
    edges = [BookingEdge(node=Booking.of(record), cursor=_cursor(record)) for record in found[:size]]
    position = page_info([edge.cursor for edge in edges], has_next=len(found) > size, after=after)
    return BookingConnection(edges=edges, page_info=position, resident=resident, statuses=statuses)


async def load_booking(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None:
        return None
    return Booking.of(await context.services.bookings.of_resident(context.viewer.resident, key))


def _cursor(record: model.Booking) -> str:
    return cursor("booking", record.interval.start.isoformat(), record.id)


def _page_key(after: str | None) -> tuple[datetime, str] | None:
    key = read_cursor(after, "booking", str, str)
    if key is None:
        return None
    return _instant(str(key[0])), str(key[1])


def _instant(text: str) -> datetime:
    """An instant that a cursor carries. Raises InvalidCursor."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidCursor from None
    if instant.tzinfo is None or not 1900 <= instant.year <= 2200:
        raise InvalidCursor
    return instant.astimezone(UTC)


def _short(text: str | None, limit: int, *field: str) -> str | None:
    """Raises InvalidInput for a text that is too long or holds control characters."""
    if text is None:
        return None
    if len(text) > limit or any(ord(char) < 32 and char not in "\n\t" for char in text):
        raise InvalidInput(f"这里最多 {limit} 个字，且不能有特殊控制字符。", *field)
    return text.strip() or None


@strawberry.type(description="Making and cancelling bookings.")
class BookingMutations:
    @mutation(Needs.SIGN_IN, "Book. The claim on the place decides, not what `availability` showed.")
    async def create_booking(self, info: Info, input: CreateBookingInput) -> CreateBookingPayload:
        viewer = info.context.require_viewer()
        await info.context.count(info.context.services.people.limits.booking, viewer.resident)
        request = input.to_request()
        booking = await info.context.services.bookings.create(viewer.resident, request)
        return CreateBookingPayload(booking=Booking.of(booking), errors=[])

    @mutation(Needs.SIGN_IN, "Cancel an own booking and give its place back.")
    async def cancel_booking(self, info: Info, input: CancelBookingInput) -> CancelBookingPayload:
        viewer, key = info.context.require_viewer(), key_of(input.booking, "Booking", "booking")
        booking = await info.context.services.bookings.cancel(viewer.resident, key, input.clean_reason())
        return CancelBookingPayload(booking=Booking.of(booking), errors=[])
