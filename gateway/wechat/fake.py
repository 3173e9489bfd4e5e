"""A WeChat that runs on your own machine: the documented requests, answers, limits and errors, and faults on demand.

For tests and for showing the product. It believes every `fake:<name>`, so it must never stand behind a real server.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lifecircle.catalogue.clock import Clock
from lifecircle.gateway.wechat.fake_tokens import FakeTokens
from lifecircle.gateway.wechat.faults import Fault, FaultKind, FaultPlan, struck

Reply = dict[str, Any]
Handler = Callable[[Mapping[str, str], Reply], Reply]

JSCODE2SESSION = "/sns/jscode2session"
STABLE_TOKEN = "/cgi-bin/stable_token"  # noqa: S105
GET_PHONE_NUMBER = "/wxa/business/getuserphonenumber"
SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
MSG_SEC_CHECK = "/wxa/msg_sec_check"

CODE_LIFE = timedelta(minutes=5)
SEEN_WITHIN = timedelta(hours=2)
LONGEST_CONTENT = 2_500

_VALUE_RULES = {
    "thing": re.compile(r"(?s).{1,20}"),
    "number": re.compile(r"(?=.{1,32}\Z)[0-9]+(\.[0-9]+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[!-~]{1,32}"),
    "phone_number": re.compile(r"[0-9+() -]{1,17}"),
    "phrase": re.compile(r"[\u4e00-\u9fff]{1,5}"),
}
"""By the kind of a template's field, its name without the digits; other kinds may hold any text."""

_LABELS = {"pass": 100, "review": 20_012, "risky": 20_012}


@dataclass(frozen=True)
class Received:
    path: str
    query: dict[str, str]
    body: Reply
    raw: bytes


@dataclass
class _Code:
    stands_for: str
    given_at: datetime
    used: bool = False


