"""How well each row of one table answers a part of a query: by meaning, by name, by address, by what is offered.

Everything is looked up for one layer of the snapshot at a time; what depends on the table alone is remembered with it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lifecircle.catalogue.search.lexicon import Kind, Meaning
from lifecircle.catalogue.search.pinyin import Split, is_letters, reading, splits, starting_with, tables
from lifecircle.catalogue.search.postings import Array, Postings, begins, gram, grams, number_gram
from lifecircle.catalogue.search.spelling import spelling
from lifecircle.catalogue.search.synonyms import Synonyms
from lifecircle.catalogue.search.tables import How
from lifecircle.catalogue.search.understanding import Part
from lifecircle.catalogue.search.weights import WEIGHTS
from lifecircle.catalogue.search.words import Words
from lifecircle.catalogue.snapshot.columns import StoreTable
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.offers import touched_rows

Hits = tuple[Array, float]
"""Rows, and how well they answer."""

Answers = tuple[Array, Array]
"""Rows, and how well each answers."""

_LEAST_SHARED = 0.5
_KEPT_ROWS = 64
NOWHERE = np.empty(0, np.int64)
_PLACE_AND_NUMBER = re.compile(r"^(\D{2,}?)(\d{1,6})\D{0,2}$")


@dataclass(frozen=True, eq=False)
class OfferedByChains:
    """What chains offer to all their stores: spelt names and aliases → chains."""

    chains: Mapping[str, frozenset[str]]

    @staticmethod
    def of(snapshot: Snapshot) -> OfferedByChains:
        found: dict[str, set[str]] = {}
        for chain, ids in snapshot.offerings.of_chain.items():
            for template in (snapshot.offerings.by_id.get(one) for one in ids):
                if template and template.is_active:
                    for text in (template.name, *template.aliases):
                        found.setdefault(spelling(text), set()).add(chain)
        return OfferedByChains({text: frozenset(chains) for text, chains in found.items()})


class Matcher:
    """Of one table of one snapshot."""

    def __init__(
        self, snapshot: Snapshot, table: StoreTable, by_chains: OfferedByChains, synonyms: Synonyms, *, is_base: bool
    ) -> None:
        self._snapshot, self._table, self._by_chains, self._synonyms = snapshot, table, by_chains, synonyms
        self.words: Words = table.columns.words
        changed = snapshot.offerings.touched_stores
        self._own = {
            row: _own_texts(snapshot, table, row)
            for row in (touched_rows(table, changed, ()).tolist() if is_base else range(len(table)))
        }
        self._touched = np.array(list(self._own), np.int64)
        self._services: dict[int, list[Hits]] = {}
        self._scratch = np.zeros(len(table), np.float32)
        """All zeros between two calls: a set of rows costs its own size, not the table's."""
        self._known_rows: dict[tuple[str, frozenset[str]], Array] = {}

    def answering(self, parts: Sequence[Part], whole: str | None) -> Answers:
        """Rows that answer every part, and how well: 0 … 1. `whole`: a name that holds it answers everything."""
        weights = [weight_of(part, parts) for part in parts]
        answers = [self._answers(part) for part in parts]
        demands = [one for one, weight in zip(answers, weights, strict=True) if weight >= 1]
        rows = min((found for found, _ in demands), key=len)
        text = np.zeros(len(rows), np.float32)
        for (found, strengths), weight in zip(answers, weights, strict=True):
            self._scratch[found] = strengths
            here = self._scratch[rows]
            self._scratch[found] = 0
            text += here * np.float32(weight / sum(weights))
            if weight >= 1 and not here.all():
                rows, text = rows[here > 0], text[here > 0]
        return self._with_named(rows, text, whole) if whole else (rows, text)

    def _answers(self, part: Part) -> Answers:
        """The rows of all reasons, each once, with its best reason. Strong reasons come first."""
        rows, strengths = [NOWHERE], [np.empty(0, np.float32)]
        for found, strength in sorted(self._hits(part), key=lambda hits: -hits[1]):
            fresh = found[self._scratch[found] == 0]
            self._scratch[fresh] = strength
            rows.append(fresh)
            strengths.append(np.full(len(fresh), strength, np.float32))
        together = np.concatenate(rows)
        self._scratch[together] = 0
        return together, np.concatenate(strengths)

    def _with_named(self, rows: Array, text: Array, whole: str) -> Answers:
        named = self.named(whole)
        if not len(named):
            return rows, text
        others = ~np.isin(rows, named)
        best = np.full(len(named), WEIGHTS.named, np.float32)
        return np.concatenate([rows[others], named]), np.concatenate([text[others], best])

    def named(self, text: str) -> Array:
        """Rows whose name holds the text."""
        return self._holding(self.words.names, text)

    def partly_named(self, text: str) -> tuple[Array, Array]:
        """Rows whose names share at least half of the text's pairs of characters, and the shares."""
        names, wanted = self.words.names, sorted(set(grams(text)))
        if not wanted:
            return NOWHERE, np.empty(0, np.float32)
        rows = np.concatenate([names.rows_of(names.ids(key)) for key in wanted])
        rows, counts = np.unique(rows, return_counts=True)
        shares = (counts / len(wanted)).astype(np.float32)
        return rows[shares >= _LEAST_SHARED], shares[shares >= _LEAST_SHARED]

    def _hits(self, part: Part) -> Iterator[Hits]:
        for meaning in part.meanings:
            yield from self._meant(meaning)
        if part.is_guess:
            return
        yield self._offered(part.text), WEIGHTS.offering_word
        is_named = not any(m.kind in (Kind.CATEGORY, Kind.CHAIN) and m.strength > WEIGHTS.parent for m in part.meanings)
        if is_named:
            yield self.named(part.text), WEIGHTS.place if part.is_place else WEIGHTS.name_word
        if is_letters(part.text):
            yield self._by_letters(part.text), WEIGHTS.letters * WEIGHTS.name_word
            yield self._by_initials(part.text), WEIGHTS.initial_letters * WEIGHTS.name_word
        if part.is_loose:
            yield from self._loose(part.text)

    def _meant(self, meaning: Meaning) -> Iterator[Hits]:
        snapshot, kind, key, strength = self._snapshot, meaning.kind, meaning.key, meaning.strength
        if kind is Kind.CATEGORY:
            yield self._of_categories(snapshot.categories.descendants(key)), strength
        elif kind is Kind.SERVICE:
            yield from ((rows, full * strength) for rows, full in self._service(int(key)))
        elif kind is Kind.OFFERING:
            yield self._offered(spelling(key)), strength
        elif kind is Kind.CHAIN:
            yield self._coded("chain", [key]), strength
        elif kind is Kind.AREA:
            yield self._coded("community", snapshot.areas.subtree(key)), strength
        else:
            yield self._holding(self.words.places, key), strength

    # --- by meaning

    def _of_categories(self, codes: Collection[str]) -> Array:
        wanted = np.flatnonzero(self._table.columns.coded["category"].table(codes))
        known = len(self._table.order.category_starts) - 1
        return self._table.rows_of_categories(wanted[wanted < known])

    def _coded(self, name: str, values: Iterable[str]) -> Array:
        key = (name, frozenset(values))
        if key not in self._known_rows:
            if len(self._known_rows) >= _KEPT_ROWS:
                self._known_rows.clear()
            column = self._table.columns.coded[name]
            self._known_rows[key] = np.flatnonzero(column.table(key[1])[column.codes]).astype(np.int32)
        return self._known_rows[key]

    def _service(self, number: int) -> list[Hits]:
        """Remembered: a dozen words lead to the same rows again and again."""
        if number not in self._services:
            service = self._synonyms.services[number]
            words = [spelling(word) for word in service.words]
            inside = np.zeros(len(self._table), np.bool_)
            inside[self._of_categories([service.category])] = True
            offered = united([self._offered(word) for word in words])
            named = united([self.named(word) for word in words])
            self._services[number] = [(offered, 1.0), (named[inside[named]], WEIGHTS.service_named)]
        return self._services[number]

    def _offered(self, text: str) -> Array:
        if len(text) < 2:
            return NOWHERE
        rows = self._holding(self.words.offers, text)
        if len(self._touched):
            rows = np.setdiff1d(rows, self._touched)
            now = [row for row, texts in self._own.items() if any(text in one for one in texts)]
            rows = united([rows, np.array(now, np.int64)])
        chains = self._by_chains.chains.get(text)
        return united([rows, self._coded("chain", chains)]) if chains else rows

    # --- by text

    def _holding(self, postings: Postings, text: str) -> Array:
        """Rows whose text holds the spelt text."""
        if len(text) < 2:
            return NOWHERE
        return postings.with_all([postings.ids(key) for key in grams(text)], len(self._table))

    def _loose(self, text: str) -> Iterator[Hits]:
        names = self.words.names
        if len(text) == 1:
            yield np.unique(names.rows_of(_with_character(names, text))), WEIGHTS.name_word
            return
        yield self._holding(self.words.places, text), WEIGHTS.place
        numbered = _PLACE_AND_NUMBER.match(text)
        if numbered:
            yield self._at_number(numbered[1], int(numbered[2])), WEIGHTS.place
        yield self._by_sound(text), WEIGHTS.homophone * WEIGHTS.name_word

    def _at_number(self, road: str, number: int) -> Array:
        places = self.words.places
        wanted = [places.ids(key) for key in (*grams(road), number_gram(number))]
        return places.with_all(wanted, len(self._table))

    def _by_sound(self, text: str) -> Array:
        sounds = [reading(char) for char in text]
        if not all(sounds):
            return NOWHERE
        pairs = itertools.pairwise(sounds)
        names = self.words.names
        return names.with_all([_sounding(names, [first], [second]) for first, second in pairs], len(self._table))

    def _by_letters(self, letters: str) -> Array:
        """Names that hold the syllables; the last one may be begun only."""
        names, found = self.words.names, []
        for split in splits(letters):
            sounds = _sounds(split)
            if len(sounds) > 1:
                wanted = [_sounding(names, first, second) for first, second in itertools.pairwise(sounds)]
                found.append(names.with_all(wanted, len(self._table)))
        return united(found)

    def _by_initials(self, letters: str) -> Array:
        """Names that begin with the initials."""
        if not 2 <= len(letters) <= 8:
            return NOWHERE
        names = self.words.names
        sounds = [starting_with(letter) for letter in letters]
        wanted = [_sounding(names, first, second) for first, second in itertools.pairwise(sounds)]
        return names.with_all([_beginning(names, sounds[0]), *wanted], len(self._table))

    # --- by what is typed so far

    def beginning_with(self, typed: str, how: How) -> Array:
        """Rows whose names begin with it."""
        names, count = self.words.names, len(self._table)
        if how is How.WRITTEN:
            return names.with_all([names.ids(begins(typed)), *(names.ids(key) for key in grams(typed))], count)
        if not is_letters(typed):
            return NOWHERE
        if how is How.INITIALS:
            return self._by_initials(typed)
        found = []
        for split in splits(typed):
            sounds = _sounds(split)
            pairs = [_sounding(names, first, second) for first, second in itertools.pairwise(sounds)]
            found.append(names.with_all([_beginning(names, sounds[0]), *pairs], count))
        return united(found)

    def offering(self, text: str) -> Array:
        """Rows that offer something of this spelt name."""
        return self._offered(text)


