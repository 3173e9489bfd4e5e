"""Applying as a merchant, deciding on applications, inviting and removing members."""

from __future__ import annotations

from datetime import date

import strawberry

from lifecircle.catalogue.membership import model
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info
from lifecircle.graphql.enums import MemberRole
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.merchants import Merchant
from lifecircle.graphql.people import Membership
from lifecircle.graphql.permissions import mutation


@strawberry.input(description="Who wants to run stores here.")
class ApplyAsMerchantInput:
    name: str = strawberry.field(description="Registered name, 2 to 40 characters.")
    licence_number: str = strawberry.field(description="统一社会信用代码, 18 characters.")
    licence_expires_on: date | None = strawberry.field(default=None, description="Null: the licence has no end.")
    area: strawberry.ID = strawberry.field(description="The district, sub-district or community whose staff decide.")
    contact_phone: str = strawberry.field(description="Mainland mobile or landline; stored encrypted, never shown.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same merchant. Same key, other input: IDEMPOTENCY_CONFLICT."
    )

    def to_application(self) -> model.Application:
        """Raises NotFound."""
        return model.Application(
            name=self.name,
            licence_number=self.licence_number,
            licence_expires_on=self.licence_expires_on,
            area=key_of(self.area, "Area", "area"),
            contact_phone=self.contact_phone,
            idempotency_key=self.idempotency_key,
        )


@strawberry.type(description="The application, or why there is none.")
class ApplyAsMerchantPayload:
    merchant: Merchant | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which application to approve.")
class ApproveMerchantInput:
    merchant: strawberry.ID = strawberry.field(description="The merchant.")


@strawberry.type(description="The approved merchant, or why it is not approved.")
class ApproveMerchantPayload:
    merchant: Merchant | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which application to reject, and why.")
class RejectMerchantInput:
    merchant: strawberry.ID = strawberry.field(description="The merchant.")
    reason: str = strawberry.field(description="Kept on record; 2 to 200 characters.")


@strawberry.type(description="The rejected merchant, or why it is not rejected.")
class RejectMerchantPayload:
    merchant: Merchant | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Who is to be what. Inviting the same phone again changes the role.")
class InviteMemberInput:
    merchant: strawberry.ID = strawberry.field(description="The merchant.")
    phone: str = strawberry.field(description="Mainland mobile; whoever signs in with it or binds it is the member.")
    role: MemberRole = strawberry.field(description="What the member may do. A manager may only invite clerks.")
    stores: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The stores it is limited to; none: every store. Owners are never limited."
    )

    def to_invitation(self) -> model.Invitation:
        """Raises NotFound."""
        keys = (key_of(store, "Store", "stores") for store in self.stores or ())
        return model.Invitation(
            merchant=key_of(self.merchant, "Merchant", "merchant"),
            phone=self.phone,
            role=self.role,
            stores=tuple(dict.fromkeys(keys)),
        )


@strawberry.type(description="The membership, the same whether the phone is known here or not, or why there is none.")
class InviteMemberPayload:
    membership: Membership | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which membership to end: another's, an open invitation, or one's own.")
class RemoveMemberInput:
    membership: strawberry.ID = strawberry.field(description="The membership.")


@strawberry.type(description="The membership that has ended, or why it has not.")
class RemoveMemberPayload:
    membership: Membership | None = strawberry.field(description="As it was; null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Merchants' applications and members.")
class MembershipMutations:
    @mutation(Needs.SIGN_IN, "Apply as a merchant and become its owner. The area's staff decide.")
    async def apply_as_merchant(self, info: Info, input: ApplyAsMerchantInput) -> ApplyAsMerchantPayload:
        viewer, application = info.context.require_viewer(), input.to_application()
        merchant = await info.context.services.members.apply(viewer.resident, application)
        return ApplyAsMerchantPayload(merchant=Merchant.of(merchant), errors=[])

    @mutation(Needs.STAFF, "Approve an application of an own area. The merchant becomes public.")
    async def approve_merchant(self, info: Info, input: ApproveMerchantInput) -> ApproveMerchantPayload:
        roles, key = await info.context.roles(), key_of(input.merchant, "Merchant", "merchant")
        merchant = await info.context.services.members.approve(roles, key)
        await info.context.note_role_change(key, "state")
        return ApproveMerchantPayload(merchant=Merchant.of(merchant), errors=[])

    @mutation(Needs.STAFF, "Reject an application of an own area. The licence is free for another one.")
    async def reject_merchant(self, info: Info, input: RejectMerchantInput) -> RejectMerchantPayload:
        roles, key = await info.context.roles(), key_of(input.merchant, "Merchant", "merchant")
        merchant = await info.context.services.members.reject(roles, key, input.reason)
        await info.context.note_role_change(key, "state")
        return RejectMerchantPayload(merchant=Merchant.of(merchant), errors=[])

    @mutation(Needs.MEMBER, "Invite somebody by phone, or change their role.")
    async def invite_member(self, info: Info, input: InviteMemberInput) -> InviteMemberPayload:
        roles, invitation = await info.context.roles(), input.to_invitation()
        membership = await info.context.services.members.invite(roles, invitation)
        await info.context.note_role_change(membership.merchant, "role")
        return InviteMemberPayload(membership=Membership.of(membership), errors=[])

    @mutation(Needs.MEMBER, "Remove a member, withdraw an invitation, or leave. The last owner stays.")
    async def remove_member(self, info: Info, input: RemoveMemberInput) -> RemoveMemberPayload:
        roles, key = await info.context.roles(), key_of(input.membership, "Membership", "membership")
        membership = await info.context.services.members.remove(roles, key)
        await info.context.note_role_change(membership.merchant, "role")
        return RemoveMemberPayload(membership=Membership.of(membership), errors=[])
