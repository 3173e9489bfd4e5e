"""What a sentence most likely means, by the trained matcher, and what the assistant does about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Protocol

from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import Match
from lifecircle.catalogue.requests.model import RequestCategory
from lifecircle.catalogue.yaml_text import read_yaml

MOST_CHOICES = 4
_LEAST_LIKELY = 0.08
"""What is less likely than this is not worth asking about."""
_LIKELY, _CERTAIN = 0.5, 0.8
_LOOKED_AT = 6


@dataclass(frozen=True, slots=True)
class Behaviours:
    """The table of behaviours.yaml."""

    book: Mapping[str, tuple[str, ...]]
    at_once: frozenset[str]
    report: Mapping[str, RequestCategory]


@dataclass(frozen=True, slots=True)
class Guess:
    intent: str | None
    """None: it belongs to none."""
    confidence: float
    is_sure: bool
    """Likely enough to act upon."""
    choices: tuple[str, ...] = ()
    """Titles of what it may mean, the likeliest first; each means its intent when it is sent back."""

    @property
    def names(self) -> tuple[str, ...]:
        return behaviours().book.get(self.intent or "", ()) if self.is_sure else ()

    @property
    def complaint(self) -> RequestCategory | None:
        return behaviours().report.get(self.intent or "") if self.is_sure else None

    @property
    def is_at_once(self) -> bool:
        return self.confidence >= _CERTAIN and self.intent in behaviours().at_once

    def is_of(self, domain: str) -> bool:
        return self.is_sure and (self.intent or "").startswith(f"{domain}.")


class Matcher(Protocol):
    """An `IntentMatcher`, or what stands for one."""

    @property
    def threshold(self) -> float: ...

    def match(self, text: str, k: int = 3) -> list[Match]: ...


def guess(matcher: Matcher, text: str) -> Guess:
    found = matcher.match(text, _LOOKED_AT)
    best, titles = found[0], _titles()
    likely = [each for each in found if each.intent and each.confidence >= _LEAST_LIKELY]
    choices = tuple(titles[each.intent] for each in likely if each.intent)
    is_sure = best.intent is None or (best.confidence >= matcher.threshold and _stands_out(found))
    return Guess(best.intent, best.confidence, is_sure, choices[:MOST_CHOICES])


def _stands_out(found: Sequence[Match]) -> bool:
    """More likely than not, or twice as likely as the next."""
    best, second = found[0].confidence, found[1].confidence if len(found) > 1 else 0.0
    return best >= _LIKELY or best >= 2 * second


def intent_called(title: str) -> str | None:
    return next((intent for intent, each in _titles().items() if each == title), None)


@cache
def _titles() -> Mapping[str, str]:
    return load_training().titles


@cache
def behaviours() -> Behaviours:
    text = (resources.files("lifecircle.assistant.dialogue") / "behaviours.yaml").read_text("utf-8")
    rows = read_yaml(text)
    return Behaviours(
        book=MappingProxyType({intent: tuple(names) for intent, names in rows["book"].items()}),
        at_once=frozenset(rows["at_once"]),
        report=MappingProxyType({intent: RequestCategory(name) for intent, name in rows["report"].items()}),
    )
