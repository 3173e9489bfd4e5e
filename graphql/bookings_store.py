"""What a store says about its bookings: by its members, or by the area's staff where it has no merchant."""

from __future__ import annotations

import strawberry

from lifecircle.catalogue.bookings import model
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import MAX_NOTE, Booking, short_text
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import mutation

MAX_CODE = 32


@strawberry.input(description="Which booking to confirm.")
class ConfirmBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")


@strawberry.type(description="The confirmed booking, or why it is not.")
class ConfirmBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking to decline, and why.")
class DeclineBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")
    reason: str = strawberry.field(description="Told to the resident.")

    def clean_reason(self) -> str:
        """Raises InvalidInput."""
        reason = short_text(self.reason, MAX_NOTE, "reason")
        if reason is None:
            raise InvalidInput("请写明谢绝的原因，居民会看到。", "reason")
        return reason


@strawberry.type(description="The declined booking, or why it is not.")
class DeclineBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="The code that somebody shows at the door.")
class CheckInBookingInput:
    code: str = strawberry.field(description="`Booking.code`; capitals or not.")


@strawberry.type(description="Who has come, or why the code is not taken.")
class CheckInBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking is done.")
class CompleteBookingInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")


@strawberry.type(description="The completed booking, or why it is not.")
class CompleteBookingPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which booking nobody came to.")
class MarkNoShowInput:
    booking: strawberry.ID = strawberry.field(description="The booking.")


@strawberry.type(description="The booking, or why it is not marked.")
class MarkNoShowPayload:
    booking: Booking | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="What a store's people say about a booking.")
class StoreSideMutations:
    @mutation(Needs.MEMBER_OR_STAFF, "Confirm a booking that waits for it.")
    async def confirm_booking(self, info: Info, input: ConfirmBookingInput) -> ConfirmBookingPayload:
        key, roles = key_of(input.booking, "Booking", "booking"), await info.context.roles()
        record = await info.context.services.bookings.of_store.confirm(roles, key)
        return ConfirmBookingPayload(booking=_shown(info, record), errors=[])

    @mutation(Needs.MEMBER_OR_STAFF, "Decline a booking before it starts; the resident is told why.")
    async def decline_booking(self, info: Info, input: DeclineBookingInput) -> DeclineBookingPayload:
        key, roles = key_of(input.booking, "Booking", "booking"), await info.context.roles()
        record = await info.context.services.bookings.of_store.decline(roles, key, input.clean_reason())
        return DeclineBookingPayload(booking=_shown(info, record), errors=[])

    @mutation(Needs.MEMBER_OR_STAFF, "Check somebody in, from an hour before the start until the end.")
    async def check_in_booking(self, info: Info, input: CheckInBookingInput) -> CheckInBookingPayload:
        code = short_text(input.code, MAX_CODE, "code") or ""
        record = await info.context.services.bookings.of_store.check_in(await info.context.roles(), code)
        return CheckInBookingPayload(booking=_shown(info, record), errors=[])

    @mutation(Needs.MEMBER_OR_STAFF, "Say that a booking is done. What nobody settles is completed a day after.")
    async def complete_booking(self, info: Info, input: CompleteBookingInput) -> CompleteBookingPayload:
        key, roles = key_of(input.booking, "Booking", "booking"), await info.context.roles()
        record = await info.context.services.bookings.of_store.complete(roles, key)
        return CompleteBookingPayload(booking=_shown(info, record), errors=[])

    @mutation(Needs.MEMBER_OR_STAFF, "Say that nobody came, once it has started.")
    async def mark_no_show(self, info: Info, input: MarkNoShowInput) -> MarkNoShowPayload:
        key, roles = key_of(input.booking, "Booking", "booking"), await info.context.roles()
        record = await info.context.services.bookings.of_store.mark_no_show(roles, key)
        return MarkNoShowPayload(booking=_shown(info, record), errors=[])


def _shown(info: Info, record: model.Booking) -> Booking:
    return Booking.for_store(record, info.context.require_viewer().resident)
