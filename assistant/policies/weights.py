"""What `python -m bench.policies_fit` found: how much each sign counts, and from where on an answer is good enough."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class GuideWeights:
    said: float
    """Likeness to one of the questions that are known for it, its title or its summary."""
    whole: float
    """Likeness to everything that stands in it."""
    named: float
    """Somebody says a word of the exception that the guide is about."""
    unnamed: float
    """The same, and nobody does."""
    intents: float
    """What the intent matcher takes the question for."""
    matched: float
    """What the guide matcher takes it for."""
    nothing: float
    """How readily none of the guides is meant."""


@dataclass(frozen=True, slots=True)
class GuideGood:
    """A logistic curve over what speaks for an answer from a guide."""

    odds: float
    """That some guide is meant, by all signs together; a logarithm."""
    best: float
    """Confidence in the best guide."""
    matched: float
    matched_none: float
    """What the guide matcher gives the best guide and none of them, as logarithms."""
    said: float
    said_none: float
    """Likeness to the nearest question of a guide, and to the nearest that nothing answers."""
    offset: float


@dataclass(frozen=True, slots=True)
class ArticleWeights:
    text: float
    """Likeness of an article to what was said."""
    about: float
    """Likeness of it, its headings and everything that residents say about it."""
    both: float
    """The same to what was said together with the words of law for it."""
    asked: float
    """Likeness to one of the questions that are known for it."""
    guides: float
    """Whether the guides that fit rest on it."""


@dataclass(frozen=True, slots=True)
class ArticleGood:
    """A logistic curve over what speaks for an answer from an article alone."""

    score: float
    text: float
    asked: float
    nothing: float
    offset: float


@dataclass(frozen=True, slots=True)
class Weights:
    guides: GuideWeights
    guide_good: GuideGood
    articles: ArticleWeights
    article_good: ArticleGood
    guide_from: float
    """Confidence that some guide is meant, from which it is an answer."""
    article_from: float
    """The same for an article where no guide is an answer."""
    intents: Mapping[str, Mapping[str, float]]
    """Intent → guide → how often the guide is meant with it; "-" for none."""


@cache
def fitted_weights() -> Weights:
    return weights_from(
        json.loads((resources.files("lifecircle.assistant.policies") / "weights.json").read_text("utf-8"))
    )


def weights_from(stored: Mapping[str, Any]) -> Weights:
    return Weights(
        GuideWeights(**stored["guides"]),
        GuideGood(**stored["guide_good"]),
        ArticleWeights(**stored["articles"]),
        ArticleGood(**stored["article_good"]),
        stored["guide_from"],
        stored["article_from"],
        stored["intents"],
    )
