"""Lists that are ordered by time: a place in one, what comes after it, and a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Self, TypeVar

Item = TypeVar("Item")

PageKey = tuple[datetime, str]
"""(when, id): a place in a list; what is of one moment stands in the order of its ids."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    items: list[Item]
    has_more: bool

    @classmethod
    def of(cls, found: Sequence[Item], first: int) -> Self:
        """`found`: one more than `first` where there is more."""
        return cls(list(found[:first]), len(found) > first)


def beyond(after: PageKey | None, field: str, *, latest_first: bool = True) -> Mapping[str, Any]:
    """The condition on documents with their moment in `field` that they come after the place; None: the first page."""
    if after is None:
        return {}
    at, key = after
    further = "$lt" if latest_first else "$gt"
    return {"$or": [{field: {further: at}}, {field: at, "_id": {further: key}}]}
