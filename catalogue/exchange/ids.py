"""HSDS asks for UUIDs: one for each record, always the same one, made of what the record is called here."""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.UUID("5f0d3a52-3d5c-5a3e-9d43-1d6b8b6c7a10")


def hsds_id(kind: str, key: str) -> str:
    """`kind` is a collection, or a part of an entity such as `locations.phone`."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}"))
