"""Which rows hold a piece of text: every gram and its rows in two flat arrays, in memory or mapped from a file.

A gram is a pair of neighbouring characters as one number; a text begins with the gram (START, first character). Pairs
are kept by character, and the few tens of thousands of different pairs know how they are read: so that homophones,
typed pinyin and initials find their pairs first and then the same rows.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lifecircle.catalogue.search.pinyin import tables
from lifecircle.catalogue.search.spelling import OTHER, spelt_codes

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

START = 10
"""Stands before the first character of a text."""

NUMBER = 11
"""Stands before a house number."""

_BREAK = "\n"
_ROW_BITS = np.uint64(32)
_NO_ROWS = np.empty(0, np.int32)


def gram(first: str, second: str) -> int:
    return (_code(first) << 16) | _code(second)


def grams(text: str) -> list[int]:
    """The neighbouring pairs of a spelling."""
    return [gram(first, second) for first, second in itertools.pairwise(text)]


def begins(text: str) -> int:
    return (START << 16) | _code(text[0])


def number_gram(number: int) -> int:
    return (NUMBER << 16) | (number & 0xFFFF)


def _code(char: str) -> int:
    code = ord(char)
    return min(code, OTHER)


class Postings:
    """Immutable. `keys` are sorted; the rows of a key come in no order."""

    def __init__(self, keys: Array, starts: Array, rows: Array) -> None:
        self.keys, self.starts, self.rows = keys, starts, rows

    @staticmethod
    def of_pairs(keys: Array, rows: Array) -> Postings:
        """Of (gram, row) pairs, each kept once."""
        packed = (keys.astype(np.uint64) << _ROW_BITS) | rows.astype(np.uint64)
        packed.sort()
        if len(packed):
            packed = packed[np.concatenate([[True], packed[1:] != packed[:-1]])]
        keys = (packed >> _ROW_BITS).astype(np.uint32)
        return _grouped(keys, packed.astype(np.uint32).astype(np.int32))

    @staticmethod
    def of_texts(texts: Sequence[str], rows: Array | None = None, extra: Iterable[tuple[int, int]] = ()) -> Postings:
        """The grams of each text; `rows`: whose text it is, else its place. `extra`: further (gram, row) pairs."""
        codes, places = _codes(texts)
        kept = codes[1:] != START
        keys = (codes[:-1].astype(np.uint32) << np.uint32(16) | codes[1:])[kept]
        owners = places[:-1][kept]
        if rows is not None:
            owners = rows[owners]
        more = np.array(list(extra), np.int64).reshape(-1, 2)
        return Postings.of_pairs(np.concatenate([keys, more[:, 0]]), np.concatenate([owners, more[:, 1]]))

    def take(self, places: Array, count: int) -> Postings:
        """With the rows at these places, of `count`, in this order."""
        fresh = np.full(count, -1, np.int32)
        fresh[places] = np.arange(len(places), dtype=np.int32)
        rows = fresh[self.rows]
        kept = rows >= 0
        ends = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        used = ends[1:] > ends[:-1]
        return Postings(self.keys[used], np.concatenate([ends[:-1][used], ends[-1:]]), rows[kept])

    def joined(self, other: Postings, shift: int) -> Postings:
        """With the other's rows behind mine, moved by `shift`."""
        keys = np.concatenate([self._key_of_row, other._key_of_row])
        rows = np.concatenate([self.rows, other.rows + np.int32(shift)])
        order = np.argsort(keys, kind="stable")
        return _grouped(keys[order], rows[order])

    @property
    def _key_of_row(self) -> Array:
        return np.repeat(self.keys, np.diff(self.starts))

    def ids(self, key: int) -> Array:
        """Numbers of the gram: itself, or none."""
        place = int(self.keys.searchsorted(np.uint32(key)))
        return np.array([place] if place < len(self.keys) and self.keys[place] == key else [], np.int64)

    def rows_of(self, ids: Array) -> Array:
        """All rows of some grams, some more than once."""
        if len(ids) == 1:
            return self.rows[self.starts[ids[0]] : self.starts[ids[0] + 1]]
        runs = [self.rows[self.starts[one] : self.starts[one + 1]] for one in ids.tolist()]
        return np.concatenate(runs) if runs else _NO_ROWS

    def count_of(self, ids: Array) -> int:
        return int((self.starts[ids + 1] - self.starts[ids]).sum())

    def with_all(self, wanted: Sequence[Array], count: int) -> Array:
        """Rows that hold one gram of each set, each once, of `count` rows in all."""
        if not wanted or not all(len(ids) for ids in wanted):
            return _NO_ROWS
        ordered = sorted(wanted, key=self.count_of)
        found = self.rows_of(ordered[0])
        if len(ordered[0]) > 1:
            found = np.unique(found)
        for ids in ordered[1:]:
            if not len(found):
                break
            holds = np.zeros(count, np.bool_)
            holds[self.rows_of(ids)] = True
            found = found[holds[found]]
        return found

    @cached_property
    def first_sounds(self) -> Array:
        return np.asarray(tables().readings[self.keys >> np.uint32(16)])

    @cached_property
    def second_sounds(self) -> Array:
        return np.asarray(tables().readings[self.keys & np.uint32(0xFFFF)])

    @cached_property
    def opens_text(self) -> Array:
        return np.asarray(self.keys >> np.uint32(16) == START)

    def arrays(self, name: str) -> Arrays:
        return {f"{name}.keys": self.keys, f"{name}.starts": self.starts, f"{name}.rows": self.rows}

    @staticmethod
    def from_arrays(name: str, arrays: Mapping[str, Array]) -> Postings:
        return Postings(arrays[f"{name}.keys"], arrays[f"{name}.starts"], arrays[f"{name}.rows"])


def _grouped(keys: Array, rows: Array) -> Postings:
    """`keys` are sorted, one a row."""
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.empty(0, np.int64)
    return Postings(keys[first], np.append(first, len(keys)).astype(np.int64), rows)


def _codes(texts: Sequence[str]) -> tuple[Array, Array]:
    """All spelt characters in one array, START before each text and at the end; and whose character each one is."""
    joined = _BREAK.join(texts)
    if joined.count(_BREAK) != max(0, len(texts) - 1):
        joined = _BREAK.join(text.replace(_BREAK, " ") for text in texts)
    plain = _BREAK + joined + _BREAK
    breaks = np.frombuffer(plain.encode("utf-32-le", "ignore"), np.uint32) == START
    codes = spelt_codes(plain)
    kept = breaks | (codes > 0)
    codes = np.where(breaks, np.uint16(START), codes)[kept].astype(np.uint32)
    return codes, (np.cumsum(breaks)[kept] - 1).astype(np.int32)


EMPTY = Postings(np.empty(0, np.uint32), np.zeros(1, np.int64), _NO_ROWS)
