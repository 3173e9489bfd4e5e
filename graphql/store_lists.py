"""Lists of stores: the filter, and pages around a place."""

from __future__ import annotations

from datetime import datetime

import strawberry

from lifecircle.catalogue.stores import nearby
from lifecircle.graphql.context import RequestContext
from lifecircle.graphql.enums import AccessibilityFeature, StoreSort
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.paging import cursor, page_info, page_size, read_cursor, read_key_cursor
from lifecircle.graphql.places import LocationInput
from lifecircle.graphql.stores import Store, StoreConnection, StoreEdge, near_edge


@strawberry.input(description="Conditions that all have to hold.")
class StoreFilter:
    category: str | None = strawberry.field(default=None, description="Category code; descendants count.")
    open_at: datetime | None = strawberry.field(default=None, description="Open at this moment.")
    open_now: bool | None = strawberry.field(default=None, description="Open at this moment; not with `openAt`.")
    bookable: bool | None = strawberry.field(default=None, description="Offers something that can be booked here.")
    at_home: bool | None = strawberry.field(default=None, description="Offers something at the resident's home.")
    chain: strawberry.ID | None = strawberry.field(default=None, description="Belongs to this chain.")
    community: strawberry.ID | None = strawberry.field(default=None, description="Stands in this area.")
    accessible: list[AccessibilityFeature] | None = strawberry.field(default=None, description="Has all of these.")
    min_rating: float | None = strawberry.field(default=None, description="Average of at least this.")
    max_price: int | None = strawberry.field(default=None, description="Offers something for at most this, in fen.")

    def to_domain(self) -> nearby.StoreFilter:
        """Raises NotFound for ids of another kind."""
        return nearby.StoreFilter(
            category=self.category,
            open_at=self.open_at,
            open_now=self.open_now,
            bookable=self.bookable,
            at_home=self.at_home,
            chain=key_of(self.chain, "Chain", "filter", "chain") if self.chain is not None else None,
            community=key_of(self.community, "Area", "filter", "community") if self.community is not None else None,
            accessible=tuple(self.accessible or ()),
            min_rating=self.min_rating,
            max_price=self.max_price,
        )


def nearby_page(
    context: RequestContext,
    near: LocationInput,
    radius: int,
    wanted: StoreFilter | None,
    sort: StoreSort,
    first: int | None,
    after: str | None,
) -> StoreConnection:
    kind = f"near-{sort.value}"
    key = read_cursor(after, kind, (int, float), str)
    query = nearby.NearbyQuery(near.to_point(), radius, wanted.to_domain() if wanted else nearby.StoreFilter(), sort)
    calendar, size = context.services.calendar, page_size(first)
    position = (float(str(key[0])), str(key[1])) if key else None
    page = nearby.nearby(context.snapshot, query, calendar, context.now, first=size, after=position)
    edges = [near_edge(n.store, n.metres, cursor(kind, *n.key), context) for n in page.stores]
    return StoreConnection(
        edges=edges,
        page_info=page_info(edges, has_next=page.has_more, after=after),
        relaxed=[],
        count=lambda: nearby.count_nearby(context.snapshot, query, calendar, context.now),
    )


async def stores_of_merchant(
    context: RequestContext, merchant: str, stale: bool | None, first: int | None, after: str | None
) -> StoreConnection:
    kind = "merchant-stores"
    size, key = page_size(first), read_key_cursor(after, kind)
    roles = await context.roles() if context.viewer else None
    page = await context.services.freshness.stores_of(roles, merchant, stale, size, key)
    edges = [
        StoreEdge(node=Store.of(store, context), cursor=cursor(kind, store.id), distance=None, walk_minutes=None)
        for store in page.stores
    ]
    position = page_info(edges, has_next=page.has_more, after=after)
    return StoreConnection(edges=edges, page_info=position, relaxed=[], count=page.count)
