"""What lies within a walk of a place."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle.catalogue.categories import Category
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.stores.model import Store


@dataclass(frozen=True, slots=True)
class SeenStore:
    """A store from afar: it is read from its row only when somebody looks at it."""

    metres: float
    table: StoreTable
    row: int

    @property
    def store(self) -> Store:
        return self.table.get(self.row)


@dataclass(frozen=True, slots=True)
class Group:
    """The stores of one category inside the circle."""

    category: Category
    ring: int
    """The ring, in minutes, that the nearest of them stands in."""
    count: int
    open: int
    within: dict[int, int]
    """Minutes → how many are no further."""
    nearest: SeenStore


@dataclass(frozen=True, slots=True)
class Gap:
    """A basic kind that the circle lacks."""

    category: Category
    nearest_outside: SeenStore | None


@dataclass(frozen=True, slots=True)
class LifeCircle:
    minutes: int
    radius: int
    """Metres, great circle."""
    score: float
    groups: list[Group]
    missing: list[Gap]
