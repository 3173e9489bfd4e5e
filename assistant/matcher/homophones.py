"""Sentences as they are mistyped: one character for another that sounds the same."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import jieba

from lifecircle.catalogue.search.pinyin import reading

_CHOICES = 4


@cache
def homophones() -> dict[str, list[str]]:
    """The commonest other characters of the same sound, by jieba's word frequencies."""
    seen = Counter[str]()
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text("utf-8").splitlines():
        word, frequency, _ = line.split()
        for char in word:
            seen[char] += int(frequency)
    by_sound: defaultdict[int, list[str]] = defaultdict(list)
    for char, _ in seen.most_common():
        if reading(char):
            by_sound[reading(char)].append(char)
    return {char: [one for one in alike if one != char][:_CHOICES] for alike in by_sound.values() for char in alike}


def mistyped(folded: str, chance: random.Random) -> str:
    """One character replaced, where any has a homophone."""
    alike = homophones()
    places = [at for at, char in enumerate(folded) if alike.get(char)]
    if not places:
        return folded
    at = chance.choice(places)
    return folded[:at] + chance.choice(alike[folded[at]]) + folded[at + 1 :]
