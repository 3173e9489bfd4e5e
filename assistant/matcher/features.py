"""Texts as numbers: n-grams of what a text looks like, sounds like and is about, weighted by tf-idf.

Every character has a symbol in each channel, and the n-grams of a channel's symbols are packed exactly into 64 bits, so
that all texts are read together by a few array operations. Each channel has length 1 before its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.matcher.characters import (
    OTHER,
    Codes,
    Tables,
    as_heard,
    character_tables,
    known_words,
    words_in,
)
from lifecircle.catalogue.text import fold

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint64]
Whole = npt.NDArray[np.int64]

MAX_TEXT = 256
"""Characters that are looked at; what somebody wants is said by then."""
_ORDER_AT = 48
"""The bit from which a packed n-gram holds its order, and behind it its channel."""
_CHANNEL_AT = np.uint64(_ORDER_AT + 4)
_REMEMBERED = 8
"""Sentences that were read last: several matchers read the same one."""
_EDGE = "\x02"
"""Stands between texts: an n-gram may begin or end with it."""


@dataclass(frozen=True, slots=True)
class Channel:
    number: int
    symbols: Callable[[Tables], Codes]
    orders: tuple[int, ...]
    weight: float


CHANNELS = (
    Channel(0, lambda tables: tables.glyphs, (1, 2, 3), 1.3),
    Channel(1, lambda tables: tables.sounds, (1, 2), 0.7),
    Channel(2, lambda tables: tables.radicals, (1,), 0.5),
    Channel(3, lambda tables: tables.groups, (1,), 0.5),
)
MEANING_WEIGHT = 0.8
_WEIGHTS = np.array([channel.weight for channel in CHANNELS])


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: row i holds `columns[starts[i]:starts[i + 1]]` with their `values`, and a dense part."""

    starts: Whole
    columns: npt.NDArray[np.int32]
    values: Floats
    dense: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1

    def encoded(self, directions: Floats) -> Rows:
        """With an encoder's directions in the place of the words' meanings, which they know better."""
        return replace(self, dense=np.concatenate([self.dense[:, -1:], directions], axis=1, dtype=np.float32))

    def take(self, rows: Whole) -> Rows:
        pieces = [np.arange(self.starts[row], self.starts[row + 1]) for row in rows]
        places = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        starts = np.cumsum([0, *(len(piece) for piece in pieces)])
        return Rows(starts, self.columns[places], self.values[places], self.dense[rows])


