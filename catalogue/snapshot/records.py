"""Records by key that are read only when somebody asks: a mapping over texts in memory or in a mapped file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import numpy as np

from lifecircle.catalogue.snapshot.codec import codec, from_text, to_text
from lifecircle.catalogue.snapshot.texts import Array, Arrays, Keys, Texts

V = TypeVar("V")

_KEPT = 4_096
"""How many records that were looked at stay objects."""


class Records(Mapping[str, V], Generic[V]):
    """Immutable. `kind` is the type of every record; `Any`: documents, kept as they are."""

    def __init__(self, kind: Any, keys: Keys, texts: Texts) -> None:
        self._kind, self._keys, self._texts = kind, keys, texts
        self._decode: Callable[[Any], Any] = codec(kind).decode or _same
        self._looked_at: dict[str, V] = {}

    @staticmethod
    def of(kind: Any, records: Mapping[str, V]) -> Records[V]:
        encode = codec(kind).encode or _same
        return Records(kind, Keys.of(list(records)), Texts.of(to_text(encode(value)) for value in records.values()))

    def __getitem__(self, key: str) -> V:
        found = self._looked_at.get(key)
        if found is None:
            row = self._keys.row(key)
            if row is None:
                raise KeyError(key)
            if len(self._looked_at) >= _KEPT:
                self._looked_at.clear()
            found = self._looked_at[key] = self._read(row)
        return found

    def _read(self, row: int) -> V:
        found: V = self._decode(from_text(self._texts[row]))
        return found

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._keys.row(key) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys.texts)

    def __len__(self) -> int:
        return len(self._keys)

    def pairs(self) -> Iterator[tuple[str, V]]:
        """All keys and records; nothing that is read stays."""
        return ((key, self._read(row)) for row, key in enumerate(self._keys.texts))

    def changed(self, changes: Mapping[str, V | None]) -> Records[V]:
        """With the changes worked in; None removes a key."""
        kept = np.delete(np.arange(len(self)), self._keys.rows(changes))
        fresh = Records.of(self._kind, {key: value for key, value in changes.items() if value is not None})
        keys, texts = self._keys.take(kept).joined(fresh._keys), self._texts.take(kept).joined(fresh._texts)
        return Records(self._kind, keys, texts)

    def arrays(self) -> Arrays:
        return {**self._keys.arrays("keys"), **self._texts.arrays("texts")}

    @staticmethod
    def from_arrays(kind: Any, arrays: Mapping[str, Array]) -> Records[Any]:
        return Records(kind, Keys.from_arrays("keys", arrays), Texts.from_arrays("texts", arrays))


def _same(value: Any) -> Any:
    return value
