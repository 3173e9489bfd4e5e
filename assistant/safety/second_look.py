"""A second look at what the small model is not sure of: a matcher whose intents are the dangers.

It knows meanings, sounds and the parts of characters, and takes several times as long; most sentences never come to it.
`lifecircle assistant train` fits it on the voices and puts it beside this module, where a wheel takes it along. A file
that was fitted from other sentences or code counts as none; without it the small model decides alone, and less well.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.shipped import digest_with
from lifecircle.assistant.safety.voices import HARMLESS, Told, everyday, voices, voices_digest

SHIPPED = Path(__file__).parent / "second_look.npz"
_ALL = 100
"""More than there are kinds."""
_LEAST = 1e-6
_ALSO = 0.25
"""Share of the danger from which a second kind is named too."""


@lru_cache(maxsize=1)
def second_look() -> IntentMatcher | None:
    """What lies beside this module, read once in a process; None where it does not fit the voices."""
    return IntentMatcher.load(SHIPPED, digest=digest_with(voices_digest()))


def train_second_look(path: Path = SHIPPED) -> bool:
    """Fit the one that is shipped; False where it is there already."""
    digest = digest_with(voices_digest())
    if IntentMatcher.load(path, digest=digest):
        return False
    told = [line for lines in voices().values() for line in lines]
    fit_second_look(told, everyday()).save(path, digest=digest)
    return True


def fit_second_look(told: Told, plain: list[str]) -> IntentMatcher:
    harmless = [text for text, kind in told if kind == HARMLESS]
    return IntentMatcher.fit([line for line in told if line[1] != HARMLESS], reject=[*harmless, *plain])


@dataclass(frozen=True, slots=True)
class Look:
    odds: float
    """Log odds that the text tells of danger."""
    likely: tuple[str, ...]
    """Of what, if it does, the likeliest first."""

    @property
    def kind(self) -> str:
        return self.likely[0]


def looked_at(matcher: IntentMatcher, text: str) -> Look:
    matches = matcher.match(text, _ALL)
    none = next((match.confidence for match in matches if match.intent is None), 0.0)
    kinds = [(match.intent, match.confidence) for match in matches if match.intent is not None]
    least = min(kinds[0][1], _ALSO * (1 - none))
    likely = tuple(kind for kind, confidence in kinds if confidence >= least)
    return Look(log((1 - none + _LEAST) / (none + _LEAST)), likely)
