"""All stores of a snapshot: a large base, what has changed since over it, and the last few changes on top.

A change costs its own size: it goes on top, and now and then what is on top is merged into what has changed since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.texts import Rows
from lifecircle.catalogue.stores.model import Store

TOP = 32
"""How many changes lie on top before they are merged into the layer below."""

NO_ROWS: Rows = np.empty(0, np.int64)
EMPTY = StoreTable.of([])


@dataclass(frozen=True, eq=False)
class Layer:
    table: StoreTable
    hidden: Rows
    """Rows that a layer above replaces or removes, in order."""

    def get(self, store_id: str) -> Store | None:
        row = self.row(store_id)
        return None if row is None else self.table.get(row)

    def row(self, store_id: str) -> int | None:
        row = self.table.row(store_id)
        return None if row is None or self.hides(row) else row

    def hides(self, row: int) -> bool:
        place = int(self.hidden.searchsorted(row))
        return place < len(self.hidden) and int(self.hidden[place]) == row

    def hiding(self, store_ids: Iterable[str]) -> Layer:
        rows = self.table.columns.keys.rows(store_ids)
        return Layer(self.table, np.union1d(self.hidden, rows)) if len(rows) else self

    def stores(self) -> Iterator[Store]:
        hidden = frozenset(self.hidden.tolist())
        return (self.table.read(row) for row in range(len(self.table)) if row not in hidden)

    def __len__(self) -> int:
        return len(self.table) - len(self.hidden)


@dataclass(frozen=True, eq=False)
class StoreLayers:
    """Immutable. `removed` names stores of the base that are gone."""

    base: Layer
    since: Layer
    top: Mapping[str, Store | None]
    removed: frozenset[str] = frozenset()

    @staticmethod
    def over(base: StoreTable) -> StoreLayers:
        return StoreLayers(Layer(base, NO_ROWS), Layer(EMPTY, NO_ROWS), {})

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The base, and what lies over it as far as there is anything."""
        top = [store for store in self.top.values() if store]
        over = (self.since, *([Layer(StoreTable.of(top), NO_ROWS)] if top else []))
        return (self.base, *(layer for layer in over if len(layer)))

    def get(self, store_id: str) -> Store | None:
        if store_id in self.top:
            return self.top[store_id]
        return self.since.get(store_id) or self.base.get(store_id)

    def version(self, store_id: str) -> int | None:
        if store_id in self.top:
            found = self.top[store_id]
            return found.version if found else None
        for layer in (self.since, self.base):
            row = layer.row(store_id)
            if row is not None:
                return layer.table.version(row)
        return None

    def changed(self, changes: Mapping[str, Store | None]) -> StoreLayers:
        """None removes a store."""
        gone = {key for key, store in changes.items() if store is None and self.base.table.row(key) is not None}
        found = StoreLayers(
            self.base.hiding(changes),
            self.since.hiding(changes),
            {**self.top, **changes},
            (self.removed - changes.keys()) | gone,
        )
        return found if len(found.top) <= TOP else found.settled()

    def settled(self) -> StoreLayers:
        """The same with nothing on top."""
        if not self.top:
            return self
        table = StoreTable.of([store for store in self.top.values() if store])
        return replace(self, since=Layer(self.since.table.merged(self.since.hidden, table), NO_ROWS), top={})

    def folded(self) -> StoreTable:
        """One table with everything in it."""
        settled = self.settled()
        if not settled.unfolded:
            return settled.base.table
        return settled.base.table.merged(settled.base.hidden, settled.since.table)

    @property
    def unfolded(self) -> int:
        """How many changes lie over the base."""
        return len(self.since) + sum(1 for store in self.top.values() if store) + len(self.removed)

    def stores(self) -> Iterator[Store]:
        yield from self.base.stores()
        yield from self.since.stores()
        yield from (store for store in self.top.values() if store)

    def __len__(self) -> int:
        return len(self.base) + len(self.since) + sum(1 for store in self.top.values() if store)

    def stations_of(self, area: str) -> list[Store]:
        found = [
            layer.table.get(row)
            for layer in (self.base, self.since)
            for row in layer.table.stations_of(area)
            if not layer.hides(row)
        ]
        return found + [store for store in self.top.values() if store and store.station_of == area]
