"""Whether documents that were read from a file may go into the catalogue. Pure.

The domain's own readers are the first check: what they cannot read, no worker could serve.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lifecircle.catalogue.areas import area_from_document
from lifecircle.catalogue.categories import category_from_document
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.exchange.reading import MALFORMED, Read, RowError, places_of, reason
from lifecircle.catalogue.geo import is_on_earth
from lifecircle.catalogue.merchants import chain_from_document, merchant_from_document
from lifecircle.catalogue.offerings.model import (
    INHERITED_FIELDS,
    inherited_id,
    offering_from_document,
    split_inherited_id,
)
from lifecircle.catalogue.stores.model import store_from_document

REFERENCES: Mapping[str, Mapping[str, str]] = {
    "areas": {"parent": "areas"},
    "categories": {"parent": "categories"},
    "merchants": {"area": "areas"},
    "chains": {"merchant": "merchants"},
    "stores": {
        "merchant": "merchants",
        "chain": "chains",
        "category": "categories",
        "community": "areas",
        "part_of": "stores",
        "station_of": "areas",
        "moved_to": "stores",
    },
    "offerings": {"store": "stores", "chain": "chains", "template": "offerings"},
}
"""Which field of a document names which collection's record."""

COLLECTIONS = tuple(REFERENCES)
"""What makes a catalogue."""

_STATES = {"stores": {"OPEN", "CLOSED", "MOVED"}, "offerings": {"ACTIVE", "ARCHIVED"}}
_LONGEST_TEXT = 2_000


def check_documents(read: Read) -> Iterator[RowError]:
    """What is wrong with the documents by themselves."""
    for collection in COLLECTIONS:
        for place, document in places_of(read, collection):
            try:
                _CHECKS[collection](document)
                _check_common(collection, document)
            except MALFORMED as error:
                yield RowError(place, reason(error))
    yield from _check_trees(read)
    yield from _check_numbers(read)
    yield from _check_overrides(read)


def wanted_references(read: Read) -> Iterator[tuple[str, str, str, str]]:
    """(collection, key, field, place) of every record that is named."""
    for collection, fields in REFERENCES.items():
        for place, document in places_of(read, collection):
            for field, target in fields.items():
                key = document.get(field)
                if isinstance(key, str):
                    yield target, key, field, place


def _check_area(document: Document) -> None:
    ring = area_from_document(document).ring
    if len(ring) < 4 or ring[0] != ring[-1]:
        raise ValueError("polygon: a closed ring of at least three corners is needed")
    if not all(is_on_earth(lng, lat) for lng, lat in ring):
        raise ValueError("polygon: a corner is not on the map")


def _check_store(document: Document) -> None:
    store = store_from_document(document)
    place = store.location
    if not all(isinstance(value, int | float) and math.isfinite(value) for value in (place.longitude, place.latitude)):
        raise ValueError("location: two numbers are needed")
    if not is_on_earth(place.longitude, place.latitude):
        raise ValueError("location: not on the map")
    if store.rating_sum < 0 or store.rating_count < 0 or store.rating_sum > 5 * store.rating_count:
        raise ValueError("rating: the sum does not fit the count")


def _check_offering(document: Document) -> None:
    if split_inherited_id(document["_id"]):
        if document["_id"] != inherited_id(document["store"], document["template"]):
            raise ValueError("the key does not name the store and the chain's offering")
        return
    offering = offering_from_document(document)
    if (offering.store is None) == (offering.chain is None):
        raise ValueError("an offering is a store's or a chain's")


_CHECKS: dict[str, Callable[[Document], Any]] = {
    "areas": _check_area,
    "categories": category_from_document,
    "merchants": merchant_from_document,
    "chains": chain_from_document,
    "stores": _check_store,
    "offerings": _check_offering,
}


def _check_common(collection: str, document: Document) -> None:
    version = document["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ValueError("version: a whole number from 1 is needed")
    if collection != "categories" and not (isinstance(document["district"], str) and document["district"]):
        raise ValueError("district: a text is needed")
    if "state" in document and document["state"] not in _STATES.get(collection, {document["state"]}):
        raise ValueError(f"state: {document['state']!r} is unknown")
    for name in ("name", "address", "phone", "notice", "description", *REFERENCES[collection]):
        _check_text(name, document.get(name))


def _check_text(name: str, text: Any) -> None:
    if text is None:
        return
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValueError(f"{name}: a text of at most {_LONGEST_TEXT} characters is needed")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise ValueError(f"{name}: holds control characters")


def _check_trees(read: Read) -> Iterator[RowError]:
    """Nothing stands below itself."""
    for collection in ("areas", "categories"):
        held = read.documents.get(collection, {})
        for place, document in places_of(read, collection):
            above, seen = document.get("parent"), {document["_id"]}
            while isinstance(above, str) and above in held and above not in seen:
                seen.add(above)
                above = held[above].get("parent")
            if isinstance(above, str) and above in seen:
                yield RowError(place, "parent: it stands below itself")


def _check_numbers(read: Read) -> Iterator[RowError]:
    """A merchant's own store numbers are unique."""
    seen: set[tuple[Any, Any]] = set()
    for place, document in places_of(read, "stores"):
        number = (str(document.get("merchant")), document.get("number"))
        if not isinstance(number[1], str):
            continue
        if number in seen:
            yield RowError(place, f"number: {number[1]} is another store's of the same merchant")
        seen.add(number)


def _check_overrides(read: Read) -> Iterator[RowError]:
    """An override changes an offering of the chain that its store belongs to, and fits it."""
    offerings, stores = read.documents.get("offerings", {}), read.documents.get("stores", {})
    for place, document in places_of(read, "offerings"):
        template, store = offerings.get(str(document.get("template"))), stores.get(str(document.get("store")))
        if template is None or store is None:
            continue
        if template["chain"] is None or template["chain"] != store["chain"]:
            yield RowError(place, "the offering is not one of the store's chain")
            continue
        terms = {name: value for name, value in document.items() if name in INHERITED_FIELDS}
        try:
            offering_from_document({**template, **terms})
        except MALFORMED as error:
            yield RowError(place, reason(error))
