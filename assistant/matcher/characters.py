"""What is known of each character: how it sounds, which radical it is written with, and what group it belongs to; and
what common words mean.

What is known of characters is a table by code point, so that a whole text is read by one look-up. Radicals need no
data: the unified ideographs are ordered by radical, and Unicode names the character that begins each.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lifecircle.catalogue.search.pinyin import FIRST, LAST, splits, tables

Codes = npt.NDArray[np.uint16]

BASIC = 0x10000
OTHER = 0xFFFF
"""Stands for all characters beyond the first 65,536."""
_PRIVATE = 0xE000
"""Where symbols that are no characters are numbered from."""
_KANGXI, _RADICALS = 0x2F00, 214
_LETTERS = re.compile(r"[a-z]+")
_FEWEST_SYLLABLES, _LONGEST_RUN = 2, 60


class Tables(NamedTuple):
    glyphs: Codes
    """Itself; any digit is 0."""
    sounds: Codes
    radicals: Codes
    groups: Codes
    """Of characters that mean similar things."""


class Words(NamedTuple):
    places: dict[str, int]
    vectors: npt.NDArray[np.float32]
    """A direction times how much the word counts."""
    longest: dict[str, int]
    """How long the longest word is that begins with these two characters."""


@cache
def character_tables() -> Tables:
    glyphs = np.arange(BASIC, dtype=np.uint16)
    glyphs[ord("0") : ord("9") + 1] = ord("0")
    stored = _meanings()
    groups = _radicals(glyphs)
    groups[stored["codes"]] = _PRIVATE + 0x800 + stored["groups"].astype(np.uint16)
    return Tables(glyphs, _sounds(glyphs), _radicals(glyphs), groups)


@cache
def known_words() -> Words:
    stored = _meanings()
    words = str(stored["words"]).split("\n")
    vectors = stored["vectors"].astype(np.float32) / 127 * stored["scale"][:, None]
    longest: dict[str, int] = {}
    for word in words:
        longest[word[:2]] = max(longest.get(word[:2], 0), len(word))
    return Words({word: place for place, word in enumerate(words)}, vectors, longest)


def _meanings() -> dict[str, npt.NDArray[Any]]:
    raw = (resources.files("lifecircle.assistant.matcher") / "meanings.npz").read_bytes()
    with np.load(BytesIO(raw)) as stored:
        return dict(stored)


def words_in(folded: str) -> list[int]:
    """The places of the known words in the text: the longest from each position on."""
    known = known_words()
    longest, places = known.longest, known.places
    found, at, end = [], 0, len(folded)
    while at < end:
        for length in range(longest.get(folded[at : at + 2], 1), 0, -1):
            place = places.get(folded[at : at + length])
            if place is not None:
                found.append(place)
                at += length - 1
                break
        at += 1
    return found


def _sounds(glyphs: Codes) -> Codes:
    readings = tables().readings
    sounds = np.where(readings > 0, readings + _PRIVATE, glyphs).astype(np.uint16)
    spoken = np.arange(_PRIVATE, _PRIVATE + len(tables().syllables), dtype=np.uint16)
    sounds[spoken] = spoken
    return sounds


def _radicals(glyphs: Codes) -> Codes:
    starts = sorted(ord(unicodedata.normalize("NFKC", chr(_KANGXI + number))) for number in range(_RADICALS))
    radicals = glyphs.copy()
    ideographs = np.arange(FIRST, LAST + 1)
    radicals[ideographs] = _PRIVATE + 0x400 + np.searchsorted(starts, ideographs, side="right")
    return radicals


def as_spoken(folded: str) -> str:
    """What `as_heard` makes of the text when somebody types it as pinyin."""
    sounds = character_tables().sounds
    return "".join(chr(sounds[ord(char)]) if ord(char) < BASIC else char for char in folded)


def as_heard(folded: str) -> str:
    """A text whose Latin letters are all typed pinyin has its syllables in their place, one private character each."""
    runs = _LETTERS.findall(folded)
    heard = {run: _syllables(run) for run in runs}
    if not runs or sum(map(len, heard.values())) < _FEWEST_SYLLABLES or not all(heard.values()):
        return folded
    return _LETTERS.sub(lambda run: heard[run[0]], folded)


def _syllables(letters: str) -> str:
    whole = [cut.syllables for cut in splits(letters) if not cut.begun] if len(letters) <= _LONGEST_RUN else []
    return "".join(chr(_PRIVATE + number) for number in whole[0]) if whole else ""
