"""The root subscription: what a client is told of by itself."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator

import strawberry

from lifecircle.assistant.conversations.service import Sight
from lifecircle.catalogue.bookings.model import booking_from_document
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.errors import BadRequest, Forbidden, NotFound
from lifecircle.catalogue.feed.rules import looks_after, may_follow
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import Booking, load_booking
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.conversations import Message, look, note_reading, told
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import subscription

RIGHTS_SECONDS = 2.0
"""How old what is known of the viewer's rights may be when something is told."""


@strawberry.type(description="What a client is told of by itself, over graphql-transport-ws.")
class Subscription:
    @subscription(
        Needs.SIGN_IN,
        "A booking as it is after each change: one booking, those of a store for who looks after it, or all own ones.",
    )
    async def booking_changed(
        self, info: Info, booking: strawberry.ID | None = None, store: strawberry.ID | None = None
    ) -> AsyncGenerator[Booking, None]:
        context, resident = info.context, info.context.require_viewer().resident
        if booking is not None and store is not None:
            raise BadRequest("请只给一个：booking 或 store。", "store")
        if store is not None:
            changes = _of_store(context, key_of(store, "Store", "store"))
        elif booking is not None:
            changes = _of_booking(context, key_of(booking, "Booking", "booking"))
        else:
            changes = _documents(context, "resident", resident)
        async for document in changes:
            yield Booking.for_store(booking_from_document(document), resident)

    @subscription(
        Needs.SIGN_IN,
        "What is said in a conversation from here on: an own one, or one handed over to the viewer's area.",
    )
    async def message_added(self, info: Info, conversation: strawberry.ID) -> AsyncGenerator[Message, None]:
        """Raises NotFound, at once or as soon as the viewer may no longer read it."""
        context, key = info.context, key_of(conversation, "Conversation", "conversation")
        rights = _Rights(context)
        sight = await look(context, key)
        seen = {message.id for message in sight.transcript.messages}
        await note_reading(context, sight)
        async for row in _rows(context, sight.transcript.id):
            sight = await rights.check_conversation(row, key)
            fresh = tuple(message for message in sight.transcript.messages if message.id not in seen)
            seen |= {message.id for message in fresh}
            for message in await told(context, key, sight, fresh):
                yield message


async def _rows(context: RequestContext, conversation: str) -> AsyncGenerator[Document, None]:
    """The conversation after each change, that of a turn being taken included."""
    async with context.services.feed.watch("conversations", lambda row: row["_id"] == conversation) as watch:
        while True:
            row = await watch.next()
            context.renew()
            yield row


async def _of_store(context: RequestContext, key: str) -> AsyncGenerator[Document, None]:
    """Raises Forbidden, at once or as soon as the viewer no longer looks after the store."""
    rights = _Rights(context)
    await rights.check_store(key)
    async for document in _documents(context, "store", key):
        await rights.check_store(key)
        yield document


async def _of_booking(context: RequestContext, key: str) -> AsyncGenerator[Document, None]:
    """Raises NotFound, at once or as soon as the viewer may no longer see it."""
    rights = _Rights(context)
    await load_booking(context, key)
    async for document in _documents(context, "_id", key):
        await rights.check_document(document)
        yield document


async def _documents(context: RequestContext, field: str, value: str) -> AsyncGenerator[Document, None]:
    """Bookings as they change; what keeps a place without being a booking has no resident."""
    feed = context.services.feed
    async with feed.watch("bookings", lambda row: row.get(field) == value and "resident" in row) as watch:
        while True:
            document = await watch.next()
            context.renew()
            yield document


class _Rights:
    """What the viewer may follow, asked again when it is older than two seconds."""

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._asked_at = -RIGHTS_SECONDS

    async def check_store(self, key: str) -> None:
        """Raises NotFound, Forbidden."""
        await self._renew()
        store = await self._context.require_store(key)
        if not looks_after(await self._context.roles(), store):
            raise Forbidden("只有这家店的成员可以查看它的预约。", "store")

    async def check_document(self, document: Document) -> None:
        """Raises NotFound."""
        await self._renew()
        booking = booking_from_document(document)
        store = await self._context.store(booking.store)
        if not may_follow(await self._context.roles(), booking, store):
            raise NotFound("没有找到这个预约。", "booking")

    async def check_conversation(self, row: Document, key: str) -> Sight:
        """Raises NotFound."""
        await self._renew()
        viewer, desk = self._context.require_viewer().resident, self._context.services.assistant.conversations
        return desk.sight_of(row, key, viewer, await self._context.roles())

    async def _renew(self) -> None:
        now = time.monotonic()
        if now - self._asked_at >= RIGHTS_SECONDS:
            self._asked_at = now
            self._context.forget_roles()
