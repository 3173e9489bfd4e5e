"""How much each sign of a guide counts, and from where on a guide is an answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.policies_fit.questions import Question, as_wordings
from bench.policies_fit.solving import Floats, Whole, chosen, fitted_choice, fitted_curve, on_curve
from lifecircle.assistant.matcher import IntentMatcher, Match
from lifecircle.assistant.policies.guide_matcher import fit_guide_matcher, small_talk
from lifecircle.assistant.policies.guide_ranking import NONE, GuideRanker, goodness_signs
from lifecircle.assistant.policies.learned import Learned
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.policies.weights import Weights, weights_from
from lifecircle.assistant.retrieval import read_query

FOLDS = 5
MOST_ANSWERED = 0.03
"""Of the questions that nothing answers, when they are left out; about as many of a writer's who is left out whole."""
SIGNS = ("said", "whole", "named", "unnamed", "intents", "matched")
GOOD_SIGNS = ("odds", "best", "matched", "matched_none", "said", "said_none")
ARTICLE_SIGNS = ("text", "about", "both", "asked", "guides")
ARTICLE_GOOD_SIGNS = ("score", "text", "asked", "nothing")
SMOOTH, SHARE = 0.02, 0.004
"""Of the table of intents."""
NO_GUIDE = re.compile(
    r"(?:book|own|search|talk|sport|culture|education|birth|health|environment|veteran|work|property)\."
    r"|residence\.(?!housing)|report\.(?!noise|sewage|waste|scam)|disability\.certificate|elder\.university"
)
"""Intents that no guide is about."""
AGAINST = 5.0
"""Questions that each of them counts as, for none of the guides."""
_ALL = 10_000


class Remembered(IntentMatcher):
    """The project's matcher, asked once for each text: every text is ranked many times."""

    def __init__(self, matcher: IntentMatcher) -> None:
        self._asked, self._known = matcher, dict[str, list[Match]]()

    def match(self, text: str, k: int = 3) -> list[Match]:
        if text not in self._known:
            self._known[text] = self._asked.match(text, _ALL)
        return self._known[text][:k]


@dataclass(frozen=True)
class Fitted:
    signs: Floats
    """How much each counts, and `nothing`."""
    good: Floats
    guide_from: float

    def chances(self, signs: Floats) -> Floats:
        return chosen(_with_nothing(signs) @ self.signs)

    def goodness(self, signs: Floats) -> Floats:
        return on_curve(self.good, _good_signs(signs, self.chances(signs)))

    def stored(self) -> dict[str, Any]:
        return {
            "guides": named((*SIGNS, "nothing"), self.signs),
            "guide_good": named((*GOOD_SIGNS, "offset"), self.good),
            "guide_from": round(self.guide_from, 3),
        }


