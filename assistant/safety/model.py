"""A small linear model beside the patterns: it hears the phrasings that nobody wrote a pattern for.

Character n-grams of one to three; `bench/safety_training.py` learns the weights from the voices and the utterances of
the intents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from math import sqrt

import numpy as np
from numpy.typing import NDArray

_LATIN = re.compile(r"[a-z]+")
"""English is for the patterns; a few letters of it would teach the model nothing."""

SURE = 1.6
"""The log odds from which the model alone is believed."""
POSSIBLE = -0.5
"""Below these the patterns are not believed either."""
DOUBT = -0.8
"""From these on a number is named beside the answer."""
AWAKE = -4.0
"""From these on a sentence is looked at a second time, and what follows takes the place of the three above."""
HEARD = 0.8
"""The log odds of both looks together from which a cry is heard."""
BESIDE = -1.0
"""From these on a number is named beside the answer. All chosen by leaving out one writer of the sentences."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How likely a text cries for help, as log odds, and of what if it does; no kind where that is dismissed."""

    odds: float
    kind: str


@dataclass(frozen=True, slots=True)
class Model:
    numbers: dict[str, int]
    """Of each n-gram, its row in the weights."""

    danger: list[float]
    bias: float
    kinds: tuple[str, ...]
    by_kind: NDArray[np.float32]
    kind_bias: NDArray[np.float32]
    signs: tuple[float, float, float, float]
    """What its own odds, those of the second look and a pattern count, and a bias."""

    def together(self, first: float, second: float, *, in_words: bool) -> float:
        """The log odds of both looks."""
        own, other, pattern, bias = self.signs
        return own * first + other * second + pattern * in_words + bias

    def reading(self, text: str) -> Reading:
        known = [row for gram in grams(text) if (row := self.numbers.get(gram)) is not None]
        if not known:
            return Reading(0.0, "")
        size = sqrt(len(known))
        odds = sum(self.danger[row] for row in known) / size + self.bias
        if odds < AWAKE:
            return Reading(odds, "")
        scores = self.by_kind[known].sum(axis=0) / size + self.kind_bias
        return Reading(odds, self.kinds[int(scores.argmax())])


def grams(text: str) -> set[str]:
    plain = _LATIN.sub("", text)
    if not plain:
        return set()
    ended = f"^{plain}$"
    return {ended[start : start + size] for size in (1, 2, 3) for start in range(len(ended) - size + 1)}


@lru_cache(maxsize=1)
def model() -> Model:
    with as_file(files("lifecircle.assistant.safety").joinpath("weights.npz")) as path, np.load(path) as stored:
        words = bytes(stored["grams"]).decode().split("\n")
        return Model(
            {gram: row for row, gram in enumerate(words)},
            stored["danger"].astype(np.float32).tolist(),
            float(stored["bias"]),
            tuple(bytes(stored["kinds"]).decode().split("\n")),
            stored["by_kind"].astype(np.float32),
            stored["kind_bias"].astype(np.float32),
            tuple(stored["signs"].astype(float).tolist()),
        )
