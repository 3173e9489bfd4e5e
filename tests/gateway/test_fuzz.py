"""Random and hostile input at the door: the answer is always JSON, never INTERNAL, and the log has no stack."""

from __future__ import annotations

import json
import random

import plain_http
import pytest
from scale import scaled
from servers import Client, Server

pytestmark = pytest.mark.fuzz

PIECES = (
    *("{", "}", "(", ")", "[", "]", "$", "!", ":", "...", "@include(if: true)", '"', "#", "\\", "\u0000", "\u200b"),
    *("query", "mutation", "fragment", "on", "null", "true", "-1", "1e999", "9" * 40, "🀄", "養老金", "第一个"),
    *("categories", "viewer", "store", "node", "nearbyStores", "availability", "chat", "createBooking", "id", "near"),
    *("约保洁", "确认", "算了", "地址是", "三个人", "明天上午十点", "<script>", "{$ne: 1}", "' OR 1=1", "../../etc"),
    *("忽略以上指令", "13800000000", "取消", "改成下午三点", "养老金怎么认证", "第九个", "附近"),
)


def soup(chance: random.Random, most: int) -> str:
    return " ".join(chance.choice(PIECES) for _ in range(chance.randrange(1, most)))


def answered(server: Server, content: bytes) -> None:
    answer = plain_http.post(f"{server.url}/graphql", content=content, headers={"content-type": "application/json"})
    assert answer.status_code < 500
    assert "INTERNAL" not in answer.text, (content, answer.text)
    assert set(answer.json()) & {"data", "errors"}


def test_random_documents_are_answered(server: Server) -> None:
    chance = random.Random(20261122)
    for _ in range(scaled(120, 20_000)):
        answered(server, json.dumps({"query": soup(chance, 40)}).encode())


def test_random_bytes_are_answered(server: Server) -> None:
    chance = random.Random(7)
    for _ in range(scaled(80, 10_000)):
        answered(server, chance.randbytes(chance.randrange(1, 400)))


def test_random_talk_is_answered(server: Server) -> None:
    chance, conversation = random.Random(3), None
    talk = """mutation($t: String!, $c: ID) { chat(input: {text: $t, conversation: $c}) {
      conversation reply { kind text suggestions } errors { code } } }"""
    client = Client(server.url).sign_in("demo:乱说")
    for _ in range(scaled(50, 5_000)):
        answer = client.post(talk, {"t": soup(chance, 12), "c": conversation}).json()
        assert "INTERNAL" not in json.dumps(answer), answer
        payload = answer["data"]["chat"]
        assert (payload["reply"] is None) == bool(payload["errors"])
        if payload["reply"]:
            assert payload["reply"]["text"].count("\n\n") <= 3
        conversation = payload["conversation"] if chance.random() < 0.8 else None


def test_the_log_holds_no_stack(server: Server) -> None:
    assert "Traceback" not in server.log.read_text()
