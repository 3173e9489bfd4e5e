"""Starting the server: checks, database, seeds, then uvicorn."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

import uvicorn
from pydantic import SecretStr

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.database import connect, open_database, wait_until_reachable
from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.gateway.demo import check_demo_is_safe
from lifecircle.gateway.embedded import EmbeddedDatabase
from lifecircle.gateway.preparing import (
    REACHABLE_SECONDS,
    SUPERVISOR_VARIABLE,
    key_ring_of,
    prepare_database,
    uri_of,
)
from lifecircle.gateway.settings import PREFIX, Settings
from lifecircle.seeds.everything import is_empty, seed_everything

log = logging.getLogger("lifecircle.serve")


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises CannotStart."""
    signal.signal(signal.SIGTERM, _leave)  # uvicorn raises the signal again when it is done
    check_demo_is_safe(settings)
    _check_port_is_free(settings)
    key_ring_of(settings)
    if settings.workers == 1:
        threading.Thread(target=_import_the_app, daemon=True).start()  # beside the start of the database
    with database_of(settings) as ready:
        asyncio.run(prepare(ready))
        if ready.demo:
            log.warning("DEMO: anybody who can reach %s:%d can sign in as anybody", ready.host, ready.port)
        _hand_down(ready)
        if ready.workers > 1:
            gc.enable()  # this process stays the supervisor; its workers are processes of their own
        uvicorn.run(
            "lifecircle.gateway.app:create_app",
            factory=True,
            host=ready.host,
            port=ready.port,
            workers=ready.workers,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=131_072,  # read whole before anything looks at it
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=ready.graceful_seconds,
        )


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[Settings]:
    """The settings with a database that answers: the one that is named, or the embedded one while the block runs."""
    if settings.mongodb_uri is not None:
        yield settings
        return
    with EmbeddedDatabase(settings.state) as embedded:
        yield settings.model_copy(update={"mongodb_uri": SecretStr(embedded.uri)})


async def prepare(settings: Settings) -> None:
    """Schema, indexes, and in demo mode the seeds. Raises CannotStart."""
    client = connect(uri_of(settings))
    try:
        await wait_until_reachable(client, REACHABLE_SECONDS)
        database = open_database(client, settings.mongodb_database)
        await prepare_database(database, key_ring_of(settings))
        if settings.demo and await is_empty(database):
            now = system_clock()
            await seed_everything(database, local_day(now), now)
    finally:
        client.close()


def _import_the_app() -> None:
    importlib.import_module("lifecircle.gateway.app")


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Leave through the `with` blocks, so that the database is stopped cleanly."""
    raise SystemExit(0)


def _hand_down(settings: Settings) -> None:
    """Workers are processes of their own and read their settings from the environment."""
    os.environ[SUPERVISOR_VARIABLE] = str(os.getpid())
    for name, value in settings.model_dump(exclude_none=True).items():
        text = value.get_secret_value() if hasattr(value, "get_secret_value") else value
        os.environ[PREFIX + name.upper()] = ",".join(text) if isinstance(text, tuple) else str(text)


def _check_port_is_free(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        raise SettingInvalid(
            f"LIFECIRCLE_PORT: cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
            "choose another with --port"
        ) from None
