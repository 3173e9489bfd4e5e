"""Starting the server: checks, database, seeds, then the workers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

from pydantic import SecretStr

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.catalogue.database import ConnectionFailure, connect, open_database, wait_until_reachable
from lifecircle.catalogue.errors import DatabaseUnreachable, SettingInvalid
from lifecircle.gateway import supervising
from lifecircle.gateway.demo import check_demo_is_safe
from lifecircle.gateway.embedded import EmbeddedDatabase
from lifecircle.gateway.preparing import (
    REACHABLE_SECONDS,
    key_ring_of,
    prepare_database,
    uri_of,
)
from lifecircle.gateway.settings import Settings
from lifecircle.seeds.everything import is_empty, seed_everything

log = logging.getLogger("lifecircle.serve")


def serve(settings: Settings) -> None:
    """Serve until told to stop. Raises CannotStart."""
    signal.signal(signal.SIGTERM, _leave)  # uvicorn raises the signal again when it is done
    check_demo_is_safe(settings)
    _check_port_is_free(settings)
    key_ring_of(settings)
    with database_of(settings) as ready:
        asyncio.run(prepare(ready))
        if ready.demo:
            log.warning("DEMO: anybody who can reach %s:%d can sign in as anybody", ready.host, ready.port)
        if ready.workers > 1:
            gc.enable()  # this process only watches over the workers
        supervising.run(ready)


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
    except ConnectionFailure as error:
        raise DatabaseUnreachable(f"the database stopped answering while it was prepared: {error}") from error
    finally:
        client.close()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Leave through the `with` blocks, so that the database is stopped cleanly."""
    raise SystemExit(0)


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
