"""Which rows are open at a moment: worked out once a day for each distinct week, and once a minute for all its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.snapshot.texts import Array, Rows
from lifecircle.catalogue.stores.model import Store

if TYPE_CHECKING:
    from lifecircle.catalogue.snapshot.columns import StoreTable

RangesOf = Callable[[Store, date], list[OpenRange]]
"""The openings that touch a day."""

_MINUTES_KEPT = 8
_UNKNOWN, _OPEN = -1, 1
_UNKNOWN_BYTE = b"\xff"


class OpenTimes:
    """A table's memory. Openings begin and end on whole minutes, so that a minute has one answer."""

    def __init__(self, table: StoreTable) -> None:
        self._table = table
        self._days: dict[Any, dict[int, list[OpenRange]]] = {}
        self._minutes: dict[Any, Array] = {}

    def are_open(self, rows: Rows, at: datetime, sources: tuple[Any, ...], ranges: RangesOf) -> Array:
        """`sources`: whatever else decides, such as the chains; what was found for others is not used."""
        codes = self._table.order.openings[rows]
        states = self._states(at, sources)
        found = states[codes]
        if _UNKNOWN_BYTE in found.tobytes():  # for so few rows several times as fast as asking numpy
            day = local_day(at)
            known = self._known(day, sources)
            for code in np.unique(codes[found == _UNKNOWN]).tolist():
                if code not in known:
                    known[code] = ranges(self._table.get(int(self._table.order.opening_rows[code])), day)
                states[code] = any(opening.opens <= at < opening.closes for opening in known[code])
            found = states[codes]
        return np.asarray(found == _OPEN)

    def _states(self, at: datetime, sources: tuple[Any, ...]) -> Array:
        key = (at.replace(second=0, microsecond=0), sources)
        found = self._minutes.get(key)
        if found is None:
            _make_room(self._minutes)
            found = self._minutes[key] = np.full(len(self._table.order.opening_rows), _UNKNOWN, np.int8)
        return found

    def _known(self, day: date, sources: tuple[Any, ...]) -> dict[int, list[OpenRange]]:
        key = (day, sources)
        if key not in self._days:
            _make_room(self._days)
        return self._days.setdefault(key, {})


def _make_room(kept: dict[Any, Any]) -> None:
    """The oldest goes first."""
    while len(kept) >= _MINUTES_KEPT:
        del kept[next(iter(kept))]
