"""What is asked of a search, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.stores.filters import StoreFilter
from lifecircle.catalogue.stores.model import Store

EVERYTHING = StoreFilter()


@dataclass(frozen=True, slots=True)
class SearchQuery:
    text: str
    near: Point | None = None
    filter: StoreFilter = EVERYTHING


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of one search: what its first page was ranked by holds for all its pages."""

    score: float
    id: str
    step: int
    """How much was given up."""
    moment: datetime


@dataclass(frozen=True)
class Hit:
    layer: Layer
    row: int
    score: float
    metres: float | None

    @cached_property
    def store(self) -> Store:
        return self.layer.table.get(self.row)

    @property
    def id(self) -> str:
        return self.layer.table.id(self.row)


@dataclass(frozen=True, slots=True)
class SearchPage:
    hits: list[Hit]
    has_more: bool
    total: int
    relaxed: list[str]
    step: int
    moment: datetime


class SuggestionKind(StrEnum):
    STORE = "STORE"
    CATEGORY = "CATEGORY"
    OFFERING = "OFFERING"


@dataclass(frozen=True, slots=True)
class Suggestion:
    text: str
    kind: SuggestionKind
    key: str | None
    """None: a name to search for, such as a chain's."""
