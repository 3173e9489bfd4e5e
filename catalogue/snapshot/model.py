"""A city's catalogue in memory: one immutable value that a request sees from beginning to end."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.geo import Point, distance
from lifecircle.catalogue.hours.model import Schedule
from lifecircle.catalogue.merchants import Chain, Merchant
from lifecircle.catalogue.offerings.model import Offering, at_store, split_inherited_id
from lifecircle.catalogue.snapshot.columns import MILLIMETRES, StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.stores.model import Store

Override = Mapping[str, Any]
ALWAYS_CLOSED = Schedule()


@dataclass(frozen=True, slots=True)
class OfferingIndex:
    """Offerings by id, and whose they are."""

    by_id: Layered[Offering]
    overrides: Layered[Override]
    of_store: Layered[tuple[str, ...]]
    of_chain: Layered[tuple[str, ...]]

    @staticmethod
    def empty() -> OfferingIndex:
        return OfferingIndex(Layered({}), Layered({}), Layered({}), Layered({}))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`stores` is the large base; `changed_stores` lies over it (None: removed) and is folded in now and then."""

    areas: Areas
    categories: Categories
    merchants: Layered[Merchant]
    chains: Layered[Chain]
    stores: StoreTable
    changed_stores: Mapping[str, Store | None]
    offerings: OfferingIndex
    loaded_at: datetime

    # --- stores ---

    def store(self, store_id: str) -> Store | None:
        if store_id in self.changed_stores:
            return self.changed_stores[store_id]
        row = self.stores.row(store_id)
        return None if row is None else self.stores.get(row)

    def all_stores(self) -> Iterator[Store]:
        yield from (store for store in self.stores.stores() if store.id not in self.changed_stores)
        yield from (store for store in self.changed_stores.values() if store)

    @property
    def store_count(self) -> int:
        known = sum(1 for store_id in self.changed_stores if self.stores.row(store_id) is not None)
        return len(self.stores) - known + sum(1 for store in self.changed_stores.values() if store)

    def near(self, center: Point, radius: float) -> Iterator[tuple[float, Store]]:
        """(metres, store), the nearest first, as far as the caller asks."""
        base = (
            (metres, self.stores.get(row))
            for metres, row in self.stores.near(center, radius)
            if self.stores.ids[row] not in self.changed_stores
        )
        limit = round(radius, MILLIMETRES)
        changed = sorted(
            (
                (metres, store)
                for store in self.changed_stores.values()
                if store and (metres := round(distance(center, store.location), MILLIMETRES)) <= limit
            ),
            key=_by_distance,
        )
        yield from heapq.merge(base, changed, key=_by_distance) if changed else base

    def stations_of(self, area: str) -> list[Store]:
        """The community station, street or district centre of the area itself."""
        base = [self.stores.get(row) for row in self.stores.stations_of(area)]
        unchanged = [store for store in base if store.id not in self.changed_stores]
        return unchanged + [s for s in self.changed_stores.values() if s and s.station_of == area]

    def schedule_of(self, store: Store) -> Schedule:
        """The store's own hours, else its chain's."""
        if store.hours is not None:
            return store.hours
        chain = self.chains.get(store.chain) if store.chain else None
        return chain.hours if chain else ALWAYS_CLOSED

    # --- offerings ---

    def offering(self, offering_id: str) -> Offering | None:
        inherited = split_inherited_id(offering_id)
        if inherited is None:
            return self.offerings.by_id.get(offering_id)
        store, template = self.store(inherited[0]), self.offerings.by_id.get(inherited[1])
        if store is None or template is None or template.chain is None or template.chain != store.chain:
            return None
        return at_store(template, store.id, self.offerings.overrides.get(offering_id))

    def offerings_of(self, store: Store) -> list[Offering]:
        """What the store offers now: its own, then its chain's as it has them."""
        own = [self.offerings.by_id.get(offering_id) for offering_id in self.offerings.of_store.get(store.id) or ()]
        templates = (self.offerings.of_chain.get(store.chain) or ()) if store.chain else ()
        inherited = [self.offering(f"{store.id}:{template}") for template in templates]
        here = (o for o in (*own, *inherited) if o and o.store == store.id)
        return [offering for offering in here if offering.is_active]

    # --- changes ---

    def with_stores(self, changes: Mapping[str, Store | None]) -> Snapshot:
        fresh = {key: store for key, store in changes.items() if not self._is_older(store)}
        return replace(self, changed_stores={**self.changed_stores, **fresh})

    def _is_older(self, store: Store | None) -> bool:
        known = self.store(store.id) if store else None
        return known is not None and store is not None and store.version < known.version

    def with_offerings(
        self, offerings: Mapping[str, Offering | None], overrides: Mapping[str, Override | None]
    ) -> Snapshot:
        """None removes an offering, or gives a store back what its chain says."""
        index = self.offerings
        fresh = {key: one for key, one in offerings.items() if not _is_older(one, index.by_id.get(key))}
        present = [offering for offering in fresh.values() if offering]
        return replace(
            self,
            offerings=OfferingIndex(
                by_id=index.by_id.changed(fresh),
                overrides=index.overrides.changed(
                    {key: row for key, row in overrides.items() if not _is_older_row(row, index.overrides.get(key))}
                ),
                of_store=_owners(index.of_store, [(o.store, o.id) for o in present]),
                of_chain=_owners(index.of_chain, [(o.chain, o.id) for o in present]),
            ),
        )

    def folded(self) -> Snapshot:
        """The same content with nothing lying over the base. Costs the size of the whole catalogue."""
        index = self.offerings
        return replace(
            self,
            stores=StoreTable(list(self.all_stores())) if self.changed_stores else self.stores,
            changed_stores={},
            merchants=self.merchants.folded(),
            chains=self.chains.folded(),
            offerings=OfferingIndex(
                index.by_id.folded(), index.overrides.folded(), index.of_store.folded(), index.of_chain.folded()
            ),
        )

    @property
    def unfolded(self) -> int:
        """How many changes lie over the base."""
        layers = (self.offerings.by_id, self.offerings.overrides, self.chains, self.merchants)
        return len(self.changed_stores) + sum(layer.delta_size for layer in layers)


def _by_distance(found: tuple[float, Store]) -> tuple[float, str]:
    return found[0], found[1].id


def _is_older(offering: Offering | None, known: Offering | None) -> bool:
    return offering is not None and known is not None and offering.version < known.version


def _is_older_row(row: Override | None, known: Override | None) -> bool:
    return row is not None and known is not None and row["version"] < known["version"]


def _owners(owners: Layered[tuple[str, ...]], pairs: list[tuple[str | None, str]]) -> Layered[tuple[str, ...]]:
    changes: dict[str, tuple[str, ...] | None] = {}
    for owner, offering_id in pairs:
        if owner is not None:
            held = changes.get(owner) or owners.get(owner) or ()
            changes[owner] = held if offering_id in held else (*held, offering_id)
    return owners.changed(changes)
