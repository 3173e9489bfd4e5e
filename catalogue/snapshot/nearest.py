"""The nearest rows of a layer around a place: looks at the cells around, further out only where too few are found."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import lt
from typing import NamedTuple

import numpy as np

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.grid import MILLIMETRES, Grid, metres_of, squared_chord, squared_chords
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.texts import Array, Rows

Keep = Callable[[Rows], Array]
"""Which of the rows are wanted."""

_ROOM = 1.4
"""The first look goes this many times as far as what was looked for lay on average."""

_SMALL = 1_024
"""Rows."""

_SLACK = 0.001
"""Metres that chords may be wrong by against whole millimetres."""

_SPARE = 3
"""How many more than asked for are looked at, so that it shows that nothing else is as near as the last."""

_MORE = 4
_SORTED_AT_ONCE = 256

_FARTHER = 1.7
_FARTHEST = 8.0
_ENOUGH = 1.6
"""A square that holds this many times what is wanted has enough in its circle, as a rule."""


class Around(NamedTuple):
    """`center` and `radius`; `keep` says which rows count, `share` how many of them may be expected to."""

    center: Point
    radius: float
    keep: Keep | None = None
    share: float = 1.0
    rows: Rows | None = None
    """Where the rows that may count are known beforehand and few."""
    grid: Grid | None = None
    """Of the rows that may count, where it is known beforehand and they are many."""

    @property
    def limit(self) -> float:
        """What lies exactly on the radius, to the millimetre, is inside."""
        return round(self.radius, MILLIMETRES)


Found = tuple[Array, Rows]
"""Metres and rows."""

Firsts = tuple[list[float], list[int]]
"""Metres and rows, the nearest first."""

Key = tuple[float, str]
"""Metres and id: a place in the order."""


def everything(layer: Layer, around: Around) -> Found:
    """All rows within the radius, in no order."""
    rows = _known_rows(layer, around)
    if rows is None:
        rows = (around.grid or layer.table.grid).square(around.center, around.radius).rows()
    rows, squared = _chords(layer, around, rows)
    near = (squared <= squared_chord(around.limit + _SLACK)).nonzero()[0]
    metres, rows = metres_of(squared.take(near)), rows.take(near)
    inside = metres <= around.limit
    return metres[inside], rows[inside]


def nearest(layer: Layer, around: Around, count: int, after: Key | None = None) -> Firsts:
    """The first `count` rows that come after the key, by (metres, id), as far as there are so many."""
    rows = _known_rows(layer, around)
    if rows is not None:
        return _first(layer, around, rows, around.limit, count, after)
    grid, share, radius = around.grid or layer.table.grid, around.share, around.radius
    reach, wanted = grid.usual_reach / math.sqrt(share), count * _ENOUGH / share
    if after is not None:
        reach = math.hypot(after[0], reach)
    while True:
        reach = min(reach, radius)
        square = grid.square(around.center, reach)
        is_all = reach >= radius or square.count == len(grid)
        if not is_all and square.count < wanted:
            reach *= _farther(wanted / max(1, square.count))
            continue
        found = _first(layer, around, square.rows(), around.limit if is_all else reach - _SLACK, count, after)
        if len(found[0]) == count and share == 1.0 and after is None:
            grid.usual_reach += (_ROOM * found[0][-1] - grid.usual_reach) / 16
        if is_all or len(found[0]) == count:
            return found
        reach *= _farther(2 * count / max(1, len(found[0])))


def _farther(missing: float) -> float:
    """How many times as far to look next, where as many times as much is to be found there."""
    return min(_FARTHEST, max(_FARTHER, math.sqrt(missing)))


def _known_rows(layer: Layer, around: Around) -> Rows | None:
    """In a small table, whatever is near: a look at all of it costs less than finding the window."""
    if around.rows is not None or layer.table.size > _SMALL:
        return around.rows
    squared = squared_chords(around.center, layer.table.order.units)
    return np.flatnonzero(squared <= squared_chord(around.limit + 0.001))


def _chords(layer: Layer, around: Around, rows: Rows) -> tuple[Rows, Array]:
    """Those of the rows that are wanted, and their squared chords."""
    if len(layer.hidden):
        places = np.minimum(layer.hidden.searchsorted(rows), len(layer.hidden) - 1)
        rows = rows[layer.hidden[places] != rows]
    if around.keep is not None:
        rows = rows[around.keep(rows)]
    return rows, squared_chords(around.center, layer.table.order.units.take(rows, axis=0))


def _first(layer: Layer, around: Around, rows: Rows, limit: float, count: int, after: Key | None) -> Firsts:
    """Of the rows: the first `count` that come after the key and are not farther than the limit."""
    rows, squared = _chords(layer, around, rows)
    least = 0.0 if after is None else squared_chord(max(0.0, after[0] - _SLACK))
    most, looked_at = squared_chord(limit + _SLACK), count + _SPARE
    while len(rows):
        places = _smallest(squared, least, most, looked_at)
        metres, near = _in_order(layer, metres_of(squared[places]).tolist(), rows[places])
        begin = 0 if after is None else _begin(layer, metres, near, after)
        end = min(begin + count, bisect_right(metres, limit))
        # rows that were not looked at may be as far as the last one that was, to the millimetre, and come before it
        if len(places) < looked_at or (end == begin + count and metres[end - 1] < metres[-1]) or metres[-1] > limit:
            return metres[begin:end], near[begin:end]
        looked_at *= _MORE
    return [], []


def _in_order(layer: Layer, metres: list[float], rows: Rows) -> Firsts:
    """By (metres, id). Ids count only where two are equally near: the rows are sorted by chord already."""
    near = rows.tolist()
    if all(map(lt, metres, metres[1:])):
        return metres, near
    ranks = layer.table.order.ranks[rows].tolist()
    order = sorted(range(len(near)), key=lambda place: (metres[place], ranks[place]))
    return [metres[place] for place in order], [near[place] for place in order]


def _smallest(squared: Array, least: float, most: float, count: int) -> Rows:
    """Where the `count` smallest that are not less than the least are, in order; above the most any may be left out."""
    if least == 0.0 and len(squared) <= _SORTED_AT_ONCE:
        return squared.argsort()[:count]
    places = ((squared >= least) & (squared <= most)).nonzero()[0]
    chords = squared[places]
    if len(places) > 2 * count:
        smallest = chords.argpartition(count - 1)[:count]
        places, chords = places[smallest], chords[smallest]
    return np.asarray(places[chords.argsort()[:count]])


def _begin(layer: Layer, metres: list[float], rows: list[int], after: Key) -> int:
    """Where the first row that comes after the key stands."""
    begin = bisect_left(metres, after[0])
    while begin < len(rows) and metres[begin] == after[0] and layer.table.id(rows[begin]) <= after[1]:
        begin += 1
    return begin
