"""How Chinese is read, without tones: from characters to syllables, and from typed letters back to syllables.

The tables come from pypinyin and lie beside this module as data (`bench/make_pinyin.py` writes them).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib import resources
from io import BytesIO
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FIRST, LAST = 0x4E00, 0x9FFF
PAIR_BASE = LAST - FIRST + 1
LONGEST_SYLLABLE = 6
MAX_SPLITS = 4
"""Ways of cutting typed letters that are looked at: xian is xian or xi an."""


class Tables(NamedTuple):
    syllables: list[str]
    """By number, in alphabetical order; 0: not a Chinese character."""
    readings: npt.NDArray[np.uint16]
    """The usual reading of each character, by code point."""
    numbers: dict[str, int]
    pairs: dict[int, tuple[int, int]]
    """Two characters that are read otherwise together: 银行."""


@cache
def tables() -> Tables:
    raw = (resources.files("lifecircle.catalogue.search") / "pinyin.npz").read_bytes()
    with np.load(BytesIO(raw)) as stored:
        syllables = [str(one) for one in stored["syllables"]]
        readings = np.zeros(0x10000, np.uint16)
        readings[FIRST : LAST + 1] = stored["readings"]
        values = stored["pair_readings"].tolist()
        pairs = {key: (read[0], read[1]) for key, read in zip(stored["pairs"].tolist(), values, strict=True)}
    return Tables(syllables, readings, {name: number for number, name in enumerate(syllables) if name}, pairs)


def reading(char: str) -> int:
    """The number of the character's usual syllable; 0 where it has none."""
    code = ord(char)
    return int(tables().readings[code]) if code < 0x10000 else 0


@lru_cache(maxsize=20_000)
def read_aloud(text: str) -> tuple[str, ...]:
    """One syllable a character; what is not Chinese stands for itself."""
    known = tables()
    numbers = [reading(char) for char in text]
    for at in range(len(text) - 1):
        if numbers[at] and numbers[at + 1]:
            key = (ord(text[at]) - FIRST) * PAIR_BASE + ord(text[at + 1]) - FIRST
            if key in known.pairs:
                numbers[at], numbers[at + 1] = known.pairs[key]
    return tuple(known.syllables[number] or char for number, char in zip(numbers, text, strict=True))


def initials(text: str) -> str:
    """The first letter of every syllable: 惠民 → hm."""
    return "".join(syllable[0] for syllable in read_aloud(text))


def is_letters(text: str) -> bool:
    """Whether the text could be typed pinyin."""
    return text.isascii() and text.isalpha()


class Split(NamedTuple):
    """Typed letters cut into whole syllables, and what is left over of the last one while typing."""

    syllables: tuple[int, ...]
    begun: str


def splits(letters: str) -> list[Split]:
    """The likeliest ways to cut letters into syllables, fewest syllables first; none where they are not pinyin."""
    return sorted(_first(_cut(letters), MAX_SPLITS * 4), key=lambda cut: len(cut.syllables) + bool(cut.begun))[
        :MAX_SPLITS
    ]


def _cut(letters: str) -> Iterator[Split]:
    """Longest syllables first."""
    numbers = tables().numbers
    dead: set[int] = set()

    def walk(at: int, sofar: tuple[int, ...]) -> Iterator[Split]:
        if at == len(letters):
            yield Split(sofar, "")
            return
        if at in dead:
            return
        found = False
        for end in range(min(at + LONGEST_SYLLABLE, len(letters)), at, -1):
            number = numbers.get(letters[at:end])
            if number:
                for cut in walk(end, (*sofar, number)):
                    found = True
                    yield cut
        rest = letters[at:]
        if len(rest) < LONGEST_SYLLABLE and starting_with(rest):
            found = True
            yield Split(sofar, rest)
        if not found:
            dead.add(at)

    return walk(0, ())


def _first(found: Iterator[Split], most: int) -> list[Split]:
    return [cut for cut, _ in zip(found, range(most), strict=False)]


@lru_cache(maxsize=2_000)
def starting_with(letters: str) -> tuple[int, ...]:
    """Numbers of the syllables that begin with the letters."""
    return tuple(number for name, number in tables().numbers.items() if name.startswith(letters))
