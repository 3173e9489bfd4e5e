"""The waiting list: what a resident sees of it, joining and leaving."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.bookings.waiting import model
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import MAX_KEY, short_text
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import WaitingStatus
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.offerings import Offering
from lifecircle.graphql.permissions import mutation


@strawberry.type(description="A place in the waiting list of one time.")
class WaitingListEntry(Node):
    start: datetime = strawberry.field(description="The time that is waited for.")
    offered_until: datetime | None = strawberry.field(
        description="Until when a freed place is kept: book the same time with createBooking. Null: none is."
    )
    status: WaitingStatus = strawberry.field(description="Where it stands.")
    party_size: int = strawberry.field(description="Number of people.")
    record: strawberry.Private[model.WaitingEntry]

    @classmethod
    def of(cls, record: model.WaitingEntry, context: RequestContext) -> Self:
        return cls(
            id=global_id("WaitingListEntry", record.id),
            start=record.interval.start,
            offered_until=record.offered_until if record.is_offered(context.now) else None,
            status=record.as_of(context.now),
            party_size=record.party_size,
            record=record,
        )

    @strawberry.field(description="What is waited for.")
    async def offering(self, info: Info) -> Offering:
        return Offering.of(await info.context.require_offering(self.record.offering))

    @strawberry.field(description="1: the next in line. Null once a place is offered, or when it is over.")
    async def position(self, info: Info) -> int | None:
        return await info.context.services.bookings.waiting.position(self.record)


@strawberry.input(description="What to wait for.")
class JoinWaitingListInput:
    offering: strawberry.ID = strawberry.field(description="What.")
    start: datetime = strawberry.field(description="A time that is full.")
    party_size: int = strawberry.field(default=1, description="Number of people.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same entry. Same key, other input: IDEMPOTENCY_CONFLICT."
    )

    def to_request(self) -> model.JoinRequest:
        """Raises InvalidInput, NotFound."""
        return model.JoinRequest(
            offering=key_of(self.offering, "Offering", "offering"),
            start=self.start,
            party_size=self.party_size,
            idempotency_key=short_text(self.idempotency_key, MAX_KEY, "idempotencyKey"),
        )


@strawberry.type(description="The entry, or why there is none.")
class JoinWaitingListPayload:
    entry: WaitingListEntry | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="Which entry to give up.")
class LeaveWaitingListInput:
    entry: strawberry.ID = strawberry.field(description="The entry.")


@strawberry.type(description="The entry that was given up, or why it was not.")
class LeaveWaitingListPayload:
    entry: WaitingListEntry | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


async def load_waiting_entry(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None:
        return None
    found = await context.services.bookings.waiting.of_resident(context.viewer.resident, key)
    return WaitingListEntry.of(found, context)


@strawberry.type(description="Waiting for a time that is full.")
class WaitingMutations:
    @mutation(Needs.SIGN_IN, "Wait for a time that is full. A place that becomes free is kept for the next in line.")
    async def join_waiting_list(self, info: Info, input: JoinWaitingListInput) -> JoinWaitingListPayload:
        viewer, request = info.context.require_viewer(), input.to_request()
        info.context.services.booking_rate.take(viewer.resident)
        entry = await info.context.services.bookings.waiting.join(viewer.resident, request)
        return JoinWaitingListPayload(entry=WaitingListEntry.of(entry, info.context), errors=[])

    @mutation(Needs.SIGN_IN, "Give up waiting, or a place that is kept.")
    async def leave_waiting_list(self, info: Info, input: LeaveWaitingListInput) -> LeaveWaitingListPayload:
        viewer, key = info.context.require_viewer(), key_of(input.entry, "WaitingListEntry", "entry")
        entry = await info.context.services.bookings.waiting.leave(viewer.resident, key)
        return LeaveWaitingListPayload(entry=WaitingListEntry.of(entry, info.context), errors=[])