def prepared(text: str) -> str:
    return fold(text[: 4 * MAX_TEXT])[:MAX_TEXT]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The n-grams that were seen while fitting, longer ones in two texts at least: they measure better and are few."""

    keys: Keys
    rarity: Floats
    """Inverse document frequency, by column."""

    def __len__(self) -> int:
        return len(self.keys)

    @staticmethod
    def of(folded: Sequence[str]) -> Vocabulary:
        row, key = _grams(folded)
        keys, place = np.unique(key, return_inverse=True)
        pairs = np.sort(row * len(keys) + place)
        is_first = np.diff(pairs, prepend=-1) > 0
        held_by = np.bincount(pairs[is_first] % len(keys), minlength=len(keys))
        is_single = (keys >> np.uint64(_ORDER_AT)) & np.uint64(15) == 1
        keys, held_by = keys[is_single | (held_by > 1)], held_by[is_single | (held_by > 1)]
        rarity = np.log((1 + len(folded)) / (1 + held_by)) + 1
        return Vocabulary(keys, rarity.astype(np.float32))

    def rows(self, folded: Sequence[str]) -> Rows:
        """Grams that are not known are left out."""
        row, key = _grams(folded)
        column = np.searchsorted(self.keys, key)
        is_known = self.keys[np.minimum(column, len(self.keys) - 1)] == key
        place, count = np.unique(row[is_known] * len(self.keys) + column[is_known], return_counts=True)
        row, column = np.divmod(place, len(self.keys))
        weight = (1 + np.log(count)) * self.rarity[column]
        part = row * len(CHANNELS) + (self.keys[column] >> _CHANNEL_AT).astype(np.int64)
        length = np.sqrt(np.bincount(part, weight * weight))
        values = _WEIGHTS[part % len(CHANNELS)] * weight / length[part]
        starts = np.searchsorted(row, np.arange(len(folded) + 1))
        return Rows(starts, column.astype(np.int32), values.astype(np.float32), meanings(folded))

    def row(self, folded: str) -> Rows:
        """To the last bit what `rows` makes of this text alone, in a fraction of the time."""
        read = _alone(folded)
        column = np.searchsorted(self.keys, read.keys)
        is_known = self.keys[np.minimum(column, len(self.keys) - 1)] == read.keys
        column, part = column[is_known], read.channels[is_known]
        weight = read.often[is_known] * self.rarity[column]
        values = _WEIGHTS[part] * weight / np.sqrt(np.bincount(part, weight * weight))[part]
        starts = np.array([0, len(column)])
        return Rows(starts, column.astype(np.int32), values.astype(np.float32), read.meaning)


@dataclass(frozen=True, slots=True)
class _Alone:
    """One text, as far as it can be read without a vocabulary. Not to be changed: it is remembered."""

    keys: Keys
    """Each n-gram once, in order."""
    channels: Whole
    often: npt.NDArray[np.float64]
    meaning: Floats


@lru_cache(_REMEMBERED)
def _alone(folded: str) -> _Alone:
    key = np.sort(_keys_of(_codes([as_heard(folded)])))
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    keys, count = key[first], np.diff(first, append=len(key))
    return _Alone(keys, (keys >> _CHANNEL_AT).astype(np.int64), 1 + np.log(count), meanings([folded]))


def _keys_of(codes: npt.NDArray[np.intp]) -> Keys:
    """The n-grams of one text, which need not be kept apart from those of another; the edge behind it is no text."""
    found, tables = [], character_tables()
    for channel in CHANNELS:
        symbols = channel.symbols(tables)[codes].astype(np.uint64)
        for order in channel.orders:
            count = min(len(codes) - 1, len(codes) - order + 1)
            key = symbols[:count] | np.uint64((channel.number << 4 | order) << _ORDER_AT)
            for place in range(1, order):
                key |= symbols[place : place + count] << np.uint64(16 * place)
            found.append(key)
    return np.concatenate(found)


def _grams(folded: Sequence[str]) -> tuple[Whole, Keys]:
    """The number of the text, and the packed n-gram; of every channel."""
    codes, tables = _codes([as_heard(text) for text in folded]), character_tables()
    found = [gram for channel in CHANNELS for gram in _grams_of(channel, tables, codes, len(folded))]
    return np.concatenate([text for text, _ in found]), np.concatenate([key for _, key in found])


def _codes(folded: Sequence[str]) -> npt.NDArray[np.intp]:
    """Code points of all texts, with an edge before, between and behind them."""
    joined = _EDGE + _EDGE.join(text.replace(_EDGE, "") for text in folded) + _EDGE
    return np.minimum(np.frombuffer(joined.encode("utf-32-le", "ignore"), np.uint32), OTHER).astype(np.intp)


def _grams_of(
    channel: Channel, tables: Tables, codes: npt.NDArray[np.intp], texts: int
) -> Iterator[tuple[Whole, Keys]]:
    symbols = channel.symbols(tables)[codes].astype(np.uint64)
    is_edge = codes == ord(_EDGE)
    text = np.cumsum(is_edge) - 1
    for order in channel.orders:
        count = len(codes) - order + 1
        key = symbols[:count] | np.uint64((channel.number << 4 | order) << _ORDER_AT)
        is_inside = text[:count] < texts
        for place in range(1, order):
            key |= symbols[place : place + count] << np.uint64(16 * place)
        for place in range(min(1, order - 1), max(1, order - 1)):
            is_inside &= ~is_edge[place : place + count]
        yield text[:count][is_inside], key[is_inside]


def meanings(folded: Sequence[str]) -> Floats:
    """One row a text: the direction of the sum of its words' vectors, and a constant."""
    vectors = known_words().vectors
    words = [words_in(text) for text in folded]
    named = [row for row, held in enumerate(words) if held]
    rows = np.zeros((len(folded), vectors.shape[1] + 1), np.float32)
    if named:
        starts = np.cumsum([0, *(len(words[row]) for row in named[:-1])])
        sums = np.add.reduceat(vectors[[place for row in named for place in words[row]]], starts, axis=0)
        length = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        rows[named, :-1] = MEANING_WEIGHT * sums / np.maximum(length, 1e-6)
    rows[:, -1] = 1
    return rows
