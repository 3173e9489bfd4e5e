"""Conversations as they are read again: by the resident, and by the staff to whom one has been handed over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from lifecircle.assistant.conversations import model
from lifecircle.assistant.conversations.codec import Known, reply_from_json
from lifecircle.assistant.conversations.model import MessageAuthor
from lifecircle.assistant.conversations.rules import Access
from lifecircle.assistant.conversations.service import Rating, Sight
from lifecircle.assistant.service import Replied
from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.people.access import Needs, Roles
from lifecircle.graphql.chat import Reply
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, begin_after, cursor, page_info, page_size, read_key_cursor
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root

if TYPE_CHECKING:
    from lifecircle.graphql.handoffs import Handoff

strawberry.enum(MessageAuthor, description="Who said something.")


@strawberry.type(description="One thing that was said.")
class Message:
    id: strawberry.ID = strawberry.field(description="Names this message.")
    author: MessageAuthor = strawberry.field(description="Who said it. Which member of the staff is never shown.")
    text: str = strawberry.field(description="What was said.")
    at: datetime = strawberry.field(description="When.")
    reply: Reply | None = strawberry.field(description="The whole reply, where the assistant said it.")

    @classmethod
    def of(cls, record: model.Message, conversation: str, known: Known, context: RequestContext) -> Self:
        told = reply_from_json(record.reply, known) if record.reply else None
        replied = Replied(conversation, f"{conversation}:{record.id}", told) if told else None
        return cls(
            id=global_id("Message", f"{conversation}:{record.id}"),
            author=record.author,
            text=record.text,
            at=record.at,
            reply=Reply.of(replied, context) if replied else None,
        )


@strawberry.type(description="A message in a page.")
class MessageEdge:
    node: Message = strawberry.field(description="The message.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of messages, the earliest first.")
class MessageConnection:
    edges: list[MessageEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="A conversation. A day after the last turn it is forgotten, after a hand-over in a week.")
class Conversation(Node):
    key: strawberry.Private[str]
    sight: strawberry.Private[Sight | None] = None
    """None: not looked at yet; a hand-over names its conversation without reading it."""

    @classmethod
    def named(cls, key: str, sight: Sight | None = None) -> Self:
        return cls(id=global_id("Conversation", key), key=key, sight=sight)

    @strawberry.field(
        description="What was said, the latest hundred at most. Empty for the staff once the hand-over is closed."
    )
    async def messages(self, info: Info, first: int | None = None, after: str | None = None) -> MessageConnection:
        size, key = page_size(first), read_key_cursor(after, "message")
        sight = await self._look(info.context)
        if sight is None:
            return MessageConnection(edges=[], page_info=page_info([], has_next=False, after=after))
        await note_reading(info.context, sight)
        shown = sight.transcript.messages
        begin = begin_after([message.id for message in shown], key)
        page = await told(info.context, self.key, sight, shown[begin : begin + size])
        edges = [
            MessageEdge(node=message, cursor=cursor("message", record.id))
            for message, record in zip(page, shown[begin:], strict=False)
        ]
        position = page_info(edges, has_next=begin + size < len(shown), after=after)
        return MessageConnection(edges=edges, page_info=position)

    @strawberry.field(description="The latest hand-over to people; null where there was none.")
    async def handoff(self, info: Info) -> Annotated[Handoff, strawberry.lazy("lifecircle.graphql.handoffs")] | None:
        from lifecircle.graphql.handoffs import Handoff

        sight = await self._look(info.context)
        mark = sight.transcript.handoff if sight else None
        found = await info.context.services.assistant.handoffs.find(mark.id) if mark else None
        return Handoff.of(found, self.key) if found else None

    async def _look(self, context: RequestContext) -> Sight | None:
        if self.sight is None:
            try:
                self.sight = await look(context, self.key)
            except NotFound:
                return None
        return self.sight


async def look(context: RequestContext, key: str) -> Sight:
    """Raises NotFound."""
    viewer = context.viewer.resident if context.viewer else None
    return await context.services.assistant.conversations.look(key, viewer, await roles_of(context))


async def roles_of(context: RequestContext) -> Roles | None:
    return await context.roles() if context.viewer else None


async def told(context: RequestContext, key: str, sight: Sight, page: tuple[model.Message, ...]) -> list[Message]:
    """Bookings are shown to their resident only."""
    owner = sight.transcript.resident if sight.access is Access.OWN else None
    desk = context.services.assistant.conversations
    known = await desk.known(owner, [message.reply for message in page], context.snapshot)
    return [Message.of(message, key, known, context) for message in page]


async def note_reading(context: RequestContext, sight: Sight) -> None:
    if context.viewer:
        desk = context.services.assistant.conversations
        await desk.note_reading(sight, context.viewer.resident, context.request_id)


async def load_conversation(context: RequestContext, key: str) -> Node | None:
    return Conversation.named(key, await look(context, key))


@strawberry.input(description="Whether a reply helped.")
class RateReplyInput:
    reply: strawberry.ID = strawberry.field(description="A reply in one's own conversation.")
    helpful: bool = strawberry.field(description="Whether it helped; saying it again changes it.")
    comment: str | None = strawberry.field(
        default=None, description="What was missing, at most 200 characters; kept without personal data."
    )

    def to_domain(self) -> Rating:
        """Raises NotFound."""
        conversation, _, number = key_of(self.reply, "Reply", "reply").rpartition(":")
        return Rating(conversation, number, self.helpful, self.comment)


@strawberry.type(description="The reply, or why it could not be rated.")
class RateReplyPayload:
    reply: Reply | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Reading conversations.")
class ConversationQueries:
    @root(
        Needs.NOTHING,
        "A conversation: an own one, one that nobody has signed in to, or one handed over to the viewer's area.",
    )
    async def conversation(self, info: Info, id: strawberry.ID) -> Conversation | None:
        key = key_of(id, "Conversation", "id")
        return Conversation.named(key, await look(info.context, key))


@strawberry.type(description="Saying how the assistant did.")
class ConversationMutations:
    @mutation(Needs.NOTHING, "Say whether a reply helped. What did not is looked at by people, without names.")
    async def rate_reply(self, info: Info, input: RateReplyInput) -> RateReplyPayload:
        context, rating = info.context, input.to_domain()
        viewer = context.viewer.resident if context.viewer else None
        await context.count(context.services.people.limits.chat, viewer or rating.conversation)
        reply = await context.services.assistant.conversations.rate(rating, viewer, context.snapshot)
        replied = Replied(rating.conversation, f"{rating.conversation}:{rating.number}", reply)
        return RateReplyPayload(reply=Reply.of(replied, context), errors=[])
