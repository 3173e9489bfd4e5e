"""Worker processes, forked from one process that has imported the application already.

Importing takes longer than all the rest of a worker's start; done once, while the database starts, it is also in memory
once. uvicorn watches over the workers.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import threading
from collections.abc import Callable
from functools import partial
from multiprocessing import forkserver
from typing import Any

import uvicorn
from uvicorn import _subprocess as uvicorn_subprocess
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from lifecircle.gateway.settings import Settings

_APP = "lifecircle.gateway.app"
_PRELOADED = "lifecircle.gateway.preloaded"
_LOOK_SECONDS = 1.0


def import_early(workers: int) -> None:
    """Begin to import the application, beside whatever else the start has to do."""
    if workers == 1:
        threading.Thread(target=importlib.import_module, args=[_PRELOADED], daemon=True).start()
        return
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_PRELOADED])
    setattr(uvicorn_subprocess, "spawn", context)  # noqa: B010 - uvicorn has no setting for how workers start
    forkserver.ensure_running()


def run(settings: Settings) -> None:
    """Serve until told to stop, with as many workers as the settings say."""
    config = _Config(settings)
    if settings.workers == 1:
        server = uvicorn.Server(config)
        server.run()
        if not server.started:
            raise SystemExit(STARTUP_FAILURE)
    else:
        Multiprocess(config, sockets=[config.bind_socket()]).run()


class _Config(uvicorn.Config):
    """Brings the settings to the workers, since the process that they are forked from began before all were known.

    Nor do secrets lie in an environment, where they can be read from outside.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            f"{_APP}:create_app",
            factory=True,
            host=settings.host,
            port=settings.port,
            workers=settings.workers,
            loop="uvloop",
            http="httptools",
            ws="websockets-sansio",
            ws_max_size=131_072,  # read whole before anything looks at it
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=settings.graceful_seconds,
        )
        self._settings = settings
        self._supervisor = os.getpid()

    def load_app(self) -> Callable[[], Any]:
        importlib.import_module(_PRELOADED)  # or waits until it is, where another thread has begun
        supervisor = None if self._supervisor == os.getpid() else self._supervisor
        return partial(importlib.import_module(_APP).create_app, self._settings, supervisor=supervisor)


async def gone(process: int) -> None:
    """Returns when a process has ended."""
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # not every system has such handles
        while _is_alive(process):  # noqa: ASYNC110 - and there nothing tells of an end
            await asyncio.sleep(_LOOK_SECONDS)
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
