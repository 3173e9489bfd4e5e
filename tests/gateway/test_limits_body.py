from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled
from starlette.requests import Request

from lifecircle.gateway.limits.body import check_json_shape, read_body
from lifecircle.gateway.limits.errors import BodyTooLarge, JsonNotUtf8, JsonTooDeep

LIMIT = 262_144


class Upload:
    """A request whose body arrives in chunks; knows how many were asked for."""

    def __init__(self, chunks: Iterable[bytes], **headers: str) -> None:
        self.taken = 0
        self._chunks = iter(chunks)
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.request = Request({"type": "http", "method": "POST", "headers": raw}, self._receive)

    async def _receive(self) -> dict[str, object]:
        chunk = next(self._chunks, None)
        self.taken += chunk is not None
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}


async def test_a_body_within_the_limit_is_read_whole() -> None:
    assert await read_body(Upload([b"ab", b"", b"cd"]).request, 4) == b"abcd"


async def test_an_announced_60_mb_body_is_refused_without_reading() -> None:
    upload = Upload([b"x" * 65_536] * 1_000, content_length=str(60_000_000))
    with pytest.raises(BodyTooLarge) as refused:
        await read_body(upload.request, LIMIT)
    assert upload.taken == 0
    assert (refused.value.http_status, refused.value.code) == (413, "BAD_REQUEST")
    assert str(LIMIT) in refused.value.message


@pytest.mark.parametrize(
    "announced", [{}, {"content_length": "10"}, {"content_length": "lots"}, {"content_length": "-1"}]
)
async def test_an_unannounced_60_mb_stream_is_left_at_the_limit(announced: dict[str, str]) -> None:
    upload = Upload((b"x" * 65_536 for _ in range(1_000)), **announced)
    with pytest.raises(BodyTooLarge):
        await read_body(upload.request, LIMIT)
    assert upload.taken == LIMIT // 65_536 + 1


async def test_a_length_of_a_thousand_digits_is_refused() -> None:
    with pytest.raises(BodyTooLarge):
        await read_body(Upload([], content_length="9" * 1_000).request, LIMIT)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":['])
def test_deep_json_is_refused(opening: bytes) -> None:
    with pytest.raises(JsonTooDeep) as refused:
        check_json_shape(opening * 50_000, max_depth=32)
    assert refused.value.http_status == 400
    assert "32" in refused.value.message


@pytest.mark.parametrize(
    "harmless",
    [
        b"[" * 32 + b"]" * 32,
        b"[" + b"[]," * 10_000 + b"[]]",
        json.dumps({"query": "{a" * 100, "quote": '"[[' * 50, "backslash": "\\[[" * 50}).encode(),
        b'"' + b"[" * 1_000,
        b'"\\',
        b"",
        b"]]]]",
    ],
)
def test_wide_json_and_brackets_in_strings_pass(harmless: bytes) -> None:
    check_json_shape(harmless, max_depth=32)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_cannot_hide_brackets(encoding: str) -> None:
    hidden = "[" * 50_000
    with pytest.raises(JsonNotUtf8):
        check_json_shape(f'["∢",{hidden}'.encode(encoding), max_depth=32)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.fuzz
@settings(max_examples=scaled(30, 100), deadline=None)
@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_the_depth_is_the_one_that_json_loads_would_find(value: object) -> None:
    for raw in (json.dumps(value).encode(), json.dumps(value, ensure_ascii=False).encode(errors="replace")):
        check_json_shape(raw, max_depth=depth(value))
        if depth(value):
            with pytest.raises(JsonTooDeep):
                check_json_shape(raw, max_depth=depth(value) - 1)


@pytest.mark.fuzz
@settings(max_examples=scaled(33, 200), deadline=None)
@given(st.binary() | st.text(alphabet='[]{}"\\,a', max_size=60).map(str.encode))
def test_whatever_passes_is_never_too_deep_for_json_loads(raw: bytes) -> None:
    try:
        check_json_shape(raw, max_depth=32)
    except (JsonTooDeep, JsonNotUtf8):
        return
    with suppress(ValueError):
        assert depth(json.loads(raw)) <= 32
