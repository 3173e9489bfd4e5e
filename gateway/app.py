"""The ASGI application of one worker."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import secrets
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from lifecircle.catalogue.clock import Clock, system_clock
from lifecircle.catalogue.jobs import jobs_running
from lifecircle.gateway.answers import MASKED
from lifecircle.gateway.answers import error as error_shape
from lifecircle.gateway.calendar_file import CalendarEndpoint
from lifecircle.gateway.graphql_http import GraphQLEndpoint
from lifecircle.gateway.health import Readiness, healthz
from lifecircle.gateway.logs import set_up_logging
from lifecircle.gateway.settings import Settings, read_settings
from lifecircle.gateway.subscriptions import SubscriptionEndpoint
from lifecircle.gateway.supervising import gone
from lifecircle.gateway.uploads import UploadEndpoint
from lifecircle.gateway.wechat.push import PushEndpoint
from lifecircle.gateway.wiring import Wiring, running, wired
from lifecircle.graphql.schema import build_schema

log = logging.getLogger("lifecircle.http")

_GRAPHIQL = files("lifecircle.gateway.graphiql")

Handler = Callable[[Request], Awaitable[Response]]


def create_app(
    settings: Settings | None = None, clock: Clock = system_clock, supervisor: int | None = None
) -> Starlette:
    """Called once per worker. `supervisor`: the process without which a worker of several must not go on."""
    chosen = settings or read_settings()
    set_up_logging(chosen.log_level)
    worker = _Worker(chosen, clock, supervisor)
    routes = [
        Route("/graphql", worker.graphql, methods=["POST"]),
        WebSocketRoute("/graphql", worker.subscriptions),
        Route("/uploads", worker.uploads, methods=["POST"]),
        Route("/bookings/{booking}.ics", worker.calendar),
        Route("/wechat/push", worker.wechat_push, methods=["GET", "POST"]),
        Route("/healthz", healthz),
        Route("/readyz", worker.ready),
    ]
    if chosen.demo:
        routes.insert(1, Route("/graphql", graphiql, methods=["GET"]))
        routes.append(Mount("/graphiql", StaticFiles(packages=[("lifecircle.gateway.graphiql", ".")])))
    return Starlette(
        routes=routes,
        lifespan=worker.lifespan,
        middleware=[Middleware(RequestLog)],
        exception_handlers={Exception: _masked},
    )


@dataclass(frozen=True, slots=True)
class _Endpoints:
    graphql: GraphQLEndpoint
    subscriptions: SubscriptionEndpoint
    uploads: UploadEndpoint
    calendar: CalendarEndpoint
    wechat_push: PushEndpoint
    ready: Readiness


class _Worker:
    """Holds what the lifespan wires, for the routes."""

    def __init__(self, settings: Settings, clock: Clock, supervisor: int | None) -> None:
        self._settings = settings
        self._clock = clock
        self._supervisor = supervisor
        self._opened: _Endpoints | None = None

    @property
    def _endpoints(self) -> _Endpoints:
        if self._opened is None:
            raise RuntimeError("the lifespan has not begun, and requests come only inside it")
        return self._opened

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with running(self._end_with_supervisor()), wired(self._settings, self._clock) as wiring:
            services = wiring.services
            jobs = [*services.privacy.jobs, *services.freshness.jobs, *services.bookings.jobs, *services.notices.jobs]
            jobs += [*services.reviews.jobs, *services.certification.jobs]
            async with jobs_running(services.database, self._clock, jobs):
                self._opened = self._endpoints_over(wiring)
                gc.freeze()  # code and catalogue stay for good: no collection looks at them again
                gc.enable()
                yield

    def _endpoints_over(self, wiring: Wiring) -> _Endpoints:
        schema, settings, services, tokens = build_schema(), self._settings, wiring.services, wiring.tokens
        graphql = GraphQLEndpoint(schema, services, tokens, settings, self._clock)
        return _Endpoints(
            graphql=graphql,
            subscriptions=SubscriptionEndpoint(schema, services, tokens, settings, self._clock),
            uploads=UploadEndpoint(services, graphql.viewer_of),
            calendar=CalendarEndpoint(services, graphql.viewer_of),
            wechat_push=PushEndpoint(services.notices.credits, settings.wechat_push_token, self._clock),
            ready=Readiness(services, self._clock),
        )

    async def _end_with_supervisor(self) -> None:
        """A worker whose supervisor was killed would keep the port and serve on unseen: it stops by itself."""
        if self._supervisor is None:
            return
        await gone(self._supervisor)
        log.error("the supervisor is gone, stopping")
        if self._opened is None:  # still starting, and the database may be gone too: nothing to finish
            os._exit(1)
        os.kill(os.getpid(), signal.SIGTERM)

    async def graphql(self, request: Request) -> Response:
        return await self._endpoints.graphql(request)

    async def uploads(self, request: Request) -> Response:
        return await self._endpoints.uploads(request)

    async def subscriptions(self, socket: WebSocket) -> None:
        await self._endpoints.subscriptions(socket)

    async def calendar(self, request: Request) -> Response:
        return await self._endpoints.calendar(request)

    async def wechat_push(self, request: Request) -> Response:
        return await self._endpoints.wechat_push(request)

    async def ready(self, request: Request) -> Response:
        return await self._endpoints.ready(request)


class RequestLog:
    """Gives every request an id, and logs one line for it: no body, no query string, no address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, began, status = secrets.token_hex(8), time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            milliseconds = (time.perf_counter() - began) * 1000
            log.info("%s %s %d %.1fms request=%s", scope["method"], scope["path"], status, milliseconds, request_id)


async def graphiql(request: Request) -> Response:
    return HTMLResponse(_GRAPHIQL.joinpath("index.html").read_text("utf-8"))


async def _masked(request: Request, error: Exception) -> Response:
    return JSONResponse({"errors": [error_shape(MASKED, "INTERNAL", request.state.request_id)]}, 500)