class FakeWeChat:
    def __init__(self, clock: Clock, app_id: str = "wx-fake", app_secret: str = "fake-secret") -> None:  # noqa: S107
        self.app_id = app_id
        self.app_secret = app_secret
        self.received: list[Received] = []
        self.faults = FaultPlan()
        self.tokens = FakeTokens(clock)
        self.sent: list[Reply] = []
        self.told: Counter[str] = Counter()
        """Messages that were taken, by the notice that their page names: a receiver knows a repeated one by it."""
        self.most_at_once: Counter[str] = Counter()
        self.risky_words: set[str] = set()
        self.review_words: set[str] = set()
        self._clock = clock
        self._sign_in_codes: dict[str, _Code] = {}
        self._phone_codes: dict[str, _Code] = {}
        self._blocked: set[str] = set()
        self._seen: dict[str, datetime] = {}
        self._templates: dict[str, frozenset[str]] = {}
        self._credits: Counter[tuple[str, str]] = Counter()
        self._last: dict[str, Reply] = {}
        self._under_way: Counter[str] = Counter()

    # --- what has happened in WeChat before ---

    def give_code(self, code: str, openid: str) -> None:
        """`wx.login` in the mini-program. Unregistered codes of the form `fake:<name>` work too, once each."""
        self._sign_in_codes[code] = _Code(openid, self._clock())

    def give_phone_code(self, code: str, number: str, country: str = "86") -> None:
        """`fake:<number>` works without it, for a mainland number."""
        self._phone_codes[code] = _Code(f"{country}:{number}", self._clock())

    def block(self, openid: str) -> None:
        self._blocked.add(openid)

    def add_template(self, template_id: str, *fields: str) -> None:
        self._templates[template_id] = frozenset(fields)

    def accept(self, openid: str, template_id: str) -> None:
        """The user agrees to one message."""
        self._seen.setdefault(openid, self._clock())
        self._credits[openid, template_id] += 1

    def requests_to(self, path: str) -> list[Received]:
        return [request for request in self.received if request.path == path]

    # --- the server ---

    def app(self) -> Starlette:
        handlers: dict[str, tuple[str, Handler]] = {
            JSCODE2SESSION: ("GET", self._jscode2session),
            STABLE_TOKEN: ("POST", self._stable_token),
            GET_PHONE_NUMBER: ("POST", self._under_token(self._phone_number)),
            SUBSCRIBE_SEND: ("POST", self._under_token(self._subscribe_send)),
            MSG_SEC_CHECK: ("POST", self._under_token(self._msg_sec_check)),
        }
        return Starlette(
            routes=[
                Route(path, self._endpoint(path, handler), methods=[method])
                for path, (method, handler) in handlers.items()
            ]
        )

    def _endpoint(self, path: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            received = Received(path, dict(request.query_params), _body(raw), raw)
            self.received.append(received)
            self._under_way[path] += 1
            self.most_at_once[path] = max(self.most_at_once[path], self._under_way[path])
            try:
                return await self._answer(received, handler, self.faults.take(path))
            finally:
                self._under_way[path] -= 1

        return endpoint

    async def _answer(self, received: Received, handler: Handler, fault: Fault | None) -> Response:
        if fault is None:
            return JSONResponse(self._worked(received, handler))
        if fault.kind is FaultKind.REPEAT and received.path in self._last:
            return JSONResponse(self._last[received.path])
        if fault.kind is FaultKind.INVALIDATE_TOKEN:
            self.tokens.invalidate()
        reply = self._worked(received, handler) if fault.lets_work else _error(-1, "system error")
        await asyncio.sleep(fault.seconds)
        return struck(fault) or JSONResponse(reply)

    def _worked(self, received: Received, handler: Handler) -> Reply:
        reply = self._last[received.path] = handler(received.query, received.body)
        return reply

    def _under_token(self, handler: Handler) -> Handler:
        def guarded(query: Mapping[str, str], body: Reply) -> Reply:
            return self.tokens.problem(query.get("access_token")) or handler(query, body)

        return guarded

    # --- the answers ---

    def _jscode2session(self, query: Mapping[str, str], body: Reply) -> Reply:
        if problem := self._not_our_app(query):
            return problem
        if query.get("grant_type") != "authorization_code":
            return _error(40002, "invalid grant_type")
        openid = self._used(self._sign_in_codes, query.get("js_code"), _fake_openid)
        if isinstance(openid, dict):
            return openid
        if openid in self._blocked:
            return _error(40226, "code blocked")
        self._seen[openid] = self._clock()
        return {"openid": openid, "session_key": secrets.token_urlsafe(18)}  # like WeChat, no errcode on success

    def _stable_token(self, query: Mapping[str, str], body: Reply) -> Reply:
        if problem := self._not_our_app(body):
            return problem
        if body.get("grant_type") != "client_credential":
            return _error(40002, "invalid grant_type")
        return self.tokens.stable(force=body.get("force_refresh") is True)

    def _phone_number(self, query: Mapping[str, str], body: Reply) -> Reply:
        found = self._used(self._phone_codes, body.get("code"), _fake_phone)
        if isinstance(found, dict):
            return found
        country, _, number = found.partition(":")
        shown = number if country == "86" else f"+{country}{number}"
        mark = {"timestamp": int(self._clock().timestamp()), "appid": self.app_id}
        info = {"phoneNumber": shown, "purePhoneNumber": number, "countryCode": country, "watermark": mark}
        return _error(0, "ok") | {"phone_info": info}

    def _subscribe_send(self, query: Mapping[str, str], body: Reply) -> Reply:
        openid, template_id = str(body.get("touser")), str(body.get("template_id"))
        if openid not in self._seen:
            return _error(40003, "invalid openid")
        if template_id not in self._templates:
            return _error(40037, "invalid template_id")
        if wrong := _wrong_field(self._templates[template_id], body.get("data")):
            return _error(47003, f"argument invalid! data.{wrong}.value is empty or invalid")
        if str(body.get("page", "")).startswith("/"):
            return _error(41030, "invalid page")
        if self._credits[openid, template_id] < 1:
            return _error(43101, "user refuse to accept the msg")
        self._credits[openid, template_id] -= 1
        self.sent.append(body)
        self.told[_notice_of(body)] += 1
        return _error(0, "ok") | {"msgid": len(self.sent)}

    def _msg_sec_check(self, query: Mapping[str, str], body: Reply) -> Reply:
        content, openid = body.get("content"), str(body.get("openid"))
        if not isinstance(content, str) or not content:
            return _error(44002, "empty post data")
        if body.get("version") != 2 or len(content) > LONGEST_CONTENT:
            return _error(47001, "data format error")
        if body.get("scene") not in (1, 2, 3, 4):
            return _error(40129, "invalid scene")
        if openid not in self._seen:
            return _error(40003, "invalid openid")
        if self._clock() - self._seen[openid] > SEEN_WITHIN:
            return _error(61010, "code is expired")
        suggest = self._verdict(content)
        result = {"suggest": suggest, "label": _LABELS[suggest]}
        return _error(0, "ok") | {"trace_id": secrets.token_hex(8), "result": result, "detail": []}

    def _verdict(self, content: str) -> str:
        if any(word in content for word in self.risky_words):
            return "risky"
        return "review" if any(word in content for word in self.review_words) else "pass"

    def _not_our_app(self, given: Mapping[str, Any]) -> Reply | None:
        if given.get("appid") != self.app_id:
            return _error(40013, "invalid appid")
        return _error(40125, "invalid appsecret") if given.get("secret") != self.app_secret else None

    def _used(self, codes: dict[str, _Code], code: object, made_up: Callable[[str], str | None]) -> str | Reply:
        """What the code stands for; it is used up by that."""
        text = code if isinstance(code, str) else ""
        if text not in codes and (stands_for := made_up(text)):
            codes[text] = _Code(stands_for, self._clock())
        known = codes.get(text)
        if known is None or self._clock() - known.given_at > CODE_LIFE:
            return _error(40029, "invalid code")
        if known.used:
            return _error(40163, "code been used")
        known.used = True
        return known.stands_for


def _notice_of(body: Reply) -> str:
    return parse_qs(str(body.get("page", "")).partition("?")[2]).get("notice", [""])[0]


def _error(errcode: int, errmsg: str) -> Reply:
    return {"errcode": errcode, "errmsg": errmsg}


def _body(raw: bytes) -> Reply:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _fake_openid(code: str) -> str | None:
    """`fake:li` and `fake:li#2` are two codes of the same person."""
    name = code.removeprefix("fake:").partition("#")[0]
    return f"o-fake-{name}" if code.startswith("fake:") and name else None


def _fake_phone(code: str) -> str | None:
    number = code.removeprefix("fake:").partition("#")[0]
    return f"86:{number}" if code.startswith("fake:") and re.fullmatch(r"1[0-9]{10}", number) else None


def _wrong_field(fields: frozenset[str], data: object) -> str | None:
    given = data if isinstance(data, dict) else {}
    for name in sorted(fields | given.keys()):
        entry = given.get(name)
        value = entry.get("value") if isinstance(entry, dict) else None
        rule = _VALUE_RULES.get(name.rstrip("0123456789"))
        if name not in fields or not isinstance(value, str) or not value or (rule and not rule.fullmatch(value)):
            return name
    return None
