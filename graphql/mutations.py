"""The root mutation. Each takes its input apart, calls one function of the domain, and wraps the answer."""

from __future__ import annotations

import strawberry

from lifecircle.graphql.bookings import (
    Booking,
    CancelBookingInput,
    CancelBookingPayload,
    CreateBookingInput,
    CreateBookingPayload,
)
from lifecircle.graphql.chat import ChatInput, ChatPayload
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import refusals
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.people import RefreshSessionInput, SignInPayload, SignInWithWeChatInput


@strawberry.type(description="Everything that can be changed.")
class Mutation:
    @strawberry.mutation(description="Sign in with a code from wx.login, or a demo code.")
    async def sign_in_with_we_chat(self, info: Info, input: SignInWithWeChatInput) -> SignInPayload:
        with refusals() as errors:
            signed_in = await info.context.services.people.sign_in_with_wechat(input.code, info.context.snapshot)
            return SignInPayload.of(signed_in, info.context)
        return SignInPayload(session=None, viewer=None, errors=errors)

    @strawberry.mutation(
        description="The next pair of tokens. A refresh token works once; using it again ends the session."
    )
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> SignInPayload:
        with refusals() as errors:
            signed_in = await info.context.services.people.refresh(input.refresh_token)
            return SignInPayload.of(signed_in, info.context)
        return SignInPayload(session=None, viewer=None, errors=errors)

    @strawberry.mutation(description="Book. The claim on the place decides, not what `availability` showed.")
    async def create_booking(self, info: Info, input: CreateBookingInput) -> CreateBookingPayload:
        with refusals() as errors:
            viewer, request = info.context.require_viewer(), input.to_request()
            booking = await info.context.services.bookings.create(viewer.resident, request)
            return CreateBookingPayload(booking=Booking.of(booking), errors=[])
        return CreateBookingPayload(booking=None, errors=errors)

    @strawberry.mutation(description="Cancel an own booking and give its place back.")
    async def cancel_booking(self, info: Info, input: CancelBookingInput) -> CancelBookingPayload:
        with refusals() as errors:
            viewer, key = info.context.require_viewer(), key_of(input.booking, "Booking", "booking")
            booking = await info.context.services.bookings.cancel(viewer.resident, key, input.clean_reason())
            return CancelBookingPayload(booking=Booking.of(booking), errors=[])
        return CancelBookingPayload(booking=None, errors=errors)

    @strawberry.mutation(description="Say something to the assistant. Works without sign-in until something is booked.")
    async def chat(self, info: Info, input: ChatInput) -> ChatPayload:
        with refusals() as errors:
            said = input.to_said(info.context)
            replied = await info.context.services.assistant.reply(said, info.context.snapshot)
            return ChatPayload.of(replied, info.context)
        return ChatPayload(conversation=None, reply=None, errors=errors)
