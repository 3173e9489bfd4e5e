"""Stores as columns: compact, invisible to the garbage collector, sorted by place, in memory or mapped from a file.

A row becomes a `Store` only when somebody looks at it. What is filtered or sorted by is a column of its own; the rest
of a store is one line of JSON, so that a field added to `Store` needs no word here.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypeVar, cast

import numpy as np

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.search.words import Words
from lifecircle.catalogue.snapshot.codec import from_text, record_codecs, to_text
from lifecircle.catalogue.snapshot.coded import Coded
from lifecircle.catalogue.snapshot.grid import CELL, Grid, cells, unit_vectors
from lifecircle.catalogue.snapshot.openings import OpenTimes
from lifecircle.catalogue.snapshot.texts import Array, Arrays, Keys, Rows, Texts
from lifecircle.catalogue.stores.model import Store

CODED = (
    "category",
    "merchant",
    "chain",
    "station_of",
    "community",
    "state",
    "hours",
    "exceptions",
    "accessibility",
)
_COUNTED = ("rating_sum", "rating_count", "version")
_FIELDS = record_codecs(Store)
_REST = tuple(name for name in _FIELDS if name not in {"id", "location", *CODED, *_COUNTED})
_PLACE_OF = {name: place for place, name in enumerate(_FIELDS)}
_REST_PLACES = tuple(_PLACE_OF[name] for name in _REST)
_ENCODERS = tuple((name, _FIELDS[name].encode) for name in _REST)
_DECODERS = tuple((_PLACE_OF[name], decode) for name in _REST if (decode := _FIELDS[name].decode))

NEVER = 2**31 - 1
"""A day that does not come."""

NO_PRICE = 2**31 - 1
BOOKABLE, AT_HOME, UNKNOWN = 1, 2, 4
"""What can be had at a store. UNKNOWN: nobody has looked yet."""

_ARRAYS = ("places", "counted", "ratings", "listed_from", "offers", "prices")

T = TypeVar("T")

_KEPT_ANSWERS = 256
_KEPT_STORES = 4_096
"""How many stores that were looked at stay objects."""


@dataclass(frozen=True)
class Columns:
    """One row a store, in any order."""

    keys: Keys
    records: Texts
    coded: Mapping[str, Coded]
    places: Array
    counted: Array
    ratings: Array
    listed_from: Array
    """The first day, as an ordinal, on which lists show the store: 0 always, NEVER while it is shut."""
    offers: Array
    """BOOKABLE and AT_HOME, of any active offering; UNKNOWN."""
    prices: Array
    """The lowest price of an active offering, in fen."""
    words: Words
    """What searches look in."""

    @staticmethod
    def of(stores: Sequence[Store]) -> Columns:
        places = np.array([(store.location.longitude, store.location.latitude) for store in stores], np.float64)
        counted = np.array([[getattr(store, name) for name in _COUNTED] for store in stores], np.int32)
        return Columns(
            keys=Keys.of([store.id for store in stores]),
            records=Texts.of(map(_record, stores)),
            coded={name: Coded.of(_FIELDS[name], [getattr(store, name) for store in stores]) for name in CODED},
            places=places.reshape(-1, 2),
            counted=counted.reshape(-1, len(_COUNTED)),
            ratings=np.fromiter((store.rating or 0.0 for store in stores), np.float64, len(stores)),
            listed_from=np.fromiter(map(_listed_from, stores), np.int32, len(stores)),
            offers=np.full(len(stores), UNKNOWN, np.uint8),
            prices=np.full(len(stores), NO_PRICE, np.int32),
            words=Words.of(stores),
        )

    def take(self, rows: Array) -> Columns:
        return Columns(
            self.keys.take(rows),
            self.records.take(rows),
            coded={name: column.take(rows) for name, column in self.coded.items()},
            words=self.words.take(rows),
            **{name: getattr(self, name)[rows] for name in _ARRAYS},
        )

    def joined(self, other: Columns) -> Columns:
        return Columns(
            self.keys.joined(other.keys),
            self.records.joined(other.records),
            coded={name: column.joined(other.coded[name]) for name, column in self.coded.items()},
            words=self.words.joined(other.words),
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _ARRAYS},
        )

    def arrays(self) -> Arrays:
        found = {**self.keys.arrays("keys"), **self.records.arrays("records")}
        for name, column in self.coded.items():
            found |= column.arrays(name)
        return found | {name: getattr(self, name) for name in _ARRAYS} | self.words.arrays()

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> Columns:
        return Columns(
            Keys.from_arrays("keys", arrays),
            Texts.from_arrays("records", arrays),
            coded={name: Coded.from_arrays(_FIELDS[name], name, arrays) for name in CODED},
            words=Words.from_arrays(arrays),
            **{name: arrays[name] for name in _ARRAYS},
        )


@dataclass(frozen=True)
class Order:
    """What is worked out from the columns once their rows are sorted by cell."""

    cells: Array
    units: Array
    ranks: Array
    """The place of a row in the order of ids."""
    by_category: Array
    """Rows sorted by category, and where each category begins."""
    category_starts: Array
    stations: Array
    """Rows of the areas' own stations."""
    openings: Array
    """Rows that keep the same hours, exceptions and closure have one number; a row of each."""
    opening_rows: Array


