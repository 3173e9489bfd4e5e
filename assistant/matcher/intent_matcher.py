"""From examples to intents: the same words first, then a linear model, then the encoder where that one is unsure."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from lifecircle.assistant.matcher import calibration, storage
from lifecircle.assistant.matcher.characters import as_heard, as_spoken
from lifecircle.assistant.matcher.encoder import SentenceEncoder
from lifecircle.assistant.matcher.features import Rows, Vocabulary, Whole, prepared
from lifecircle.assistant.matcher.homophones import mistyped
from lifecircle.assistant.matcher.model import Match
from lifecircle.assistant.matcher.solver import MANY_ROUNDS, ROUNDS, fitted, fitted_on
from lifecircle.assistant.matcher.storage import Stage
from lifecircle.catalogue.text import bare

SURE = 0.99
"""From this confidence on the encoder is not asked."""
EMBEDDING_WEIGHT = 1.5
_SAME_WORDS = 0.98
"""Confidence in a sentence that is, letter by letter, an example."""
_HELD_BACK = 5
"""One example in so many is held back to calibrate, in as many turns as the size of the set allows."""
_TYPED = 4
"""One example in so many is learned a second time as it would be typed in pinyin."""
_MISTYPED = 4
"""One in so many is learned a second time with a homophone in it, where there is an encoder: it takes the meaning from
words, and a wrong character makes another word."""
_MANY = 1_000
"""Examples, below which a mistyped one misleads more than it teaches."""
_REMEMBERED = 8
"""Sentences that were read last: a turn asks about its own two or three times."""
_MOST_CALIBRATED = 3000
"""Examples that may be fitted for the calibration alone, in all turns together; at least one turn is taken."""


class IntentMatcher:
    """Made by `fit` or `load`; unchangeable, and safe to use from several threads."""

    def __init__(
        self,
        intents: Sequence[str | None],
        vocabulary: Vocabulary,
        same: dict[str, int],
        first: Stage,
        second: Stage | None = None,
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self._intents = tuple(intents)
        self._vocabulary = vocabulary
        self._same = same
        self._first, self._second = first, second
        self._encoder = encoder
        self._chances_of = lru_cache(_REMEMBERED)(self._read)

    @property
    def intents(self) -> tuple[str | None, ...]:
        """In the order of `chances`; None stands for what belongs to none."""
        return self._intents

    @property
    def threshold(self) -> float:
        """Below this confidence it is better to ask than to act. 95 % of what belongs to an intent reaches it."""
        return (self._second or self._first).threshold

    @classmethod
    def fit(
        cls,
        examples: Iterable[tuple[str, str]],
        *,
        reject: Iterable[str] = (),
        encoder: SentenceEncoder | None = None,
    ) -> IntentMatcher:
        """From (text, intent), and texts that have none. Raises ValueError where there is nothing to tell apart."""
        given: list[tuple[str, str | None]] = [*examples, *((text, None) for text in reject)]
        said = [(folded, intent) for text, intent in given if (folded := prepared(text))]
        intents = sorted({intent for _, intent in said if intent is not None})
        numbered: list[str | None] = [*intents, *([None] if any(intent is None for _, intent in said) else [])]
        if len(numbered) < 2:
            raise ValueError("a matcher needs at least two intents, or one and a text to reject")
        number = {intent: at for at, intent in enumerate(numbered)}
        texts = [text for text, _ in said]
        labels = np.array([number[intent] for _, intent in said])
        rejected = number.get(None)
        typed = range(0, len(texts), _TYPED)
        read = texts + [as_spoken(texts[at]) for at in typed]
        known = np.concatenate([labels, labels[typed]])
        vocabulary = Vocabulary.of(read)
        rows = vocabulary.rows(read)
        same = _same_words(texts, labels)
        first = _stage(rows, known, len(texts), len(vocabulary), len(numbered), rejected)
        if encoder is None:
            return cls(numbered, vocabulary, same, first)
        wrong = range(1, len(texts), _MISTYPED) if len(texts) >= _MANY else range(0)
        both = texts + [prepared(mistyped(texts[at], random.Random(at))) for at in wrong]  # noqa: S311 - no secret
        wider = vocabulary.rows(both).encoded(EMBEDDING_WEIGHT * encoder.encode(both))
        known = np.concatenate([labels, labels[wrong]])
        second = _stage(wider, known, len(texts), len(vocabulary), len(numbered), rejected, anew=True, twins=wrong)
        return cls(numbered, vocabulary, same, first, second, encoder)

    def chances(self, text: str) -> npt.NDArray[np.float64]:
        """Of every intent, in their order; not to be changed."""
        found = self._chances_of(text)
        return np.array([float(intent is None) for intent in self._intents]) if found is None else found

    def match(self, text: str, k: int = 3) -> list[Match]:
        """The k likeliest intents, the best first; None among them stands for what belongs to none."""
        chances = self._chances_of(text)
        if chances is None:
            return self._nothing(k)
        best = np.argsort(-chances, kind="stable")[:k]
        intents, confidences = self._intents, chances[best].tolist()
        return [Match(intents[at], chance) for at, chance in zip(best.tolist(), confidences, strict=True)]

    def _read(self, text: str) -> npt.NDArray[np.float64] | None:
        """The chance of each intent; None where no character is known. Not to be changed by whoever gets it."""
        folded = prepared(text)
        rows = self._vocabulary.row(folded)
        if not len(rows.columns):
            return None
        chances = self._chances(folded, rows)
        known = self._same.get(bare(folded))
        if known is not None:
            chances *= (1 - _SAME_WORDS) / max(1 - chances[known], 1e-9)
            chances[known] = _SAME_WORDS
        return chances

    def _chances(self, folded: str, rows: Rows) -> npt.NDArray[np.float64]:
        first = self._first
        chances = calibration.confidences(first.linear.scores(rows)[0], first.sharpness)
        if self._second is None or self._encoder is None or chances.max() >= SURE or as_heard(folded) != folded:
            return chances
        wider = rows.encoded(EMBEDDING_WEIGHT * self._encoder.encode([folded]))
        return calibration.confidences(self._second.linear.scores(wider)[0], self._second.sharpness)

    def _nothing(self, k: int) -> list[Match]:
        """Not one known character: nothing that was learned speaks for anything."""
        others = [intent for intent in self._intents if intent is not None]
        return [Match(None, 1.0), *(Match(intent, 0.0) for intent in others)][:k]

    def save(self, path: str | Path, *, digest: str = "") -> None:
        """One file; `digest` names what it was fitted from."""
        storage.save(Path(path), self._stored(digest))

    @classmethod
    def load(
        cls, path: str | Path, *, digest: str | None = None, encoder: SentenceEncoder | None = None
    ) -> IntentMatcher | None:
        """None where there is no such file, or it was fitted from something else or with another encoder.

        What was fitted with an encoder is also of use without.
        """
        stored = storage.load(Path(path))
        if stored is None or (digest is not None and stored.digest != digest):
            return None
        if encoder is not None and stored.encoder != encoder.name:
            return None
        second = stored.second if encoder else None
        return cls(stored.intents, stored.vocabulary, stored.same, stored.first, second, encoder)

    def _stored(self, digest: str) -> storage.Stored:
        name = self._encoder.name if self._encoder else ""
        return storage.Stored(self._intents, self._vocabulary, self._same, self._first, self._second, name, digest)


def _same_words(texts: Sequence[str], labels: Whole) -> dict[str, int]:
    """Examples by their letters; those that stand under two intents are left to the model."""
    same: dict[str, int] = {}
    twice: set[str] = set()
    for text, label in zip(texts, labels.tolist(), strict=True):
        letters = bare(text)
        if same.setdefault(letters, label) != label:
            twice.add(letters)
    return {letters: label for letters, label in same.items() if letters and letters not in twice}


def _stage(
    rows: Rows,
    labels: Whole,
    said: int,
    columns: int,
    intents: int,
    rejected: int | None,
    *,
    anew: bool = False,
    twins: Sequence[int] = (),
) -> Stage:
    """Calibrated on what was held back at first, and fitted on everything in the end: a little more, or anew, which
    takes longer and is better for few examples and with an encoder. Only the first `said` rows are held back, and those
    after them that are their `twins`, which would tell too much.

    On one thread: the products are small, and threads that wait for each other on a busy machine cost a hundredfold.
    """
    with threadpool_limits(1, "blas"):
        is_anew = anew or said <= _MOST_CALIBRATED
        rounds = ROUNDS if is_anew else MANY_ROUNDS
        turn = np.full(len(rows), -1)
        turn[:said] = np.random.default_rng(0).permutation(said) % _HELD_BACK
        if twins:
            turn[said:] = turn[list(twins)]
        scores, truth = [], []
        for number in range(min(_HELD_BACK, max(1, _MOST_CALIBRATED // said))):
            kept, held = np.flatnonzero(turn != number), np.flatnonzero(turn[:said] == number)
            linear = fitted(rows.take(kept), labels[kept], columns, intents, rounds)
            scores.append(linear.scores(rows.take(held)))
            truth.append(labels[held])
        known, right = np.concatenate(scores), np.concatenate(truth)
        sharpness = calibration.sharpness_of(known, right)
        threshold = calibration.threshold_of(calibration.confidences(known, sharpness), right, rejected)
        last = fitted(rows, labels, columns, intents) if is_anew else fitted_on(linear, rows, labels)
        return Stage(last.rounded(), sharpness, threshold)
