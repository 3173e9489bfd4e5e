"""A fake WeChat on a real socket, and clients of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.gateway.wechat.access_token import TokenCache
from lifecircle.gateway.wechat.client import WeChatClient
from lifecircle.gateway.wechat.fake import FakeWeChat
from lifecircle.gateway.wechat.transport import WeChatApp, WeChatHttp

PATIENT, HASTY = 5.0, 0.5
"""Time limits: one that is never reached, and one for tests in which it is."""


@contextlib.asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """The address of the app on a free loopback port."""
    config = uvicorn.Config(
        app, lifespan="off", ws="none", log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not (server.started or serving.done()):
            await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            await serving


def unused_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@dataclass
class Worker:
    """What one server process holds."""

    http: WeChatHttp
    tokens: TokenCache
    client: WeChatClient

    async def aclose(self) -> None:
        await self.tokens.aclose()
        await self.http.aclose()


@dataclass
class WeChatStage:
    """A fake WeChat that listens, and everything to start workers against it."""

    fake: FakeWeChat
    address: str
    database: Database
    keys: KeyRing
    clock: Clock
    workers: contextlib.AsyncExitStack

    def worker(
        self, *, timeout_seconds: float = PATIENT, address: str | None = None, secret: str | None = None
    ) -> Worker:
        app = WeChatApp(self.fake.app_id, secret or self.fake.app_secret)
        http = WeChatHttp(address or self.address, timeout_seconds)
        tokens = TokenCache(app, http, self.database, self.keys, self.clock)
        worker = Worker(http, tokens, WeChatClient(app, http, tokens))
        self.workers.push_async_callback(worker.aclose)
        return worker


@contextlib.asynccontextmanager
async def wechat_stage(database: Database, keys: KeyRing, clock: Clock) -> AsyncIterator[WeChatStage]:
    fake = FakeWeChat(clock)
    async with listening(fake.app()) as address, contextlib.AsyncExitStack() as workers:
        yield WeChatStage(fake, address, database, keys, clock, workers)
