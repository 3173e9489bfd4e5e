"""Opaque global ids: what is inside is nobody's business but this module's."""

from __future__ import annotations

import base64
import binascii

import strawberry

from lifecircle.catalogue.errors import NotFound

MAX_LENGTH = 512


def global_id(type_name: str, key: str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("="))


def split_id(text: str) -> tuple[str, str] | None:
    """(type name, key), or None where the text is not an id of ours."""
    if len(text) > MAX_LENGTH:
        return None
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    type_name, colon, key = plain.partition(":")
    return (type_name, key) if colon and key else None


def key_of(text: str, type_name: str, *field: str) -> str:
    """The key inside an id of the type. Raises NotFound: an id of another kind names nothing here."""
    parts = split_id(text)
    if parts is None or parts[0] != type_name:
        raise NotFound("没有找到您要的内容，请返回上一页重试。", *field)
    return parts[1]
