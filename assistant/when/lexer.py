"""Cuts a folded text into the words that say something about time, from left to right, in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from lifecircle.assistant.when.rules import Item, Rule
from lifecircle.assistant.when.rules_clocks import BLOCKS, CLOCK_RULES
from lifecircle.assistant.when.rules_dates import DATE_RULES

MOST_ATOMS = 200  # what a person says in one breath; bounds the work on hostile text
LONGEST_GAP = 9
TIGHT = re.compile(r"[\s的]{0,2}(?:左右)?")
RULES: tuple[Rule, ...] = (*BLOCKS, *DATE_RULES, *CLOCK_RULES)


@dataclass(frozen=True, slots=True)
class Atom:
    begin: int
    stop: int
    item: Item


@lru_cache(maxsize=1)
def _scanner() -> re.Pattern[str]:
    """All rules as one pattern; the first that fits wins. Only plain numbers are repeated without bound.

    The name that tells which it was ends each branch: begun by a group, a branch would not be skipped at a glance.
    """
    plain = (re.sub(r"\(\?P<\w+>", "(?:", each.pattern.pattern) for each in RULES)
    return re.compile("|".join(f"(?:{pattern})(?P<r{index}>)" for index, pattern in enumerate(plain)))


def atoms(text: str) -> list[Atom]:
    found = (_atom(match, text) for match in _scanner().finditer(text))
    return list(islice((atom for atom in found if atom), MOST_ATOMS))


def _atom(match: re.Match[str], text: str) -> Atom | None:
    rule = RULES[int((match.lastgroup or "r0")[1:])]
    again = rule.pattern.match(text, match.start())
    item = rule.read(again) if again else None
    return Atom(match.start(), match.end(), item) if item is not None else None


def touch(before: Atom, after: Atom, text: str, gap: re.Pattern[str]) -> bool:
    """Whether nothing but the gap stands between the two."""
    return after.begin - before.stop <= LONGEST_GAP and gap.fullmatch(text, before.stop, after.begin) is not None
