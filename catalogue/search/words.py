"""The words of a table of stores: names, addresses and what each store offers of its own, as postings.

A column among the columns of the table: it is taken, joined, saved and mapped as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from lifecircle.catalogue.search.postings import EMPTY, Array, Arrays, Postings, number_gram
from lifecircle.catalogue.search.spelling import spelling

if TYPE_CHECKING:
    from lifecircle.catalogue.stores.model import Store

_ROAD_AND_NUMBER = re.compile(r"(\D*)(\d{0,6})")
LONGEST_ROAD = 8
MOST_ROADS = 20_000
MOST_OFFERS = 50_000
"""Different names of offerings that are suggested; more are found all the same."""


@dataclass(frozen=True)
class Words:
    names: Postings
    places: Postings
    """Of the road's name, and the house number."""
    offers: Postings
    """Of the names and aliases of the offerings that are the store's own."""
    assured: Array
    """The day, as an ordinal, on which somebody last vouched for the record."""
    roads: tuple[str, ...]
    offer_names: tuple[str, ...]

    @staticmethod
    def of(stores: Sequence[Store]) -> Words:
        parts = [road_and_number(store.address) for store in stores]
        numbers = [(number_gram(number), row) for row, (_, number) in enumerate(parts) if number is not None]
        roads = {road for road, _ in parts}
        return Words(
            names=Postings.of_texts([store.name for store in stores]),
            places=Postings.of_texts([road for road, _ in parts], extra=numbers),
            offers=EMPTY,
            assured=np.fromiter((store.assured_on.toordinal() for store in stores), np.int32, len(stores)),
            roads=_some((spelling(road) for road in roads), LONGEST_ROAD, MOST_ROADS),
            offer_names=(),
        )

    def take(self, rows: Array) -> Words:
        count = len(self)
        return replace(
            self,
            names=self.names.take(rows, count),
            places=self.places.take(rows, count),
            offers=self.offers.take(rows, count),
            assured=self.assured[rows],
        )

    def joined(self, other: Words) -> Words:
        shift = len(self)
        return Words(
            names=self.names.joined(other.names, shift),
            places=self.places.joined(other.places, shift),
            offers=self.offers.joined(other.offers, shift),
            assured=np.concatenate([self.assured, other.assured]),
            roads=_some(chain(self.roads, other.roads), LONGEST_ROAD, MOST_ROADS),
            offer_names=_some(chain(self.offer_names, other.offer_names), 100, MOST_OFFERS),
        )

    def with_offers(self, offers: Mapping[int, Iterable[Sequence[str]]], *, anew: bool = False) -> Words:
        """By row, the names (each with its aliases behind it) of the store's own offerings now; `anew`: of all rows."""
        texts: list[str] = []
        rows: list[int] = []
        names = set(() if anew else self.offer_names)
        for row, held in offers.items():
            for spoken in held:
                names.add(spoken[0])
                texts.extend(spoken)
                rows.extend([row] * len(spoken))
        fresh = Postings.of_texts(texts, np.array(rows, np.int32))
        if not anew:
            others = np.delete(np.arange(len(self)), list(offers))
            kept = self.offers.take(others, len(self))
            fresh = Postings(kept.keys, kept.starts, others[kept.rows].astype(np.int32)).joined(fresh, 0)
        return replace(self, offers=fresh, offer_names=_some(names, 100, MOST_OFFERS))

    def __len__(self) -> int:
        return len(self.assured)

    @cached_property
    def _listed(self) -> dict[str, Array]:
        return {name: _texts(getattr(self, name)) for name in ("roads", "offer_names")}

    def arrays(self) -> Arrays:
        found: dict[str, Any] = {"words.assured": self.assured, **{f"words.{k}": v for k, v in self._listed.items()}}
        for name in ("names", "places", "offers"):
            found |= getattr(self, name).arrays(f"words.{name}")
        return found

    @staticmethod
    def from_arrays(arrays: Mapping[str, Array]) -> Words:
        return Words(
            **{name: Postings.from_arrays(f"words.{name}", arrays) for name in ("names", "places", "offers")},
            assured=arrays["words.assured"],
            roads=_listed(arrays["words.roads"]),
            offer_names=_listed(arrays["words.offer_names"]),
        )


def road_and_number(address: str) -> tuple[str, int | None]:
    """文澜路12号3楼 → 文澜路, 12."""
    found = _ROAD_AND_NUMBER.match(address)
    if found is None:
        return address, None
    return found[1], int(found[2]) if found[2] else None


def _some(texts: Iterable[str], longest: int, most: int) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if 2 <= len(text) <= longest})[:most])


def _texts(texts: Sequence[str]) -> Array:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _listed(array: Array) -> tuple[str, ...]:
    return tuple(array.tobytes().decode().split("\n")) if len(array) else ()
