"""HTTP to WeChat: one question, one answer, and whether the question was sent at all.

WeChat wants the app secret, sign-in codes and access tokens in the address. httpx2's client writes every address to its
log, so this module speaks to httpx2's transport, which does not, and names only paths in its errors.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import Any

import httpx2

from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.gateway.wechat.errors import AnswerLost, NotReached, WeChatRefused

Answer = dict[str, Any]

MAX_ANSWER_BYTES = 1_048_576
_HEADERS = {"accept": "application/json", "user-agent": "lifecircle", "content-type": "application/json"}


@dataclass(frozen=True)
class WeChatApp:
    """Who we are to WeChat."""

    id: str
    secret: str = field(repr=False)


class WeChatHttp:
    """Raises SettingInvalid for an address over which secrets would travel in clear."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        self.timeout_seconds = timeout_seconds
        self._base = _checked(base_url)
        # Idle connections are given up early: one that WeChat closed meanwhile costs an answer we cannot ask for twice.
        limits = httpx2.Limits(max_connections=50, max_keepalive_connections=10, keepalive_expiry=5.0)
        self._transport = httpx2.AsyncHTTPTransport(verify=_trusted(), limits=limits)

    async def get(self, path: str, query: Mapping[str, str]) -> Answer:
        """Raises NotReached, AnswerLost, WeChatRefused."""
        return await self._ask("GET", path, query, None)

    async def post(self, path: str, body: Mapping[str, Any], query: Mapping[str, str] | None = None) -> Answer:
        """Raises NotReached, AnswerLost, WeChatRefused."""
        # Chinese goes out as it is: the content check reads `\uXXXX` escapes as Latin text and lets everything pass.
        text = json.dumps(body, ensure_ascii=False, allow_nan=False)
        return await self._ask("POST", path, query or {}, text.encode("utf-8", "replace"))

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def _ask(self, method: str, path: str, query: Mapping[str, str], content: bytes | None) -> Answer:
        sending = _Sending()
        extensions = {"timeout": httpx2.Timeout(self.timeout_seconds).as_dict(), "trace": sending}
        url = httpx2.URL(self._base + path, params=dict(query))
        request = httpx2.Request(method, url, headers=_HEADERS, content=content, extensions=extensions)
        try:
            async with asyncio.timeout(self.timeout_seconds):  # httpx2's own limits are per read
                status, raw = await self._exchange(request)
        except (httpx2.RequestError, TimeoutError) as error:
            failure = AnswerLost if sending.begun else NotReached
            raise failure(f"{path}: {type(error).__name__}") from None
        return _understood(path, status, raw)

    async def _exchange(self, request: httpx2.Request) -> tuple[int, bytes]:
        response = await self._transport.handle_async_request(request)
        raw = bytearray()
        try:
            async for part in response.aiter_bytes():
                raw += part
                if len(raw) > MAX_ANSWER_BYTES:
                    break
        finally:
            await response.aclose()
        return response.status_code, bytes(raw)


class _Sending:
    """A trace of httpcore2: notes the moment from which WeChat may have the request."""

    def __init__(self) -> None:
        self.begun = False

    async def __call__(self, event: str, info: object) -> None:
        if event.endswith("send_request_headers.started"):
            self.begun = True


def _understood(path: str, status: int, raw: bytes) -> Answer:
    if status != 200:
        raise AnswerLost(f"{path}: HTTP {status}")
    try:
        answer = json.loads(raw)  # WeChat says text/plain for JSON, so the content type tells nothing
    except ValueError:
        raise AnswerLost(f"{path}: not JSON") from None
    errcode = answer.get("errcode", 0) if isinstance(answer, dict) else None  # absent on many successes
    if type(errcode) is not int:
        raise AnswerLost(f"{path}: not an answer of WeChat")
    if errcode != 0:
        raise WeChatRefused(path, errcode)
    return dict(answer)


def _checked(base_url: str) -> str:
    url = httpx2.URL(base_url)
    if url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.host)):
        return base_url.rstrip("/")
    raise SettingInvalid("LIFECIRCLE_WECHAT_BASE_URL: must begin with https:// (http:// only for a loopback address)")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's certificates, read once in a process."""
    return httpx2.create_ssl_context()
