"""What a text may become while it is typed: categories, services, chains and stores that begin with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.search.finding import Finder
from lifecircle.catalogue.search.lexicon import Kind, Lexicon, Meaning
from lifecircle.catalogue.search.model import Suggestion, SuggestionKind
from lifecircle.catalogue.search.postings import Array
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.search.tables import How
from lifecircle.catalogue.search.weights import WEIGHTS
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.grid import metres_from
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.model import Snapshot

_LOOKED_AT = 400
"""Stores of one layer that are compared; the first of so many alike serve as well as any."""

_KINDS = {Kind.CATEGORY: 0, Kind.CHAIN: 1, Kind.OFFERING: 2}
_MOST_OFFERINGS = 4


class _Option(NamedTuple):
    how: int
    length: int
    """A category's own name counts as shorter than its everyday words."""
    kind: int
    text: str
    meaning: Meaning


def suggestions(
    snapshot: Snapshot, typed: str, near: Point | None, first: int, lexicon: Lexicon, finder: Finder
) -> list[Suggestion]:
    words = list(_of_words(snapshot, typed, near, lexicon, finder))
    room = max(first - len(words), first // 2)
    stores = list(_of_stores(snapshot, typed, near, room, finder))
    kept = words[: max(first - len(stores), 0)]
    return _distinct([*kept, *stores], first)


def _of_words(
    snapshot: Snapshot, typed: str, near: Point | None, lexicon: Lexicon, finder: Finder
) -> Iterator[Suggestion]:
    """Categories by their names or everyday words, chains, and offerings with the store that has them."""
    offerings = 0
    seen: set[tuple[Kind, str]] = set()
    for option in sorted(_options(typed, lexicon), key=_sureness):
        meaning = option.meaning
        if (meaning.kind, meaning.key) in seen:
            continue
        seen.add((meaning.kind, meaning.key))
        if meaning.kind is Kind.CATEGORY:
            if snapshot.categories.get(meaning.key):
                yield Suggestion(option.text, SuggestionKind.CATEGORY, meaning.key)
        elif meaning.kind is Kind.CHAIN:
            yield Suggestion(option.text, SuggestionKind.STORE, None)
        elif offerings < _MOST_OFFERINGS:
            key = _offering_named(snapshot, meaning.key, near, finder)
            if key is not None:
                offerings += 1
                yield Suggestion(meaning.key, SuggestionKind.OFFERING, key)


def _options(typed: str, lexicon: Lexicon) -> Iterator[_Option]:
    for begun in lexicon.beginning_with(typed):
        for meaning in lexicon.meanings(begun.word):
            if meaning.kind in _KINDS and meaning.strength > WEIGHTS.also:
                length = len(begun.word) - (2 if meaning.strength == WEIGHTS.category_name else 0)
                yield _Option(begun.how, length, _KINDS[meaning.kind], lexicon.shown(begun.word), meaning)


def _sureness(option: _Option) -> tuple[int, int, int, str, str]:
    """The surest first; ties by what they are, so that the order is always the same."""
    return option.how, option.length, option.kind, option.text, option.meaning.key


def _offering_named(snapshot: Snapshot, name: str, near: Point | None, finder: Finder) -> str | None:
    """The offering of that name at the nearest store that has it."""
    spelt = spelling(name)
    for layer in snapshot.stores.layers:
        matcher = finder.matcher(snapshot, layer)
        for row in _first(layer, matcher.offering(spelt), near, 3).tolist():
            for offering in snapshot.offerings_of(layer.table.get(row)):
                if spelling(offering.name) == spelt:
                    return offering.id
    return None


def _of_stores(snapshot: Snapshot, typed: str, near: Point | None, most: int, finder: Finder) -> Iterator[Suggestion]:
    """Those that begin with it as written, then by pinyin, then by initials; near ones first."""
    seen: set[str] = set()
    for how, layer in product(How, snapshot.stores.layers):
        if len(seen) >= most:
            return
        rows = finder.matcher(snapshot, layer).beginning_with(typed, how)
        for row in _first(layer, rows, near, most).tolist():
            store = layer.table.get(row)
            if store.name not in seen and len(seen) < most and store.state == "OPEN":
                seen.add(store.name)
                yield Suggestion(store.name, SuggestionKind.STORE, store.id)


def _first(layer: Layer, rows: Array, near: Point | None, most: int) -> Array:
    """The nearest of the rows, or the best rated where there is no place."""
    if near is None and len(rows) > _LOOKED_AT:
        rows = rows[:: len(rows) // _LOOKED_AT]
    if len(layer.hidden):
        rows = np.setdiff1d(rows, layer.hidden)
    merits = _merit(layer.table, rows, near)
    count = 3 * most
    if len(rows) > 2 * count:
        good = merits <= np.partition(merits, count)[count]
        rows, merits = rows[good], merits[good]
    return np.asarray(rows[np.lexsort((layer.table.order.ranks[rows], merits))][:count])


def _merit(table: StoreTable, rows: Array, near: Point | None) -> Array:
    return -table.columns.ratings[rows] if near is None else metres_from(near, table.order.units[rows])


def _distinct(found: list[Suggestion], first: int) -> list[Suggestion]:
    kept: dict[tuple[str, SuggestionKind], Suggestion] = {}
    for one in found:
        kept.setdefault((one.text, one.kind), one)
    return list(kept.values())[:first]
