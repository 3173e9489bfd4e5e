"""One connection of graphql-transport-ws, from `connection_init` to its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from graphql import DocumentNode, GraphQLError, OperationType, get_operation_ast
from starlette.websockets import WebSocket
from strawberry.types import ExecutionResult

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import BadRequest, LimitReached, RateLimited, Refused
from lifecircle.catalogue.feed.service import TooSlow
from lifecircle.catalogue.feed.store import FeedLost
from lifecircle.catalogue.people.model import Viewer
from lifecircle.gateway.answers import Payload, error, invalid, refused, shown_errors
from lifecircle.gateway.documents import DocumentCache
from lifecircle.gateway.graphql_http import core_schema
from lifecircle.gateway.limits.cost import check_cost
from lifecircle.gateway.limits.document import DocumentLimits, check_variables
from lifecircle.gateway.limits.errors import LimitExceeded
from lifecircle.gateway.rates import ReadRates
from lifecircle.gateway.sessions import SessionCheck
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.subscriptions_messages import (
    BAD_MESSAGE,
    FORBIDDEN,
    GO_ON_ELSEWHERE,
    INIT_AGAIN,
    INIT_TIMEOUT,
    KNOWN_ID,
    TOO_MANY,
    TOO_SLOW,
    UNAUTHORIZED,
    Asked,
    Closed,
    Gone,
    asked_of,
    decoded,
    operation_id,
)
from lifecircle.gateway.tokens import JwtTokens, TokenRefused
from lifecircle.graphql.context import RequestContext, Services

log = logging.getLogger("lifecircle.subscriptions")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    init_seconds: float = 10.0
    send_seconds: float = 10.0
    session_seconds: float = 2.5
    """How often it is asked whether the sign-in still stands."""
    subscriptions: int = 10
    """Of one connection at a time."""
    connections: int = 5
    """Of one account to one worker; a mini-program may hold no more."""
    message_bytes: int = 65_536


@dataclass
class Shared:
    """What all connections of a worker have in common."""

    schema: strawberry.Schema
    services: Services
    tokens: JwtTokens
    settings: Settings
    clock: Clock
    limits: DocumentLimits
    documents: DocumentCache
    sessions: SessionCheck
    rates: ReadRates
    socket_limits: SocketLimits = SocketLimits()
    accounts: Counter[str] = field(default_factory=Counter)
    """Connections by resident."""


class Connection:
    def __init__(self, shared: Shared, socket: WebSocket, connection_id: str) -> None:
        self._shared = shared
        self._socket = socket
        self._id = connection_id
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count = 0

    async def serve(self) -> None:
        """Returns when the client has left. Raises Closed."""
        limits = self._shared.socket_limits
        try:
            async with asyncio.timeout(limits.init_seconds):
                viewer = await self._signed_in()
        except TimeoutError:
            raise Closed(INIT_TIMEOUT, "Connection initialisation timeout") from None
        accounts = self._shared.accounts
        if accounts[viewer.resident] >= limits.connections:
            raise Closed(TOO_MANY, "Too many connections")
        accounts[viewer.resident] += 1
        try:
            await self._send({"type": "connection_ack"})
            await self._live(viewer)
        finally:
            accounts[viewer.resident] -= 1
            if not accounts[viewer.resident]:
                del accounts[viewer.resident]

    async def _live(self, viewer: Viewer) -> None:
        reading = asyncio.create_task(self._read(viewer))
        standing = asyncio.create_task(self._while_signed_in(viewer))
        try:
            first: set[asyncio.Future[None]] = {reading, standing, self._broken}
            done, _ = await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        except Gone:
            return
        finally:
            tasks = [reading, standing, *self._operations.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if not self._broken.cancel() and not self._broken.cancelled():
                self._broken.exception()  # looked at, whichever end came first

    async def _signed_in(self) -> Viewer:
        """Raises Closed, Gone."""
        message = await self._receive()
        if message.get("type") != "connection_init":
            raise Closed(UNAUTHORIZED, "Unauthorized")
        given = message.get("payload")
        header = given.get("authorization") if isinstance(given, dict) else None
        scheme, _, token = header.partition(" ") if isinstance(header, str) else ("", "", "")
        try:
            if scheme.lower() != "bearer":
                raise TokenRefused
            viewer = self._shared.tokens.viewer(token.strip())
        except TokenRefused:
            raise Closed(UNAUTHORIZED, "Unauthorized") from None
        if not await self._shared.sessions.stands(viewer):
            raise Closed(UNAUTHORIZED, "Unauthorized")
        return viewer

    async def _while_signed_in(self, viewer: Viewer) -> None:
        """Raises Closed when the sign-in has ended."""
        while True:
            await asyncio.sleep(self._shared.socket_limits.session_seconds)
            if not await self._shared.sessions.stands(viewer):
                raise Closed(FORBIDDEN, "Forbidden")

    async def _read(self, viewer: Viewer) -> None:
        """Raises Closed, Gone."""
        while True:
            message = await self._receive()
            try:
                self._shared.rates.check(self._socket, viewer)
            except RateLimited:
                raise Closed(TOO_MANY, "Too many messages") from None
            match message.get("type"):
                case "ping":
                    await self._send({"type": "pong"})
                case "pong":
                    pass
                case "subscribe":
                    self._begin(message, viewer)
                case "complete":
                    self._end(message)
                case "connection_init":
                    raise Closed(INIT_AGAIN, "Too many initialisation requests")
                case _:
                    raise Closed(BAD_MESSAGE, "Unknown message type")

    async def _receive(self) -> dict[str, Any]:
        """Raises Closed, Gone."""
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise Gone
        shared = self._shared
        return decoded(event.get("text"), shared.socket_limits.message_bytes, shared.settings.max_json_depth)

    async def _send(self, message: Payload) -> None:
        """Raises Closed where the client does not take it, Gone."""
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        try:
            async with asyncio.timeout(self._shared.socket_limits.send_seconds), self._sending:
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closed(TOO_SLOW, "Too slow") from None
        except (RuntimeError, OSError):  # closed meanwhile
            raise Gone from None

    # --- operations ---

    def _begin(self, message: Mapping[str, Any], viewer: Viewer) -> None:
        """Raises Closed."""
        key, asked = operation_id(message), asked_of(message.get("payload"))
        if key in self._operations:
            raise Closed(KNOWN_ID, f"Subscriber for {key} already exists")
        self._count += 1
        context, has_room = self._context(viewer), len(self._operations) < self._shared.socket_limits.subscriptions
        self._operations[key] = asyncio.create_task(self._operate(key, asked if has_room else None, context))

    def _end(self, message: Mapping[str, Any]) -> None:
        task = self._operations.pop(operation_id(message), None)
        if task:
            task.cancel()

    def _context(self, viewer: Viewer) -> RequestContext:
        services = self._shared.services
        return RequestContext(
            services=services,
            snapshot=services.keeper.current,
            viewer=viewer,
            now=self._shared.clock(),
            request_id=f"{self._id}-{self._count}",
        )

    async def _operate(self, key: str, asked: Asked | None, context: RequestContext) -> None:
        """Never raises: what ends the connection goes through `_broken`."""
        try:
            errors = await self._stream(key, asked, context)
            if self._operations.get(key) is asyncio.current_task():
                del self._operations[key]
            await self._send({"id": key, "type": "error", "payload": errors} if errors else _complete(key))
        except (Closed, Gone) as end:
            if not self._broken.done():
                self._broken.set_exception(end)
        except Exception:
            log.exception("unexpected error request=%s", context.request_id)
            if not self._broken.done():
                self._broken.set_exception(Closed(1011, "Internal error"))

    async def _stream(self, key: str, asked: Asked | None, context: RequestContext) -> list[Payload]:
        """Send what comes; at the end the errors for which it ended, if any. Raises Closed, Gone."""
        try:
            if asked is None:
                most = self._shared.socket_limits.subscriptions
                raise LimitReached(f"一个连接最多同时订阅 {most} 项，请先结束一些。")
            context.document = self._prepared(asked, context.request_id)
        except _Invalid as wrong:
            return wrong.errors
        except LimitExceeded as exceeded:
            return [error(exceeded.message, exceeded.code, context.request_id)]
        except Refused as refusal:
            return [refused(refusal, context.request_id)]
        results = await self._shared.schema.subscribe(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
        )
        async with contextlib.aclosing(results) as stream:
            async for result in stream:
                found = result.errors or []
                _check_source(found)
                shown = shown_errors(found, context.request_id, asked.operation_name)
                if shown and _ends_the_stream(result, found):
                    return shown
                payload = {"data": result.data, **({"errors": shown} if shown else {})}
                await self._send({"id": key, "type": "next", "payload": payload})
        return []

    def _prepared(self, asked: Asked, request_id: str) -> DocumentNode:
        """As over HTTP, before anything runs. Raises _Invalid, LimitExceeded, BadRequest."""
        shared = self._shared
        check_variables(asked.variables, shared.limits)
        prepared = shared.documents.prepare(asked.query, asked.operation_name)
        if prepared.exceeded:
            raise prepared.exceeded
        if prepared.document is None or prepared.errors:
            raise _Invalid([invalid(found, request_id) for found in prepared.errors])
        operation = get_operation_ast(prepared.document, asked.operation_name)
        if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
            raise BadRequest("这个连接只用于订阅，查询和修改请用 HTTP。")
        check_cost(
            prepared.document,
            core_schema(shared.schema),
            asked.operation_name,
            asked.variables,
            ceiling=shared.settings.max_cost,
        )
        return prepared.document


class _Invalid(Exception):
    def __init__(self, errors: list[Payload]) -> None:
        super().__init__()
        self.errors = errors


def _check_source(found: list[GraphQLError]) -> None:
    """Raises Closed where the changes themselves have come to an end."""
    for one in found:
        if isinstance(one.original_error, TooSlow):
            raise Closed(TOO_SLOW, "Too slow")
        if isinstance(one.original_error, FeedLost):
            raise Closed(GO_ON_ELSEWHERE, "Service restart")


def _ends_the_stream(result: ExecutionResult, found: list[GraphQLError]) -> bool:
    """No error belongs to a field: it is the subscription itself that failed."""
    return result.data is None and all(one.path is None for one in found)


def _complete(key: str) -> Payload:
    return {"id": key, "type": "complete"}
