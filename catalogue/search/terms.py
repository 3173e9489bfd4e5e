"""Which words mean what in a city: its categories, areas, chains, offerings and roads, and the synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.merchants import Chain
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.search.lexicon import Kind, Meaning, Term
from lifecircle.catalogue.search.synonyms import Synonyms
from lifecircle.catalogue.search.weights import WEIGHTS

_ASIDE = re.compile(r"[（(]([^（）()]+)[）)]")
_AREA_ENDINGS = ("社区", "街道", "区", "镇", "乡")


def category_terms(categories: Categories, synonyms: Synonyms) -> Iterator[Term]:
    narrow = _narrow_words(synonyms)
    for category in categories:
        sources = (
            (names_of(category.name), WEIGHTS.category_name),
            (category.aliases, WEIGHTS.category_alias),
            (synonyms.categories.get(category.code, ()), WEIGHTS.category_word),
        )
        most = WEIGHTS.parent if categories.children(category.code) else 1.0
        for texts, strength in sources:
            for text in texts:
                if (category.code, text) not in narrow:
                    yield _term(text, Kind.CATEGORY, category.code, min(strength, most))
    for text, codes in synonyms.also.items():
        for code in codes:
            yield _term(text, Kind.CATEGORY, code, WEIGHTS.also)


def service_terms(synonyms: Synonyms) -> Iterator[Term]:
    for number, service in enumerate(synonyms.services):
        strength = WEIGHTS.category_word if service.is_usual else WEIGHTS.service_category
        for text in service.words:
            yield _term(text, Kind.SERVICE, str(number), WEIGHTS.offering)
            yield _term(text, Kind.CATEGORY, service.category, strength)


def _narrow_words(synonyms: Synonyms) -> frozenset[tuple[str, str]]:
    """Words of one service of a category, which do not mean the category as a whole."""
    return frozenset((s.category, word) for s in synonyms.services if not s.is_usual for word in s.words)


def names_of(name: str) -> list[str]:
    """生鲜超市（菜店） → the whole, 生鲜超市 and 菜店."""
    aside = _ASIDE.findall(name)
    return [name, _ASIDE.sub("", name), *aside] if aside else [name]


def area_terms(areas: Areas) -> Iterator[Term]:
    for area in areas:
        for text in {area.name, _without_ending(area.name)}:
            yield _term(text, Kind.AREA, area.id, WEIGHTS.place)


def _without_ending(name: str) -> str:
    for ending in _AREA_ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name


def chain_terms(chains: Iterable[Chain]) -> Iterator[Term]:
    return (_term(chain.name, Kind.CHAIN, chain.id, WEIGHTS.chain) for chain in chains)


def offering_terms(offerings: Iterable[Offering]) -> Iterator[Term]:
    for offering in offerings:
        yield _term(offering.name, Kind.OFFERING, offering.name, WEIGHTS.offering)
        for text in offering.aliases:
            yield _term(text, Kind.OFFERING, offering.name, WEIGHTS.offering_alias)


def offering_name_terms(names: Iterable[str]) -> Iterator[Term]:
    return (_term(name, Kind.OFFERING, name, WEIGHTS.offering) for name in names)


def road_terms(roads: Iterable[str]) -> Iterator[Term]:
    return (_term(road, Kind.ROAD, road, WEIGHTS.place) for road in roads)


@lru_cache(maxsize=20_000)
def _meaning(kind: Kind, key: str, strength: float) -> Meaning:
    """Thousands of words mean the same few things."""
    return Meaning(kind, key, strength)


def _term(text: str, kind: Kind, key: str, strength: float) -> Term:
    return Term(text, _meaning(kind, key, strength))
