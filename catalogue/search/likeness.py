"""Which known words a text is like: shared characters, pairs, syllables and pairs of syllables, the rare ones most.

Homophones share their syllables, a wrong character leaves the others; what the grams bring up is looked at again with
an edit distance. For typed pinyin the letters themselves are compared.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Indel

from lifecircle.catalogue.search.pinyin import read_aloud

_LOOKED_AT = 24
_OF_WORD, _OF_TEXT = 0.62, 0.38
"""How much it counts that the word is covered by the text, and the text by the word."""

_LEAST_LETTERS = 84.0
"""Of 100, for pinyin with a typing mistake."""


class Like(NamedTuple):
    word: str
    likeness: float
    """0 … 1."""


class Likeness:
    def __init__(self, words: Iterable[str]) -> None:
        self._words = [word for word in words if len(word) > 1]
        held: dict[str, list[int]] = {}
        grams = [_grams(word) for word in self._words]
        for number, of_word in enumerate(grams):
            for gram in of_word:
                held.setdefault(gram, []).append(number)
        count = max(1, len(self._words))
        self._rarity = {gram: math.log(1 + count / len(numbers)) * _factor(gram) for gram, numbers in held.items()}
        self._held = {gram: np.array(numbers, np.int32) for gram, numbers in held.items()}
        self._unknown = math.log(1 + count)
        self._weights = np.array([sum(map(self._rarity.__getitem__, of_word)) for of_word in grams] or [1.0])
        self._sounds = ["".join(read_aloud(word)) for word in self._words]

    def _weight(self, grams: set[str]) -> float:
        return sum(self._rarity.get(gram, self._unknown * _factor(gram)) for gram in grams) or 1.0

    def like(self, text: str, most: int) -> list[Like]:
        """The likest words, best first."""
        grams = _grams(text)
        known = [gram for gram in sorted(grams) if gram in self._held]
        if not known:
            return []
        numbers = np.concatenate([self._held[gram] for gram in known])
        weights = np.repeat([self._rarity[gram] for gram in known], [len(self._held[gram]) for gram in known])
        shared = np.bincount(numbers, weights, len(self._words))
        found = _OF_WORD * shared / self._weights + _OF_TEXT * shared / self._weight(grams)
        places = np.argpartition(-found, min(_LOOKED_AT, len(found) - 1))[:_LOOKED_AT]
        likes = [Like(self._words[place], self._again(text, int(place), float(found[place]))) for place in places]
        return sorted(likes, key=lambda like: (-like.likeness, like.word))[:most]

    def _again(self, text: str, place: int, found: float) -> float:
        """One wrong character in a short word breaks most of its grams and little of the word."""
        word = self._words[place]
        if abs(len(word) - len(text)) > 1 or len(text) < 3:
            return min(found, 1.0)
        return min(1.0, max(found, Indel.normalized_similarity(text, word) * 0.95))

    def like_letters(self, letters: str) -> list[Like]:
        """Words whose pinyin the letters nearly are."""
        found = process.extract(letters, self._sounds, scorer=fuzz.ratio, score_cutoff=_LEAST_LETTERS, limit=3)
        return [Like(self._words[place], score / 100) for _, score, place in found]


def _grams(text: str) -> set[str]:
    sounds = read_aloud(text)
    pairs = {f"{a}{b}" for a, b in itertools.pairwise(text)}
    sound_pairs = {f"{a} {b}" for a, b in itertools.pairwise(sounds)}
    return set(text) | pairs | {f"~{sound}" for sound in sounds} | {f"~{pair}" for pair in sound_pairs}


def _factor(gram: str) -> float:
    """Characters count more than sounds, pairs more than single ones."""
    if gram[0] == "~":
        return 0.6 if " " in gram else 0.25
    return 1.0 if len(gram) == 2 else 0.55
