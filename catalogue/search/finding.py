"""The stores that answer an attempt, layer by layer, each with its score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.search.matching import Matcher, OfferedByChains
from lifecircle.catalogue.search.model import Hit, Position, SearchQuery
from lifecircle.catalogue.search.postings import Array
from lifecircle.catalogue.search.ranking import merits, scores
from lifecircle.catalogue.search.relaxing import Attempt
from lifecircle.catalogue.search.synonyms import Synonyms
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.grid import metres_from
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.texts import Rows
from lifecircle.catalogue.stores.closing import open_ranges_of
from lifecircle.catalogue.stores.filters import wanted_of
from lifecircle.catalogue.stores.model import Store


@dataclass(frozen=True, slots=True)
class Found:
    layer: Layer
    rows: Array
    text: Array
    """How well each row answers, 0 … 1."""


@dataclass(slots=True)
class _Kept:
    """What was worked out for a table; it holds the table, so that its number is nobody else's."""

    table: StoreTable
    source: tuple[object, ...] = ()
    matcher: Matcher | None = None
    day: date | None = None
    merits: Array | None = None


class Finder:
    """Remembers, with each table, what its matcher has worked out."""

    def __init__(self, synonyms: Synonyms, calendar: HolidayCalendar) -> None:
        self._synonyms, self._calendar = synonyms, calendar
        self._by_chains: tuple[object, OfferedByChains] | None = None
        self._kept: dict[int, _Kept] = {}

    def found(self, snapshot: Snapshot, whole: str, attempt: Attempt, now: datetime) -> list[Found]:
        """Every store that answers all parts and passes the filter."""
        layers = (self._in_layer(snapshot, layer, whole, attempt, now) for layer in snapshot.stores.layers)
        return [found for found in layers if len(found.rows)]

    def _in_layer(self, snapshot: Snapshot, layer: Layer, whole: str, attempt: Attempt, now: datetime) -> Found:
        table, matcher = layer.table, self.matcher(snapshot, layer)
        if attempt.is_partial:
            rows, text = matcher.partly_named(whole)
        else:
            rows, text = matcher.answering(attempt.parts, whole if attempt.with_whole else None)
        wanted = wanted_of(snapshot, table, attempt.filter, self._calendar, now)
        if len(layer.hidden):
            kept = ~np.isin(rows, layer.hidden)
            rows, text = rows[kept], text[kept]
        kept = wanted.holds(rows)
        return Found(layer, rows, text) if kept.all() else Found(layer, rows[kept], text[kept])

    def first(
        self,
        snapshot: Snapshot,
        found: list[Found],
        query: SearchQuery,
        now: datetime,
        count: int,
        after: Position | None,
    ) -> list[Hit]:
        """The best `count` that come after the position, by score and then by id."""
        hits: list[Hit] = []
        for one in found:
            hits += self._best(snapshot, one, query, now, count, after)
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:count]

    def _best(
        self,
        snapshot: Snapshot,
        found: Found,
        query: SearchQuery,
        now: datetime,
        count: int,
        after: Position | None,
    ) -> Iterator[Hit]:
        table, rows = found.layer.table, found.rows

        def ranges(store: Store, day: date) -> list[OpenRange]:
            return open_ranges_of(store, snapshot.schedule_of(store), self._calendar, day, 1)

        def are_open(rows: Rows) -> Array:
            return table.open_times.are_open(rows, now, (snapshot.chains, self._calendar), ranges)

        merit = self._merits(snapshot, table, local_day(now))[rows]
        ranked = scores(table, rows, found.text, merit, query.near, are_open)
        if after is not None:
            comes = ranked < after.score
            for place in np.flatnonzero(ranked == after.score).tolist():
                comes[place] = table.id(int(rows[place])) > after.id
            rows, ranked = rows[comes], ranked[comes]
        if len(rows) > 2 * count:
            least = np.partition(ranked, len(ranked) - count)[len(ranked) - count]
            rows, ranked = rows[ranked >= least], ranked[ranked >= least]
        order = np.lexsort((table.order.ranks[rows], -ranked))[:count]
        rows, ranked = rows[order], ranked[order]
        metres = metres_from(query.near, table.order.units[rows]).tolist() if query.near else [None] * len(rows)
        for row, score, far in zip(rows.tolist(), ranked.tolist(), metres, strict=True):
            yield Hit(found.layer, row, score, far)

    def matcher(self, snapshot: Snapshot, layer: Layer) -> Matcher:
        kept, source = self._kept_for(snapshot, layer.table), (snapshot.offerings, snapshot.categories, snapshot.areas)
        if kept.matcher is None or kept.source != source:
            is_base = layer is snapshot.stores.layers[0]
            by_chains = self._offered_by_chains(snapshot)
            kept.matcher = Matcher(snapshot, layer.table, by_chains, self._synonyms, is_base=is_base)
            kept.source = source
        return kept.matcher

    def _merits(self, snapshot: Snapshot, table: StoreTable, today: date) -> Array:
        kept = self._kept_for(snapshot, table)
        if kept.merits is None or kept.day != today:
            kept.merits, kept.day = merits(table, today), today
        return kept.merits

    def _kept_for(self, snapshot: Snapshot, table: StoreTable) -> _Kept:
        """Of tables that a snapshot no longer has, nothing is kept."""
        if id(table) not in self._kept:
            tables = {id(layer.table) for layer in snapshot.stores.layers}
            self._kept = {key: kept for key, kept in self._kept.items() if key in tables}
            self._kept[id(table)] = _Kept(table)
        return self._kept[id(table)]

    def _offered_by_chains(self, snapshot: Snapshot) -> OfferedByChains:
        held = snapshot.offerings
        if self._by_chains is None or self._by_chains[0] is not held:
            self._by_chains = (held, OfferedByChains.of(snapshot))
        return self._by_chains[1]
