"""The lexicon of a snapshot, kept up with the catalogue: a change adds its own words and nothing is read again."""

from __future__ import annotations

from collections.abc import Iterator

from lifecircle.catalogue.search.lexicon import Lexicon, Term
from lifecircle.catalogue.search.synonyms import Synonyms
from lifecircle.catalogue.search.terms import (
    area_terms,
    category_terms,
    chain_terms,
    offering_name_terms,
    offering_terms,
    road_terms,
    service_terms,
)
from lifecircle.catalogue.search.words import Words
from lifecircle.catalogue.snapshot.model import Snapshot


class Vocabulary:
    """A name that is gone stays a word; it means what is there no more, or what has another name now."""

    def __init__(self, synonyms: Synonyms) -> None:
        self._synonyms = synonyms
        self._seen: Snapshot | None = None
        self._lexicon = Lexicon(())

    def of(self, snapshot: Snapshot) -> Lexicon:
        if self._seen is None:
            terms = [*service_terms(self._synonyms), *self._fresh(snapshot, None)]
            self._lexicon = Lexicon(terms, self._synonyms)
        elif snapshot is not self._seen:
            self._lexicon = self._lexicon.extended(self._fresh(snapshot, self._seen))
        self._seen = snapshot
        return self._lexicon

    def _fresh(self, snapshot: Snapshot, seen: Snapshot | None) -> Iterator[Term]:
        """Terms of what is not as it was."""
        if seen is None or snapshot.categories is not seen.categories:
            yield from category_terms(snapshot.categories, self._synonyms)
        if seen is None or snapshot.areas is not seen.areas:
            yield from area_terms(snapshot.areas)
        if seen is None or snapshot.chains.base is not seen.chains.base:
            yield from chain_terms(snapshot.chains.values())
        elif snapshot.chains is not seen.chains:
            yield from chain_terms(chain for chain in snapshot.chains.delta.values() if chain)
        yield from self._offerings(snapshot, seen)
        words, known = snapshot.stores.base.table.columns.words, _words(seen)
        if words is not known:
            roads, names = (known.roads, known.offer_names) if known else ((), ())
            yield from road_terms(sorted(set(words.roads).difference(roads)))
            yield from offering_name_terms(sorted(set(words.offer_names).difference(names)))

    def _offerings(self, snapshot: Snapshot, seen: Snapshot | None) -> Iterator[Term]:
        held = snapshot.offerings
        if seen is None or held.by_id.base is not seen.offerings.by_id.base:
            templates = (held.by_id.get(one) for _, ids in held.of_chain.items() for one in ids)
            yield from offering_terms(offering for offering in templates if offering)
        if seen is None or held.by_id is not seen.offerings.by_id:
            yield from offering_terms(offering for offering in held.by_id.delta.values() if offering)


def _words(snapshot: Snapshot | None) -> Words | None:
    return snapshot.stores.base.table.columns.words if snapshot else None
