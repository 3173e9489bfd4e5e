"""Filters that combine, over columns: which rows of a table of stores are wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.snapshot.columns import AT_HOME, BOOKABLE, NO_PRICE, UNKNOWN, StoreTable
from lifecircle.catalogue.snapshot.grid import Grid
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.nearest import Around, Keep
from lifecircle.catalogue.snapshot.offers import summary, touched_rows
from lifecircle.catalogue.snapshot.texts import Array, Rows
from lifecircle.catalogue.stores.closing import open_ranges_of
from lifecircle.catalogue.stores.model import AccessibilityFeature, Store

_FEW = 256
"""A category of so few rows is looked at whole."""

_MANY = 0.3
"""A category with so large a share of all rows needs no grid of its own."""

_OPEN_SHARE = 0.6
"""How many stores are open when somebody asks, about: only how far the first look goes depends on it."""


@dataclass(frozen=True, slots=True)
class StoreFilter:
    category: str | None = None
    open_at: datetime | None = None
    open_now: bool | None = None
    bookable: bool | None = None
    at_home: bool | None = None
    chain: str | None = None
    community: str | None = None
    accessible: tuple[AccessibilityFeature, ...] = ()
    min_rating: float | None = None
    max_price: int | None = None
    """Fen."""


NO_FILTER = StoreFilter()


@dataclass(frozen=True, slots=True)
class OfCategory:
    """Where the rows of a category and of those below it are. One of `rows`, `grid` and `share` narrows a look."""

    keep: Keep
    share: float = 1.0
    rows: Rows | None = None
    """All of them, if they are few."""
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    keep: Keep | None
    """Which of some rows are wanted; None: all of them."""
    share: float = 1.0
    """How many of all are, about."""
    among: OfCategory | None = None
    """Where it is known beforehand which rows can be: `keep` then takes it that they are of the category."""

    def holds(self, rows: Rows) -> Array:
        """As `keep`, of any rows."""
        keeps = [self.among.keep if self.among else None, self.keep]
        keep = _all_of([each for each in keeps if each])
        return np.ones(len(rows), np.bool_) if keep is None else keep(rows)

    def around(self, center: Point, radius: float) -> Around:
        if self.among is None:
            return Around(center, radius, self.keep, self.share)
        return Around(center, radius, self.keep, self.share, self.among.rows, self.among.grid)


_EVERYTHING = Wanted(None)


def wanted_of(
    snapshot: Snapshot, table: StoreTable, wanted: StoreFilter, calendar: HolidayCalendar, now: datetime
) -> Wanted:
    """What lists show of the table today, and the filter leaves."""
    if not table.last_listed and wanted == NO_FILTER:
        return _EVERYTHING
    keeps = [*_listed(table, local_day(now)), *_keeps(snapshot, table, wanted, calendar, now)]
    about = _OPEN_SHARE if wanted.open_now or wanted.open_at else 1.0
    if wanted.category is None:
        return Wanted(_all_of(keeps), about)
    found = table.remembered(
        (snapshot.categories, wanted.category), lambda: _category(snapshot, table, str(wanted.category))
    )
    if found.rows is None and found.grid is None:
        return Wanted(_all_of([found.keep, *keeps]), found.share * about)
    return Wanted(_all_of(keeps), about, found)


def _category(snapshot: Snapshot, table: StoreTable, wanted: str) -> OfCategory:
    category = table.columns.coded["category"]
    codes, is_wanted = category.codes, category.table(snapshot.categories.descendants(wanted))
    numbers = np.flatnonzero(is_wanted)

    def keep(rows: Rows) -> Array:
        return np.asarray(is_wanted[codes[rows]])

    count = table.count_of_categories(numbers)
    if count > _MANY * len(table):
        return OfCategory(keep, count / len(table))
    rows = table.rows_of_categories(numbers)
    return OfCategory(keep, rows=rows) if count <= _FEW else OfCategory(keep, grid=table.grid_of(rows))


def _all_of(keeps: list[Keep]) -> Keep | None:
    """The cheap ones first; the later ones look only at what is left."""
    if len(keeps) < 2:
        return keeps[0] if keeps else None

    def keep(rows: Rows) -> Array:
        found = keeps[0](rows)
        for each in keeps[1:]:
            if found.all():
                found = each(rows)
            else:
                places = np.flatnonzero(found)
                found[places] = each(rows[places])
        return found

    return keep


def _listed(table: StoreTable, today: date) -> Iterator[Keep]:
    listed_from, day = table.columns.listed_from, today.toordinal()
    if table.last_listed > day:
        yield lambda rows: listed_from[rows] <= day


def _keeps(
    snapshot: Snapshot, table: StoreTable, wanted: StoreFilter, calendar: HolidayCalendar, now: datetime
) -> Iterator[Keep]:
    if wanted.chain is not None:
        yield _coded(table, "chain", [wanted.chain])
    if wanted.community is not None:
        yield _coded(table, "community", snapshot.areas.subtree(wanted.community))
    if wanted.accessible:
        features = frozenset(wanted.accessible)
        column = table.columns.coded["accessibility"]
        yield _coded(table, "accessibility", [value for value in column.values() if features.issubset(value)])
    if wanted.min_rating is not None:
        ratings, floor = table.columns.ratings, wanted.min_rating
        yield lambda rows: ratings[rows] >= floor
    yield from _opening(snapshot, table, wanted, calendar, now)
    yield from _offering(snapshot, table, wanted)


def _coded(table: StoreTable, name: str, values: Iterable[Any]) -> Keep:
    column = table.columns.coded[name]
    codes, is_wanted = column.codes, column.table(values)
    return lambda rows: is_wanted[codes[rows]]


def _opening(
    snapshot: Snapshot, table: StoreTable, wanted: StoreFilter, calendar: HolidayCalendar, now: datetime
) -> Iterator[Keep]:
    def ranges(store: Store, day: date) -> list[OpenRange]:
        return open_ranges_of(store, snapshot.schedule_of(store), calendar, day, 1)

    def are_open(rows: Rows, at: datetime) -> Array:
        return table.open_times.are_open(rows, at, (snapshot.chains, calendar), ranges)

    if wanted.open_now is not None:
        is_wanted = wanted.open_now
        yield lambda rows: are_open(rows, now) == is_wanted
    if wanted.open_at is not None:
        at = wanted.open_at
        yield lambda rows: are_open(rows, at)


def _offering(snapshot: Snapshot, table: StoreTable, wanted: StoreFilter) -> Iterator[Keep]:
    if wanted.bookable is None and wanted.at_home is None and wanted.max_price is None:
        return
    touched = touched_rows(table, snapshot.offerings.touched_stores, snapshot.offerings.touched_chains)

    def keep(rows: Rows) -> Array:
        offers, prices = table.columns.offers[rows], table.columns.prices[rows]
        for place in np.flatnonzero((offers == UNKNOWN) | np.isin(rows, touched)).tolist():
            offers[place], prices[place] = summary(snapshot.offerings_of(table.get(int(rows[place]))))
        found = np.ones(len(rows), np.bool_)
        if wanted.bookable is not None:
            found &= ((offers & BOOKABLE) > 0) == wanted.bookable
        if wanted.at_home is not None:
            found &= ((offers & AT_HOME) > 0) == wanted.at_home
        if wanted.max_price is not None:
            found &= prices <= min(wanted.max_price, NO_PRICE - 1)
        return found

    yield keep
