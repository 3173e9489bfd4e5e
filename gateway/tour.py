"""The guided tour: real HTTP calls to a server in demo mode, and their real answers."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from lifecircle.catalogue.errors import LifecircleError

CENTER = {"longitude": 120.2019, "latitude": 30.2926}
"""In front of the demo district's centre."""

_TIMEOUT = 15.0


class TourFailed(LifecircleError):
    """A step did not answer what it should."""


@dataclass
class Tourist:
    """One resident's client: remembers its token and its conversation."""

    http: httpx2.Client
    url: str
    token: str | None = None
    conversation: str | None = None
    booking: str | None = None
    shown: Callable[[str], None] = field(default=print)

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": dict(variables or {})}
        answer = self.http.post(f"{self.url}/graphql", json=body, headers=headers, timeout=_TIMEOUT).json()
        _must(not answer.get("errors"), f"errors: {answer.get('errors')}")
        return dict(answer["data"])

    def say(self, text: str) -> dict[str, Any]:
        variables = {"input": {"text": text, "conversation": self.conversation, "near": CENTER}}
        payload = self.ask(_CHAT, variables)["chat"]
        _must(not payload["errors"], f"chat: {payload['errors']}")
        self.conversation = payload["conversation"]
        self.shown(f"  居民：{text}")
        self.shown(textwrap.indent(f"助手（{payload['reply']['kind']}）：{payload['reply']['text']}", "  "))
        return dict(payload["reply"])


def take_tour(url: str, shown: Callable[[str], None] = print) -> bool:
    """Whether every step succeeded; each is shown as it happens."""
    with httpx2.Client() as http:
        tourist = Tourist(http, url.rstrip("/"), shown=shown)
        for number, (title, step) in enumerate(_STEPS, 1):
            shown(f"\n[{number}/{len(_STEPS)}] {title}")
            try:
                step(tourist)
            except (TourFailed, httpx2.HTTPError, KeyError, ValueError) as error:
                shown(f"  失败：{type(error).__name__} {error}")
                return False
    shown("\n导览完成：登录、找附近、问政策、聊天预约、查看预约，全部通过真实接口。")
    return True


def _sign_in(tourist: Tourist) -> None:
    code = f"demo:游客{secrets.token_hex(3)}"
    payload = tourist.ask(_SIGN_IN, {"input": {"code": code}})["signInWithWeChat"]
    _must(not payload["errors"], str(payload["errors"]))
    tourist.token = payload["session"]["accessToken"]
    tourist.shown(f"  已登录：{payload['viewer']['nickname']}")


def _look_around(tourist: Tourist) -> None:
    data = tourist.ask(_NEARBY, {"near": CENTER})
    edges = data["nearbyStores"]["edges"]
    _must(bool(edges), "no store nearby")
    tourist.shown(f"  所在社区：{data['area']['name']}，一公里内 {data['nearbyStores']['totalCount']} 处店铺和设施")
    for edge in edges:
        node, state = edge["node"], "营业中" if edge["node"]["isOpen"] else "休息中"
        tourist.shown(f"  · {node['name']}（{node['category']['name']}，步行 {edge['walkMinutes']} 分钟，{state}）")


def _ask_about_pension(tourist: Tourist) -> None:
    for question in ("养老金资格认证在家怎么办", "養老金認證過期了怎麼辦"):
        reply = tourist.say(question)
        _must(reply["kind"] == "ANSWER" and bool(reply["citations"]), "no cited answer")
        cited = reply["citations"][0]
        tourist.shown(f"    出处：《{cited['title']}》{cited['issuer']}，核对于 {cited['checkedOn']}")


def _book_by_talking(tourist: Tourist) -> None:
    reply = tourist.say("明天上午十点约保洁，地址是青石路12号3幢502")
    if reply["kind"] == "CLARIFY":
        reply = tourist.say(reply["suggestions"][0])
    _must(reply["kind"] == "CONFIRM", "the conversation does not go on")
    reply = tourist.say("确认")
    _must(reply["kind"] == "BOOKED" and reply["booking"] is not None, "nothing was booked")
    tourist.booking = reply["booking"]["id"]


def _list_bookings(tourist: Tourist) -> None:
    edges = tourist.ask(_BOOKINGS)["viewer"]["bookings"]["edges"]
    _must([edge["node"]["id"] for edge in edges] == [tourist.booking], "the booking is not listed")
    node = edges[0]["node"]
    price = node["price"]["text"] if node["price"] else "价格面议"
    tourist.shown(f"  · {node['start']} {node['store']['name']} {node['offering']['name']} {price} {node['status']}")


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise TourFailed(otherwise)


_STEPS: tuple[tuple[str, Callable[[Tourist], None]], ...] = (
    ("登录（演示登录码）", _sign_in),
    ("看看附近有什么", _look_around),
    ("问养老金资格认证，答案带出处", _ask_about_pension),
    ("聊天预约一次保洁", _book_by_talking),
    ("查看我的预约", _list_bookings),
)

_SIGN_IN = """
mutation SignIn($input: SignInWithWeChatInput!) {
  signInWithWeChat(input: $input) { session { accessToken } viewer { nickname } errors { code message } }
}
"""
_NEARBY = """
query Nearby($near: LocationInput!) {
  area(near: $near) { name }
  nearbyStores(near: $near, first: 5) {
    totalCount
    edges { walkMinutes node { name isOpen category { name } } }
  }
}
"""
_CHAT = """
mutation Chat($input: ChatInput!) {
  chat(input: $input) {
    conversation
    reply { kind text suggestions citations { title issuer checkedOn } booking { id code } }
    errors { code message }
  }
}
"""
_BOOKINGS = """
query Bookings {
  viewer {
    bookings(status: [PENDING, CONFIRMED]) {
      edges { node { id status start store { name } offering { name } price { text } } }
    }
  }
}
"""
