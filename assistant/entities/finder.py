"""Finds entities in sentences, and keeps its names as fresh as the snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from lifecircle.assistant.entities.model import Entity, Kind
from lifecircle.assistant.entities.names import Name, NameTable
from lifecircle.assistant.entities.patterns import numbers_in, people_in, phones_in, roads_in
from lifecircle.assistant.entities.sentence import Sentence
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import fold

MAX_TEXT = 500
"""Characters that are looked at."""


class EntityFinder:
    """Made from one snapshot; unchangeable. What did not change since `before` is taken over from it."""

    _services: NameTable
    _stores: NameTable

    def __init__(self, snapshot: Snapshot, before: EntityFinder | None = None) -> None:
        self._services_of = (snapshot.categories, snapshot.offerings, snapshot.chains, snapshot.areas)
        self._stores_of = snapshot.stores
        has_services, has_stores = before and before._has_services(snapshot), before and before._has_stores(snapshot)
        self._services = before._services if before and has_services else NameTable(_services(snapshot))
        self._stores = before._stores if before and has_stores else NameTable(_stores(snapshot))

    def _has_services(self, snapshot: Snapshot) -> bool:
        now = (snapshot.categories, snapshot.offerings, snapshot.chains, snapshot.areas)
        return all(one is other for one, other in zip(self._services_of, now, strict=True))

    def _has_stores(self, snapshot: Snapshot) -> bool:
        return self._stores_of is snapshot.stores

    def is_current(self, snapshot: Snapshot) -> bool:
        return self._has_services(snapshot) and self._has_stores(snapshot)

    def find(self, text: str) -> list[Entity]:
        """In the order in which they are said."""
        sentence = Sentence(fold(text[:MAX_TEXT]))
        found = [*people_in(sentence.folded), *phones_in(sentence.folded)]
        sentence.take(entity for entity in found if entity.kind is Kind.PHONE)
        for names in (self._stores.standing_in, self._services.standing_in):
            found += sentence.named(names)
        for patterns in (roads_in, numbers_in):
            found += sentence.take(patterns(sentence.folded, sentence.free))
        for table in (self._stores, self._services):
            found += sentence.named(table.sounding_in)
        for table in (self._stores, self._services):
            found += sentence.named(table.like_in)
        return sorted(found, key=lambda entity: (entity.start, -entity.end, entity.kind))


class EntityKeeper:
    """Answers with the newest finder there is, and makes a newer one beside the event loop."""

    def __init__(self) -> None:
        self._finder: EntityFinder | None = None
        self._making: asyncio.Task[EntityFinder] | None = None

    async def finder(self, snapshot: Snapshot) -> EntityFinder:
        """Waits only where there is none yet; one that is behind answers until its successor is ready."""
        if self._making is not None and self._making.done():
            made, self._making = self._making, None
            self._finder = made.result()
        if self._finder is not None and self._finder.is_current(snapshot):
            return self._finder
        if self._making is None:
            self._making = asyncio.create_task(asyncio.to_thread(EntityFinder, snapshot, self._finder))
        if self._finder is None:
            return await asyncio.shield(self._making)
        return self._finder


def _services(snapshot: Snapshot) -> Iterator[Name]:
    for category in snapshot.categories:
        for name in (category.name, *category.aliases):
            yield Name(name, Kind.CATEGORY, category.code)
    for offering in snapshot.offerings.by_id.values():
        if offering.is_active:
            for name in (offering.name, *offering.aliases):
                yield Name(name, Kind.OFFERING, offering.id)
    for chain in snapshot.chains.values():
        yield Name(chain.name, Kind.CHAIN, chain.id)
    for area in snapshot.areas:
        yield Name(area.name, Kind.PLACE, area.id)


def _stores(snapshot: Snapshot) -> Iterator[Name]:
    for store in snapshot.all_stores():
        yield Name(store.name, Kind.STORE, store.id)
