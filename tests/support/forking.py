"""A process that has imported the application once, and forks `lifecircle` commands from itself for the tests.

Importing takes longer than all else that most commands do. A fork has a session, an environment, a folder, open files
and signals of its own, as a process that was started by itself has. This is a program; `commands` talks to it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import json
import multiprocessing.util
import os
import selectors
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

LARGEST = 200_000
FORK_SERVER = "forkserver"

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


class Forker:
    """Tells who asks the id of the fork at once, and its exit code when it has ended."""

    def __init__(self, listener: socket.socket, tests: int) -> None:
        self._listener = listener
        self._tests = os.pidfd_open(tests)
        self._forks: dict[int, tuple[int, socket.socket]] = {}

    def run(self) -> int:
        """Until the process of the tests ends; in each fork until its command has ended. Returns the exit code."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            selector.register(self._tests, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fd == self._tests:
                        return 0
                    if key.fd in self._forks:
                        selector.unregister(key.fd)
                        self._tell_the_end(key.fd)
                        continue
                    asker, _ = self._listener.accept()
                    message, files, _, _ = socket.recv_fds(asker, LARGEST, 2)
                    if not (pid := os.fork()):
                        selector.close()
                        asker.close()
                        self._close()
                        return be_a_process_of_its_own(files, **json.loads(message))
                    for file in files:
                        os.close(file)
                    tell(asker, pid)
                    handle = os.pidfd_open(pid)
                    self._forks[handle] = pid, asker
                    selector.register(handle, selectors.EVENT_READ)

    def _tell_the_end(self, handle: int) -> None:
        os.close(handle)
        pid, asker = self._forks.pop(handle)
        with asker:
            tell(asker, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    def _close(self) -> None:
        self._listener.close()
        os.close(self._tests)
        for handle, (_, asker) in self._forks.items():
            os.close(handle)
            asker.close()


def tell(asker: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody waits for it any more
        asker.send(str(number).encode())


def be_a_process_of_its_own(
    files: Sequence[int], folder: str, environment: dict[str, str], arguments: list[str]
) -> int:
    from lifecircle.gateway import cli

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    for number, file in enumerate(files, 1):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [cli.__file__, *arguments]
    sys.modules["__main__"] = cli  # what the command starts looks there for how it was started itself
    multiprocessing.util.spawnv_passfds = forked_too(multiprocessing.util.spawnv_passfds)
    gc.enable()
    return cli.main(arguments)


Spawn = Callable[[bytes, Sequence[Any], Sequence[int]], int]


def forked_too(spawn: Spawn) -> Spawn:
    """The process that workers are forked from begins with what this one has imported; all else is spawned."""

    def fork(program: bytes, arguments: Sequence[Any], files: Sequence[int]) -> int:
        code = arguments[-1]
        if FORK_SERVER not in code:
            return spawn(program, arguments, files)
        if pid := os.fork():
            return pid
        ctypes.CDLL(None).prctl(_PR_SET_NAME, FORK_SERVER.encode())
        for file in map(int, os.listdir("/proc/self/fd")):
            if file > 2 and file not in files:
                with contextlib.suppress(OSError):  # the one that listed them
                    os.close(file)
        ended(lambda: exec(code, {}))  # noqa: S102 - what an interpreter of its own would be told to run

    return fork


def ended(run: Callable[[], int | None]) -> NoReturn:
    """End as a program does; but without taking all modules apart, which would take longer than most commands."""
    code: object = 1
    try:
        code = run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else code is not None)


def main() -> None:
    listener, tests = int(sys.argv[1]), int(sys.argv[2])
    sys.path[0] = ""  # as where a module is run; the helpers of the tests are not for the application
    from lifecircle.gateway import preloaded, seeding, serve  # noqa: F401

    os.setsid()  # Ctrl-C is for the tests, which stop what they began
    forker = Forker(socket.socket(fileno=listener), tests)
    ended(forker.run)


if __name__ == "__main__":
    main()
