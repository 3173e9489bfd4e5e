"""Messages to residents: what they have agreed to, and what could not be delivered."""

from __future__ import annotations

from datetime import datetime

import strawberry

from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.people.rates import Limit
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.people import Resident
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.stores import Store

CONSENTS_AN_HOUR = Limit("subscribe-consent", 60, 3_600)

strawberry.enum(
    Purpose,
    name="NoticePurpose",
    description="What a WeChat template is for: a result, a change by the store, a reminder, the waiting list.",
)


@strawberry.type(description="A WeChat template to ask the resident's leave for.")
class NoticeTemplate:
    id: str = strawberry.field(description="Pass it to wx.requestSubscribeMessage and to recordSubscribeConsent.")
    purpose: Purpose = strawberry.field(description="What it is for.")
    left: int = strawberry.field(description="How many messages the viewer still agrees to.")


@strawberry.type(description="A notice that nobody could deliver. Whom it was for is not said.")
class DeadNotice:
    kind: str = strawberry.field(description="What it was about, such as CANCELLED or REMINDER_EVENING.")
    reason: str = strawberry.field(description="Channel and reason of the last attempt.")
    attempts: int = strawberry.field(description="How often it was tried.")
    at: datetime = strawberry.field(description="When it was given up.")
    store_key: strawberry.Private[str | None]

    @strawberry.field(description="The store.")
    async def store(self, info: Info) -> Store | None:
        record = await info.context.store(self.store_key) if self.store_key else None
        return Store.of(record, info.context) if record else None


@strawberry.type(description="A dead notice in a page.")
class DeadNoticeEdge:
    node: DeadNotice = strawberry.field(description="The notice.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of dead notices, the latest first.")
class DeadNoticeConnection:
    edges: list[DeadNoticeEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="What wx.requestSubscribeMessage came to: ids of templates.")
class RecordSubscribeConsentInput:
    accepted: list[str] = strawberry.field(description="Each is good for one message.")
    rejected: list[str] = strawberry.field(description="Nothing is sent by these.")


@strawberry.type(description="Whose agreement was written down.")
class RecordSubscribeConsentPayload:
    viewer: Resident | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Messages to residents.")
class NoticeQueries:
    @root(Needs.SIGN_IN, "The templates by which the viewer may be told of bookings.")
    async def notice_templates(self, info: Info) -> list[NoticeTemplate] | None:
        notices = info.context.services.notices
        left = await notices.credits.left(info.context.require_viewer().resident)
        return [NoticeTemplate(id=t, purpose=name, left=left.get(t, 0)) for name, t in notices.templates.items()]

    @root(Needs.STAFF, "Notices about an area's stores that nobody could deliver, the latest first.")
    async def dead_notices(
        self, info: Info, area: strawberry.ID, first: int | None = None, after: str | None = None
    ) -> DeadNoticeConnection | None:
        size, key, where = page_size(first), read_time_cursor(after, "dead-notice"), key_of(area, "Area", "area")
        roles = await info.context.roles()
        found = await info.context.services.notices.dead_letters(roles, where, size + 1, key)
        edges = [
            DeadNoticeEdge(
                node=DeadNotice(kind=d.kind, reason=d.reason, attempts=d.attempts, at=d.at, store_key=d.store),
                cursor=time_cursor("dead-notice", d.at, d.id),
            )
            for d in found[:size]
        ]
        position = page_info(edges, has_next=len(found) > size, after=after)
        return DeadNoticeConnection(edges=edges, page_info=position)


@strawberry.type(description="Agreeing to messages.")
class NoticeMutations:
    @mutation(Needs.SIGN_IN, "Write down what the subscribe dialogue came to. One accept is one message.")
    async def record_subscribe_consent(
        self, info: Info, input: RecordSubscribeConsentInput
    ) -> RecordSubscribeConsentPayload:
        context = info.context
        viewer = context.require_viewer()
        await context.count(CONSENTS_AN_HOUR, viewer.resident)
        await context.services.notices.credits.record_consent(viewer.resident, input.accepted, input.rejected)
        resident = Resident.of(await context.services.people.resident(viewer), context)
        return RecordSubscribeConsentPayload(viewer=resident, errors=[])