class StoreTable:
    """Immutable; two tables become one by `merged`, at the cost of copying columns."""

    def __init__(self, columns: Columns, order: Order) -> None:
        self.columns, self.order = columns, order
        self._places, self._counted = columns.places.ravel().data, columns.counted.ravel().data
        self._looked_at: dict[int, Store] = {}
        self._remembered: dict[Any, Any] = {}
        self.size = len(columns.keys)
        self.open_times = OpenTimes(self)

    @cached_property
    def grid(self) -> Grid:
        """Made when something near is first looked for: most small tables never need it."""
        return Grid(np.arange(self.size), self.order.cells)

    def grid_of(self, rows: Rows) -> Grid:
        """Of some of the rows, in cells as much larger as the rows are fewer."""
        size = CELL * math.sqrt(self.size / len(rows))
        numbers = cells(self.columns.places[rows], size)
        order = np.argsort(numbers, kind="stable")
        return Grid(rows[order], numbers[order], size)

    @staticmethod
    def of(stores: Sequence[Store]) -> StoreTable:
        columns = Columns.of(stores)
        ids = sorted(range(len(stores)), key=lambda row: stores[row].id)
        return _sorted_by_place(columns, np.array(ids, np.int64))

    def merged(self, hidden: Rows, other: StoreTable) -> StoreTable:
        """Without the hidden rows, and with all of the other's, whose ids are not among the rest."""
        kept = np.delete(np.arange(len(self)), hidden)
        columns = self.columns.take(kept).joined(other.columns)
        mine = np.argsort(self.order.ranks[kept])
        theirs = np.argsort(other.order.ranks)
        keys = columns.keys.texts
        ids = _RowsOfTexts(keys, mine)
        places = [bisect_left(ids, keys[len(kept) + row]) for row in theirs.tolist()]
        return _sorted_by_place(columns, np.insert(mine, places, theirs + len(kept)))

    def with_offers(self, offers: Array, prices: Array, words: Words) -> StoreTable:
        return StoreTable(replace(self.columns, offers=offers, prices=prices, words=words), self.order)

    def __len__(self) -> int:
        return self.size

    def row(self, store_id: str) -> int | None:
        return self.columns.keys.row(store_id)

    def id(self, row: int) -> str:
        return self.columns.keys.texts[row]

    def version(self, row: int) -> int:
        return self._count(_COUNTED.index("version"), row)

    def get(self, row: int) -> Store:
        found = self._looked_at.get(row)
        if found is None:
            if len(self._looked_at) >= _KEPT_STORES:
                self._looked_at.clear()
            found = self._looked_at[row] = self.read(row)
        return found

    def read(self, row: int) -> Store:
        """As `get`, and nothing of it is kept: for those who look at every store once."""
        values = [convert(row) for convert in self._readers]
        for place, value in zip(_REST_PLACES, from_text(self.columns.records[row]), strict=True):
            values[place] = value
        for place, decode in _DECODERS:
            values[place] = decode(values[place])
        return Store(*values)

    @cached_property
    def _readers(self) -> list[Callable[[int], Any]]:
        readers: list[Callable[[int], Any]] = [_nothing] * len(_FIELDS)
        for name, column in self.columns.coded.items():
            readers[_PLACE_OF[name]] = column.__getitem__
        for place, name in enumerate(_COUNTED):
            readers[_PLACE_OF[name]] = partial(self._count, place)
        readers[_PLACE_OF["id"]] = self.columns.keys.texts.__getitem__
        readers[_PLACE_OF["location"]] = lambda row: Point(self._places[2 * row], self._places[2 * row + 1])
        return readers

    def _count(self, place: int, row: int) -> int:
        return self._counted[row * len(_COUNTED) + place]

    def stores(self) -> Iterator[Store]:
        return (self.read(row) for row in range(len(self)))

    def stations_of(self, area: str) -> list[int]:
        column = self.columns.coded["station_of"]
        return [row for row in self.order.stations.tolist() if column[row] == area]

    def remembered(self, key: Any, work_out: Callable[[], T]) -> T:
        """What was worked out once from the columns and the key, and never changes."""
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _KEPT_ANSWERS:
                self._remembered.clear()
            found = self._remembered[key] = work_out()
        return cast(T, found)

    @cached_property
    def last_listed(self) -> int:
        """The last day, as an ordinal, on which a store is shown that was not before."""
        return int(self.columns.listed_from.max(initial=0))

    def rows_of_categories(self, codes: Array) -> Rows:
        """Rows of the categories whose codes these are."""
        starts = self.order.category_starts
        runs = [self.order.by_category[starts[code] : starts[code + 1]] for code in codes.tolist()]
        return np.concatenate([np.empty(0, np.int64), *runs])

    def count_of_categories(self, codes: Array) -> int:
        return int((self.order.category_starts[codes + 1] - self.order.category_starts[codes]).sum())

    def arrays(self) -> Arrays:
        return {**self.columns.arrays(), **{f"order.{name}": array for name, array in vars(self.order).items()}}

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> StoreTable:
        order = Order(**{name: arrays[f"order.{name}"] for name in Order.__dataclass_fields__})
        return StoreTable(Columns.from_arrays(arrays), order)


