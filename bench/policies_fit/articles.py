"""How much each sign of an article counts, and from where on an article alone is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.policies_fit.guides import ARTICLE_GOOD_SIGNS, ARTICLE_SIGNS, FOLDS, named, weights_of
from bench.policies_fit.questions import Question, as_wordings
from bench.policies_fit.solving import Floats, fitted_choice, fitted_curve, on_curve
from lifecircle.assistant.policies.article_ranking import ArticleRanker, goodness_signs
from lifecircle.assistant.policies.guide_ranking import RankedGuides
from lifecircle.assistant.policies.learned import Learned
from lifecircle.assistant.policies.model import Policy, Regulation
from lifecircle.assistant.retrieval import read_query

MOST_ANSWERED = 0.01
"""Of the questions that nothing answers, by an article alone."""


@dataclass(frozen=True)
class FittedArticles:
    signs: Floats
    good: Floats
    article_from: float

    def stored(self) -> dict[str, Any]:
        return {
            "articles": named(ARTICLE_SIGNS, self.signs),
            "article_good": named((*ARTICLE_GOOD_SIGNS, "offset"), self.good),
            "article_from": round(self.article_from, 3),
        }

    def goodness(self, signs: Floats, nothing: Floats) -> Floats:
        return on_curve(self.good, _good_signs(signs, signs @ self.signs, nothing))


@dataclass(frozen=True)
class ArticleBench:
    guides: Sequence[Policy]
    regulations: Sequence[Regulation]

    def truth(self, questions: Sequence[Question]) -> list[list[int]]:
        """The places of the right articles; none for a question that nothing answers."""
        every = [(law.short_title, article.number) for law in self.regulations for article in law.articles]
        places = {key: at for at, key in enumerate(every)}
        return [[places[key] for key in one.articles if key in places] for one in questions]

    def signs(self, asked: Sequence[Question], chances: Floats, kept: Sequence[Question]) -> Floats:
        """`chances` of the guides by question: the confidences of a `RankedGuides`, and of none behind them."""
        ranker = ArticleRanker(
            self.regulations, self.guides, Learned(as_wordings((), kept), weights_of({"intents": {}}), None)
        )
        known = [RankedGuides(row[:-1], float(row[-1]), 0.0) for row in chances]
        return np.stack([ranker.signs(read_query(one.text), its) for one, its in zip(asked, known, strict=True)])

    def signs_left_out(self, questions: Sequence[Question], chances: Floats) -> Floats:
        turn = np.random.default_rng(2).integers(0, FOLDS, len(questions))
        parts = []
        for number in range(FOLDS):
            out = np.flatnonzero(turn == number)
            kept = [one for one, its in zip(questions, turn, strict=True) if its != number]
            parts.append((out, self.signs([questions[at] for at in out], chances[out], kept)))
        signs = np.zeros((len(questions), *parts[0][1].shape[1:]))
        for out, part in parts:
            signs[out] = part
        return signs

    def fit(
        self, questions: Sequence[Question], chances: Floats, unknown: Sequence[Question], unknown_chances: Floats
    ) -> FittedArticles:
        """Every article question is ranked with itself left out; the unknown ones stand in no article's wordings."""
        signs, truth = self.signs_left_out(questions, chances), self.truth(questions)
        others = self.signs(unknown, unknown_chances, questions)
        is_known = np.array([bool(right) for right in truth])
        weights = fitted_choice(signs[is_known], np.array([right[0] for right in truth if right]), start=1.0)
        scores, nothing = signs @ weights, np.append(chances[:, -1], unknown_chances[:, -1])
        is_right = [best in right for best, right in zip(scores.argmax(axis=1).tolist(), truth, strict=True)]
        both = np.concatenate([signs, others])
        given = _good_signs(both, both @ weights, nothing)
        good = fitted_curve(given, np.array([*is_right, *([False] * len(unknown))], int))
        least = float(np.quantile(on_curve(good, given[len(questions) :]), 1 - MOST_ANSWERED))
        return FittedArticles(weights, good, max(least, 0.5))


def report(signs: Floats, truth: Sequence[Sequence[int]], known: FittedArticles, nothing: Floats) -> str:
    best = np.argsort(-(signs @ known.signs), axis=1).tolist()
    hits = {k: [not set(row[:k]).isdisjoint(right) for row, right in zip(best, truth, strict=True)] for k in (1, 3, 5)}
    shares = ", ".join(f"in {k} {np.mean(found):.3f}" for k, found in hits.items())
    answered = (known.goodness(signs, nothing) >= known.article_from).mean()
    return f"{len(truth)} questions, right article {shares}; an article alone answers {answered:.3f}"


def _good_signs(signs: Floats, scores: Floats, nothing: Floats) -> Floats:
    best = scores.argmax(axis=1)
    return np.array(
        [
            goodness_signs(score[at], rows[at], none)
            for rows, score, at, none in zip(signs, scores, best, nothing, strict=True)
        ]
    )
