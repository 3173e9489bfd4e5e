"""The nearest rows of a layer around a place: looks at the cells around, further out only where too few are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.snapshot.grid import MILLIMETRES, Window, metres_of, squared_chord, squared_chords
from lifecircle.catalogue.snapshot.layers import Layer
from lifecircle.catalogue.snapshot.texts import Array, Rows

Keep = Callable[[Rows], Array]
"""Which of the rows are wanted."""

_ROOM = 1.4
"""The first look goes this many times as far as what was looked for lay on average."""

_SMALL = 1_024
"""Rows."""

_MILLIMETRE = 2e-10
"""As a chord of the unit sphere, and a little more."""

_FARTHER = 1.7
_FARTHEST = 8.0
_ENOUGH = 1.6
"""A square that holds this many times what is wanted has enough in its circle, as a rule."""


@dataclass(frozen=True, slots=True)
class Around:
    """`center` and `radius`; `keep` says which rows count, `share` how many of them may be expected to."""

    center: Point
    radius: float
    keep: Keep | None = None
    share: float = 1.0
    rows: Rows | None = None
    """Where the rows that may count are known beforehand and few."""

    @property
    def limit(self) -> float:
        """What lies exactly on the radius, to the millimetre, is inside."""
        return round(self.radius, MILLIMETRES)


Found = tuple[Array, Rows]
"""Metres and rows."""

Key = tuple[float, str]
"""Metres and id: a place in the order."""


def everything(layer: Layer, around: Around) -> Found:
    """All rows within the radius, in no order."""
    rows = _known_rows(layer, around)
    if rows is None:
        rows = Window(layer.table.cells, around.center, around.radius).rows()
    return _exactly(around, _inside(layer, around, rows, around.limit))


def nearest(layer: Layer, around: Around, count: int, after: Key | None = None) -> Found:
    """At least the first `count` rows that come after the key, by (metres, id), as far as there are so many."""
    rows = _known_rows(layer, around)
    if rows is not None:
        return _first(layer, around, _inside(layer, around, rows, around.limit), count, after)
    reach = math.hypot(after[0] if after else 0.0, layer.table.usual_reach / math.sqrt(around.share))
    while True:
        reach = min(reach, around.radius)
        window = Window(layer.table.cells, around.center, reach)
        is_all = reach >= around.radius or window.count == layer.table.size
        wanted = count * _ENOUGH / around.share
        if not is_all and window.count < wanted:
            reach *= min(_FARTHEST, max(_FARTHER, math.sqrt(wanted / max(1, window.count))))
            continue
        near = _inside(layer, around, window.rows(), around.limit if is_all else reach - 0.001)
        found = _first(layer, around, near, count, after)
        if is_all or len(found[0]) >= count:
            if after is None and around.share == 1.0 and len(found[0]) >= count:
                layer.table.usual_reach += (_ROOM * float(found[0][count - 1]) - layer.table.usual_reach) / 16
            return found
        reach *= min(_FARTHEST, max(_FARTHER, math.sqrt(2 * count / max(1, len(found[0])))))


def _known_rows(layer: Layer, around: Around) -> Rows | None:
    """In a small table, whatever is near: a look at all of it costs less than finding the window."""
    if around.rows is not None or layer.table.size > _SMALL:
        return around.rows
    squared = squared_chords(around.center, layer.table.order.units)
    return np.flatnonzero(squared <= squared_chord(around.limit + 0.001))


def _inside(layer: Layer, around: Around, rows: Rows, limit: float) -> Found:
    """Squared chords and rows of what is wanted and not farther than the limit, give or take a millimetre."""
    if len(layer.hidden):
        places = np.minimum(layer.hidden.searchsorted(rows), len(layer.hidden) - 1)
        rows = rows[layer.hidden[places] != rows]
    if around.keep is not None:
        rows = rows[around.keep(rows)]
    squared = squared_chords(around.center, layer.table.order.units.take(rows, axis=0))
    inside = (squared <= squared_chord(limit + 0.001)).nonzero()[0]
    return squared.take(inside), rows.take(inside)


def _exactly(around: Around, found: Found) -> Found:
    """Metres instead of chords; what lies exactly on the radius, to the millimetre, is inside."""
    metres = metres_of(found[0])
    inside = metres <= around.limit
    return metres[inside], found[1][inside]


def _first(layer: Layer, around: Around, found: Found, count: int, after: Key | None) -> Found:
    if after is not None:
        return _sorted(layer, _after(layer, after, _exactly(around, found)), count)
    squared, rows = found
    if len(squared) > 6 * count:
        far = math.sqrt(float(np.partition(squared, count - 1)[count - 1])) + _MILLIMETRE
        near = (squared <= far * far).nonzero()[0]
        squared, rows = squared.take(near), rows.take(near)
    return _sorted(layer, _exactly(around, (squared, rows)), count)


def _sorted(layer: Layer, found: Found, count: int) -> Found:
    metres, rows = found
    if len(metres) > 4 * count:
        near = metres <= np.partition(metres, count - 1)[count - 1]
        metres, rows = metres[near], rows[near]
    order = np.lexsort((layer.table.order.ranks.take(rows), metres))
    return metres.take(order), rows.take(order)


def _after(layer: Layer, key: Key, found: Found) -> Found:
    metres, rows = found
    wanted = metres >= key[0]
    for place in np.flatnonzero(metres == key[0]).tolist():
        wanted[place] = layer.table.id(int(rows[place])) > key[1]
    return metres[wanted], rows[wanted]
