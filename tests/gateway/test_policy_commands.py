"""`lifecircle policies import` and `list`, and what a client sees of it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from papers import PARAGRAPHS, as_text, write
from servers import Client, Server

from lifecircle.gateway.cli import main

NEWER = as_text(tuple(line.replace("2024年3月1日", "2025年6月1日").replace("五日", "三日") for line in PARAGRAPHS))


def test_a_folder_is_imported_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ["--state", str(tmp_path / "state")]
    folder = tmp_path / "papers"
    folder.mkdir()
    write(folder, "办法.txt", as_text())
    write(folder, "说明.png", b"")
    assert main(["policies", "list", *state]) == 0
    assert "nothing was imported yet" in capsys.readouterr().out
    assert main(["policies", "import", str(folder), *state]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "办法.txt: 测试市便民办法 of 2024-03-01, version 1, IN_FORCE, 4 articles: new"
    assert lines[1] == "说明.png: skipped, of another kind"
    assert lines[2].startswith("1 regulations with 4 articles: 1 new, 0 unchanged")
    assert main(["policies", "import", str(write(folder, "新.txt", NEWER)), *state]) == 0
    assert "replaces an older version" in capsys.readouterr().out
    assert main(["policies", "list", *state]) == 0
    assert [line.split(", ")[1:3] for line in capsys.readouterr().out.splitlines()] == [
        ["version 2", "IN_FORCE"],
        ["version 1", "REPLACED"],
    ]


def test_a_bad_file_is_named_and_ends_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write(tmp_path, "坏.pdf", b"")
    assert main(["policies", "import", str(bad), "--state", str(tmp_path / "state")]) == 1
    told = capsys.readouterr().err
    assert "nothing was imported" in told
    assert "坏.pdf: is a damaged PDF" in told


_POLICIES = """{ policies(topic: "regulation") { edges { node {
  id title issuer status version body olderVersions { id status version }
} } } }"""


def test_a_running_server_takes_imports_over_and_keeps_older_versions_readable(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIFECIRCLE_MONGODB_URI", server.database_uri())
    for text in (as_text(), NEWER):
        assert main(["policies", "import", str(write(tmp_path, "办法.txt", text))]) == 0
    client = Client(server.url)
    found = _until_version(client, 2)
    assert (found["title"], found["issuer"], found["status"]) == ("测试市便民办法", "测试市人民政府", "IN_FORCE")
    assert "三日内答复" in found["body"]
    (older,) = found["olderVersions"]
    assert (older["status"], older["version"]) == ("REPLACED", 1)
    node = client.ask("query($id: ID!) { node(id: $id) { ... on Policy { body status } } }", id=older["id"])["node"]
    assert "五日内答复" in node["body"]
    assert node["status"] == "REPLACED"


def _until_version(client: Client, version: int) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while True:
        edges = client.ask(_POLICIES)["policies"]["edges"]
        nodes = [edge["node"] for edge in edges if edge["node"]["title"] == "测试市便民办法"]
        if nodes and nodes[0]["version"] == version:
            return dict(nodes[0])
        assert time.monotonic() < deadline, nodes
        time.sleep(0.05)
