"""Fits the weights of the policy answers on the project's own questions: `python -m bench.policies_fit`.

Every question is ranked with itself and a fifth of the others left out of the guides, of the matters that no guide
speaks of and of the table of intents. What is printed are shares of questions that were left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from scipy.optimize import minimize

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.shipped import project_matcher
from lifecircle.assistant.policies.article_ranking import ArticleRanker
from lifecircle.assistant.policies.guide_ranking import NONE, GuideRanker, RankedGuides
from lifecircle.assistant.policies.importing.numerals import numeral_of
from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.model import Policy, policy_from_document
from lifecircle.assistant.policies.unknown import unknown_matters
from lifecircle.assistant.policies.weights import Weights, weights_from
from lifecircle.assistant.retrieval import read_query
from lifecircle.seeds.policy_files import read_policies

ROOT = Path(__file__).parent.parent
OWN = ROOT / "bench" / "own"
LAWS = ROOT.parent / "shared" / "data" / "laws"
WRITTEN = ROOT / "assistant" / "policies" / "weights.json"
FOLDS = 5
MOST_ANSWERED = 0.02
"""Of the questions that nothing answers; the goal is 5 % of those that were written by others."""
SMOOTH, LEAST = 0.02, 0.004
"""Of the table of intents."""
NO_GUIDE = re.compile(
    r"(?:book|own|search|talk|sport|culture|education|birth|health|environment|veteran|work|property)\."
    r"|residence\.(?!housing)|report\.(?!noise|sewage|waste|scam)|disability\.certificate|elder\.university"
)
"""Intents that no guide is about."""
AGAINST = 5.0
"""Questions that each of them counts as, for none of the guides."""
PENALTY = 1e-4

Floats = npt.NDArray[np.float64]


def main() -> None:
    matcher = project_matcher(ROOT / ".state")
    guides, asked, unknown = guides_and_questions()
    places = {policy.id: place for place, policy in enumerate(guides)}
    texts = [*(text for text, _ in asked), *unknown]
    truth = np.array([*(places[guide] for _, guide in asked), *([len(guides)] * len(unknown))])
    fold = np.random.default_rng(1).integers(0, FOLDS, len(texts))
    said = _intents(matcher, dict.fromkeys([*texts, *(t for g in guides for t in (g.title, *g.questions))]))
    signs = np.zeros((len(texts), len(guides) + 1, 5))
    for number in range(FOLDS):
        kept = [(text, at) for text, at, turn in zip(texts, truth, fold, strict=True) if turn != number]
        ranker = _ranker(guides, kept, said, matcher)
        for row in np.flatnonzero(fold == number):
            signs[row] = ranker.signs(read_query(texts[row]))
    weights = _fitted_guides(signs, truth)
    chances = _chances(weights, signs)
    _print_guides(chances, truth, "fitted on all of them")
    left_out = np.zeros_like(chances)
    for number in range(FOLDS):
        is_out = fold == number
        left_out[is_out] = _chances(_fitted_guides(signs[~is_out], truth[~is_out]), signs[is_out])
    guide_from = _print_guides(left_out, truth, "weights too from the others")
    stored = {
        "guides": _named(("said", "whole", "named", "unnamed", "intents", "nothing"), weights),
        "guide_from": guide_from,
        "intents": _table(guides, list(zip(texts, truth, strict=True)), said),
    }
    stored |= _fit_articles(stored, guides, unknown, left_out[truth == len(guides)], matcher)
    WRITTEN.write_text(json.dumps(stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")


def guides_and_questions() -> tuple[list[Policy], list[tuple[str, str]], tuple[str, ...]]:
    """The guides without the questions of the fit, and those with the guide that answers."""
    own: Mapping[str, Sequence[str]] = yaml.safe_load((OWN / "policy_guides.yaml").read_text("utf-8"))
    asked = [(text, guide) for guide, texts in own.items() for text in texts]
    left_out = {text for text, _ in asked}
    policies = [policy_from_document(row) for row in read_policies(district="330199")]
    return (
        [replace(p, questions=tuple(text for text in p.questions if text not in left_out)) for p in policies],
        asked,
        unknown_matters(),
    )


def law_questions() -> list[tuple[str, str, str]]:
    """(question, law, number of the article)."""
    known = yaml.safe_load((OWN / "policy_laws.yaml").read_text("utf-8"))
    return [
        (text, law, f"第{numeral_of(number)}条")
        for law, articles in known.items()
        for number, texts in articles.items()
        for text in texts
    ]


def _ranker(
    guides: Sequence[Policy],
    kept: Sequence[tuple[str, int]],
    said: Mapping[str, Mapping[str, float]],
    matcher: IntentMatcher,
    stored: Mapping[str, Any] | None = None,
) -> GuideRanker:
    grown = [
        replace(policy, questions=(*policy.questions, *(text for text, place in kept if place == at)))
        for at, policy in enumerate(guides)
    ]
    unknown = [text for text, place in kept if place == len(guides)]
    weights = _weights(dict(stored) if stored else {"intents": _table(guides, kept, said)})
    return GuideRanker(grown, unknown, weights, matcher)


def _weights(stored: dict[str, Any]) -> Weights:
    nothing = {
        "guides": dict.fromkeys(("said", "whole", "named", "unnamed", "intents", "nothing"), 0.0),
        "articles": dict.fromkeys(("plain", "both", "paragraph", "guides"), 0.0),
        "article_good": dict.fromkeys(("score", "plain", "nothing", "offset"), 0.0),
        "guide_from": 0.5,
        "article_from": 0.5,
    }
    return weights_from(nothing | stored)


def _intents(matcher: IntentMatcher, texts: Mapping[str, None]) -> dict[str, dict[str, float]]:
    return {text: {match.intent or NONE: match.confidence for match in matcher.match(text, 1000)} for text in texts}


def _table(
    guides: Sequence[Policy], kept: Sequence[tuple[str, int]], said: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """How the questions that the matcher takes for an intent spread over the guides."""
    keys = [*(policy.id for policy in guides), NONE]
    known = [*((t, at) for at, g in enumerate(guides) for t in (g.title, *g.questions)), *kept]
    intents = sorted({intent for found in said.values() for intent in found})
    rows = {intent: number for number, intent in enumerate(intents)}
    counted = np.full((len(intents), len(keys)), SMOOTH)
    for intent, row in rows.items():
        counted[row, -1] += AGAINST * bool(NO_GUIDE.match(intent))
    for text, at in known:
        for intent, confidence in said[text].items():
            counted[rows[intent], at] += confidence
    shares = counted / counted.sum(axis=1, keepdims=True)
    return {
        intent: {keys[at]: round(float(shares[row, at]), 4) for at in np.flatnonzero(shares[row] >= LEAST)}
        for intent, row in rows.items()
    }


def _fitted_guides(signs: Floats, truth: npt.NDArray[np.int64]) -> Floats:
    def loss(weights: Floats) -> float:
        right = _chances(weights, signs)[np.arange(len(truth)), truth]
        return float(-np.log(right + 1e-9).mean() + PENALTY * (weights**2).sum())

    return np.asarray(minimize(loss, np.zeros(signs.shape[2] + 1), method="BFGS").x)


def _chances(weights: Floats, signs: Floats) -> Floats:
    scores = signs @ weights[:-1]
    scores[:, -1] += weights[-1]
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _print_guides(chances: Floats, truth: npt.NDArray[np.int64], how: str) -> float:
    """Returns from where on a guide is an answer."""
    none = chances.shape[1] - 1
    is_asked = truth != none
    ordered = np.argsort(-chances[:, :-1], axis=1)
    some = 1 - chances[:, -1]
    least = float(np.quantile(some[~is_asked], 1 - MOST_ANSWERED))
    first = ordered[is_asked, 0] == truth[is_asked]
    three = (ordered[is_asked, :3] == truth[is_asked][:, None]).any(axis=1)
    print(f"guides, {how}: {is_asked.sum()} questions, {(~is_asked).sum()} that nothing answers")
    print(f"  right guide first {first.mean():.3f}, in three {three.mean():.3f}")
    print(f"  answered from {least:.2f} on: {(some[is_asked] >= least).mean():.3f}, of the others {MOST_ANSWERED:.3f}")
    return round(least, 3)


def _fit_articles(
    stored: Mapping[str, Any],
    guides: Sequence[Policy],
    unknown: Sequence[str],
    unknown_chances: Floats,
    matcher: IntentMatcher,
) -> dict[str, Any]:
    asked, regulations = law_questions(), parse(LAWS, Given(date(2026, 11, 22))).regulations
    weights = _weights(dict(stored))
    _, questions, matters = guides_and_questions()
    places = {policy.id: place for place, policy in enumerate(guides)}
    kept = [*((t, places[g]) for t, g in questions), *((t, len(guides)) for t in matters)]
    ranker = _ranker(guides, kept, {}, matcher, stored)
    articles = ArticleRanker(regulations, guides, weights)
    numbers = {(r.short_title, a.number): at for at, (r, a) in enumerate(articles.articles)}
    ranked = [ranker.rank(read_query(text)) for text, _, _ in asked]
    signs = np.stack(
        [articles.signs(read_query(text), known) for (text, _, _), known in zip(asked, ranked, strict=True)]
    )
    truth = np.array([numbers[law, number] for _, law, number in asked])
    fold = np.random.default_rng(2).integers(0, FOLDS, len(truth))
    scores = np.zeros(signs.shape[:2])
    for number in range(FOLDS):
        is_out = fold == number
        scores[is_out] = signs[is_out] @ _fitted_articles(signs[~is_out], truth[~is_out])
    best = np.argsort(-scores, axis=1)
    hits = " ".join(f"{k}: {(best[:, :k] == truth[:, None]).any(axis=1).mean():.3f}" for k in (1, 3, 5, 10))
    print(f"articles, weights from the others: {len(truth)} questions; right one among the first {hits}")
    fitted = _fitted_articles(signs, truth)
    good = _fitted_good(articles, unknown, unknown_chances, ranked, signs, scores, truth, fitted)
    return {"articles": _named(("plain", "both", "paragraph", "guides"), fitted), **good}


def _fitted_articles(signs: Floats, truth: npt.NDArray[np.int64]) -> Floats:
    def loss(weights: Floats) -> float:
        scores = signs @ weights
        top = scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
        return float((total - scores[np.arange(len(truth)), truth]).mean() + PENALTY * (weights**2).sum())

    return np.asarray(minimize(loss, np.ones(signs.shape[2]), method="BFGS").x)


def _fitted_good(
    articles: ArticleRanker,
    unknown: Sequence[str],
    unknown_chances: Floats,
    ranked: Sequence[Any],
    signs: Floats,
    scores: Floats,
    truth: npt.NDArray[np.int64],
    fitted: Floats,
) -> dict[str, Any]:
    """What tells a question that the first article answers from one that nothing answers."""
    rows, is_right = [], []
    for number, (known, score) in enumerate(zip(ranked, scores, strict=True)):
        best = int(np.argmax(score))
        rows.append([score[best], signs[number, best, 0], known.nothing])
        is_right.append(best == truth[number])
    for text, chances in zip(unknown, unknown_chances, strict=True):
        own = articles.signs(read_query(text), RankedGuides(chances[:-1], float(chances[-1])))
        score = own @ fitted
        best = int(np.argmax(score))
        rows.append([score[best], own[best, 0], float(chances[-1])])
        is_right.append(False)
    given, right = np.array(rows), np.array(is_right, float)

    def loss(weights: Floats) -> float:
        chance = 1 / (1 + np.exp(-(given @ weights[:-1] + weights[-1])))
        return float(-np.log(np.where(right > 0, chance, 1 - chance) + 1e-9).mean() + 1e-3 * (weights**2).sum())

    weights = minimize(loss, np.zeros(4), method="BFGS").x
    chance = 1 / (1 + np.exp(-(given @ weights[:-1] + weights[-1])))
    least = max(float(np.quantile(chance[len(ranked) :], 0.99)), 0.5)
    answered = chance[: len(ranked)] >= least
    rightly = right[: len(ranked)][answered].mean() if answered.any() else 0.0
    print(f"  an article alone answers {answered.mean():.3f} of them from {least:.2f} on, rightly {rightly:.3f}")
    return {"article_good": _named(("score", "plain", "nothing", "offset"), weights), "article_from": round(least, 3)}


def _named(names: Sequence[str], values: Sequence[float] | Floats) -> dict[str, float]:
    return {name: round(float(value), 3) for name, value in zip(names, values, strict=True)}


if __name__ == "__main__":
    main()
