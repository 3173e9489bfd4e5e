"""Messages of graphql-transport-ws: what a client sends, read; and the codes with which a connection ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lifecircle.gateway.limits.body import check_json_shape
from lifecircle.gateway.limits.errors import LimitExceeded

PROTOCOL = "graphql-transport-ws"

BAD_MESSAGE, UNAUTHORIZED, FORBIDDEN, INIT_TIMEOUT, KNOWN_ID, INIT_AGAIN = 4400, 4401, 4403, 4408, 4409, 4429
TOO_SLOW, TOO_MANY = 4290, 4291
TOO_LARGE, GO_ON_ELSEWHERE = 1009, 1012

_LONGEST_ID = 64


class Closed(Exception):
    """The connection ends here, from our side."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Gone(Exception):
    """The client has left."""


@dataclass(frozen=True, slots=True)
class Asked:
    query: str
    variables: dict[str, Any]
    operation_name: str | None


def decoded(text: str | None, most_bytes: int, max_depth: int) -> dict[str, Any]:
    """Raises Closed."""
    if text is None:
        raise Closed(BAD_MESSAGE, "Text is expected")
    raw = text.encode("utf-8", "replace")
    if len(raw) > most_bytes:
        raise Closed(TOO_LARGE, "Message too large")
    try:
        check_json_shape(raw, max_depth=max_depth)
        content = json.loads(raw)
        json.dumps(content, ensure_ascii=False).encode()  # refuses half characters
    except (ValueError, RecursionError, LimitExceeded):
        raise Closed(BAD_MESSAGE, "Invalid message") from None
    if not isinstance(content, dict):
        raise Closed(BAD_MESSAGE, "Invalid message")
    return content


def operation_id(message: Mapping[str, Any]) -> str:
    """Raises Closed."""
    key = message.get("id")
    if not isinstance(key, str) or not 0 < len(key) <= _LONGEST_ID:
        raise Closed(BAD_MESSAGE, "Invalid message")
    return key


def asked_of(payload: object) -> Asked:
    """Raises Closed."""
    given = payload if isinstance(payload, dict) else {}
    query, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise Closed(BAD_MESSAGE, "Invalid message")
    return Asked(query, variables or {}, name or None)