@dataclass(frozen=True)
class Bench:
    """Guides and matcher, which stay the same while questions are left out."""

    guides: Sequence[Policy]
    matcher: Remembered

    def truth(self, questions: Iterable[Question]) -> Whole:
        places = {policy.id: at for at, policy in enumerate(self.guides)}
        return np.array([places[one.guides[0]] if one.guides else len(self.guides) for one in questions])

    def learned(self, kept: Sequence[Question], stored: Mapping[str, Any] | None = None) -> Learned:
        wordings = as_wordings(kept)
        guessed = fit_guide_matcher(wordings, small_talk())
        return Learned(wordings, weights_of({"intents": self.table(kept), **(stored or {})}), guessed)

    def signs(self, asked: Sequence[Question], kept: Sequence[Question]) -> Floats:
        """Of questions about which nothing is known but what others asked."""
        ranker = GuideRanker(self.guides, self.learned(kept), self.matcher)
        return np.stack([ranker.signs(read_query(one.text)) for one in asked])

    def signs_left_out(self, questions: Sequence[Question]) -> Floats:
        """Each with itself and a fifth of the others left out."""
        turn = np.random.default_rng(1).integers(0, FOLDS, len(questions))
        signs = np.zeros((len(questions), len(self.guides) + 1, len(SIGNS)))
        for number in range(FOLDS):
            kept = [one for one, its in zip(questions, turn, strict=True) if its != number]
            out = np.flatnonzero(turn == number)
            signs[out] = self.signs([questions[at] for at in out], kept)
        return signs

    def fit(self, questions: Sequence[Question]) -> Fitted:
        return fitted(self.signs_left_out(questions), self.truth(questions))

    def table(self, kept: Sequence[Question]) -> dict[str, dict[str, float]]:
        """How the questions that the matcher takes for an intent spread over the guides."""
        keys = [*(policy.id for policy in self.guides), NONE]
        known = [(text, at) for at, guide in enumerate(self.guides) for text in (guide.title, *guide.questions)]
        known += zip((one.text for one in kept), self.truth(kept), strict=True)
        found = [(self.matcher.match(text, _ALL), at) for text, at in known]
        intents = sorted({match.intent or NONE for matches, _ in found for match in matches})
        rows = {intent: number for number, intent in enumerate(intents)}
        counted = np.full((len(intents), len(keys)), SMOOTH)
        for intent, row in rows.items():
            counted[row, -1] += AGAINST * bool(NO_GUIDE.match(intent))
        for matches, at in found:
            for match in matches:
                counted[rows[match.intent or NONE], at] += match.confidence
        shares = counted / counted.sum(axis=1, keepdims=True)
        return {
            intent: {keys[at]: round(float(shares[row, at]), 4) for at in np.flatnonzero(shares[row] >= SHARE)}
            for intent, row in rows.items()
        }


def fitted(signs: Floats, truth: Whole) -> Fitted:
    weights = fitted_choice(_with_nothing(signs), truth)
    is_asked = truth < signs.shape[1] - 1
    given = _good_signs(signs, chosen(_with_nothing(signs) @ weights))
    good = fitted_curve(given, is_asked.astype(int))
    return Fitted(weights, good, float(np.quantile(on_curve(good, given)[~is_asked], 1 - MOST_ANSWERED)))


def report(bench: Bench, questions: Sequence[Question], signs: Floats, known: Fitted) -> str:
    """Shares of right guides and of answers."""
    places = {policy.id: at for at, policy in enumerate(bench.guides)}
    asked = [at for at, one in enumerate(questions) if one.guides]
    others = [at for at, one in enumerate(questions) if not one.guides]
    best = np.argsort(-known.chances(signs)[asked, :-1], axis=1)[:, :3]
    right = [{places[guide] for guide in questions[at].guides} for at in asked]
    hits = np.array([[place in its for place in three] for three, its in zip(best.tolist(), right, strict=True)])
    is_good = known.goodness(signs) >= known.guide_from
    return (
        f"{len(asked)} questions, right guide first {hits[:, 0].mean():.3f}, in three {hits.any(axis=1).mean():.3f}, "
        f"answered {is_good[asked].mean():.3f}; of {len(others)} that nothing answers {is_good[others].mean():.3f}"
    )


def weights_of(stored: Mapping[str, Any]) -> Weights:
    """With nothing for what is not stored yet."""
    nothing = {
        "guides": dict.fromkeys((*SIGNS, "nothing"), 0.0),
        "guide_good": dict.fromkeys((*GOOD_SIGNS, "offset"), 0.0),
        "articles": dict.fromkeys(ARTICLE_SIGNS, 0.0),
        "article_good": dict.fromkeys((*ARTICLE_GOOD_SIGNS, "offset"), 0.0),
        "guide_from": 0.5,
        "article_from": 0.5,
    }
    return weights_from(nothing | dict(stored))


def named(names: Sequence[str], values: Floats) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}


def _with_nothing(signs: Floats) -> Floats:
    """With the sign that only none of the guides has."""
    is_none = np.zeros((*signs.shape[:2], 1))
    is_none[:, -1] = 1
    return np.concatenate([signs, is_none], axis=2)


def _good_signs(signs: Floats, chances: Floats) -> Floats:
    return np.stack([goodness_signs(*pair) for pair in zip(signs, chances, strict=True)])
