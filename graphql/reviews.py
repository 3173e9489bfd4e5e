"""Reviews: written by who came, answered by the store."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.people.rates import Limit
from lifecircle.catalogue.reviews import model
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.permissions import mutation

REVIEWS_AN_HOUR = Limit("review", 30, 3_600)


@strawberry.type(description="What somebody who came says. Who it was is never shown.")
class Review(Node):
    stars: int = strawberry.field(description="1 非常不满意, 2 不满意, 3 基本满意, 4 满意, 5 非常满意.")
    level: str = strawberry.field(description="The same in words.")
    text: str | None = strawberry.field(description="In the resident's words; null while it waits for a check.")
    reply: str | None = strawberry.field(description="The store's answer.")
    written_at: datetime = strawberry.field(description="When it was first written; it can be changed for 7 days.")

    @classmethod
    def of(cls, record: model.Review, context: RequestContext) -> Self:
        return cls(
            id=global_id("Review", record.id),
            stars=record.stars,
            level=model.STARS[record.stars],
            text=record.text_for(context.viewer.resident if context.viewer else None),
            reply=record.reply,
            written_at=record.written_at,
        )


@strawberry.type(description="A review in a page.")
class ReviewEdge:
    node: Review = strawberry.field(description="The review.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of reviews, the latest first.")
class ReviewConnection:
    edges: list[ReviewEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    store: strawberry.Private[str]

    @strawberry.field(description="How many there are in all; counted only when asked for.")
    async def total_count(self, info: Info) -> int | None:
        return await info.context.services.reviews.count_of_store(self.store)


@strawberry.input(description="What to say of a booking that took place.")
class ReviewBookingInput:
    booking: strawberry.ID = strawberry.field(description="An own booking, checked in or completed.")
    stars: int = strawberry.field(description="1 非常不满意 … 5 非常满意.")
    text: str | None = strawberry.field(default=None, description="At most 500 characters, without ways to contact.")


@strawberry.type(description="The review, or why there is none.")
class ReviewBookingPayload:
    review: Review | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="What the store answers.")
class ReplyToReviewInput:
    review: strawberry.ID = strawberry.field(description="The review.")
    text: str = strawberry.field(description="2 to 500 characters; it can be changed for 7 days.")


@strawberry.type(description="The answered review, or why it is not answered.")
class ReplyToReviewPayload:
    review: Review | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Reviewing and answering.")
class ReviewMutations:
    @mutation(Needs.SIGN_IN, "Review an own booking that took place; once, and changeable for 7 days.")
    async def review_booking(self, info: Info, input: ReviewBookingInput) -> ReviewBookingPayload:
        context, key = info.context, key_of(input.booking, "Booking", "booking")
        resident = context.require_viewer().resident
        await context.count(REVIEWS_AN_HOUR, resident)
        review = await context.services.reviews.review(resident, key, input.stars, input.text)
        return ReviewBookingPayload(review=Review.of(review, context), errors=[])

    @mutation(Needs.MEMBER, "Answer a review of an own store; changeable for 7 days.")
    async def reply_to_review(self, info: Info, input: ReplyToReviewInput) -> ReplyToReviewPayload:
        context, key = info.context, key_of(input.review, "Review", "review")
        review = await context.services.reviews.reply(await context.roles(), key, input.text)
        return ReplyToReviewPayload(review=Review.of(review, context), errors=[])


async def reviews_of(info: Info, store: str, first: int | None, after: str | None) -> ReviewConnection:
    size, key = page_size(first), read_time_cursor(after, "review")
    found = await info.context.services.reviews.of_store(store, size + 1, key)
    edges = [
        ReviewEdge(node=Review.of(record, info.context), cursor=time_cursor("review", record.written_at, record.id))
        for record in found[:size]
    ]
    position = page_info(edges, has_next=len(found) > size, after=after)
    return ReviewConnection(edges=edges, page_info=position, store=store)


async def load_review(context: RequestContext, key: str) -> Node | None:
    record = await context.services.reviews.find(key)
    return Review.of(record, context) if record else None
