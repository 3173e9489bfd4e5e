"""Conversations that people have taken over."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.assistant.conversations.service import key_for_staff
from lifecircle.assistant.handoffs import model
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.conversations import Conversation, roles_of
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import Area


@strawberry.type(
    description="A conversation that people have taken over. The assistant keeps quiet until it is closed."
)
class Handoff(Node):
    reason: str = strawberry.field(description="Why, in Chinese.")
    opened_at: datetime = strawberry.field(description="Since when somebody waits.")
    closed_at: datetime | None = strawberry.field(description="When it was closed.")
    record: strawberry.Private[model.Handoff]
    key: strawberry.Private[str]
    """Under which its conversation is known to the viewer."""

    @classmethod
    def of(cls, record: model.Handoff, key: str | None = None) -> Self:
        return cls(
            id=global_id("Handoff", record.id),
            reason=record.reason,
            opened_at=record.opened_at,
            closed_at=record.closed_at,
            record=record,
            key=key or key_for_staff(record),
        )

    @strawberry.field(description="What was said before and since.")
    def conversation(self) -> Conversation:
        return Conversation.named(self.key)

    @strawberry.field(description="Whose staff it is for: the smallest area that the resident was placed in.")
    def area(self, info: Info) -> Area:
        found = info.context.snapshot.areas.get(self.record.area)
        if found is None:
            raise NotFound("没有找到这个区域。")
        return Area.of(found)


@strawberry.type(description="A hand-over in a page.")
class HandoffEdge:
    node: Handoff = strawberry.field(description="The hand-over.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of hand-overs; who has waited longest comes first.")
class HandoffConnection:
    edges: list[HandoffEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    about: strawberry.Private[tuple[str, bool]]

    @strawberry.field(description="How many there are in all.")
    async def total_count(self, info: Info) -> int | None:
        area, is_open = self.about
        return await info.context.services.assistant.handoffs.count(area, is_open=is_open)


@strawberry.input(description="An answer to a resident.")
class ReplyToHandoffInput:
    handoff: strawberry.ID = strawberry.field(description="An open hand-over of the viewer's area.")
    text: str = strawberry.field(description="1 to 1,000 characters.")


@strawberry.type(description="The hand-over, or why nothing was said.")
class ReplyToHandoffPayload:
    handoff: Handoff | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which hand-over is done.")
class CloseHandoffInput:
    handoff: strawberry.ID = strawberry.field(description="The hand-over; closing it again changes nothing.")
    note: str | None = strawberry.field(
        default=None, description="For the files, at most 500 characters; the resident does not see it."
    )


@strawberry.type(description="The closed hand-over, or why it is not closed.")
class CloseHandoffPayload:
    handoff: Handoff | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


async def load_handoff(context: RequestContext, key: str) -> Node | None:
    found = await context.services.assistant.handoffs.visible(await roles_of(context), key)
    return Handoff.of(found) if found else None


@strawberry.type(description="What waits for the staff.")
class HandoffQueries:
    @root(Needs.STAFF, "Conversations handed over to the staff of an area, those of the areas below it included.")
    async def handoffs(
        self, info: Info, area: strawberry.ID, open: bool = True, first: int | None = None, after: str | None = None
    ) -> HandoffConnection | None:
        size, where = page_size(first), key_of(area, "Area", "area")
        desk, roles = info.context.services.assistant.handoffs, await info.context.roles()
        page = await desk.of_area(roles, where, is_open=open, first=size, after=read_time_cursor(after, "handoff"))
        edges = [
            HandoffEdge(node=Handoff.of(record), cursor=time_cursor("handoff", record.opened_at, record.id))
            for record in page.items
        ]
        position = page_info(edges, has_next=page.has_more, after=after)
        return HandoffConnection(edges=edges, page_info=position, about=(where, open))


@strawberry.type(description="What staff do with a hand-over.")
class HandoffMutations:
    @mutation(Needs.STAFF, "Answer a resident whose conversation has been handed over.")
    async def reply_to_handoff(self, info: Info, input: ReplyToHandoffInput) -> ReplyToHandoffPayload:
        context, key = info.context, key_of(input.handoff, "Handoff", "handoff")
        desk = context.services.assistant.handoffs
        found = await desk.reply(await context.roles(), key, input.text, context.request_id)
        return ReplyToHandoffPayload(handoff=Handoff.of(found), errors=[])

    @mutation(Needs.SIGN_IN, "Give a conversation back to the assistant: the staff of its area, or its resident.")
    async def close_handoff(self, info: Info, input: CloseHandoffInput) -> CloseHandoffPayload:
        context, key = info.context, key_of(input.handoff, "Handoff", "handoff")
        desk = context.services.assistant.handoffs
        found = await desk.close(await context.roles(), key, input.note, context.request_id)
        return CloseHandoffPayload(handoff=Handoff.of(found), errors=[])
