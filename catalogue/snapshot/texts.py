"""Texts without objects: one long piece of UTF-8, and where each text begins in it. Lives in memory or in a file."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = dict[str, Array]
Rows = npt.NDArray[np.int64]

_WASTE = 0.3
"""Share of the piece that no text points to, above which it is written anew."""

_CHUNK = 50_000


class Texts:
    def __init__(self, starts: Array, lengths: Array, blob: Array) -> None:
        self.starts, self.lengths, self.blob = starts, lengths, blob
        self._starts, self._lengths, self._blob = starts.data, lengths.data, blob.data

    @staticmethod
    def of(texts: Iterable[str]) -> Texts:
        pieces = [text.encode() for text in texts]
        lengths = np.fromiter(map(len, pieces), np.int32, len(pieces))
        return Texts(_starts(lengths), lengths, np.frombuffer(b"".join(pieces), np.uint8))

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, row: int) -> str:
        start = self._starts[row]
        return str(self._blob[start : start + self._lengths[row]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def take(self, rows: Array) -> Texts:
        taken = Texts(self.starts[rows], self.lengths[rows], self.blob)
        used = int(taken.lengths.sum())
        return taken if used >= len(self.blob) * (1 - _WASTE) else taken._compact()

    def joined(self, other: Texts) -> Texts:
        return Texts(
            np.concatenate([self.starts, other.starts + len(self.blob)]),
            np.concatenate([self.lengths, other.lengths]),
            np.concatenate([self.blob, other.blob]),
        )

    def _compact(self) -> Texts:
        pieces = [self._piece(slice(begin, begin + _CHUNK)) for begin in range(0, len(self), _CHUNK)]
        blob = np.concatenate([np.empty(0, np.uint8), *pieces])
        return Texts(_starts(self.lengths), self.lengths, blob)

    def _piece(self, rows: slice) -> Array:
        lengths = self.lengths[rows].astype(np.int64)
        shift = np.repeat(self.starts[rows] - (np.cumsum(lengths) - lengths), lengths)
        return self.blob[shift + np.arange(len(shift))]

    def arrays(self, name: str) -> Arrays:
        return {f"{name}.starts": self.starts, f"{name}.lengths": self.lengths, f"{name}.blob": self.blob}

    @staticmethod
    def from_arrays(name: str, arrays: Mapping[str, Array]) -> Texts:
        return Texts(arrays[f"{name}.starts"], arrays[f"{name}.lengths"], arrays[f"{name}.blob"])


class Keys:
    """Unique texts and the row of each, found through a sorted column of hashes."""

    def __init__(self, texts: Texts, hashes: Array, order: Array) -> None:
        self.texts, self.hashes, self.order = texts, hashes, order
        self._hashes, self._order = hashes.data, order.data

    @staticmethod
    def of(keys: Sequence[str]) -> Keys:
        return _keys(Texts.of(keys), np.fromiter(map(_hash, keys), np.uint64, len(keys)))

    def __len__(self) -> int:
        return len(self.texts)

    def row(self, key: str) -> int | None:
        wanted = _hash(key)
        place = bisect_left(self._hashes, wanted)
        while place < len(self._hashes) and self._hashes[place] == wanted:
            row = self._order[place]
            if self.texts[row] == key:
                return row
            place += 1
        return None

    def rows(self, keys: Iterable[str]) -> Rows:
        """Rows of those that are here, in order."""
        return np.array(sorted(row for key in keys if (row := self.row(key)) is not None), np.int64)

    def take(self, rows: Array) -> Keys:
        return _keys(self.texts.take(rows), self._by_row()[rows])

    def joined(self, other: Keys) -> Keys:
        return _keys(self.texts.joined(other.texts), np.concatenate([self._by_row(), other._by_row()]))

    def _by_row(self) -> Array:
        hashes = np.empty_like(self.hashes)
        hashes[self.order] = self.hashes
        return hashes

    def arrays(self, name: str) -> Arrays:
        return {**self.texts.arrays(name), f"{name}.hashes": self.hashes, f"{name}.order": self.order}

    @staticmethod
    def from_arrays(name: str, arrays: Mapping[str, Array]) -> Keys:
        return Keys(Texts.from_arrays(name, arrays), arrays[f"{name}.hashes"], arrays[f"{name}.order"])


def _keys(texts: Texts, hashes: Array) -> Keys:
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    return Keys(texts, hashes[order], order)


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little")


def _starts(lengths: Array) -> Array:
    ends = np.cumsum(lengths, dtype=np.int64)
    return ends - lengths
