"""The Node interface, and one place that resolves any global id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import strawberry

from lifecircle.catalogue.errors import NotFound
from lifecircle.graphql.context import RequestContext
from lifecircle.graphql.ids import split_id


@strawberry.interface(description="Anything with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque global id.")


Loader = Callable[[RequestContext, str], Awaitable[Node | None]]


class NodeLoaders:
    """By type name. Each loader gives only what the viewer may see."""

    def __init__(self, loaders: dict[str, Loader]) -> None:
        self._loaders = loaders

    async def load(self, context: RequestContext, text: str) -> Node | None:
        """None for a malformed, unknown or hidden id: from outside the three look alike."""
        parts = split_id(text)
        loader = self._loaders.get(parts[0]) if parts else None
        if parts is None or loader is None:
            return None
        try:
            return await loader(context, parts[1])
        except NotFound:
            return None
