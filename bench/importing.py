"""An import of 5,000 stores over HTTP: new ones, changed ones, unchanged ones; beside a plain bulk insert with motor.

The baseline writes the same documents with one `insert_many` into an empty collection of the same engine: no reading,
no validation, no history, no snapshot. The stall is the longest gap between answers of `/healthz` meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
from pymongo import MongoClient

from bench.serving import PORT, database_uri, serving
from lifecircle.catalogue.database import connect, open_database

ROWS = 5_000
MERCHANT = "TWVyY2hhbnQ6bGlubGk"
"""linli of the demo district."""

_SETTLE_SECONDS = 10
"""The workers take in what the change stream brings of one import before the next is measured."""

_URL = f"http://127.0.0.1:{PORT}"
_IMPORT = """mutation($input: ImportStoresInput!) { importStores(input: $input) {
  import { rows created updated unchanged failed } errors { code message } } }"""
_SIGN_IN = 'mutation { signInWithWeChat(input: {code: "demo-merchant:linli"}) { session { accessToken } } }'


class Stall:
    """How long the worker kept others waiting, in milliseconds."""

    def __enter__(self) -> Stall:
        self.longest, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        with httpx2.Client(timeout=30) as client:
            while not self._stop.is_set():
                began = time.perf_counter()
                client.get(f"{_URL}/healthz")
                self.longest = max(self.longest, (time.perf_counter() - began) * 1000)
                time.sleep(0.005)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state.mkdir()
        with serving(state), httpx2.Client(timeout=60) as client:
            token = client.post(f"{_URL}/graphql", json={"query": _SIGN_IN}).json()
            client.headers["authorization"] = f"Bearer {token['data']['signInWithWeChat']['session']['accessToken']}"
            for title, notice in (("new", "开业"), ("changed", "换季"), ("unchanged", "换季")):
                measure(client, title, notice)
                time.sleep(_SETTLE_SECONDS)
            plain = asyncio.run(plain_insert(database_uri(state)))
            print(f"a plain insert_many of the same {ROWS} documents: {ROWS / plain:,.0f} rows/s ({plain:.2f} s)")


def measure(client: httpx2.Client, title: str, notice: str) -> None:
    with Stall() as stall:
        began = time.perf_counter()
        upload = client.post(f"{_URL}/uploads", content=sheet(notice).encode()).json()
        asked = {"merchant": MERCHANT, "upload": upload["id"], "dryRun": False, "idempotencyKey": secrets.token_hex(8)}
        done = outcome(client, asked)
        took = time.perf_counter() - began
    print(
        f"import of {ROWS} {title} stores: {ROWS / took:,.0f} rows/s ({took:.2f} s), others wait {stall.longest:.0f} ms"
    )
    print(f"  {done['import']}")


def outcome(client: httpx2.Client, asked: dict[str, Any]) -> dict[str, Any]:
    """Asked again while the import goes on in the background, as a client would."""
    while True:
        answer = client.post(f"{_URL}/graphql", json={"query": _IMPORT, "variables": {"input": asked}}).json()
        assert answer.get("data"), answer
        done: dict[str, Any] = answer["data"]["importStores"]
        if not done["errors"]:
            return done
        assert done["errors"][0]["code"] == "BUSY", done["errors"]


def sheet(notice: str) -> str:
    head = "门店编号,名称,类别,地址,电话,经度,纬度,营业时间,公告"
    cells = ",便利店,桂花路{n}号,0571-88886666,{lng:.5f},{lat:.5f},每天 07:00-23:00,"
    rows = (
        f"B{n},邻里优鲜{n}号店" + cells.format(n=n, lng=120.195 + n % 100 * 1e-4, lat=30.288 + n // 100 * 1e-4) + notice
        for n in range(ROWS)
    )
    return "\n".join([head, *rows])


async def plain_insert(uri: str) -> float:
    with MongoClient(uri) as client:
        documents = list(client["lifecircle"]["stores"].find({"number": {"$regex": "^B"}}))
    assert len(documents) == ROWS
    client = connect(uri)
    collection = open_database(client, "plain")["stores"]
    began = time.perf_counter()
    await collection.insert_many(documents)
    took = time.perf_counter() - began
    client.close()
    return took


if __name__ == "__main__":
    main()
