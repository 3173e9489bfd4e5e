"""Documents of the catalogue as HSDS 3.0 entities. Pure.

| here | HSDS | file |
| --- | --- | --- |
| merchant, chain, operator of a public facility | organization | organizations |
| store | location | locations |
| offering | service | services |
| an offering at a store | service_at_location | service_at_locations |
| category | taxonomy_term | taxonomy_terms |
| area | service_area | service_areas |

What HSDS has no field for stands in one attribute of the entity, as JSON (`link_type: "lifecircle"`): with it nothing
is lost. Entities without that attribute are derived from others, for readers, and passed over by an import.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.exchange.ids import hsds_id
from lifecircle.catalogue.exchange.schedules import exception_rows, session_rows, week_rows
from lifecircle.catalogue.offerings.model import INHERITED_FIELDS

Entity = dict[str, Any]

RECORD = "lifecircle"
"""The link type of the attribute that holds what HSDS has no field for."""

INHERITED = "inherited"
"""The link type that marks a schedule which is the chain's."""

PARTS = ("organizations", "locations", "services", "service_at_locations", "taxonomy_terms", "service_areas")

AREA_FIELDS = ("district", "level", "parent", "households", "version")
CATEGORY_FIELDS = ("level", "parent", "order", "aliases", "version")
MERCHANT_FIELDS = ("district", "state", "area", "licence_number", "licence_held", "licence_expires_on", "version")
"""A merchant's contacts and papers stay here: they are personal."""
CHAIN_FIELDS = ("district", "merchant", "version")
STORE_FIELDS = (
    *("district", "merchant", "chain", "number", "category", "operator_name", "part_of", "station_of", "community"),
    *("notice", "assured_on", "floor_area", "rating", "state", "closed_until", "moved_to", "photos", "version"),
)
OFFERING_FIELDS = (
    *("district", "store", "chain", "template", "version"),
    *(name for name in INHERITED_FIELDS if name not in ("name", "description", "price", "unit", "sessions")),
)
OVERRIDE_FIELDS = (
    *("district", "store", "chain", "template", "version"),
    *(name for name in INHERITED_FIELDS if name != "sessions"),
)

_STATUS = {"ACTIVE": "active"}


@dataclass
class Surroundings:
    """What an entity says about records beside its own."""

    district_names: Mapping[str, str] = field(default_factory=dict)
    chain_hours: Mapping[str, Document] = field(default_factory=dict)
    organization_of: dict[str, str] = field(default_factory=dict)
    """By store."""


def area_entity(row: Document) -> Entity:
    key = row["_id"]
    entity_id = hsds_id("areas", key)
    return {
        "id": entity_id,
        "name": row["name"],
        "extent": _json(row["polygon"]),
        "extent_type": "geojson",
        "attributes": [_record("service_area", entity_id, key, _picked(row, AREA_FIELDS))],
    }


def category_entity(row: Document) -> Entity:
    key = row["_id"]
    entity: Entity = {"id": hsds_id("categories", key), "code": key, "name": row["name"]}
    entity["description"] = "、".join(row["aliases"]) or row["name"]
    if row["parent"] is not None:
        entity["parent_id"] = hsds_id("categories", row["parent"])
    entity |= {"taxonomy": "一刻钟便民生活圈", "language": "zh-CN"}
    return entity | {"attributes": [_record("taxonomy_term", entity["id"], key, _picked(row, CATEGORY_FIELDS))]}


def merchant_entity(row: Document) -> Entity:
    entity_id = hsds_id("merchants", row["_id"])
    values = {"is": "merchant", **_picked(row, MERCHANT_FIELDS)}
    return _organization(entity_id, row["name"], _record("organization", entity_id, row["_id"], values))


def chain_entity(row: Document) -> Entity:
    entity_id = hsds_id("chains", row["_id"])
    hours = {"weekly": week_rows(f"chains/{row['_id']}", row["hours"]["weekly"]), "holidays": _holidays(row["hours"])}
    values = {"is": "chain", **_picked(row, CHAIN_FIELDS), "hours": hours}
    entity = _organization(entity_id, row["name"], _record("organization", entity_id, row["_id"], values))
    return {**entity, "parent_organization_id": hsds_id("merchants", row["merchant"])}


def operator_entity(name: str) -> Entity:
    """Who runs a public facility; known here by name only."""
    return {"id": hsds_id("operators", name), "name": name, "description": name}


def organization_of(store: Document) -> str:
    """The id of the organization that runs a store."""
    if store["merchant"] is not None:
        return hsds_id("merchants", store["merchant"])
    return hsds_id("operators", store["operator_name"])


