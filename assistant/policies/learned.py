"""Everything that the search learned from questions that people ask: their wordings and what was fitted on them."""

from __future__ import annotations

from dataclasses import dataclass

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.policies.guide_matcher import shipped_guide_matcher
from lifecircle.assistant.policies.weights import Weights, fitted_weights
from lifecircle.assistant.policies.wordings.reading import Wordings, shipped_wordings


@dataclass(frozen=True, slots=True)
class Learned:
    wordings: tuple[Wordings, ...]
    weights: Weights
    guide_matcher: IntentMatcher | None
    """None: the likeness of words decides without it."""


def shipped() -> Learned:
    return Learned(shipped_wordings(), fitted_weights(), shipped_guide_matcher())
