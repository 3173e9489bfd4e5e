"""The conversation with the assistant."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

import strawberry

from lifecircle.assistant import replies
from lifecircle.assistant.policies.model import Policy as PolicyRecord
from lifecircle.assistant.service import Replied, Said
from lifecircle.catalogue.bookings.model import Booking as BookingRecord
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.offerings.model import Offering as OfferingRecord
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.stores.model import Store as StoreRecord
from lifecircle.graphql.bookings import MAX_KEY, Booking
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import ReplyKind, Requirement
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.offerings import Offering
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.places import LocationInput
from lifecircle.graphql.policies import Citation, Policy
from lifecircle.graphql.stores import Store


@strawberry.type(description="A number to call.")
class Hotline:
    name: str = strawberry.field(description="Chinese name.")
    number: str = strawberry.field(description="The number.")


@strawberry.type(description="A free time that the assistant offers.")
class TimeSlotOffer:
    offering: Offering = strawberry.field(description="What.")
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End.")


Card = Annotated[
    Store | Offering | TimeSlotOffer | Booking | Policy | Hotline,
    strawberry.union("Card", description="Something to show beside the text."),
]


@strawberry.type(description="What the assistant says.")
class Reply:
    id: strawberry.ID = strawberry.field(description="Names this reply.")
    text: str = strawberry.field(description="At most four short paragraphs, in the script of the question.")
    intent: str | None = strawberry.field(description="What was understood; null when nothing was.")
    confidence: float = strawberry.field(description="0 … 1.")
    kind: ReplyKind = strawberry.field(description="What the client should show.")
    citations: list[Citation] = strawberry.field(description="Where a policy answer comes from.")
    cards: list[Card] = strawberry.field(description="Things to show beside the text.")
    suggestions: list[str] = strawberry.field(description="Ready answers; they work when sent back as text.")
    booking: Booking | None = strawberry.field(description="The booking that was just made.")
    requires: Requirement | None = strawberry.field(description="What is missing before the conversation can go on.")

    @classmethod
    def of(cls, replied: Replied, context: RequestContext) -> Self:
        reply = replied.reply
        return cls(
            id=global_id("Reply", replied.reply_id),
            text=reply.text,
            intent=reply.intent,
            confidence=reply.confidence,
            kind=reply.kind,
            citations=[Citation.of(citation, context) for citation in reply.citations],
            cards=[_card(card, context) for card in reply.cards],
            suggestions=list(reply.suggestions),
            booking=Booking.of(reply.booking) if reply.booking else None,
            requires=reply.requires,
        )


@strawberry.input(description="One thing said to the assistant.")
class ChatInput:
    text: str = strawberry.field(description="At most 500 characters.")
    conversation: strawberry.ID | None = strawberry.field(
        default=None, description="The conversation to go on with; null begins one."
    )
    near: LocationInput | None = strawberry.field(default=None, description="Where the resident is.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="A turn that is sent twice with the same key books once."
    )

    def to_said(self, context: RequestContext) -> Said:
        """Raises InvalidInput, NotFound."""
        if self.idempotency_key is not None and len(self.idempotency_key) > MAX_KEY:
            raise InvalidInput(f"最多 {MAX_KEY} 个字符。", "idempotencyKey")
        return Said(
            text=self.text,
            conversation=key_of(self.conversation, "Conversation", "conversation") if self.conversation else None,
            resident=context.viewer.resident if context.viewer else None,
            near=self.near.to_point() if self.near else None,
            key=self.idempotency_key,
        )


@strawberry.type(description="The reply, or why there is none.")
class ChatPayload:
    conversation: strawberry.ID | None = strawberry.field(description="Pass it back with the next turn.")
    reply: Reply | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")

    @classmethod
    def of(cls, replied: Replied, context: RequestContext) -> Self:
        conversation = global_id("Conversation", replied.conversation)
        return cls(conversation=conversation, reply=Reply.of(replied, context), errors=[])


def _card(card: replies.Card, context: RequestContext) -> Card:
    match card:
        case StoreRecord():
            return Store.of(card, context)
        case OfferingRecord():
            return Offering.of(card)
        case BookingRecord():
            return Booking.of(card)
        case PolicyRecord():
            return Policy.of(card, context)
        case replies.Hotline():
            return Hotline(name=card.name, number=card.number)
        case replies.TimeSlotOffer():
            return TimeSlotOffer(offering=Offering.of(card.offering), start=card.start, end=card.end)


@strawberry.type(description="Talking to the assistant.")
class ChatMutations:
    @mutation(Needs.NOTHING, "Say something to the assistant. Works without sign-in until something is booked.")
    async def chat(self, info: Info, input: ChatInput) -> ChatPayload:
        said = input.to_said(info.context)
        if who := said.resident or said.conversation:
            await info.context.count(info.context.services.people.limits.chat, who)
        replied = await info.context.services.assistant.reply(said, info.context.snapshot)
        return ChatPayload.of(replied, info.context)
