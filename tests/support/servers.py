"""Real servers for tests: processes of their own, on loopback, with folders of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import plain_http
from commands import Process, clean_environment, fork, start
from forking import FORK_SERVER
from patience import until_here

from lifecircle.gateway.embedded import uri_of

SLOW_START = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def is_fork_server(pid: int) -> bool:
    command, name = Path(f"/proc/{pid}/cmdline").read_bytes(), Path(f"/proc/{pid}/comm").read_text()
    return b"multiprocessing.forkserver" in command or name.strip() == FORK_SERVER


@dataclass
class Server:
    """`lifecircle serve`."""

    state: Path
    workers: int = 1
    demo: bool = True
    seeded: Path | None = None
    """A state folder to begin with a copy of, where `state` is still empty."""
    environment: Mapping[str, str] = field(default_factory=dict)
    forked: bool = True
    """Else started as a user starts it."""
    port: int = field(default_factory=free_port)
    process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.state.with_name(self.state.name + ".log")

    def start(self) -> Server:
        command = ["serve", "--port", str(self.port), "--workers", str(self.workers), "--state", str(self.state)]
        command += ["--demo"] if self.demo else []
        environment = clean_environment(**self.environment)
        if self.seeded and not self.state.exists():
            shutil.copytree(self.seeded, self.state)
        with self.log.open("ab") as log:
            self.process = (fork if self.forked else start)(*command, environment=environment, output=log, errors=log)
        self.wait_until_ready()
        return self

    def wait_until_ready(self, seconds: float = SLOW_START) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                raise AssertionError(f"the server ended: {self.log.read_text()[-2000:]}")
            with contextlib.suppress(httpx2.HTTPError):
                if plain_http.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the server was not ready: {self.log.read_text()[-2000:]}")

    def stop(self) -> int:
        assert self.process
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of the server and all its workers, not of the database.

        The server first, which would replace a worker that dies; one that it had just begun ends by itself.
        """
        assert self.process
        for pid in [self.process.pid, *self.worker_pids()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        until_here(lambda: not self._is_listening())

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def worker_pids(self) -> list[int]:
        """Workers are forked from a child of the server, which has other children too."""
        assert self.process
        return [worker for child in children(self.process.pid) if is_fork_server(child) for worker in children(child)]

    def database_pid(self) -> int:
        return int((self.state / "database.pid").read_text())

    def database_uri(self) -> str:
        command = Path(f"/proc/{self.database_pid()}/cmdline").read_bytes().split(b"\0")
        return uri_of(int(command[command.index(b"--port") + 1]))

    def kill_database(self) -> None:
        os.kill(self.database_pid(), signal.SIGKILL)


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    try:
        yield server.start()
    finally:
        if server.process and server.process.poll() is None:
            server.stop()


_OPEN: list[httpx2.Client] = []


def opened(client: httpx2.Client) -> httpx2.Client:
    """Remember a client, so that it is closed when its test ends."""
    _OPEN.append(client)
    return client


def close_clients() -> None:
    while _OPEN:
        _OPEN.pop().close()


@dataclass
class Client:
    """A GraphQL client of one resident."""

    url: str
    token: str | None = None
    http: httpx2.Client = field(default_factory=lambda: opened(plain_http.Client(timeout=30)))

    def post(self, query: str, variables: Mapping[str, Any] | None = None, **headers: str) -> httpx2.Response:
        if self.http.is_closed:  # a fixture's client outlives the test that it was made in
            self.http = opened(plain_http.Client(timeout=30))
        given = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": dict(variables or {})}
        return self.http.post(f"{self.url}/graphql", json=body, headers={**given, **headers})

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = self.post(query, variables).json()
        assert not answer.get("errors"), answer["errors"]
        return dict(answer["data"])

    def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        return list(self.post(query, variables).json()["errors"])

    def sign_in(self, code: str) -> Client:
        data = self.ask(
            "mutation($c: String!) { signInWithWeChat(input: {code: $c}) "
            "{ session { accessToken } errors { code message } } }",
            c=code,
        )["signInWithWeChat"]
        assert not data["errors"], data["errors"]
        self.token = data["session"]["accessToken"]
        return self
