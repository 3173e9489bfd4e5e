"""The viewer, their roles and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people import model
from lifecircle.graphql.bookings import BookingConnection, bookings_of
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import BookingStatus, MemberRole
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.merchants import Merchant
from lifecircle.graphql.node import Node
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
    def merchant(self, info: Info) -> Merchant:
        record = info.context.snapshot.merchants.get(self.record.merchant)
        if record is None:
            raise NotFound("没有找到这个商户。")
        return Merchant.of(record)

    @strawberry.field(description="The stores it is limited to; empty: every store of the merchant.")
    async def stores(self, info: Info) -> list[Store]:
        found = [await info.context.store(key) for key in self.record.stores]
        return [Store.of(record, info.context) for record in found if record]


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
