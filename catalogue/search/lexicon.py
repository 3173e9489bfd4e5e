"""The words that mean something: what each of them may mean, how it is typed, and what is like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import jieba

from lifecircle.catalogue.search.likeness import Like
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.search.synonyms import NONE, Synonyms
from lifecircle.catalogue.search.tables import Begun, WordTables

LONGEST_WORD = 24


class Kind(StrEnum):
    CATEGORY = "CATEGORY"
    SERVICE = "SERVICE"
    """A group of synonyms, by its number."""
    OFFERING = "OFFERING"
    """By its name."""
    CHAIN = "CHAIN"
    AREA = "AREA"
    ROAD = "ROAD"


PLACES = frozenset({Kind.AREA, Kind.ROAD})


@dataclass(frozen=True, slots=True)
class Meaning:
    kind: Kind
    key: str
    strength: float
    """0 … 1."""


@dataclass(frozen=True, slots=True)
class Term:
    text: str
    """As it is shown."""
    meaning: Meaning


_CONCEPT, _SHORT, _FILLER, _TOTAL = 20_000, 200, 4_000, 1_000_000
"""jieba's word frequencies: known words before fillers before single characters, and few long words before many."""

_TOKEN = re.compile("[a-z]+|[0-9]+|[^a-z0-9]+")


Meanings = dict[tuple[Kind, str], Meaning]


class Lexicon:
    """Immutable once made. Words that are added later lie in small tables of their own over those of the start."""

    def __init__(self, terms: Iterable[Term], synonyms: Synonyms = NONE, under: Lexicon | None = None) -> None:
        self.fillers: frozenset[str] = under.fillers if under else frozenset(map(spelling, synonyms.fillers))
        self._same: dict[str, str] = under._same if under else _spelt(synonyms.same)
        self._meanings: dict[str, Meanings] = dict(under._meanings) if under else {}
        self._texts: dict[str, str] = dict(under._texts) if under else {}
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.FREQ = dict(under._tokenizer.FREQ) if under else {}
        self._tokenizer.total, self._tokenizer.initialized = _TOTAL, True
        for word in () if under else (*self.fillers, *self._same):
            self._add_word(word, _FILLER)
        fresh = self._add(terms)
        self._tables: tuple[WordTables, ...] = (WordTables(fresh),)
        if under:
            added = under._tables[1].words if len(under._tables) > 1 else ()
            self._tables = (under._tables[0], WordTables((*added, *fresh)))

    def extended(self, terms: Iterable[Term]) -> Lexicon:
        """With what is new of the terms. Costs a copy of dictionaries, not a new reading of all words."""
        fresh = [term for term in terms if not self._knows(term)]
        return Lexicon(fresh, under=self) if fresh else self

    def _knows(self, term: Term) -> bool:
        word = spelling(term.text)
        if not word or len(word) > LONGEST_WORD:
            return True
        known = self._meanings.get(word, {}).get((term.meaning.kind, term.meaning.key))
        return known is not None and known.strength >= term.meaning.strength

    def _add(self, terms: Iterable[Term]) -> tuple[str, ...]:
        """The words that were not there before."""
        fresh = []
        for term in terms:
            word = spelling(term.text)
            if not word or len(word) > LONGEST_WORD:
                continue
            held = self._meanings.get(word, {})
            key = (term.meaning.kind, term.meaning.key)
            if key not in held or held[key].strength < term.meaning.strength:
                self._meanings[word] = {**held, key: term.meaning}
            if word not in self._texts:
                self._texts[word] = term.text
                self._add_word(word, _CONCEPT if len(word) > 1 else _SHORT)
                fresh.append(word)
        return tuple(fresh)

    def _add_word(self, word: str, frequency: int) -> None:
        known = self._tokenizer.FREQ
        known[word] = max(frequency, known.get(word, 0))
        for end in range(1, len(word)):
            known.setdefault(word[:end], 0)

    def __contains__(self, word: object) -> bool:
        return word in self._meanings

    def meanings(self, word: str) -> tuple[Meaning, ...]:
        return tuple(self._meanings.get(word, {}).values())

    def read_same(self, token: str) -> str:
        """爷爷 → 老人: the word that it is read as."""
        return self._same.get(token, token)

    def shown(self, word: str) -> str:
        """The word as its source writes it."""
        return self._texts.get(word, word)

    def cut(self, text: str) -> list[str]:
        """A spelling in words. Known ones stay whole; letters and digits are never cut within a run."""
        if text in self._meanings:
            return [text]
        return list(self._tokenizer.cut(text, HMM=False))

    # --- by sound and by likeness

    def read_as(self, letters: str) -> tuple[str, ...]:
        """Words whose whole pinyin these letters are."""
        return tuple(word for table in self._tables for word in table.by_sound.get(letters, ()))

    def initials_as(self, letters: str) -> tuple[str, ...]:
        return tuple(word for table in self._tables for word in table.by_initials.get(letters, ()))

    def like(self, text: str, most: int) -> list[Like]:
        """The likest words, best first."""
        found = [like for table in self._tables for like in table.likeness.like(text, most)]
        return sorted(found, key=lambda like: (-like.likeness, like.word))[:most]

    def like_letters(self, letters: str) -> list[Like]:
        found = [like for table in self._tables for like in table.likeness.like_letters(letters)]
        return sorted(found, key=lambda like: (-like.likeness, like.word))

    def beginning_with(self, typed: str) -> Iterator[Begun]:
        """Words that begin so: as written, by pinyin and by initials."""
        return (begun for table in self._tables for begun in table.beginning_with(typed))

    def prepared(self) -> Lexicon:
        """With everything worked out that would make the first query wait."""
        for table in self._tables:
            table.prepare()
        return self


def _spelt(words: Mapping[str, str]) -> dict[str, str]:
    return {spelling(word): spelling(other) for word, other in words.items()}


def runs(text: str) -> Iterator[str]:
    """Runs of letters, of digits and of everything else."""
    return (found[0] for found in _TOKEN.finditer(text))
