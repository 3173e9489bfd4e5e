"""`lifecircle demo`: what `make run` starts. The server is a process of its own; the tour talks to it over HTTP."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2

from lifecircle.catalogue.errors import CannotStart, DatabaseUnreachable
from lifecircle.gateway.settings import Settings
from lifecircle.gateway.tour import take_tour

READY_SECONDS = 60.0
LOG = "server.log"


def show(settings: Settings, *, once: bool) -> int:
    """Exit code: the tour's result with `once`, else the server's when it is stopped. Raises CannotStart."""
    url = f"http://{settings.host}:{settings.port}"
    server = _start(settings)
    try:
        _wait_until_ready(url, server, settings.state / LOG)
        succeeded = take_tour(url)
        if once:
            return 0 if succeeded else 1
        print(f"\n正在运行：GraphQL {url}/graphql   GraphiQL {url}/graphql（浏览器打开）   健康检查 {url}/readyz")
        print("按 Ctrl-C 停止。")
        return server.wait()
    finally:
        _stop(server)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "lifecircle.gateway.cli", "serve", "--demo"]
    command += ["--host", settings.host, "--port", str(settings.port), "--state", str(settings.state)]
    settings.state.mkdir(parents=True, exist_ok=True)
    with open(settings.state / LOG, "wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    with httpx2.Client(timeout=2) as http:
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise CannotStart(_last_words(log))
            with contextlib.suppress(httpx2.HTTPError):
                if http.get(f"{url}/readyz").status_code == 200:
                    return
            time.sleep(0.1)
    raise DatabaseUnreachable(f"the server was not ready within {READY_SECONDS:.0f} s")


def _last_words(log: Path) -> str:
    said = log.read_text("utf-8", errors="replace").strip().splitlines()
    return said[-1].removeprefix("lifecircle: cannot start: ") if said else "the server ended at once"


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        server.wait(40)
