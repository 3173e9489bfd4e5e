"""Search and suggestions."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Self

import strawberry

from lifecircle.catalogue.errors import InvalidCursor
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.search import model
from lifecircle.catalogue.search.model import Hit, Position, SearchPage, SearchQuery, SuggestionKind
from lifecircle.catalogue.stores.filters import StoreFilter as Wanted
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.paging import cursor, page_info, page_size, read_cursor
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import LocationInput
from lifecircle.graphql.store_lists import StoreFilter
from lifecircle.graphql.stores import Store, StoreConnection, StoreEdge, near_edge

DEFAULT_SUGGESTIONS = 10

strawberry.enum(SuggestionKind, description="What a suggestion names. STORE without an id: a name to search for.")

_TYPES = {SuggestionKind.STORE: "Store", SuggestionKind.CATEGORY: "Category", SuggestionKind.OFFERING: "Offering"}


@strawberry.type(description="What a text may become as it is typed.")
class Suggestion:
    text: str = strawberry.field(description="To show, and to search for.")
    kind: SuggestionKind = strawberry.field(description="What it names.")
    id: strawberry.ID | None = strawberry.field(description="Of what it names; null for a chain's name.")

    @classmethod
    def of(cls, found: model.Suggestion) -> Self:
        key = global_id(_TYPES[found.kind], found.key) if found.key else None
        return cls(text=found.text, kind=found.kind, id=key)


@strawberry.type
class SearchQueries:
    @root(Needs.NOTHING, "Stores by everyday words, best first: names, trades, services, places; pinyin and typos too.")
    def search_stores(
        self,
        info: Info,
        query: str,
        near: LocationInput | None = None,
        filter: StoreFilter | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> StoreConnection | None:
        place = near.to_point() if near else None
        asked = SearchQuery(query, place, filter.to_domain() if filter else Wanted())
        return search_page(info.context, asked, first, after)

    @root(Needs.NOTHING, "What the text may become, while it is typed; by pinyin and initials too.")
    def suggest(
        self, info: Info, prefix: str, near: LocationInput | None = None, first: int | None = None
    ) -> list[Suggestion] | None:
        context, place = info.context, near.to_point() if near else None
        size = DEFAULT_SUGGESTIONS if first is None else page_size(first)
        found = context.services.searcher.suggest(context.snapshot, prefix, place, size)
        return [Suggestion.of(one) for one in found]


def search_page(context: RequestContext, asked: SearchQuery, first: int | None, after: str | None) -> StoreConnection:
    kind, size = f"search-{_digest(asked)}", page_size(first)
    position = _position(read_cursor(after, kind, (int, float), str, int, int))
    page = context.services.searcher.search(context.snapshot, asked, context.now, first=size, after=position)
    edges = [_edge(hit, _cursor(kind, hit, page), context) for hit in page.hits]
    return StoreConnection(
        edges=edges,
        page_info=page_info(edges, has_next=page.has_more, after=after),
        relaxed=page.relaxed,
        count=lambda: page.total,
    )


def _digest(asked: SearchQuery) -> str:
    """A cursor belongs to one search: the same words, place and filter."""
    return hashlib.blake2b(repr(asked).encode(errors="replace"), digest_size=6).hexdigest()


def _cursor(kind: str, hit: Hit, page: SearchPage) -> str:
    return cursor(kind, hit.score, hit.id, page.step, int(page.moment.timestamp()))


def _position(key: list[object] | None) -> Position | None:
    if key is None:
        return None
    score, store, step, seconds = key
    try:
        moment = datetime.fromtimestamp(int(str(seconds)), UTC)
    except (OverflowError, OSError, ValueError):
        raise InvalidCursor from None
    return Position(float(str(score)), str(store), int(str(step)), moment)


def _edge(hit: Hit, position: str, context: RequestContext) -> StoreEdge:
    if hit.metres is not None:
        return near_edge(hit.store, hit.metres, position, context)
    return StoreEdge(node=Store.of(hit.store, context), cursor=position, distance=None, walk_minutes=None)
