"""A column of few distinct values: a small code a row, each value kept once and read when it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from lifecircle.catalogue.snapshot.codec import Codec, from_text, to_text
from lifecircle.catalogue.snapshot.texts import Array, Arrays, Texts

_UNREAD = object()


class Coded:
    def __init__(self, codec: Codec, codes: Array, values: Texts) -> None:
        self._codec, self.codes, self._texts = codec, codes, values
        self._codes = codes.data
        self._values: list[Any] = [_UNREAD] * len(values)

    @staticmethod
    def of(codec: Codec, values: Sequence[Any]) -> Coded:
        """Values are hashed once each object, not once a row."""
        objects = {id(value): value for value in values}
        numbers: dict[Any, int] = {}
        codes = {key: numbers.setdefault(value, len(numbers)) for key, value in objects.items()}
        column = np.fromiter((codes[id(value)] for value in values), np.int32, len(values))
        return Coded(codec, column, Texts.of(map(_writer(codec), numbers)))

    def __getitem__(self, row: int) -> Any:
        return self.value(self._codes[row])

    @property
    def size(self) -> int:
        """How many distinct values there are."""
        return len(self._values)

    def value(self, code: int) -> Any:
        found = self._values[code]
        if found is _UNREAD:
            plain = from_text(self._texts[code])
            found = self._values[code] = self._codec.decode(plain) if self._codec.decode else plain
        return found

    def values(self) -> list[Any]:
        return [self.value(code) for code in range(self.size)]

    def code(self, value: Any) -> int | None:
        return self._by_text.get(_writer(self._codec)(value))

    def table(self, wanted: Iterable[Any]) -> Array:
        """By code: whether it is one of the wanted values."""
        found = np.zeros(max(1, self.size), np.bool_)
        found[[code for value in wanted if (code := self.code(value)) is not None]] = True
        return found

    def take(self, rows: Array) -> Coded:
        return Coded(self._codec, self.codes[rows], self._texts)

    def joined(self, other: Coded) -> Coded:
        fresh = [text for text in other._texts if text not in self._by_text]
        numbers = {**self._by_text, **{text: self.size + number for number, text in enumerate(fresh)}}
        translated = np.fromiter((numbers[text] for text in other._texts), np.int32, other.size)
        codes = np.concatenate([self.codes, translated[other.codes]])
        return Coded(self._codec, codes, self._texts.joined(Texts.of(fresh)) if fresh else self._texts)

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {text: code for code, text in enumerate(self._texts)}

    def arrays(self, name: str) -> Arrays:
        return {f"{name}.codes": self.codes, **self._texts.arrays(f"{name}.values")}

    @staticmethod
    def from_arrays(codec: Codec, name: str, arrays: Mapping[str, Array]) -> Coded:
        return Coded(codec, arrays[f"{name}.codes"], Texts.from_arrays(f"{name}.values", arrays))


def _writer(codec: Codec) -> Any:
    encode = codec.encode
    return to_text if encode is None else lambda value: to_text(encode(value))
