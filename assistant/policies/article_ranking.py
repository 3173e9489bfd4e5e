"""Which articles fit a question: what was said, the same in the words of law, and what the guides that fit rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lifecircle.assistant.policies.guide_ranking import Floats, RankedGuides
from lifecircle.assistant.policies.learned import Learned
from lifecircle.assistant.policies.legal_words import legal_words
from lifecircle.assistant.policies.model import Article, ArticleMatch, Policy, Regulation
from lifecircle.assistant.policies.plain_words import plain_words
from lifecircle.assistant.policies.wordings.reading import ArticleKey, article_wordings
from lifecircle.assistant.retrieval import Asked, PassageIndex, read_query

TEXT, ASKED = 0, 3
"""Columns of the signs."""


@dataclass(frozen=True, slots=True)
class RankedArticles:
    matches: tuple[ArticleMatch, ...]
    """The best few, best first."""
    confidence: float
    """That the best one answers."""


class ArticleRanker:
    """Over the articles of all regulations, those of one after those of another."""

    def __init__(self, regulations: Iterable[Regulation], policies: Sequence[Policy], learned: Learned) -> None:
        self._weights, self._good = learned.weights.articles, learned.weights.article_good
        self.articles: list[tuple[Regulation, Article]] = [
            (regulation, article) for regulation in regulations for article in regulation.articles
        ]
        self._text, self._about, self._asked = PassageIndex(), PassageIndex(), PassageIndex()
        self._starts: list[int] = []
        gists, wordings = _gists(policies), article_wordings(learned.wordings)
        for place, (regulation, article) in enumerate(self.articles):
            said = [*gists.get((regulation.short_title, article.number), ()), *_said_of(regulation, article, wordings)]
            self._text.add(str(place), article.text)
            self._about.add(str(place), " ".join((regulation.short_title, *article.path, *said, article.text)))
            self._starts.append(len(self._asked))
            for text in said or [article.text]:
                self._asked.add(str(place), text)
        self._cited = _citations(self.articles, policies)

    def rank(self, asked: Asked, guides: RankedGuides, k: int) -> RankedArticles:
        if not self.articles:
            return RankedArticles((), 0.0)
        signs = self.signs(asked, guides)
        scores = signs @ self._vector()
        best = np.argsort(-scores, kind="stable")[:k]
        matches = tuple(ArticleMatch(*self.articles[int(at)], score=float(scores[at])) for at in best)
        return RankedArticles(matches, self._confidence(scores[best[0]], signs[best[0]], guides.nothing))

    def signs(self, asked: Asked, guides: RankedGuides) -> Floats:
        """A row for each article."""
        both = read_query(f"{asked.text} {legal_words(asked.text)}")
        return np.stack(
            [
                self._text.all_scores(asked),
                self._about.all_scores(asked),
                self._about.all_scores(both),
                np.maximum.reduceat(self._asked.all_scores(asked), self._starts),
                self._cited @ guides.confidences if len(guides.confidences) else np.zeros(len(self.articles)),
            ],
            axis=1,
        ).astype(np.float64)

    def _vector(self) -> Floats:
        weights = self._weights
        return np.array([weights.text, weights.about, weights.both, weights.asked, weights.guides])

    def _confidence(self, score: float, signs: Floats, nothing: float) -> float:
        given = goodness_signs(score, signs, nothing)
        good = self._good
        weighed = good.score * given[0] + good.text * given[1] + good.asked * given[2] + good.nothing * given[3]
        return float(1 / (1 + np.exp(-(weighed + good.offset))))


def goodness_signs(score: float, signs: Floats, nothing: float) -> tuple[float, float, float, float]:
    """What speaks for an answer from an article: one value for each weight of `ArticleGood` but the offset."""
    return score, float(signs[TEXT]), float(signs[ASKED]), nothing


def _said_of(regulation: Regulation, article: Article, wordings: Mapping[ArticleKey, Sequence[str]]) -> Iterator[str]:
    """What residents say about it; nothing for a version with other numbers than the one that was read."""
    plain = plain_words(regulation)
    if plain:
        yield from wordings.get((regulation.short_title, article.number), ())
    if article.number in plain:
        yield plain[article.number]


def _gists(policies: Sequence[Policy]) -> dict[tuple[str, str], list[str]]:
    """What guides say in plain words about the articles that they rest on."""
    said: dict[tuple[str, str], list[str]] = {}
    for one in (one for policy in policies for one in policy.cited):
        said.setdefault((one.document, one.number), []).append(one.gist)
    return said


def _citations(articles: Sequence[tuple[Regulation, Article]], policies: Sequence[Policy]) -> Floats:
    """1 where a guide (column) rests on an article (row)."""
    places = {(regulation.short_title, article.number): at for at, (regulation, article) in enumerate(articles)}
    cited = np.zeros((len(articles), len(policies)))
    for column, policy in enumerate(policies):
        for one in policy.cited:
            row = places.get((one.document, one.number))
            if row is not None:
                cited[row, column] = 1
    return cited
