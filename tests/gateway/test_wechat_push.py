"""WeChat's message push: only what is signed and fresh is taken in, and once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2
import plain_http
import pytest
from factories import SetClock
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import BadRequest
from lifecircle.catalogue.notices.credits import Credits, PushKind
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.gateway.wechat.push import PushEndpoint
from lifecircle.gateway.wechat.push_body import read_push
from tests.gateway.wechat_helpers import listening

TOKEN, AT, NONCE = "AAAAA", 1714036504, "1514711492"
SIGNATURE = "f464b24fc39322e44b38aa78f5edd27bd1441696"
"""The vector of WeChat's own pages."""

POPUP_XML = b"""<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o-li]]></FromUserName>
<CreateTime>1714036500</CreateTime><MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent>
<List><TemplateId><![CDATA[t1]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString>
<PopupScene>2</PopupScene></List>
<List><TemplateId><![CDATA[t2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>
<PopupScene>2</PopupScene></List></SubscribeMsgPopupEvent></xml>"""


def event(name: str = "subscribe_msg_popup_event", at: int = AT, **entry: Any) -> bytes:
    given = {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0", **entry}
    head = {"ToUserName": "gh_1", "FromUserName": "o-li", "CreateTime": at, "MsgType": "event", "Event": name}
    return json.dumps({**head, "List": given}).encode()


@dataclass
class Push:
    http: httpx2.AsyncClient
    held: Credits
    clock: SetClock
    resident: str

    async def post(self, body: bytes, nonce: str = NONCE, at: int = AT, **changes: str) -> httpx2.Response:
        signed = hashlib.sha1("".join(sorted((TOKEN, str(at), nonce))).encode()).hexdigest()  # noqa: S324
        query = {"timestamp": str(at), "nonce": nonce, "signature": signed, **changes}
        return await self.http.post("/wechat/push", params=query, content=body)

    async def left(self) -> dict[str, int]:
        return await self.held.left(self.resident)


@pytest.fixture
async def push(database: Database, keys: KeyRing) -> AsyncIterator[Push]:
    await create_notice_indexes(database)
    resident = keys.lookup_hash("o-li", field="openid")
    await database["residents"].insert_one({"_id": resident, "openid": keys.seal("o-li", field="openid")})
    clock = SetClock(datetime.fromtimestamp(AT, UTC))
    held = Credits(database, keys, clock, frozenset({"t1", "t2"}))
    routes = [
        Route("/wechat/push", PushEndpoint(held, SecretStr(TOKEN), clock).__call__, methods=["GET", "POST"]),
        Route("/none", PushEndpoint(held, None, clock).__call__),
    ]
    async with (
        listening(Starlette(routes=routes)) as address,
        plain_http.AsyncClient(base_url=address, trust_env=False) as http,
    ):
        yield Push(http, held, clock, resident)


async def test_the_documented_vector_is_answered_with_its_echo(push: Push) -> None:
    query = {"timestamp": str(AT), "nonce": NONCE, "signature": SIGNATURE, "echostr": "4375120948345356249"}
    answer = await push.http.get("/wechat/push", params=query)
    assert (answer.status_code, answer.text) == (200, "4375120948345356249")
    for changed in ({"signature": "0" * 40}, {"nonce": "1"}, {"timestamp": str(AT + 1)}, {"signature": ""}):
        assert (await push.http.get("/wechat/push", params={**query, **changed})).status_code == 403
    push.clock.advance(minutes=6)
    assert (await push.http.get("/wechat/push", params=query)).status_code == 403
    assert (await push.http.get("/none")).status_code == 404


async def test_an_accept_counts_once_however_often_it_comes(push: Push) -> None:
    for nonce in ("n1", "n1", "n2", "n3"):
        answer = await push.post(event(), nonce)
        assert (answer.status_code, answer.text) == (200, "success")
    assert await push.left() == {"t1": 1}
    await push.post(event(at=AT + 1), "n4")
    assert await push.left() == {"t1": 2}


async def test_a_signature_is_good_for_one_body(push: Push) -> None:
    assert (await push.post(event())).status_code == 200
    assert (await push.post(event(TemplateId="t2"))).status_code == 403
    assert await push.left() == {"t1": 1}


async def test_xml_and_json_say_the_same(push: Push) -> None:
    assert (await push.post(POPUP_XML)).text == "success"
    assert await push.left() == {"t1": 1}
    items = read_push(POPUP_XML)
    assert [(item.template, item.status, item.kind) for item in items] == [
        ("t1", "accept", PushKind.POPUP),
        ("t2", "reject", PushKind.POPUP),
    ]


async def test_switching_off_and_a_failed_message_end_the_credit(push: Push) -> None:
    await push.post(event(), "n1")
    await push.post(event("subscribe_msg_change_event", SubscribeStatusString="reject"), "n2")
    assert await push.left() == {"t1": 0}
    await push.post(event(at=AT + 1), "n3")
    sent = {"MsgID": "1700827132819554304", "ErrorStatus": "success"}
    await push.post(event("subscribe_msg_sent_event", ErrorCode="0", **sent), "n4")
    assert await push.left() == {"t1": 1}
    await push.post(event("subscribe_msg_sent_event", ErrorCode=43101, **sent), "n5")
    assert await push.left() == {"t1": 0}


async def test_other_events_and_strangers_are_taken_and_forgotten(push: Push) -> None:
    other = json.dumps({"MsgType": "text", "Content": "你好", "FromUserName": "o-li"}).encode()
    stranger = event().replace(b"o-li", b"o-nobody")
    for number, body in enumerate((other, stranger, event(TemplateId="t9"))):
        assert (await push.post(body, f"n{number}")).text == "success"
    assert await push.left() == {}


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<xml><MsgType>event</MsgType><Event>&b;</Event></xml>"
)
OUTSIDE = b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]><xml><Event>&x;</Event></xml>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"<xml>",
        b"<a></a>",
        BOMB,
        OUTSIDE,
        b"<xml>&unknown;</xml>",
        b"<xml>" + b"<a>" * 50 + b"</a>" * 50 + b"</xml>",
        b"<xml>" + b"<a/>" * 1_000 + b"</xml>",
        b"[" * 20_000,
        event(CreateTime=1).replace(str(AT).encode(), b'"soon"'),
        event(TemplateId=True),
        event(TemplateId="t" * 300),
    ],
)
async def test_what_is_malformed_or_hostile_is_refused(push: Push, body: bytes) -> None:
    assert (await push.post(body)).status_code == 400
    assert await push.left() == {}
    with pytest.raises(BadRequest):
        read_push(body)


async def test_a_large_body_is_not_read(push: Push) -> None:
    assert (await push.post(b"{" + b" " * 70_000 + b"}")).status_code == 413
