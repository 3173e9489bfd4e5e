"""A rule: a pattern, and what its words mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lifecircle.assistant.when.frames import Frame, Length, Mark, Stretch

Item = Frame | Length | Stretch | Mark
Reader = Callable[[re.Match[str]], Item | None]


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    read: Reader


def rule(pattern: str, read: Reader) -> Rule:
    return Rule(re.compile(pattern), read)


def says(item: Item | None) -> Reader:
    """A reader for words that always mean the same, None for those that are no time."""
    return lambda _: item


def any_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) + ")"
