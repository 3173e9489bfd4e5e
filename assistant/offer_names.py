"""Which service somebody means: the catalogue's own names of offerings and categories, found inside a sentence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import fold

_SHORTEST = 2
"""Characters; single ones ("书") mean too many things."""


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
        self._category_names = sorted(self._categories, key=len, reverse=True)

    def is_current(self, snapshot: Snapshot) -> bool:
        return self._source[0] is snapshot.offerings and self._source[1] is snapshot.categories

    def offering_in(self, folded: str) -> NamedOfferings | None:
        """The longest name of a bookable offering that stands in the text."""
        name = next((name for name in self._offering_names if name in folded), None)
        return NamedOfferings(name, tuple(self._offerings[name])) if name else None

    def category_in(self, folded: str) -> NamedCategory | None:
        name = next((name for name in self._category_names if name in folded), None)
        return NamedCategory(name, self._categories[name]) if name else None

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
