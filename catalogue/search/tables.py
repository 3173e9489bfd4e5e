"""Words in the orders in which they are looked up: by pinyin, by initials, by their beginnings, by likeness."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from lifecircle.catalogue.search.likeness import Likeness
from lifecircle.catalogue.search.pinyin import is_letters, read_aloud

_MOST_BEGUN = 60


class How(IntEnum):
    """How a word begins with what was typed; the lower, the surer."""

    WRITTEN = 0
    READ = 1
    INITIALS = 2


class Begun(NamedTuple):
    word: str
    how: How


class WordTables:
    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    @cached_property
    def by_sound(self) -> dict[str, tuple[str, ...]]:
        return _grouped(("".join(read_aloud(word)), word) for word in self.words)

    @cached_property
    def by_initials(self) -> dict[str, tuple[str, ...]]:
        return _grouped(("".join(sound[0] for sound in read_aloud(word)), word) for word in self.words if len(word) > 1)

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.words)

    @cached_property
    def _orders(self) -> tuple[list[tuple[str, str]], ...]:
        """(what is typed, word) in order, for each way of typing."""
        written = sorted((word, word) for word in self.words)
        read, initials = (
            sorted((letters, word) for letters, words in table.items() for word in words)
            for table in (self.by_sound, self.by_initials)
        )
        return written, read, initials

    def beginning_with(self, typed: str) -> Iterator[Begun]:
        for how in How if is_letters(typed) else (How.WRITTEN,):
            order = self._orders[how]
            place = bisect_left(order, (typed, ""))
            for letters, word in islice(order, place, place + _MOST_BEGUN):
                if not letters.startswith(typed):
                    break
                yield Begun(word, how)

    def prepare(self) -> None:
        """Works everything out now."""
        self.likeness, self._orders  # noqa: B018 - looking is working out


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, word in pairs:
        found.setdefault(key, []).append(word)
    return {key: tuple(words) for key, words in found.items()}
