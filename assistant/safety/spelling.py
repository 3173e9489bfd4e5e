"""Danger typed in pinyin, or with a wrong character of the same sound: wo ma yun dao le, 着伙了."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import chain, pairwise

from lifecircle.catalogue.search.pinyin import read_aloud, reading, tables
from lifecircle.catalogue.yaml_text import read_yaml

_LATIN = re.compile(r"[a-z]+(?: +[a-z]+)*")
_BETWEEN = re.compile(r"[^\w]")
_SPELT_OUT = re.compile(r"(?:[\u4e00-\u9fff][^\w\s]){2,}[\u4e00-\u9fff]?")
"""着!火!了! and 救.命.啊: cries, or hidden from a filter."""
_LONGEST_SYLLABLE = 6
_ENDING_NG = re.compile(r"(?<=[aei])ng$")
_RETROFLEX = re.compile(r"^([zcs])h")

Sounds = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Words:
    by_sound: dict[Sounds, str]
    typed: dict[Sounds, str]
    right: frozenset[str]
    beginnings: frozenset[Sounds]
    longest: int
    syllables: frozenset[str]


def respelled(folded: str) -> str:
    """The text with the words of danger written as they should be; most texts come back as they are."""
    words = _words()
    text = _SPELT_OUT.sub(lambda match: _BETWEEN.sub("", match[0]), folded.replace("著", "着"))
    if any("a" <= char <= "z" for char in folded):
        text = _LATIN.sub(lambda match: _from_pinyin(match[0], words), text)
    return _from_sound(text.replace(" ", ""), words)


@lru_cache(maxsize=1)
def _words() -> _Words:
    source = files("lifecircle.assistant.safety").joinpath("spelling.yaml").read_text(encoding="utf-8")
    lists = read_yaml(source)
    typed, more = lists["typed"].split(), lists["pinyin"].split()
    by_sound: dict[Sounds, str] = {}
    for word in chain(typed, more):
        by_sound.setdefault(tuple(_blurred(syllable) for syllable in read_aloud(word)), word)
        by_sound.setdefault(tuple(map(_sound, word)), word)  # 大出血 is typed da chu xie and da chu xue
    by_character = {tuple(map(_sound, word)): word for word in typed}
    syllables = frozenset(syllable for syllable in tables().syllables if syllable)
    beginnings = frozenset(sounds[:2] for sounds in by_character)
    return _Words(by_sound, by_character, frozenset(typed), beginnings, max(map(len, by_sound)), syllables)


def _from_pinyin(run: str, words: _Words) -> str:
    syllables = [syllable for part in run.split() for syllable in _syllables(part, words.syllables)]
    sounds = tuple(map(_blurred, syllables))
    said: list[str] = []
    at = 0
    while at < len(sounds):
        longest = min(words.longest, len(sounds) - at)
        found = next((size for size in range(longest, 0, -1) if sounds[at : at + size] in words.by_sound), 0)
        said.append(words.by_sound[sounds[at : at + found]] if found else f" {syllables[at]} ")
        at += found or 1
    # One lone word of ours in a run of English or of other pinyin is chance.
    return "".join(said) if any(len(word) > 1 and not word.startswith(" ") for word in said) else run


def _syllables(letters: str, known: frozenset[str]) -> list[str]:
    """The letters cut into as few syllables as can be, or whole when they are no pinyin."""
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    for start in range(len(letters)):
        begun = best[start]
        if begun is None:
            continue
        for stop in range(start + 1, min(start + _LONGEST_SYLLABLE, len(letters)) + 1):
            there = best[stop]
            if letters[start:stop] in known and (there is None or len(there) > len(begun) + 1):
                best[stop] = [*begun, letters[start:stop]]
    return best[-1] or [letters]


def _from_sound(text: str, words: _Words) -> str:
    """A wrong character is believed only beside a right one, and never where the two are a word of their own."""
    sounds = tuple(map(_sound, text))
    if not any(pair in words.beginnings for pair in pairwise(sounds)):
        return text
    at, said = 0, []
    while at < len(text):
        if sounds[at : at + 2] not in words.beginnings:
            said.append(text[at])
            at += 1
            continue
        found = next((size for size in (5, 4, 3, 2) if _is_misspelt(text, sounds, at, size, words)), 0)
        said.append(words.typed[sounds[at : at + found]] if found else text[at])
        at += found or 1
    return "".join(said)


def _is_misspelt(text: str, sounds: Sounds, at: int, size: int, words: _Words) -> bool:
    meant = words.typed.get(sounds[at : at + size])
    typed = text[at : at + size]
    if meant is None or typed in words.right:
        return False
    right = sum(one == other for one, other in zip(meant, typed, strict=True))
    return right * 2 >= size and not (size == 2 and typed in _real_words())


@lru_cache(maxsize=1)
def _real_words() -> frozenset[str]:
    source = files("lifecircle.assistant.safety").joinpath("real_words.txt").read_text(encoding="utf-8")
    return frozenset(source.split())


@lru_cache(maxsize=8192)
def _sound(char: str) -> str:
    number = reading(char)
    return _blurred(tables().syllables[number]) if number else char


def _blurred(syllable: str) -> str:
    """zh, ch, sh as z, c, s and -ng as -n: many say and type them alike."""
    return _ENDING_NG.sub("n", _RETROFLEX.sub(r"\1", syllable))
