"""Starting, refusing to start, and stopping: a clear word each time, never a traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import plain_http
import pytest
from commands import lifecircle, lifecircle_started
from servers import Client, Server, free_port, running

from lifecircle.catalogue.database import SCHEMA_VERSION, connect, open_database
from lifecircle.gateway.settings import PREFIX

pytestmark = pytest.mark.slow


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("lifecircle: cannot start: ")
    assert all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("PORT", "none", "LIFECIRCLE_PORT"),
        ("PORT", "70000", "LIFECIRCLE_PORT"),
        ("WORKERS", "0", "LIFECIRCLE_WORKERS"),
        ("MONGODB_URI", "http://somewhere:secret@x", "LIFECIRCLE_MONGODB_URI"),
        ("MONGODB_DATABASE", "a b", "LIFECIRCLE_MONGODB_DATABASE"),
        ("LOG_LEVEL", "LOUD", "LIFECIRCLE_LOG_LEVEL"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str, word: str) -> None:
    done = lifecircle("config", **{PREFIX + name: value})
    refused(done, word)
    assert "secret" not in done.stderr


def test_config_shows_every_setting_with_secrets_masked() -> None:
    done = lifecircle_started(
        "config", LIFECIRCLE_MONGODB_URI="mongodb://user:geheim@db/", LIFECIRCLE_DISTRICTS="330199, 330198"
    )
    assert done.returncode == 0
    assert "geheim" not in done.stdout
    assert "LIFECIRCLE_DISTRICTS=330199,330198" in done.stdout


def test_without_keys_and_without_demo_it_does_not_start(tmp_path: Path) -> None:
    refused(lifecircle_started("serve", "--port", str(free_port()), "--state", str(tmp_path)), "LIFECIRCLE_KEYS_FILE")


def test_demo_does_not_listen_to_the_world_unless_told() -> None:
    refused(lifecircle("serve", "--demo", "--host", "0.0.0.0"), "LIFECIRCLE_HOST", "--demo-public")  # noqa: S104


def test_demo_and_a_real_wechat_app_exclude_each_other() -> None:
    refused(lifecircle("serve", "--demo", LIFECIRCLE_WECHAT_APP_ID="wx1"), "LIFECIRCLE_WECHAT_APP_ID")


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(lifecircle("serve", "--demo", "--port", port, "--state", str(tmp_path)), "LIFECIRCLE_PORT", port)


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/"
    done = lifecircle(
        "serve", "--demo", "--port", str(free_port()), "--state", str(tmp_path), LIFECIRCLE_MONGODB_URI=uri
    )
    refused(done, "the database does not answer")


def test_a_second_server_on_the_same_folder_is_refused(server: Server) -> None:
    done = lifecircle("serve", "--demo", "--port", str(free_port()), "--state", str(server.state))
    refused(done, "is in use by process", str(server.state))
    assert plain_http.get(f"{server.url}/readyz").status_code == 200


async def test_a_newer_schema_is_refused(mongodb_uri: str, tmp_path: Path) -> None:
    name = f"newer_{os.getpid()}"
    client = connect(mongodb_uri)
    await open_database(client, name)["meta"].insert_one({"_id": "schema", "version": SCHEMA_VERSION + 1})
    client.close()
    environment = {"LIFECIRCLE_MONGODB_URI": mongodb_uri, "LIFECIRCLE_MONGODB_DATABASE": name}
    done = lifecircle("serve", "--demo", "--port", str(free_port()), "--state", str(tmp_path), **environment)
    refused(done, f"schema version {SCHEMA_VERSION + 1}")


def test_a_bad_seed_file_stops_the_seeding_and_writes_nothing(mongodb_uri: str, tmp_path: Path) -> None:
    from importlib.resources import files

    for file in files("lifecircle.seeds.data").iterdir():
        if file.name.endswith((".yaml", ".csv")):
            (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    stores = tmp_path / "stores.csv"
    stores.write_text(stores.read_text("utf-8").replace("district-centre", "no-such-kind", 1), "utf-8")
    environment = {"LIFECIRCLE_MONGODB_URI": mongodb_uri, "LIFECIRCLE_MONGODB_DATABASE": f"bad_{os.getpid()}"}
    done = lifecircle("seed", "--from", str(tmp_path), **environment)
    assert done.returncode == 1
    assert "stores.csv" in done.stderr
    assert "category" in done.stderr
    assert "Traceback" not in done.stderr
    again = lifecircle("seed", **environment)
    assert "stores       created    791" in again.stdout


def test_seeding_twice_changes_nothing(mongodb_uri: str) -> None:
    environment = {"LIFECIRCLE_MONGODB_URI": mongodb_uri, "LIFECIRCLE_MONGODB_DATABASE": f"twice_{os.getpid()}"}
    first, second = lifecircle("seed", **environment), lifecircle("seed", **environment)
    assert first.returncode == second.returncode == 0
    assert second.stdout.splitlines()[-1] == "0 changes"


def test_a_stop_finishes_the_requests_under_way(tmp_path: Path) -> None:
    with running(Server(tmp_path / "state")) as server:
        client, answers = Client(server.url), []
        fields = " ".join(f"q{k}: nearbyStores(near: $n, radius: 5000) {{ totalCount }}" for k in range(15))
        query = f"query($n: LocationInput!) {{ {fields} }}"

        def ask() -> None:
            answers.append(client.post(query, {"n": {"longitude": 120.2, "latitude": 30.29}}).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.05)
        assert server.stop() == 0
        asking.join(30)
        assert answers == [200]
        assert not (server.state / "database.pid").exists()


def test_after_kill_nine_workers_end_and_it_starts_again_on_the_same_folder(tmp_path: Path, seeded: Path) -> None:
    with running(Server(tmp_path / "state", workers=2, seeded=seeded, forked=False)) as server:
        Client(server.url).sign_in("demo:王老师")
        workers = server.worker_pids()
        assert server.process
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait(30)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{pid}/status").exists() and "zombie" not in _state(pid) for pid in workers):
            assert time.monotonic() < deadline, "a worker stayed behind"
            time.sleep(0.1)
        server.forked = True  # now it is about the folder
        server.start()
        assert Client(server.url).sign_in("demo:王老师").token


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return "zombie"
