"""Many patterns at once, each tried only where a character stands that it can begin with.

One alternation of nine hundred patterns tries them all at every character of a text; this costs a third of that.
It reads the few constructs that `patterns.yaml` uses: characters, classes, groups, look-behinds, `?`, `*`, `{0,n}`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

Pattern = re.Pattern[str]
_REPEAT = re.compile(r"\?|\*|\+|\{(\d+),?\d*\}")
_DIGITS = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class Firsts:
    """The characters that a pattern may begin with; None for any."""

    chars: frozenset[str] | None
    may_be_empty: bool


@dataclass(frozen=True)
class Named:
    name: str
    source: str

    @cached_property
    def pattern(self) -> Pattern:
        """Compiled when a text first needs it: all at once would take a fifth of a second of every start."""
        return re.compile(self.source)


@dataclass(frozen=True, slots=True)
class Listener:
    by_first: Mapping[str, tuple[Named, ...]]
    anywhere: tuple[Named, ...]

    def names_in(self, text: str) -> set[str]:
        """The names of all patterns that are found in the text."""
        found = {each.name for each in self.anywhere if each.pattern.search(text)}
        for at, char in enumerate(text):
            for each in self.by_first.get(char, ()):
                if each.name not in found and each.pattern.match(text, at):
                    found.add(each.name)
        return found


def listener(sources: Mapping[str, str]) -> Listener:
    """From the alternatives of each name."""
    alike: dict[tuple[str, frozenset[str] | None], list[str]] = defaultdict(list)
    for name, source in sources.items():
        for pattern in alternatives(source):
            begins = firsts(pattern)
            alike[name, None if begins.may_be_empty else begins.chars].append(pattern)
    by_first: dict[str, list[Named]] = defaultdict(list)
    anywhere = []
    for (name, chars), patterns in alike.items():
        named = Named(name, "|".join(patterns))
        if chars is None:
            anywhere.append(named)
        for char in sorted(chars or ()):
            by_first[char].append(named)
    return Listener({char: tuple(found) for char, found in by_first.items()}, tuple(anywhere))


def alternatives(source: str) -> list[str]:
    """The source cut at every `|` that stands in no group and no class."""
    parts, begin, at = [], 0, 0
    while at < len(source):
        if source[at] == "|":
            parts.append(source[begin:at])
            begin = at + 1
        at = _end_of_piece(source, at)
    return [*parts, source[begin:]]


def firsts(source: str) -> Firsts:
    """What one alternative, cut already, may begin with."""
    chars: frozenset[str] = frozenset()
    at = 0
    while at < len(source):
        stop = _end_of_piece(source, at)
        piece = _of_piece(source[at:stop])
        repeat = _REPEAT.match(source, stop)
        if piece.chars is None:
            return Firsts(None, False)
        chars |= piece.chars
        if not piece.may_be_empty and not (repeat and (repeat[0] in "?*" or repeat[1] == "0")):
            return Firsts(chars, False)
        at = repeat.end() if repeat else stop
    return Firsts(chars, True)


def _of_piece(piece: str) -> Firsts:
    if piece in ("^", "$") or piece.startswith(("(?<", "(?!", "(?=")):
        return Firsts(frozenset(), True)
    if piece.startswith("("):
        inner = [firsts(part) for part in alternatives(piece.removeprefix("(?:").removeprefix("(")[:-1])]
        chars = [each.chars for each in inner if each.chars is not None]
        if len(chars) < len(inner):
            return Firsts(None, False)
        return Firsts(frozenset().union(*chars), any(each.may_be_empty for each in inner))
    if piece.startswith("["):
        return Firsts(None if piece[1] == "^" or "-" in piece else frozenset(piece[1:-1]), False)
    if piece == r"\d":
        return Firsts(_DIGITS, False)
    return Firsts(None if piece == "." else frozenset(piece[-1]), False)


def _end_of_piece(source: str, at: int) -> int:
    """Past one character, escape, class or group."""
    if source[at] == "\\":
        return at + 2
    if source[at] == "[":
        return source.index("]", at + 2) + 1
    if source[at] != "(":
        return at + 1
    at += 1
    while source[at] != ")":
        at = _end_of_piece(source, at)
    return at + 1
