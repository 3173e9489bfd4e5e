"""Figures over judged answers: precision, recall, calibration, rejects and confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lifecircle.assistant.intents.loader import REJECT
from lifecircle.assistant.matcher import Match

BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said, what it means, and what the matcher made of it."""

    text: str
    intent: str
    """`reject` for what belongs to none."""
    matches: tuple[Match, ...]

    @property
    def found(self) -> str:
        return named(self.matches[0])

    @property
    def confidence(self) -> float:
        return self.matches[0].confidence

    @property
    def is_right(self) -> bool:
        return self.found == self.intent


def named(match: Match) -> str:
    return match.intent or REJECT


def judge(held_out: Mapping[str, Sequence[str]], match: Callable[[str], Sequence[Match]]) -> list[Judged]:
    return [Judged(text, intent, tuple(match(text))) for intent in sorted(held_out) for text in held_out[intent]]


@dataclass(frozen=True, slots=True)
class OfIntent:
    intent: str
    count: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about the same confidence."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Measures:
    count: int
    accuracy: float
    macro_f1: float
    top3: float
    calibration_error: float
    """Expected: the mean distance of confidence from accuracy, over ten bins."""
    threshold: float
    accepted: float
    """Of what belongs to an intent, what the assistant would act on."""
    accepted_right: float
    """Of that, what it would be right about."""
    false_accepts: float
    """Of what belongs to none, what the assistant would act on."""
    intents: tuple[OfIntent, ...]
    bins: tuple[Bin, ...]
    confusions: tuple[tuple[str, str, tuple[str, ...]], ...]
    """(meant, found, texts), the most frequent first."""


def measured(judged: Sequence[Judged], threshold: float) -> Measures:
    meant = [one for one in judged if one.intent != REJECT]
    none = [one for one in judged if one.intent == REJECT]
    acted = [one for one in meant if _is_acted_on(one, threshold)]
    intents, bins = per_intent(judged), reliability(judged)
    return Measures(
        count=len(judged),
        accuracy=_share(judged, lambda one: one.is_right),
        macro_f1=sum(one.f1 for one in intents) / max(1, len(intents)),
        top3=_share(judged, lambda one: one.intent in [named(match) for match in one.matches[:3]]),
        calibration_error=sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / max(1, len(judged)),
        threshold=threshold,
        accepted=len(acted) / max(1, len(meant)),
        accepted_right=_share(acted, lambda one: one.is_right),
        false_accepts=_share(none, lambda one: _is_acted_on(one, threshold)),
        intents=intents,
        bins=bins,
        confusions=confusions(judged),
    )


def per_intent(judged: Sequence[Judged]) -> tuple[OfIntent, ...]:
    meant = Counter(one.intent for one in judged)
    found = Counter(one.found for one in judged)
    right = Counter(one.intent for one in judged if one.is_right)
    return tuple(
        OfIntent(intent, count, right[intent] / found[intent] if found[intent] else 0.0, right[intent] / count)
        for intent, count in sorted(meant.items())
    )


def reliability(judged: Sequence[Judged]) -> tuple[Bin, ...]:
    """Ten bins by confidence; empty ones are left out."""
    grouped: dict[int, list[Judged]] = {}
    for one in judged:
        grouped.setdefault(min(int(one.confidence * BINS), BINS - 1), []).append(one)
    return tuple(
        Bin(len(group), sum(one.confidence for one in group) / len(group), _share(group, lambda one: one.is_right))
        for _, group in sorted(grouped.items())
    )


def confusions(judged: Sequence[Judged]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    texts: dict[tuple[str, str], list[str]] = {}
    for one in judged:
        if not one.is_right:
            texts.setdefault((one.intent, one.found), []).append(one.text)
    ordered = sorted(texts.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    return tuple((meant, found, tuple(said)) for (meant, found), said in ordered)


def _is_acted_on(one: Judged, threshold: float) -> bool:
    return one.matches[0].intent is not None and one.confidence >= threshold


def _share(judged: Sequence[Judged], holds: Callable[[Judged], bool]) -> float:
    return sum(map(holds, judged)) / len(judged) if judged else 0.0
