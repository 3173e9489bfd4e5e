"""The viewer, their roles and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people import model
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import BookingConnection, bookings_of
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import BookingStatus, MemberRole
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.merchants import Merchant
from lifecircle.graphql.node import Node
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.places import Area
from lifecircle.graphql.stores import Store


@strawberry.type(description="A role in a merchant.")
class Membership(Node):
    role: MemberRole = strawberry.field(description="What the member may do.")
    record: strawberry.Private[model.Membership]

    @classmethod
    def of(cls, record: model.Membership) -> Self:
        return cls(id=global_id("Membership", record.id), role=record.role, record=record)

    @strawberry.field(description="The merchant.")
    async def merchant(self, info: Info) -> Merchant:
        record = await info.context.merchant(self.record.merchant)
        if record is None:
            raise NotFound("没有找到这个商户。")
        return Merchant.of(record)

    @strawberry.field(description="The stores it is limited to; empty: every store of the merchant.")
    async def stores(self, info: Info) -> list[Store]:
        found = [await info.context.store(key) for key in self.record.stores]
        return [Store.of(record, info.context) for record in found if record]


@strawberry.type(description="A device on which the viewer is signed in.")
class DeviceSession:
    device: str = strawberry.field(description="What kind of device, in Chinese.")
    created_at: datetime = strawberry.field(description="When it signed in.")
    seen_at: datetime = strawberry.field(description="When it last renewed its session.")
    is_current: bool = strawberry.field(description="Whether it is the one that asks.")


@strawberry.type(description="A resident; only ever the viewer.")
class Resident(Node):
    nickname: str | None = strawberry.field(description="What the app calls them.")
    phone: str | None = strawberry.field(description="Masked: 138****1234.")
    record: strawberry.Private[model.Resident]

    @classmethod
    def of(cls, record: model.Resident, context: RequestContext) -> Self:
        phone = record.sealed_phone and context.services.keys.unseal(record.sealed_phone, field="phone")
        return cls(
            id=global_id("Resident", record.id),
            nickname=record.nickname,
            phone=masked_phone(phone) if phone else None,
            record=record,
        )

    @strawberry.field(description="Roles in merchants.")
    async def memberships(self, info: Info) -> list[Membership]:
        found = await info.context.services.people.memberships(info.context.require_viewer())
        return [Membership.of(record) for record in found]

    @strawberry.field(description="Areas the viewer is staff of.")
    async def staff_areas(self, info: Info) -> list[Area]:
        codes = await info.context.services.people.staff_areas(info.context.require_viewer())
        found = [info.context.snapshot.areas.get(code) for code in codes]
        return [Area.of(record) for record in found if record]

    @strawberry.field(description="Devices on which the viewer is signed in, the latest first.")
    async def sessions(self, info: Info) -> list[DeviceSession]:
        viewer = info.context.require_viewer()
        found = await info.context.services.people.sessions(viewer)
        return [
            DeviceSession(
                device=s.device, created_at=s.created_at, seen_at=s.seen_at, is_current=s.id == viewer.session
            )
            for s in found
        ]

    @strawberry.field(description="Own bookings, the latest start first.")
    async def bookings(
        self, info: Info, status: list[BookingStatus] | None = None, first: int | None = None, after: str | None = None
    ) -> BookingConnection:
        return await bookings_of(info, self.record.id, status, first, after)


@strawberry.type(description="Tokens of a sign-in. Send the access token as `Authorization: Bearer …`.")
class Session:
    access_token: str = strawberry.field(description="Good for 15 minutes.")
    expires_at: datetime = strawberry.field(description="When the access token ends.")
    refresh_token: str = strawberry.field(description="Good for 30 days, once; see refreshSession.")

    @classmethod
    def of(cls, tokens: model.SessionTokens) -> Self:
        return cls(access_token=tokens.access_token, expires_at=tokens.expires_at, refresh_token=tokens.refresh_token)


@strawberry.input(description="A code from wx.login, or a demo code.")
class SignInWithWeChatInput:
    code: str = strawberry.field(description="Works once, for five minutes.")


@strawberry.input(description="The refresh token of the last sign-in or refresh.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="Works once.")


@strawberry.type(description="A session, or why there is none.")
class SignInPayload:
    session: Session | None = strawberry.field(description="Null when there are errors.")
    viewer: Resident | None = strawberry.field(description="Who signed in.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")

    @classmethod
    def of(cls, signed_in: model.SignedIn, context: RequestContext) -> Self:
        viewer = Resident.of(signed_in.resident, context)
        return cls(session=Session.of(signed_in.tokens), viewer=viewer, errors=[])


@strawberry.input(description="Where to send a code.")
class RequestSmsCodeInput:
    phone: str = strawberry.field(description="A mainland mobile number.")


@strawberry.type(description="When another code may be asked for; the same whether the number is known or not.")
class RequestSmsCodePayload:
    resend_after_seconds: int | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="A number and the code that was sent to it.")
class SignInWithSmsInput:
    phone: str = strawberry.field(description="A mainland mobile number.")
    code: str = strawberry.field(description="Six digits, good for five minutes and five tries.")


@strawberry.input(description="Where to sign out.")
class SignOutInput:
    everywhere: bool = strawberry.field(default=False, description="On every device, not only this one.")


@strawberry.type(description="Whether the sign-out is done.")
class SignOutPayload:
    done: bool | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="The code of WeChat's phone number button.")
class BindPhoneInput:
    we_chat_phone_code: str = strawberry.field(description="Works once, for five minutes.")


@strawberry.type(description="The viewer with the number, or why not.")
class BindPhonePayload:
    viewer: Resident | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


def masked_phone(phone: str) -> str:
    """ "13812341234" → "138****1234"; short numbers keep only their last two digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"****{phone[-2:]}"


