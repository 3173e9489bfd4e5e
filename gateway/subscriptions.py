"""`wss …/graphql`: subscriptions by graphql-transport-ws, and nothing else over the socket.

What a document may cost is checked before anything runs, as over HTTP. A connection belongs to one sign-in and ends
with it. Close codes are those of the protocol; 4290: the client does not keep up, 4291: too many connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets

import strawberry
from starlette.websockets import WebSocket

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import RateLimited
from lifecircle.gateway.documents import DocumentCache
from lifecircle.gateway.graphql_http import core_schema
from lifecircle.gateway.limits.document import DocumentLimits
from lifecircle.gateway.rates import ReadRates
from lifecircle.gateway.sessions import SessionCheck
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.subscriptions_messages import PROTOCOL, Closed, Gone
from lifecircle.gateway.subscriptions_socket import Connection, Shared, SocketLimits
from lifecircle.gateway.tokens import JwtTokens
from lifecircle.graphql.context import Services

log = logging.getLogger("lifecircle.subscriptions")

MOST_CONNECTIONS = 2_000
"""Of one worker."""

_CLOSING_SECONDS = 2.0


class SubscriptionEndpoint:
    def __init__(
        self,
        schema: strawberry.Schema,
        services: Services,
        tokens: JwtTokens,
        settings: Settings,
        clock: Clock,
        socket_limits: SocketLimits | None = None,
    ) -> None:
        limits = DocumentLimits(
            tokens=settings.max_query_tokens, depth=settings.max_depth, aliases=settings.max_aliases
        )
        documents = DocumentCache(core_schema(schema), limits)
        sessions, rates = SessionCheck(services.people), ReadRates(settings)
        parts = (schema, services, tokens, settings, clock, limits, documents, sessions, rates)
        self._shared = Shared(*parts, socket_limits or SocketLimits())
        self._open = 0

    async def __call__(self, socket: WebSocket) -> None:
        if PROTOCOL not in socket.scope.get("subprotocols", ()) or not self._has_room(socket):
            await socket.close(4406)  # before it is accepted: the client sees HTTP 403
            return
        await socket.accept(PROTOCOL)
        self._open += 1
        try:
            await self._serve(socket, secrets.token_hex(8))
        finally:
            self._open -= 1

    async def _serve(self, socket: WebSocket, connection_id: str) -> None:
        code = 1000
        try:
            await Connection(self._shared, socket, connection_id).serve()
        except Gone:
            pass
        except Closed as closed:
            code = closed.code
            with contextlib.suppress(RuntimeError, OSError, TimeoutError):  # the other side may be gone already
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await socket.close(closed.code, closed.reason)
        log.info("socket ended with %d connection=%s", code, connection_id)

    def _has_room(self, socket: WebSocket) -> bool:
        try:
            self._shared.rates.check(socket, None)
        except RateLimited:
            return False
        return self._open < MOST_CONNECTIONS