class _RowsOfTexts(Sequence[str]):
    """Texts in another order, read only where somebody looks."""

    def __init__(self, texts: Texts, rows: Array) -> None:
        self._texts, self._rows = texts, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: Any) -> Any:
        return self._texts[int(self._rows[place])]


def _sorted_by_place(columns: Columns, by_id: Rows) -> StoreTable:
    """`by_id`: the rows in the order of their ids."""
    numbers = cells(columns.places)
    rows = np.argsort(numbers, kind="stable")
    ranks = np.empty(len(rows), np.int32)
    ranks[by_id] = np.arange(len(rows), dtype=np.int32)
    columns = columns.take(rows)
    categories = columns.coded["category"]
    by_category = np.argsort(categories.codes, kind="stable").astype(np.int32)
    starts = np.searchsorted(categories.codes[by_category], np.arange(categories.size + 1))
    openings, opening_rows = _openings(columns)
    stations = columns.coded["station_of"]
    no_station = stations.code(None)
    return StoreTable(
        columns,
        Order(
            cells=numbers[rows],
            units=unit_vectors(columns.places),
            ranks=ranks[rows],
            by_category=by_category,
            category_starts=starts,
            stations=np.flatnonzero(stations.codes != (-1 if no_station is None else no_station)).astype(np.int32),
            openings=openings,
            opening_rows=opening_rows,
        ),
    )


def _openings(columns: Columns) -> tuple[Array, Array]:
    hours, chains, exceptions = (columns.coded[name] for name in ("hours", "chain", "exceptions"))
    inherited = hours.code(None)
    week = np.where(hours.codes == inherited, chains.codes.astype(np.int64) + hours.size, hours.codes)
    closures, closure = np.unique(columns.listed_from, return_inverse=True)
    number = (week * max(1, exceptions.size) + exceptions.codes) * max(1, len(closures)) + closure
    _, rows, codes = np.unique(number, return_index=True, return_inverse=True)
    return codes.astype(np.int32), rows.astype(np.int32)


def _listed_from(store: Store) -> int:
    if store.state == "OPEN":
        return 0
    return store.closed_until.toordinal() if store.state == "CLOSED" and store.closed_until else NEVER


def _record(store: Store) -> str:
    return to_text([encode(getattr(store, name)) if encode else getattr(store, name) for name, encode in _ENCODERS])


def _nothing(_: int) -> None:
    return None
