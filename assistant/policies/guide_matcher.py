"""A matcher whose intents are the guides, fitted on the wordings and on small talk.

`lifecircle assistant train` puts it beside this module, where a wheel takes it along. A file that was fitted from other
texts or code counts as none; without it the likeness of words decides, and less well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.shipped import digest_with
from lifecircle.assistant.policies.wordings.reading import Wordings, guide_wordings, shipped_wordings, unknown_of

Floats = npt.NDArray[np.float64]

SHIPPED = Path(__file__).parent / "guides.npz"
LEAST = 1e-4
"""The lowest confidence that is told from none."""


@lru_cache(maxsize=1)
def shipped_guide_matcher() -> IntentMatcher | None:
    """What lies beside this module, read once in a process; None where it does not fit the wordings."""
    return IntentMatcher.load(SHIPPED, digest=_digest(shipped_wordings()))


def train_guide_matcher(path: Path = SHIPPED) -> bool:
    """Fit the guide matcher that is shipped; False where it is there already."""
    wordings = shipped_wordings()
    digest = _digest(wordings)
    if IntentMatcher.load(path, digest=digest):
        return False
    fit_guide_matcher(wordings, small_talk()).save(path, digest=digest)
    return True


def fit_guide_matcher(wordings: Sequence[Wordings], talk: Sequence[str]) -> IntentMatcher:
    """`talk` asks about nothing. Raises ValueError where there is nothing to tell apart."""
    questions = guide_wordings(wordings).items()
    return IntentMatcher.fit(
        [(text, guide) for guide, texts in questions for text in texts], reject=[*unknown_of(wordings), *talk]
    )


def small_talk() -> tuple[str, ...]:
    """What people say to an assistant when they ask for nothing, from the files of the intents."""
    training = load_training()
    return (*training.reject, *(text for text, intent in training.examples if intent.startswith("talk.")))


class GuideMatch:
    """What the guide matcher takes a question for, in the order of the guides, none of them last."""

    def __init__(self, matcher: IntentMatcher | None, guides: Sequence[str]) -> None:
        self._matcher = matcher
        seen = matcher.intents if matcher else ()
        places: dict[str | None, int] = {guide: at for at, guide in enumerate(guides)}
        self._places = [places.get(intent, len(guides)) for intent in seen]
        self._is_known = np.array([*(guide in seen for guide in guides), matcher is not None])

    def knows(self, place: int) -> bool:
        """Whether the guide at that place was seen when the matcher was fitted."""
        return bool(self._is_known[place])

    def logarithms(self, text: str) -> Floats | None:
        """Of the confidences; None without a matcher.

        What is left of a guide that is gone speaks for none. A guide that the matcher has never seen has the confidence
        of the best, so that its likeness decides.
        """
        if self._matcher is None:
            return None
        found = np.bincount(self._places, self._matcher.chances(text), minlength=len(self._is_known))
        return np.asarray(np.log(np.maximum(np.where(self._is_known, found, found.max()), LEAST)))


def _digest(wordings: Sequence[Wordings]) -> str:
    known = hashlib.sha256()
    for guide, texts in sorted(guide_wordings(wordings).items()):
        known.update("\n".join((guide, *texts, "")).encode())
    known.update("\n".join((*unknown_of(wordings), *small_talk())).encode())
    return digest_with(known.hexdigest())
