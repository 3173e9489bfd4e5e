"""The bytes of a request, before anything looks inside them."""

from __future__ import annotations

import re
from itertools import accumulate

from starlette.requests import Request

from lifecircle.gateway.limits.errors import BodyTooLarge, JsonNotUtf8, JsonTooDeep

# Possessive, and the closing quote is optional: every byte is looked at once, also in a string that never ends.
_STRING = rb'"(?:[^"\\]|\\.)*+"?'
_OPENERS = b"[{"
_CLOSERS = b"]}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_OPENERS + _CLOSERS))
_STEP = {**dict.fromkeys(_OPENERS, 1), **dict.fromkeys(_CLOSERS, -1)}


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge without ever holding more than `limit` bytes.

    The rest of a refused body is not read: answer with `Connection: close`.
    """
    if _announced(request) > limit:
        raise BodyTooLarge(limit)
    chunks: list[bytes] = []
    room = limit
    async for chunk in request.stream():
        room -= len(chunk)
        if room < 0:
            raise BodyTooLarge(limit)
        chunks.append(chunk)
    return b"".join(chunks)


def _announced(request: Request) -> float:
    """Content-Length; 0 where it says nothing, and the stream is what counts."""
    text = request.headers.get("content-length", "")
    if not (text.isascii() and text.isdigit()):
        return 0
    return float(text)


def check_json_shape(raw: bytes, *, max_depth: int) -> None:
    """Raises JsonTooDeep for what would take json.loads too many levels down.

    Whether it is JSON at all is left to json.loads. That guesses UTF-16 and UTF-32, in which quotes cannot be told
    by looking at bytes; both are full of NULs, which JSON in UTF-8 never holds.
    """
    if b"\0" in raw:
        raise JsonNotUtf8
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return
    brackets = re.sub(_STRING, b"", raw, flags=re.DOTALL).translate(None, _ALL_BUT_BRACKETS)
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > max_depth:
        raise JsonTooDeep(max_depth)
