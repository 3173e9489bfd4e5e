"""Text, distance, open now, rating and freshness as one number; the weights stand in `weights.py`."""

from __future__ import annotations

from datetime import date

import numpy as np

from lifecircle.catalogue.freshness.rules import FRESH_DAYS, RecordKind
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.search.postings import Array
from lifecircle.catalogue.search.weights import WEIGHTS
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.grid import metres_from
from lifecircle.catalogue.snapshot.nearest import Keep
from lifecircle.catalogue.stores.model import RATING_PRIOR_MEAN

DECIMALS = 4
"""Of a score: so that the same store has the same score wherever its row lies."""


def scores(table: StoreTable, rows: Array, text: Array, merit: Array, near: Point | None, are_open: Keep) -> Array:
    """`text`: 0 … 1 for each row; `merit`: what `merits` gives."""
    found = WEIGHTS.text * text.astype(np.float64) + merit
    if near is not None:
        metres = metres_from(near, table.order.units[rows])
        found += WEIGHTS.distance / (1.0 + metres / WEIGHTS.half_distance)
    found += WEIGHTS.open_now * are_open(rows)
    return np.asarray(np.round(found, DECIMALS))


def merits(table: StoreTable, today: date) -> Array:
    """What rating and freshness bring each row: the same for every query of a day."""
    rows = np.arange(len(table))
    found = WEIGHTS.rating * _ratings(table, rows) + WEIGHTS.freshness * _freshness(table, rows, today)
    return np.asarray(found)


def _ratings(table: StoreTable, rows: Array) -> Array:
    """0 … 1. A store's rating is drawn towards the middle while there are few reviews; without any it is the middle."""
    ratings = table.columns.ratings[rows]
    return np.asarray((np.where(ratings > 0, ratings, RATING_PRIOR_MEAN) - 1.0) / 4.0)


def _freshness(table: StoreTable, rows: Array, today: date) -> Array:
    """As `freshness.rules.freshness`, for many."""
    days = FRESH_DAYS[RecordKind.STORE]
    late = np.maximum(0, today.toordinal() - table.columns.words.assured[rows] - days)
    return np.asarray(np.exp2(-late / days))
