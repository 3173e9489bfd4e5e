"""Which guide is meant: likeness of words and meaning, what the two matchers say, and the words of an exception,
weighed together into one probability for each guide and for none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.characters import as_heard
from lifecircle.assistant.policies.guide_matcher import LEAST, GuideMatch
from lifecircle.assistant.policies.learned import Learned
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.policies.wordings.reading import guide_wordings, unknown_of
from lifecircle.assistant.retrieval import Asked, PassageIndex
from lifecircle.catalogue.text import bare, fold

Floats = npt.NDArray[np.float64]

NONE = "-"
"""Stands for the matters that no guide speaks of."""
OWN_WORDS = 0.98
"""Confidence in a guide whose own question was asked, letter by letter."""
_LEAST = 1e-3
"""Share of an intent that any guide may have: new guides are in no table."""
_SOFTER = 1 / 1.5
"""The matcher's confidences are flattened: its intents are wider than the guides."""


SAID, MATCHED = 0, 5
"""Columns of the signs."""
_LEAST_LIKE = 0.12
"""Below this likeness to every question of a guide there is no word of it in the text: of 2,577 questions that people
asked, none is below it while it is left out."""
_LEAST_SURE = 0.15
"""Where no guide is likelier, the best one is no answer, however sure it is that some guide is meant."""
_SURE = 1e-6
"""Chances are kept so far from 0 and 1 before their odds are taken."""


@dataclass(frozen=True, slots=True)
class RankedGuides:
    confidences: Floats
    """By guide, in the order of the ranker; they and `nothing` come to 1."""
    nothing: float
    good: float
    """That the best guide may be given as an answer, 0 … 1."""

    def best_first(self) -> list[int]:
        return [int(place) for place in np.argsort(-self.confidences, kind="stable")]


class GuideRanker:
    def __init__(self, policies: Sequence[Policy], learned: Learned, matcher: IntentMatcher | None) -> None:
        """Without one of the matchers likeness decides, and less well."""
        self.policies = tuple(policies)
        self._weights, self._matcher = learned.weights.guides, matcher
        self._good = np.array(astuple(learned.weights.guide_good))
        keys = [*(policy.id for policy in policies), NONE]
        self._table = _table(keys, learned.weights.intents, matcher.intents if matcher else ())
        self._guessed = GuideMatch(learned.guide_matcher, [policy.id for policy in policies])
        self._said, self._whole = _Grouped(PassageIndex()), _Grouped(PassageIndex(words=0))
        wordings, unknown = guide_wordings(learned.wordings), unknown_of(learned.wordings)
        for policy in policies:
            passages = dict.fromkeys((policy.title, policy.summary, *policy.questions, *wordings.get(policy.id, ())))
            self._said.add(policy.id, passages)
            self._whole.add(policy.id, [" ".join((*passages, policy.body, *policy.steps))])
        self._said.add(NONE, unknown)
        self._whole.add(NONE, [" ".join(unknown)])
        self._own = {bare(text): at for at, policy in enumerate(policies) for text in (policy.title, *policy.questions)}
        self._named = [tuple(fold(word) for word in policy.only_if) for policy in policies]
        self._is_exception = np.array([bool(words) for words in self._named] + [False])
        self._places = [_names_of(policy.region) for policy in policies]

    def rank(self, asked: Asked) -> RankedGuides:
        signs, text, said = self.signs(asked), asked.text, asked.folded
        scores = signs @ np.array(self._vector())
        scores[-1] += self._weights.nothing
        is_here = np.array([not names or any(name in said for name in names) for names in self._places] + [True])
        chances = np.where(is_here, np.exp(scores - scores.max()), 0.0)
        chances /= chances.sum()
        good = self._goodness(said, signs, chances)
        own = self._own.get(bare(text))
        if own is not None:
            chances *= (1 - OWN_WORDS) / max(1 - chances[own], 1e-9)
            chances[own] = good = OWN_WORDS
        return RankedGuides(chances[:-1], float(chances[-1]), good)

    def is_own_question(self, text: str) -> bool:
        """Whether it is, letter by letter, a question of a guide."""
        return bare(text) in self._own

    def signs(self, asked: Asked) -> Floats:
        """A row for each guide and one for none of them."""
        said = asked.folded
        is_named = np.array([any(word in said for word in words) for words in self._named] + [False])
        matched = self._guessed.logarithms(asked.text)
        return np.stack(
            [
                self._said.scores(asked),
                self._whole.scores(asked),
                is_named.astype(float),
                (self._is_exception & ~is_named).astype(float),
                self._by_intents(asked.text),
                np.zeros(len(is_named)) if matched is None else matched,
            ],
            axis=1,
        )

    def _vector(self) -> tuple[float, ...]:
        weights = self._weights
        return weights.said, weights.whole, weights.named, weights.unnamed, weights.intents, weights.matched

    def _goodness(self, said: str, signs: Floats, chances: Floats) -> float:
        is_foreign = signs[:, SAID].max() < _LEAST_LIKE and as_heard(said) == said  # and not typed in pinyin
        if is_foreign or len(chances) < 2 or chances[:-1].max() < _LEAST_SURE:
            return 0.0
        given = goodness_signs(signs, chances, is_matched=self._guessed.knows(int(chances[:-1].argmax())))
        return float(1 / (1 + np.exp(-(given @ self._good[:-1] + self._good[-1]))))

    def _by_intents(self, text: str) -> Floats:
        """The logarithm of how likely each guide is, by the intents alone."""
        flat = self._matcher.chances(text) ** _SOFTER if self._matcher else np.zeros(0)
        return np.asarray(np.log(flat @ self._table / max(flat.sum(), _LEAST) + _LEAST))


def goodness_signs(signs: Floats, chances: Floats, *, is_matched: bool = True) -> Floats:
    """What speaks for an answer: one value for each weight of `GuideGood` but the offset.

    Where the guide matcher does not know the best guide, the chances stand for what it would have said.
    """
    some, said = 1 - chances[-1], signs[:, SAID]
    matched = signs[:, MATCHED] if is_matched else np.log(np.maximum(chances, LEAST))
    some = min(max(some, _SURE), 1 - _SURE)
    return np.array(
        [
            np.log(some / (1 - some)),
            chances[:-1].max(),
            matched[:-1].max(),
            matched[-1],
            said[:-1].max(),
            said[-1],
        ]
    )


class _Grouped:
    """An index whose passages belong to guides, those of each behind one another; the best passage counts."""

    def __init__(self, index: PassageIndex) -> None:
        self._index = index
        self._starts: list[int] = []

    def add(self, key: str, passages: Iterable[str]) -> None:
        self._starts.append(len(self._index))
        for passage in passages:
            self._index.add(key, passage)

    def scores(self, asked: Asked) -> Floats:
        every = np.append(self._index.all_scores(asked), 0.0)  # the last may have no passages
        return np.maximum.reduceat(every, self._starts).astype(np.float64)


def _table(keys: Sequence[str], shares: Mapping[str, Mapping[str, float]], intents: Sequence[str | None]) -> Floats:
    """Which guides (columns) an intent (row) stands for."""
    known = [shares.get(intent or NONE, {}) for intent in intents]
    return np.array([[guides.get(key, 0.0) for key in keys] for guides in known]).reshape(len(known), len(keys))


def _names_of(region: str | None) -> tuple[str, ...]:
    if region is None:
        return ()
    folded = fold(region)
    return folded, folded.removesuffix("市").removesuffix("省")
