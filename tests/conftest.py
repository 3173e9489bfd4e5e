"""One embedded database server per test run, one database per test."""

from __future__ import annotations

import fcntl
import gc
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from commands import lifecircle
from factories import SetClock
from patience import until_here
from servers import Client, Server, close_clients, running
from sharing_out import WholeFiles
from xdist.remote import Producer

from lifecircle.catalogue.database import Database, connect, open_database, wait_until_reachable
from lifecircle.catalogue.sealing import KeyRing, make_keys_file, read_key_ring
from lifecircle.gateway.embedded import EmbeddedDatabase

gc.disable()  # until all tests are collected, which are some 300,000 objects that stay

SHARED = Path(__file__).parent.parent.parent / "shared"
SHARED_SERVERS = {"server", "two_workers"}

_first: set[Path] = set()
_shared_servers: list[Server] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first; so do files that use the shared servers, which can then be stopped."""
    is_slow = {item: item.get_closest_marker("slow") is not None for item in items}
    _first.update(item.path for item in items if is_slow[item] or SHARED_SERVERS & set(fixtures_of(item)))
    items.sort(key=lambda item: (item.path not in _first, not is_slow[item]))


def fixtures_of(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Files run in order: none that uses a shared server follows. One costs 4 to 7 % of a core where nobody asks."""
    while _shared_servers and item.path not in _first:
        _shared_servers.pop().stop()


def pytest_collection_finish() -> None:
    """What was imported and collected is not looked through again at each of the collections that follow."""
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> WholeFiles:
    return WholeFiles(config, log)


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedDatabase(tmp_path_factory.mktemp("state"), durable=False) as embedded:
        yield embedded.uri


@pytest.fixture
async def database(mongodb_uri: str) -> AsyncIterator[Database]:
    client = connect(mongodb_uri, server_selection_ms=20_000)
    await wait_until_reachable(client, 20)
    yield open_database(client, f"test_{secrets.token_hex(8)}")
    client.close()


@pytest.fixture(autouse=True)
def _clients_are_closed() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    make_keys_file(tmp_path / "keys.json")
    return read_key_ring(tmp_path / "keys.json")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Server]:
    """A demo server with the seeded district, shared by all tests that only talk to it."""
    with running(Server(tmp_path_factory.mktemp("server") / "state", seeded=seeded)) as started:
        Client(started.url).sign_in("demo-merchant:linli")  # else a test that takes whichever is free takes this one
        _shared_servers.append(started)
        yield started


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with the demo district, for servers to begin with a copy of; made once for all test processes."""
    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    state, done = run / "seeded" / "state", run / "seeded" / "done"
    state.mkdir(parents=True, exist_ok=True)
    with open(run / "seeded" / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            lifecircle("seed", "--state", str(state)).check_returncode()
            with running(Server(state)):  # makes the image of the catalogue, which else every copy would make anew
                until_here((state / "snapshot" / "current.json").exists)
            done.touch()
    return state


@pytest.fixture(scope="session")
def two_workers(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Server]:
    """A demo server of two workers, whose users run in one test process."""
    with running(Server(tmp_path_factory.mktemp("two") / "state", workers=2, seeded=seeded)) as started:
        _shared_servers.append(started)
        yield started


@pytest.fixture(scope="session")
def shared() -> Path:
    """Public test data, where it is present beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip("no shared test data beside this checkout")
    return SHARED