def store_entity(row: Document, around: Surroundings) -> Entity:
    key = row["_id"]
    entity_id = hsds_id("stores", key)
    longitude, latitude = row["location"]["coordinates"]
    entity: Entity = {
        "id": entity_id,
        "organization_id": organization_of(row),
        "location_type": "physical",
        "name": row["name"],
        "longitude": longitude,
        "latitude": latitude,
        "external_identifier": key,
        "external_identifier_type": "lifecircle",
        "addresses": [_address(row, entity_id, around)],
        "accessibility": [_accessibility(row, entity_id, feature) for feature in row["accessibility"]],
        "schedules": [*_week(row, around), *exception_rows(f"stores/{key}/exceptions", row["exceptions"])],
    }
    if row["phone"] is not None:
        phone = {"id": hsds_id("stores.phone", key), "location_id": entity_id, "number": row["phone"], "type": "voice"}
        entity["phones"] = [phone]
    values = _picked(row, STORE_FIELDS)
    if row["hours"] is not None:
        values["holidays"] = _holidays(row["hours"])
    entity["attributes"] = [_category_attribute(row, entity_id), _record("location", entity_id, key, values)]
    return entity


def offering_entity(row: Document, around: Surroundings) -> Entity:
    """An offering of a store's own, or a chain's."""
    key = row["_id"]
    entity_id = hsds_id("offerings", key)
    owner = hsds_id("chains", row["chain"]) if row["chain"] is not None else around.organization_of.get(row["store"])
    entity: Entity = {"id": entity_id, "name": row["name"], "status": _STATUS.get(row["state"], "inactive")}
    if owner:
        entity["organization_id"] = owner
    if row["description"] is not None:
        entity["description"] = row["description"]
    if row["eligibility"]:
        entity["eligibility_description"] = "；".join(rule["text"] for rule in row["eligibility"])
    cost: Entity = {"id": hsds_id("offerings.cost", key), "service_id": entity_id, "option": row["unit"]}
    if row["price"] is not None:
        cost |= {"currency": "CNY", "amount": row["price"] / 100}
    entity["cost_options"] = [cost]
    entity["schedules"] = session_rows(f"offerings/{key}", row["sessions"])
    return entity | {"attributes": [_record("service", entity_id, key, _picked(row, OFFERING_FIELDS))]}


def override_entity(row: Document) -> Entity:
    """What one store changes in its chain's offering."""
    entity = offering_at(row["template"], row["store"])
    if "sessions" in row:
        entity["schedules"] = session_rows(f"offerings/{row['_id']}", row["sessions"])
    values = _picked(row, OVERRIDE_FIELDS)
    return entity | {"attributes": [_record("service_at_location", entity["id"], row["_id"], values)]}


def offering_at(offering: str, store: str) -> Entity:
    return {
        "id": hsds_id("service_at_locations", f"{store}:{offering}"),
        "service_id": hsds_id("offerings", offering),
        "location_id": hsds_id("stores", store),
    }


def _organization(entity_id: str, name: str, record: Entity) -> Entity:
    return {"id": entity_id, "name": name, "description": name, "attributes": [record]}


def _address(row: Document, entity_id: str, around: Surroundings) -> Entity:
    """HSDS requires more than is known here; what is not known is empty."""
    return {
        "id": hsds_id("stores.address", row["_id"]),
        "location_id": entity_id,
        "address_1": row["address"],
        "city": around.district_names.get(row["district"], ""),
        "state_province": "",
        "postal_code": "",
        "country": "CN",
        "address_type": "physical",
    }


def _accessibility(row: Document, entity_id: str, feature: str) -> Entity:
    key = f"{row['_id']}/{feature}"
    return {"id": hsds_id("stores.accessibility", key), "location_id": entity_id, "description": feature}


def _week(row: Document, around: Surroundings) -> list[Entity]:
    """The store's own week, or its chain's, marked so: readers see when it is open, an import leaves it out."""
    if row["hours"] is not None:
        return week_rows(f"stores/{row['_id']}", row["hours"]["weekly"])
    hours = around.chain_hours.get(row["chain"] or "")
    rows = week_rows(f"stores/{row['_id']}/inherited", hours["weekly"] if hours else ())
    return [{**one, "attributes": [_mark(one["id"])]} for one in rows]


def _mark(schedule: str) -> Entity:
    mark = {"id": hsds_id("inherited", schedule), "link_id": schedule, "link_type": INHERITED}
    return {**mark, "link_entity": "schedule", "value": "chain"}


def _category_attribute(row: Document, entity_id: str) -> Entity:
    return {
        "id": hsds_id("stores.category", row["_id"]),
        "link_id": entity_id,
        "taxonomy_term_id": hsds_id("categories", row["category"]),
        "link_type": "taxonomy_term",
        "link_entity": "location",
    }


def _record(entity: str, entity_id: str, key: str, values: Mapping[str, Any]) -> Entity:
    return {
        "id": hsds_id("record", entity_id),
        "link_id": entity_id,
        "link_type": RECORD,
        "link_entity": entity,
        "value": _json({"key": key, **values}),
    }


def _picked(row: Document, names: Iterable[str]) -> Document:
    return {name: row[name] for name in names if name in row}


def _holidays(hours: Document) -> Document:
    holidays = hours.get("holidays") or {}
    return {"mode": holidays.get("mode", "SAME"), "ranges": list(holidays.get("ranges", ()))}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
