"""`lifecircle` commands in processes of their own: forked from one that has imported everything, or truly started."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import IO, Protocol

import forking

_COMMAND = (sys.executable, "-m", "lifecircle.gateway.cli")
_NO_HURRY = {
    "LIFECIRCLE_RATE_BOOKING_HOUR": "1000000",
    "LIFECIRCLE_RATE_CHAT_MINUTE": "1000000",
    "LIFECIRCLE_RATE_SIGN_IN_HOUR": "1000000",
    "LIFECIRCLE_ACCOUNT_RATE": "10000",
    "LIFECIRCLE_ADDRESS_RATE": "10000",
}
"""Tests ask faster than people do; the tests of the limits set their own."""


def clean_environment(**extra: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIFECIRCLE_")}
    return {**kept, **_NO_HURRY, **extra}


class Process(Protocol):
    """What tests ask of a process, started or forked."""

    pid: int

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...


class Forked:
    """A fork of the process that has imported everything; to be used as `Popen` is."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.pid = int(connection.recv(64))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._connection.recv(64))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("lifecircle", timeout or 0) from None
            self._connection.close()
        return self.returncode

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def fork(*arguments: str, environment: Mapping[str, str], output: IO[bytes], errors: IO[bytes]) -> Forked:
    """`lifecircle` with these arguments, forked: it has a session of its own and ends with the tests at the latest."""
    connection = _connected()
    asked = {"folder": os.getcwd(), "environment": dict(environment), "arguments": arguments}
    socket.send_fds(connection, [json.dumps(asked).encode()], [output.fileno(), errors.fileno()])
    return Forked(connection)


def start(
    *arguments: str, environment: Mapping[str, str], output: IO[bytes], errors: IO[bytes]
) -> subprocess.Popen[bytes]:
    """`lifecircle` as a user starts it."""
    command = [*_COMMAND, *arguments]
    return subprocess.Popen(command, stdout=output, stderr=errors, env=environment, start_new_session=True)


def lifecircle(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command run to its end in a fork, and what it said."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        done = fork(*arguments, environment=clean_environment(**environment), output=output, errors=errors)
        code = done.wait(60)
        said = []
        for file in (output, errors):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(arguments, code, *said)


def lifecircle_started(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user starts it: for tests of starting itself, since it takes some seconds."""
    command = [*_COMMAND, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(**environment))


def _connected() -> socket.socket:
    """To the process that forks: one for all processes of a run, begun by whoever needs it first."""
    tests = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    address = f"\0lifecircle-tests-{tests}"
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with contextlib.suppress(ConnectionRefusedError):
            connection.connect(address)
            return connection
        connection.close()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            try:
                listener.bind(address)
            except OSError:  # another was quicker, and will listen
                time.sleep(0.01)
                continue
            listener.listen(100)
            listener.set_inheritable(True)
            command = [sys.executable, forking.__file__, str(listener.fileno()), str(tests)]
            os.posix_spawn(sys.executable, command, clean_environment())
