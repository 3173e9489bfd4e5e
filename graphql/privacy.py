"""Consents, the profile, taking one's data away, deleting the account, and the auditor's trail."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.privacy import model, rules
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.service import ProfileChange
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, split_id
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.people import Resident
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import LocationInput

strawberry.enum(Purpose, name="ConsentPurpose", description="What personal data is used for; each is agreed to alone.")
strawberry.enum(AuditAction, description="What was done with personal data.")


@strawberry.type(description="Where one purpose stands with the viewer.")
class Consent:
    purpose: Purpose = strawberry.field(description="What the data is used for.")
    explanation: str = strawberry.field(description="Chinese: what for, and what it means to say no.")
    is_sensitive: bool = strawberry.field(description="Sensitive personal data: ask separately (PIPL art. 28-30).")
    version: str = strawberry.field(description="Version of the text in force; pass it to giveConsent.")
    given: bool = strawberry.field(description="Whether the viewer agrees now, to this version.")
    decided_version: str | None = strawberry.field(description="Version of the latest decision; null: none yet.")
    decided_at: datetime | None = strawberry.field(description="When it was made.")

    @classmethod
    def of(cls, state: model.ConsentState) -> Self:
        return cls(
            purpose=state.purpose,
            explanation=rules.PURPOSE_TEXTS[state.purpose],
            is_sensitive=state.purpose in rules.SENSITIVE,
            version=state.version,
            given=state.given,
            decided_version=state.latest.version if state.latest else None,
            decided_at=state.latest.at if state.latest else None,
        )


@strawberry.input(description="What to agree to.")
class GiveConsentInput:
    purpose: Purpose = strawberry.field(description="One purpose; a consent never implies another.")
    version: str = strawberry.field(description="Version of the text that was shown.")


@strawberry.input(description="What to agree to no longer.")
class WithdrawConsentInput:
    purpose: Purpose = strawberry.field(description="One purpose.")


@strawberry.type(description="Every consent as it stands now.")
class ConsentPayload:
    consents: list[Consent] | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")

    @classmethod
    def of(cls, states: list[model.ConsentState]) -> Self:
        return cls(consents=[Consent.of(state) for state in states], errors=[])


@strawberry.input(description="What to change; a field that is left out stays as it is.")
class UpdateProfileInput:
    nickname: str | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 20 characters without control characters; null leaves it."
    )
    home: LocationInput | None = strawberry.field(
        default=strawberry.UNSET, description="Where the resident lives; stored encrypted. Null forgets it."
    )

    def to_change(self) -> ProfileChange:
        """Raises InvalidInput."""
        nickname = None if self.nickname is strawberry.UNSET else self.nickname
        place = self.home.to_point("home") if self.home else None
        return ProfileChange(nickname=nickname, home=place, forget_home=self.home is None)


@strawberry.type(description="The viewer after the change, or why nothing changed.")
class UpdateProfilePayload:
    viewer: Resident | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Deleting cannot be undone.")
class DeleteMyAccountInput:
    confirm: bool = strawberry.field(description="Must be true.")


@strawberry.type(description="The account is deleted, or why not.")
class DeleteMyAccountPayload:
    deleted_at: datetime | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="The export holds phone numbers and addresses in clear.")
class ExportMyDataInput:
    confirm: bool = strawberry.field(description="Must be true.")


@strawberry.type(description="Everything held about the viewer.")
class ExportMyDataPayload:
    json: str | None = strawberry.field(description="A JSON text with a section for each kind of data.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="One access to personal data.")
class AuditEntry:
    id: strawberry.ID = strawberry.field(description="Names this entry.")
    at: datetime = strawberry.field(description="When.")
    actor: strawberry.ID | None = strawberry.field(
        description="Who: a resident, or the tombstone of a deleted account; null: the system."
    )
    action: AuditAction = strawberry.field(description="What was done.")
    subject: strawberry.ID = strawberry.field(description="What it was done to.")
    fields: list[str] = strawberry.field(description="Names of the data that was read or changed, never its values.")
    request_id: str | None = strawberry.field(description="The request it was done in.")

    @classmethod
    def of(cls, record: model.AuditEntry) -> Self:
        return cls(
            id=global_id("AuditEntry", record.id),
            at=record.at,
            actor=global_id("Resident", record.actor) if record.actor else None,
            action=record.action,
            subject=global_id(record.subject.kind, record.subject.key),
            fields=list(record.fields),
            request_id=record.request_id,
        )


@strawberry.type(description="An audit entry in its list.")
class AuditEdge:
    node: AuditEntry = strawberry.field(description="The entry.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of audit entries, the latest first.")
class AuditConnection:
    edges: list[AuditEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    about: strawberry.Private[Subject]

    @strawberry.field(description="How many there are in all; counted only when asked for.")
    async def total_count(self, info: Info) -> int | None:
        return await info.context.services.privacy.audit.count(self.about)


@strawberry.type(description="What residents and auditors can read about personal data.")
class PrivacyQueries:
    @root(Needs.SIGN_IN, "Every purpose of personal data, and whether the viewer agrees to it.")
    async def my_consents(self, info: Info) -> list[Consent] | None:
        viewer = info.context.require_viewer()
        return [Consent.of(state) for state in await info.context.services.privacy.consents(viewer.resident)]

    @root(Needs.AUDITOR, "Who read or changed the personal data of a resident, a booking, a merchant. Itself recorded.")
    async def audit_trail(
        self, info: Info, subject: strawberry.ID, first: int | None = None, after: str | None = None
    ) -> AuditConnection | None:
        about, size, key = _subject(subject), page_size(first), read_time_cursor(after, "audit")
        audit = info.context.services.privacy.audit
        found = await audit.trail(about, size + 1, key)
        edges = [
            AuditEdge(node=AuditEntry.of(record), cursor=time_cursor("audit", record.at, record.id))
            for record in found[:size]
        ]
        position = page_info(edges, has_next=len(found) > size, after=after)
        viewer, request_id = info.context.require_viewer().resident, info.context.request_id
        await audit.record(AuditAction.AUDIT_READ, actor=viewer, subject=about, request_id=request_id)
        return AuditConnection(edges=edges, page_info=position, about=about)


@strawberry.type(description="What residents may do with their own data.")
class PrivacyMutations:
    @mutation(Needs.SIGN_IN, "Agree to one purpose. STATE_CHANGED when its text has changed since.")
    async def give_consent(self, info: Info, input: GiveConsentInput) -> ConsentPayload:
        viewer, request_id = info.context.require_viewer().resident, info.context.request_id
        privacy = info.context.services.privacy
        return ConsentPayload.of(await privacy.give_consent(viewer, input.purpose, input.version, request_id))

    @mutation(Needs.SIGN_IN, "Agree to one purpose no longer; what was done before stays lawful.")
    async def withdraw_consent(self, info: Info, input: WithdrawConsentInput) -> ConsentPayload:
        viewer, request_id = info.context.require_viewer().resident, info.context.request_id
        return ConsentPayload.of(
            await info.context.services.privacy.withdraw_consent(viewer, input.purpose, request_id)
        )

    @mutation(Needs.SIGN_IN, "Change the nickname or the home.")
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        context, viewer = info.context, info.context.require_viewer()
        await context.services.privacy.update_profile(viewer.resident, input.to_change(), context.request_id)
        return UpdateProfilePayload(
            viewer=Resident.of(await context.services.people.resident(viewer), context), errors=[]
        )

    @mutation(Needs.SIGN_IN, "Everything held about the viewer, as JSON.")
    async def export_my_data(self, info: Info, input: ExportMyDataInput) -> ExportMyDataPayload:
        context, viewer = info.context, info.context.require_viewer()
        text = await context.services.privacy.export(
            viewer.resident, confirm=input.confirm, request_id=context.request_id
        )
        return ExportMyDataPayload(json=text, errors=[])

    @mutation(
        Needs.SIGN_IN, "Delete the viewer's account. Bookings ahead are cancelled; what must be kept names nobody."
    )
    async def delete_my_account(self, info: Info, input: DeleteMyAccountInput) -> DeleteMyAccountPayload:
        context, viewer = info.context, info.context.require_viewer()
        deleted_at = await context.services.privacy.delete_account(
            viewer.resident, confirm=input.confirm, request_id=context.request_id
        )
        return DeleteMyAccountPayload(deleted_at=deleted_at, errors=[])


def _subject(text: str) -> Subject:
    """Raises NotFound."""
    parts = split_id(text)
    if parts is None:
        raise NotFound("没有找到您要查的对象。", "subject")
    return Subject(*parts)
