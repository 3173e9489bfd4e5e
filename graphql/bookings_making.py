"""Making, moving and cancelling bookings: what a resident may do."""

from __future__ import annotations

from datetime import datetime

import strawberry

from lifecircle.catalogue.bookings import model
from lifecircle.catalogue.membership.rules import contact_number
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import MAX_KEY, MAX_NOTE, Booking, short_text
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.places import LocationInput

MAX_NAME = 40
MAX_PHONE = 20
MAX_ADDRESS = 200
MAX_RESOURCE = 64


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
    resource: str | None = strawberry.field(
        default=None, description="One of `Offering.rules.resources`, where it should be this one."
    )
    declares_eligible: bool = strawberry.field(
        default=False, description="The resident says that they fulfil the conditions; needed where one asks for it."
    )

    def to_request(self) -> model.BookingRequest:
        """Raises InvalidInput, NotFound."""
        return model.BookingRequest(
            offering=key_of(self.offering, "Offering", "offering"),
            start=self.start,
            party_size=self.party_size,
            duration_minutes=self.duration_minutes,
            contact=contact_of(self.contact_name, self.contact_phone, self.address, self.note),
            idempotency_key=short_text(self.idempotency_key, MAX_KEY, "idempotencyKey"),
            resource=short_text(self.resource, MAX_RESOURCE, "resource"),
            declares_eligible=self.declares_eligible,
        )


def contact_of(name: str | None, phone: str | None, address: AddressInput | None, note: str | None) -> model.Contact:
    """Raises InvalidInput."""
    place = address.location.to_point("address") if address and address.location else None
    number = short_text(phone, MAX_PHONE, "contactPhone")
    return model.Contact(
        name=short_text(name, MAX_NAME, "contactName"),
        phone=contact_number(number, "contactPhone") if number else None,
        address=short_text(address.text, MAX_ADDRESS, "address", "text") if address else None,
        location=(place.longitude, place.latitude) if place else None,
        note=short_text(note, MAX_NOTE, "note"),
    )


@strawberry.type(description="The new booking, or why there is none.")
class CreateBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking to cancel.")
class CancelBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")
    reason: str | None = strawberry.field(default=None, description="Why, if the resident says so.")
    date: datetime | None = strawberry.field(
        default=None, description="Of a series, only the date that starts then; null: all of it."
    )

    def clean_reason(self) -> str | None:
        return short_text(self.reason, MAX_NOTE, "reason")


@strawberry.type(description="The cancelled booking, or why it is not cancelled.")
class CancelBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking to move, and to when.")
class RescheduleBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")
    start: datetime = strawberry.field(description="The new start; one that `availability` lists.")
    date: datetime | None = strawberry.field(
        default=None, description="Of a series, the date that starts then; null: the next one."
    )


@strawberry.type(description="The booking at its new time, or why it stays where it was.")
class RescheduleBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Making, moving and cancelling bookings.")
class BookingMutations:
    @mutation(Needs.SIGN_IN, "Book. The claim on the place decides, not what `availability` showed.")
    async def create_booking(self, info: Info, input: CreateBookingInput) -> CreateBookingPayload:
        viewer = info.context.require_viewer()
        info.context.services.booking_rate.take(viewer.resident)
        request = input.to_request()
        booking = await info.context.services.bookings.create(viewer.resident, request)
        return CreateBookingPayload(booking=Booking.of(booking), errors=[])

    @mutation(Needs.SIGN_IN, "Cancel an own booking and give its place back.")
    async def cancel_booking(self, info: Info, input: CancelBookingInput) -> CancelBookingPayload:
        viewer, key = info.context.require_viewer(), key_of(input.booking, "Booking", "booking")
        desk, reason = info.context.services.bookings, input.clean_reason()
        booking = await desk.cancel(viewer.resident, key, reason, input.date)
        return CancelBookingPayload(booking=Booking.of(booking), errors=[])

    @mutation(Needs.SIGN_IN, "Move an own booking to another time. Refused, it stays where it was.")
    async def reschedule_booking(self, info: Info, input: RescheduleBookingInput) -> RescheduleBookingPayload:
        viewer, key = info.context.require_viewer(), key_of(input.booking, "Booking", "booking")
        info.context.services.booking_rate.take(viewer.resident)
        desk = info.context.services.bookings
        booking = await desk.reschedule(viewer.resident, key, input.start, input.date)
        return RescheduleBookingPayload(booking=Booking.of(booking), errors=[])
