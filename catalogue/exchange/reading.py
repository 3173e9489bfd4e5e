"""HSDS 3.0 entities back into documents of the catalogue. Pure.

Entities without the attribute that `writing` makes are passed over: they are derived from others.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.exchange.ids import hsds_id
from lifecircle.catalogue.exchange.schedules import read_exceptions, read_sessions, read_week
from lifecircle.catalogue.exchange.writing import (
    AREA_FIELDS,
    CATEGORY_FIELDS,
    CHAIN_FIELDS,
    INHERITED,
    MERCHANT_FIELDS,
    OFFERING_FIELDS,
    OVERRIDE_FIELDS,
    PARTS,
    RECORD,
    STORE_FIELDS,
    Entity,
)

MALFORMED = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)
"""What reading a malformed entity or document raises."""


@dataclass(frozen=True, slots=True)
class RowError:
    """Where something is wrong, and what."""

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass
class Read:
    """Documents by collection, with the place that each was read from."""

    documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    places: dict[tuple[str, str], str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    def add(self, collection: str, document: Document, place: str) -> None:
        key = document["_id"]
        held = self.documents.setdefault(collection, {})
        if key in held:
            self.errors.append(RowError(place, f"{key} stands in the file twice"))
            return
        held[key] = document
        self.places[collection, key] = place


def read_entities(parts: Mapping[str, Sequence[Any]]) -> Read:
    read = Read()
    for part in PARTS:
        for number, entity in enumerate(parts.get(part, ()), 1):
            place = f"{part} entry {number}"
            try:
                found = _READERS[part](entity)
            except MALFORMED as error:
                read.errors.append(RowError(place, reason(error)))
                continue
            if found:
                read.add(*found, place)
    return read


def reason(error: BaseException) -> str:
    """What a person may make of it."""
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) and error.args else str(error)


def _area(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    key = _key(entity, values, "areas")
    plain = _kept(values, AREA_FIELDS)
    return "areas", {"_id": key, "name": entity["name"], "polygon": json.loads(entity["extent"]), **plain}


def _category(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    key = _key(entity, values, "categories")
    return "categories", {"_id": key, "name": entity["name"], **_kept(values, CATEGORY_FIELDS)}


def _organization(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    if values["is"] == "merchant":
        key = _key(entity, values, "merchants")
        return "merchants", {"_id": key, "name": entity["name"], **_kept(values, MERCHANT_FIELDS)}
    if values["is"] != "chain":
        raise ValueError(f"{values['is']!r} is no kind of organization")
    hours = {"weekly": read_week(values["hours"]["weekly"]), "holidays": values["hours"]["holidays"]}
    plain = _kept(values, CHAIN_FIELDS)
    return "chains", {"_id": _key(entity, values, "chains"), "name": entity["name"], **plain, "hours": hours}


def _store(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    own = [row for row in entity["schedules"] if not _is_inherited(row)]
    hours = {"weekly": read_week(own), "holidays": values["holidays"]} if "holidays" in values else None
    (address,) = entity["addresses"]
    phones = entity.get("phones", [])
    return "stores", {
        "_id": _key(entity, values, "stores"),
        "name": entity["name"],
        "location": {"type": "Point", "coordinates": [entity["longitude"], entity["latitude"]]},
        "address": address["address_1"],
        "phone": phones[0]["number"] if phones else None,
        "hours": hours,
        "exceptions": read_exceptions(own),
        "accessibility": [row["description"] for row in entity["accessibility"]],
        **_kept(values, STORE_FIELDS),
    }


def _offering(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    (cost,) = entity["cost_options"]
    return "offerings", {
        "_id": _key(entity, values, "offerings"),
        "name": entity["name"],
        "description": entity.get("description"),
        "price": round(cost["amount"] * 100) if "amount" in cost else None,
        "unit": cost["option"],
        "sessions": read_sessions(entity["schedules"]),
        **_kept(values, OFFERING_FIELDS),
    }


def _override(entity: Entity) -> tuple[str, Document] | None:
    values = _record_of(entity)
    if values is None:
        return None
    key = str(values["key"])
    if entity["id"] != hsds_id("service_at_locations", key):
        raise ValueError(f"the id is not that of {key}")
    sessions = {"sessions": read_sessions(entity["schedules"])} if "schedules" in entity else {}
    return "offerings", {"_id": key, **_kept(values, OVERRIDE_FIELDS), **sessions}


_READERS: dict[str, Callable[[Entity], tuple[str, Document] | None]] = {
    "organizations": _organization,
    "locations": _store,
    "services": _offering,
    "service_at_locations": _override,
    "taxonomy_terms": _category,
    "service_areas": _area,
}


def _record_of(entity: Entity) -> Document | None:
    """What stands in the entity's own attribute. Raises ValueError for a second one, or for what is no object."""
    if not isinstance(entity, dict):
        raise TypeError("an object is needed")
    found = [row for row in entity.get("attributes", ()) if row["link_type"] == RECORD]
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(f"there are two attributes of type {RECORD}")
    values = json.loads(found[0]["value"])
    if not isinstance(values, dict):
        raise TypeError(f"the attribute of type {RECORD} holds no object")
    return values


def _key(entity: Entity, values: Document, collection: str) -> str:
    """The record's id here. Raises ValueError where it does not belong to the entity's UUID."""
    key = values["key"]
    if not isinstance(key, str) or not key:
        raise TypeError("key: a text is needed")
    if entity["id"] != hsds_id(collection, key):
        raise ValueError(f"the id is not that of {key}")
    return key


def _kept(values: Document, names: Sequence[str]) -> Document:
    """Only what is known: whatever else a file says is not written."""
    return {name: values[name] for name in names if name in values}


def _is_inherited(row: Mapping[str, Any]) -> bool:
    return any(mark["link_type"] == INHERITED for mark in row.get("attributes", ()))


def places_of(read: Read, collection: str) -> Iterator[tuple[str, Document]]:
    """(place, document) of a collection."""
    for key, document in read.documents.get(collection, {}).items():
        yield f"{read.places[collection, key]} ({key})", document
