"""What was changed in a store or chain, by whom and when: for its members and its area's staff."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.history import model
from lifecircle.catalogue.history.service import Told, require_reader
from lifecircle.graphql.context import Info
from lifecircle.graphql.enums import MemberRole
from lifecircle.graphql.paging import PageInfo, cursor, page_info, page_size, read_key_cursor

strawberry.enum(model.ChangeKind, description="What kind of change it was.")


@strawberry.type(description="One field before and after.")
class FieldChange:
    field: str = strawberry.field(description="Name of the field as it is stored.")
    before: str | None = strawberry.field(description="Null: nothing. What is made of parts comes as JSON.")
    after: str | None = strawberry.field(description="Null: nothing. What is made of parts comes as JSON.")


@strawberry.type(description="One change. Its record was written together with it.")
class HistoryEntry:
    at: datetime = strawberry.field(description="When.")
    kind: model.ChangeKind = strawberry.field(description="What kind of change it was.")
    about: str = strawberry.field(description="Name of the store, chain or offering that was changed.")
    role: MemberRole = strawberry.field(description="What the author was at that time.")
    author: str = strawberry.field(description="Masked: 李**.")
    changes: list[FieldChange] = strawberry.field(description="Every field that changed.")

    @classmethod
    def of(cls, told: Told) -> Self:
        entry = told.entry
        return cls(
            at=entry.at,
            kind=entry.kind,
            about=entry.about,
            role=entry.author.role,
            author=told.author,
            changes=[
                FieldChange(
                    field=change.field, before=model.value_text(change.before), after=model.value_text(change.after)
                )
                for change in entry.changes
            ],
        )


@strawberry.type(description="A change in a page.")
class HistoryEdge:
    node: HistoryEntry = strawberry.field(description="The change.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of changes, the latest first.")
class HistoryConnection:
    edges: list[HistoryEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def history_page(
    info: Info,
    owner: str,
    merchant: str | None,
    store: str | None,
    area: str | None,
    first: int | None,
    after: str | None,
) -> HistoryConnection:
    """Raises Unauthenticated, Forbidden, BadRequest, InvalidCursor. A cursor of another history finds nothing."""
    size, key = page_size(first), read_key_cursor(after, "history")
    require_reader(await info.context.roles(), merchant, store, [area] if area else [])
    found = await info.context.services.editing.history.page(owner, size + 1, key)
    edges = [HistoryEdge(node=HistoryEntry.of(told), cursor=cursor("history", told.entry.id)) for told in found[:size]]
    position = page_info(edges, has_next=len(found) > size, after=after)
    return HistoryConnection(edges=edges, page_info=position)
