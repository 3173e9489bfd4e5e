"""A city's catalogue in memory: one immutable value that a request sees from beginning to end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.model import Schedule
from lifecircle.catalogue.merchants import Chain, Merchant
from lifecircle.catalogue.offerings.model import Offering, at_store, split_inherited_id
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.layered import Layered
from lifecircle.catalogue.snapshot.layers import Layer, StoreLayers
from lifecircle.catalogue.snapshot.nearest import Around, Key, nearest
from lifecircle.catalogue.snapshot.offers import touched_rows, with_offers
from lifecircle.catalogue.stores.model import Store

Override = Mapping[str, Any]
ALWAYS_CLOSED = Schedule()
OWNED = tuple[str, ...]
"""Ids of the offerings of a store or a chain."""

FIRST_LOOK = 64
"""How many neighbours `near` fetches at first; each further look fetches four times as many."""


class Owners(NamedTuple):
    """Who offers something: single stores, and chains with all of theirs."""

    stores: Collection[str]
    chains: Collection[str]


@dataclass(slots=True)
class SeenAt:
    """A row of a layer; it becomes a `Store` when somebody asks for it.

    Neither frozen nor a tuple: every page makes many, and making one would take twice as long.
    """

    layer: Layer
    row: int
    metres: float

    @property
    def store(self) -> Store:
        return self.layer.table.get(self.row)

    @property
    def key(self) -> Key:
        return self.metres, self.layer.table.id(self.row)


@dataclass(frozen=True, slots=True)
class OfferingIndex:
    """Offerings by id, and whose they are."""

    by_id: Layered[Offering]
    overrides: Layered[Override]
    of_store: Layered[tuple[str, ...]]
    of_chain: Layered[tuple[str, ...]]
    touched_stores: frozenset[str] = frozenset()
    """Whose own offerings, or what they change in their chain's, are not as in the base."""
    touched_chains: frozenset[str] = frozenset()

    @staticmethod
    def empty() -> OfferingIndex:
        return OfferingIndex(Layered({}), Layered({}), Layered({}), Layered({}))

    def changed(
        self, offerings: Mapping[str, Offering | None], overrides: Mapping[str, Override | None]
    ) -> OfferingIndex:
        """None removes an offering, or gives a store back what its chain says."""
        present = [offering for offering in offerings.values() if offering]
        before = [known for key in offerings if (known := self.by_id.get(key))]
        owners = {o.store for o in (*present, *before) if o.store} | {key.partition(":")[0] for key in overrides}
        return OfferingIndex(
            by_id=self.by_id.changed(offerings),
            overrides=self.overrides.changed(overrides),
            of_store=_owners(self.of_store, [(o.store, o.id) for o in present]),
            of_chain=_owners(self.of_chain, [(o.chain, o.id) for o in present]),
            touched_stores=self.touched_stores | owners,
            touched_chains=self.touched_chains | {o.chain for o in (*present, *before) if o.chain},
        )

    def folded(self) -> OfferingIndex:
        layers = (self.by_id.folded(), self.overrides.folded(), self.of_store.folded(), self.of_chain.folded())
        return OfferingIndex(*layers)


@dataclass(frozen=True, slots=True)
class Snapshot:
    areas: Areas
    categories: Categories
    merchants: Layered[Merchant]
    chains: Layered[Chain]
    stores: StoreLayers
    offerings: OfferingIndex
    loaded_at: datetime
    small_changes: int = 0
    """Of areas and categories, which are few and made anew; counted, since an image has them as they were."""

    @staticmethod
    def empty(loaded_at: datetime) -> Snapshot:
        stores = StoreLayers.over(StoreTable.of([]))
        return Snapshot(Areas(), Categories(), Layered({}), Layered({}), stores, OfferingIndex.empty(), loaded_at)

    # --- stores ---

    def store(self, store_id: str) -> Store | None:
        return self.stores.get(store_id)

    def all_stores(self) -> Iterator[Store]:
        return self.stores.stores()

    @property
    def store_count(self) -> int:
        return len(self.stores)

    def near(self, center: Point, radius: float, only: Owners | None = None) -> Iterator[tuple[float, Store]]:
        """(metres, store), the nearest first, as far as the caller asks; `only`: those of the owners, which are few.

        Metres are whole millimetres, and equally near stores (several under one roof) come in the order of their ids.
        """
        count, after = FIRST_LOOK, None
        around = Around(center, radius)
        looked_at = [
            (
                layer,
                around if only is None else around._replace(rows=touched_rows(layer.table, only.stores, only.chains)),
            )
            for layer in self.stores.layers
        ]
        while True:
            found = merged_by_distance(looked_at, count, after)
            for seen in found:
                yield seen.metres, seen.store
            if len(found) < count:
                return
            count, after = count * 4, found[-1].key

    def nearest(self, around: Around, count: int, after: Key | None = None) -> list[SeenAt]:
        """The first `count` that come after the key, in any category and state. See `stores.nearby` for filters."""
        return merged_by_distance([(layer, around) for layer in self.stores.layers], count, after)

    def stations_of(self, area: str) -> list[Store]:
        """The community station, street or district centre of the area itself."""
        return self.stores.stations_of(area)

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
        return replace(self, stores=self.stores.changed(fresh)) if fresh else self

    def _is_older(self, store: Store | None) -> bool:
        known = self.stores.version(store.id) if store else None
        return known is not None and store is not None and store.version < known

    def with_offerings(
        self, offerings: Mapping[str, Offering | None], overrides: Mapping[str, Override | None]
    ) -> Snapshot:
        """None removes an offering, or gives a store back what its chain says."""
        index = self.offerings
        fresh = {key: one for key, one in offerings.items() if not _is_older(one, index.by_id.get(key))}
        rows = {key: row for key, row in overrides.items() if not _is_older_row(row, index.overrides.get(key))}
        return replace(self, offerings=index.changed(fresh, rows)) if fresh or rows else self

    def folded(self) -> Snapshot:
        """The same content with nothing lying over the base. Copies columns; looks at what has changed only."""
        found = replace(
            self,
            merchants=self.merchants.folded(),
            chains=self.chains.folded(),
            offerings=self.offerings.folded(),
            stores=StoreLayers.over(self.stores.folded()),
            small_changes=0,
        )
        touched = self.offerings.touched_stores, self.offerings.touched_chains
        table = with_offers(found.stores.base.table, *touched, found.offerings_of)
        return replace(found, stores=StoreLayers.over(table))

    @property
    def unfolded(self) -> int:
        """How many changes lie over the base."""
        layers = (self.offerings.by_id, self.offerings.overrides, self.chains, self.merchants)
        return self.small_changes + self.stores.unfolded + sum(layer.delta_size for layer in layers)


def merged_by_distance(layers: list[tuple[Layer, Around]], count: int, after: Key | None) -> list[SeenAt]:
    """The first `count` of all layers by (metres, id)."""
    found: list[SeenAt] = []
    for layer, around in layers:
        if len(found) >= count:  # nothing farther than what is found already comes in
            around = around._replace(radius=found[count - 1].metres)
        metres, rows = nearest(layer, around, count, after)
        held = len(found)
        found += [SeenAt(layer, row, far) for row, far in zip(rows, metres, strict=True)]
        if held and len(found) > held:
            found.sort(key=_by_distance)
    return found[:count]


def _by_distance(seen: SeenAt) -> Key:
    return seen.key


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
