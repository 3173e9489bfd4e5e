"""Which service somebody means: the catalogue's own names of offerings and categories, found inside a sentence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import fold

_SHORTEST = 2
"""Characters; single ones ("书") mean too many things."""
_MOST_OF_A_NAME = 0.5
"""How much of a name must stand in a sentence for a likeness."""
_SAID_OF_ANYTHING = re.compile(
    r"预约|预订|预定|报名|办理|取号|服务|上门|咨询|体验|参观|查看|老人|社区|养老|[一两]小时|约|订|[请找]?人"
)


@dataclass(frozen=True, slots=True)
class NamedOfferings:
    """The words that were recognised, and the offerings that carry that name (a chain's as its template)."""

    name: str
    offerings: tuple[Offering, ...]


@dataclass(frozen=True, slots=True)
class NamedCategory:
    name: str
    code: str


class OfferNames:
    """Built from one snapshot; `is_current` says whether it still fits."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._source = (snapshot.offerings, snapshot.categories)
        self._offerings = _offerings_by_name(snapshot)
        self._categories = _categories_by_name(snapshot)
        self._offering_names = sorted(self._offerings, key=len, reverse=True)
        self._category_names = sorted(self._categories, key=lambda name: (-len(name), self._is_group(name, snapshot)))
        self._plain_names = {name: _SAID_OF_ANYTHING.sub(" ", name) for name in self._offering_names}
        self._by_pair = _names_by_pair(self._plain_names)

    def _is_group(self, name: str, snapshot: Snapshot) -> bool:
        return bool(snapshot.categories.children(self._categories[name]))

    def is_current(self, snapshot: Snapshot) -> bool:
        return self._source[0] is snapshot.offerings and self._source[1] is snapshot.categories

    def offering_in(self, folded: str) -> NamedOfferings | None:
        """The longest name of a bookable offering that stands in the text."""
        name = next((name for name in self._offering_names if name in folded), None)
        return NamedOfferings(name, tuple(self._offerings[name])) if name else None

    def similar_in(self, folded: str) -> NamedOfferings | None:
        """What shares the longest words with the text ("修水龙头": 水龙头漏水); None where two words are as long."""
        said = _SAID_OF_ANYTHING.sub(" ", folded)
        near = {name for at in range(len(said) - 1) for name in self._by_pair.get(said[at : at + _SHORTEST], ())}
        shared = {name: _shared(said, self._plain_names[name]) for name in self._offering_names if name in near}
        longest = max(map(len, shared.values()), default=0)
        words = {run for run in shared.values() if len(run) == longest > 0}
        if len(words) != 1:
            return None
        word = words.pop()
        found = (offering for name, run in shared.items() if run == word for offering in self._offerings[name])
        return NamedOfferings(word, tuple({offering.id: offering for offering in found}.values()))

    def category_in(self, folded: str) -> NamedCategory | None:
        """The longest name that stands in the text."""
        name = next((name for name in self._category_names if name in folded), None)
        return NamedCategory(name, self._categories[name]) if name else None

    def category_around(self, folded: str) -> NamedCategory | None:
        """A text that is itself a part of one category's names: "食堂"."""
        codes = {self._categories[name] for name in self._category_names if len(folded) >= _SHORTEST and folded in name}
        return NamedCategory(folded, codes.pop()) if len(codes) == 1 else None

    def offerings_of_category(self, code: str, snapshot: Snapshot) -> tuple[Offering, ...]:
        """Bookable offerings of the stores of a category, for "约个保洁" where only the category is named."""
        codes = snapshot.categories.descendants(code)
        chains = {store.chain for store in snapshot.all_stores() if store.category in codes}
        stores = {store.id for store in snapshot.all_stores() if store.category in codes}
        return tuple(
            offering
            for offering in snapshot.offerings.by_id.values()
            if offering.is_active
            and offering.bookable
            and (offering.store in stores or (offering.chain is not None and offering.chain in chains))
        )


def _names_by_pair(plain_names: Mapping[str, str]) -> dict[str, set[str]]:
    """Whatever shares a word with a text shares two characters that stand together."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, plain in plain_names.items():
        for at in range(len(plain) - 1):
            found[plain[at : at + _SHORTEST]].add(name)
    return dict(found)


def _shared(said: str, plain: str) -> str:
    """The longest run that both hold, empty where it is short or a small part of the name."""
    match = SequenceMatcher(None, said, plain, autojunk=False).find_longest_match()
    run = said[match.a : match.a + match.size].strip()
    is_enough = len(run) >= _SHORTEST and len(run) >= _MOST_OF_A_NAME * len(plain.replace(" ", ""))
    return run if is_enough else ""


def _offerings_by_name(snapshot: Snapshot) -> dict[str, list[Offering]]:
    names: defaultdict[str, list[Offering]] = defaultdict(list)
    for offering in snapshot.offerings.by_id.values():
        if offering.is_active and offering.bookable:
            for name in {fold(text) for text in (offering.name, *offering.aliases)}:
                if len(name) >= _SHORTEST:
                    names[name].append(offering)
    return names


def _categories_by_name(snapshot: Snapshot) -> dict[str, str]:
    return {
        fold(name): category.code
        for category in snapshot.categories
        if category.parent is not None
        for name in (category.name, *category.aliases)
        if len(name) >= _SHORTEST
    }