async def load_resident(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None or context.viewer.resident != key:
        return None
    return Resident.of(await context.services.people.resident(context.viewer), context)


async def load_membership(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None:
        return None
    record = await context.services.people.membership(context.viewer, key)
    return Membership.of(record) if record else None


@strawberry.type(description="Signing in and staying signed in.")
class SignInMutations:
    @mutation(Needs.NOTHING, "Sign in with a code from wx.login, or a demo code.")
    async def sign_in_with_we_chat(self, info: Info, input: SignInWithWeChatInput) -> SignInPayload:
        signed_in = await info.context.services.people.sign_in_with_wechat(
            input.code, info.context.snapshot, info.context.device
        )
        return SignInPayload.of(signed_in, info.context)

    @mutation(Needs.NOTHING, "The next pair of tokens. A refresh token works once; using it again ends the session.")
    async def refresh_session(self, info: Info, input: RefreshSessionInput) -> SignInPayload:
        signed_in = await info.context.services.people.refresh(input.refresh_token)
        return SignInPayload.of(signed_in, info.context)

    @mutation(Needs.NOTHING, "Send a sign-in code. The answer is the same whether the number is known or not.")
    async def request_sms_code(self, info: Info, input: RequestSmsCodeInput) -> RequestSmsCodePayload:
        seconds = await info.context.services.people.request_sms_code(input.phone)
        return RequestSmsCodePayload(resend_after_seconds=seconds, errors=[])

    @mutation(Needs.NOTHING, "Sign in with a code that was sent by SMS; a number that is new makes an account.")
    async def sign_in_with_sms(self, info: Info, input: SignInWithSmsInput) -> SignInPayload:
        people = info.context.services.people
        signed_in = await people.sign_in_with_sms(input.phone, input.code, info.context.device)
        return SignInPayload.of(signed_in, info.context)

    @mutation(Needs.SIGN_IN, "End this session, or every session of the viewer.")
    async def sign_out(self, info: Info, input: SignOutInput) -> SignOutPayload:
        viewer = info.context.require_viewer()
        await info.context.services.people.sign_out(viewer, everywhere=input.everywhere)
        info.context.ended_session = True
        return SignOutPayload(done=True, errors=[])

    @mutation(Needs.SIGN_IN, "Bind the phone number that WeChat vouches for.")
    async def bind_phone(self, info: Info, input: BindPhoneInput) -> BindPhonePayload:
        viewer = info.context.require_viewer()
        resident = await info.context.services.people.bind_phone(viewer, input.we_chat_phone_code)
        return BindPhonePayload(viewer=Resident.of(resident, info.context), errors=[])