def _sounds(split: Split) -> list[list[int]]:
    """For each character, the syllables that it may be."""
    whole = [[number] for number in split.syllables]
    return [*whole, list(starting_with(split.begun))] if split.begun else whole


def united(sets: Sequence[Array]) -> Array:
    """Each row once. Most of the sets are empty as a rule."""
    some = [rows for rows in sets if len(rows)]
    if len(some) > 1:
        return np.unique(np.concatenate(some))
    return some[0] if some else NOWHERE


def weight_of(part: Part, parts: Sequence[Part]) -> float:
    """Long words weigh more. A word for many things, such as 老人, colours the others and demands nothing: below 1."""
    is_colour = part.is_broad and any(not other.is_broad and not other.is_place for other in parts)
    return 0.5 if is_colour else float(len(part.text))


def _with_character(names: Postings, char: str) -> Array:
    code = np.uint32(gram(char, "\0") >> 16)
    return np.flatnonzero((names.keys >> np.uint32(16) == code) | (names.keys & np.uint32(0xFFFF) == code))


def _sounding(names: Postings, first: Collection[int], second: Collection[int]) -> Array:
    """Grams that are read so."""
    return np.flatnonzero(_one_of(names.first_sounds, first) & _one_of(names.second_sounds, second))


def _beginning(names: Postings, sounds: Collection[int]) -> Array:
    return np.flatnonzero(names.opens_text & _one_of(names.second_sounds, sounds))


def _one_of(sounds: Array, wanted: Collection[int]) -> Array:
    is_wanted = np.zeros(len(tables().syllables), np.bool_)
    is_wanted[list(wanted)] = True
    return is_wanted[sounds]


def _own_texts(snapshot: Snapshot, table: StoreTable, row: int) -> tuple[str, ...]:
    """Of active offerings, its chain's too: what it overrides is right then."""
    offerings = snapshot.offerings_of(table.get(row))
    return tuple(spelling(text) for offering in offerings for text in (offering.name, *offering.aliases))
