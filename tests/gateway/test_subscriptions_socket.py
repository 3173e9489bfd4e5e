"""One connection with a client that does not behave, without a network in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from factories import NOON

from lifecircle.catalogue.errors import Unavailable
from lifecircle.catalogue.feed.service import TooSlow
from lifecircle.catalogue.feed.store import FeedLost
from lifecircle.catalogue.people.model import Viewer
from lifecircle.gateway.documents import DocumentCache
from lifecircle.gateway.graphql_http import core_schema
from lifecircle.gateway.limits.document import DocumentLimits
from lifecircle.gateway.rates import ReadRates
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.subscriptions_messages import Closed
from lifecircle.gateway.subscriptions_socket import Connection, Shared, SocketLimits
from lifecircle.graphql.schema import PreparedDocument, QuietSchema

HURRIED = SocketLimits(init_seconds=0.05, send_seconds=0.05, session_seconds=0.05)


@strawberry.type
class Query:
    nothing: str = ""


FAILURES = {"slow": TooSlow(), "lost": FeedLost("x"), "bug": ValueError("secret"), "told": Unavailable("请稍后再试。")}


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, failure: str = "") -> AsyncGenerator[int, None]:
        yield 1
        if failure:
            raise FAILURES[failure]
        while True:
            yield 2
            await asyncio.sleep(0)


class Phone:
    """The other side: says what it was given to say, and takes messages as long as it has room."""

    headers: dict[str, str] = {}  # noqa: RUF012
    client = None

    def __init__(self, *said: dict[str, Any], room: int = 1_000) -> None:
        self._said = [{"type": "websocket.receive", "text": json.dumps(one)} for one in said]
        self._room = room
        self.heard: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self._said:
            await asyncio.sleep(60)
        return self._said.pop(0)

    async def send_text(self, text: str) -> None:
        if len(self.heard) >= self._room:
            await asyncio.sleep(60)
        self.heard.append(json.loads(text))


INIT = {"type": "connection_init", "payload": {"authorization": "Bearer good"}}


def subscribe(failure: str = "") -> dict[str, Any]:
    query = "subscription($f: String!) { count(failure: $f) }"
    return {"type": "subscribe", "id": "s", "payload": {"query": query, "variables": {"f": failure}}}


async def ended(phone: Any, limits: SocketLimits = HURRIED, stands: bool = True) -> int:
    """The code with which the server ends the connection."""
    schema = QuietSchema(query=Query, subscription=Subscription, extensions=[PreparedDocument])
    settings, document_limits = Settings(), DocumentLimits()

    async def still(viewer: Viewer) -> bool:
        stood, sessions.left = sessions.left > 0, sessions.left - 1
        return stands or stood

    sessions: Any = SimpleNamespace(stands=still, left=2)
    services: Any = SimpleNamespace(keeper=SimpleNamespace(current=None))
    tokens: Any = SimpleNamespace(viewer=lambda token: Viewer("r1", "s1"))
    documents = DocumentCache(core_schema(schema), document_limits)
    parts: Any = (schema, services, tokens, settings, lambda: NOON, document_limits, documents, sessions)
    shared = Shared(*parts, ReadRates(settings), limits)
    async with asyncio.timeout(20):
        with pytest.raises(Closed) as closed:
            await Connection(shared, phone, "c1").serve()
    assert shared.accounts.total() == 0
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    return closed.value.code


async def test_a_client_that_does_not_take_what_comes_is_cut_off() -> None:
    phone = Phone(INIT, subscribe(), room=20)
    assert await ended(phone) == 4290
    assert [one["type"] for one in phone.heard] == ["connection_ack", *["next"] * 19]


async def test_a_client_that_says_nothing_is_not_waited_for() -> None:
    assert await ended(Phone()) == 4408


@pytest.mark.parametrize(("failure", "code"), [("slow", 4290), ("lost", 1012)])
async def test_when_the_changes_end_so_does_the_connection(failure: str, code: int) -> None:
    assert await ended(Phone(INIT, subscribe(failure)), SocketLimits()) == code


async def test_a_sign_in_that_ends_ends_the_connection_while_nothing_else_happens() -> None:
    assert await ended(Phone(INIT), stands=False) == 4403


@pytest.mark.parametrize(("failure", "code"), [("bug", "INTERNAL"), ("told", "UPSTREAM_UNAVAILABLE")])
async def test_a_subscription_that_fails_says_why_or_that_something_is_wrong(failure: str, code: str) -> None:
    phone = Phone(INIT, subscribe(failure), {"type": "connection_init"})
    limits = SocketLimits()

    async def said_again() -> dict[str, Any]:
        """The connection goes on until the client breaks the protocol, after the failure."""
        while not any(one["type"] == "error" for one in phone.heard) and len(said) == 1:
            await asyncio.sleep(0.01)
        return said.pop(0)

    said = phone._said
    receive = phone.receive
    phone.receive = lambda: said_again() if len(said) == 1 else receive()  # type: ignore[method-assign]
    assert await ended(phone, limits) == 4429
    (error,) = [one for one in phone.heard if one["type"] == "error"]
    assert error["payload"][0]["extensions"]["code"] == code
    assert "secret" not in json.dumps(phone.heard)
