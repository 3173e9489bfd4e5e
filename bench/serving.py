"""A server with 20,000 stores and two workers: start, memory, and how soon an edit is seen.

The baseline of the start is the same server with the 791 stores of the plain demo district.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import httpx2
from pymongo import MongoClient

from lifecircle.catalogue.clock import system_clock
from lifecircle.catalogue.database import connect, open_database
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change
from lifecircle.gateway.embedded import uri_of

SIZE = 20_000
WORKERS = 2
PORT = 18_931
EDITED = "s0435"
_QUERY = {"query": 'query { store(id: "U3RvcmU6czA0MzU") { notice } }'}
_PROGRAM = [sys.executable, "-m", "lifecircle.gateway.cli"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        small, _, _ = measured(Path(folder) / "small", None)
        start, memory, edits = measured(Path(folder) / "large", SIZE)
        anew = start_without_image(Path(folder) / "large")
        print(f"start to ready, {WORKERS} workers: {start:.1f} s with {SIZE} stores, {small:.1f} s with the plain 791")
        print(f"  ratio {start / small:.2f}")
        print(f"  with {SIZE} stores and no image of the catalogue yet: {anew:.1f} s")
        print(f"memory of a worker: {memory:.0f} MB")
        print(
            f"an edit in the database is seen by every worker after {median(edits):.0f} ms (most {max(edits):.0f} ms)"
        )


def measured(state: Path, size: int | None) -> tuple[float, float, list[float]]:
    seed = [*_PROGRAM, "seed", "--state", str(state), *(["--size", str(size)] if size else [])]
    subprocess.run(seed, check=True, capture_output=True)
    began = time.perf_counter()
    with serving(state) as server:
        start = time.perf_counter() - began
        memory = max(resident_megabytes(pid) for pid in workers(server.pid))
        with MongoClient(database_uri(state)) as client:
            edits = [edit_to_visible(client) for _ in range(10)] if size else []
        if size:
            print(f"an edit is seen by its own worker after {asyncio.run(own_edit(database_uri(state))):.1f} ms")
    return start, memory, edits


def start_without_image(state: Path) -> float:
    """The first worker reads the database and makes the image, the others map it."""
    shutil.rmtree(state / "snapshot")
    began = time.perf_counter()
    with serving(state):
        return time.perf_counter() - began


@contextlib.contextmanager
def serving(state: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [*_PROGRAM, "serve", "--demo", "--state", str(state), "--port", str(PORT), "--workers", str(WORKERS)]
    with open(state / "bench.log", "wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for_all_workers()
        yield server
    finally:
        server.terminate()
        server.wait(60)


def wait_for_all_workers() -> None:
    while True:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"http://127.0.0.1:{PORT}/readyz", timeout=2).status_code == 200:
                return
        time.sleep(0.02)


async def own_edit(uri: str) -> float:
    """From the change in hand to the snapshot that holds it, in milliseconds: the largest of 50."""
    client = connect(uri)
    keeper = SnapshotKeeper(open_database(client, "lifecircle"), (), system_clock)
    await keeper.start()
    row = await open_database(client, "lifecircle")["stores"].find_one({"_id": EDITED})
    took = []
    for number in range(50):
        row = {**(row or {}), "notice": f"试 {number}", "version": 10_000 + number}
        began = time.perf_counter()
        keeper.apply([Change("stores", EDITED, row)])
        took.append((time.perf_counter() - began) * 1000)
    await keeper.stop()
    client.close()
    return max(took)


def edit_to_visible(client: MongoClient[dict[str, object]]) -> float:
    """Until twenty fresh connections in a row, which the kernel spreads over the workers, all see the edit."""
    notice, began = secrets.token_hex(6), time.perf_counter()
    client["lifecircle"]["stores"].update_one({"_id": EDITED}, {"$set": {"notice": notice}, "$inc": {"version": 1}})
    seen, first_of_run = 0, began
    while seen < 20:
        asked = time.perf_counter()
        answer = httpx2.post(f"http://127.0.0.1:{PORT}/graphql", json=_QUERY, headers={"connection": "close"}).json()
        if answer["data"]["store"]["notice"] != notice:
            seen = 0
            continue
        first_of_run = asked if seen == 0 else first_of_run
        seen += 1
    return (first_of_run - began) * 1000


def database_uri(state: Path) -> str:
    pid = int((state / "database.pid").read_text())
    port = re.findall(rb"--port\0(\d+)", Path(f"/proc/{pid}/cmdline").read_bytes())[0]
    return uri_of(int(port))


def workers(server: int) -> list[int]:
    """They are forked from the one child of the server that says so."""
    is_parent = (pid for pid in children(server) if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes())
    return [worker for parent in is_parent for worker in children(parent)]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident_megabytes(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
