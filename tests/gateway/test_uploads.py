"""Files sent ahead of an import, and imports over HTTP."""

from __future__ import annotations

import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx2
import plain_http
import pytest
from pymongo import MongoClient
from scale import scaled
from servers import Client, Server, running
from shopkeeper import IMPORT, a_sheet, an_owner, do, refusal, upload

from lifecircle.graphql.ids import global_id, key_of

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def owner(server: Server) -> tuple[Client, str]:
    return an_owner(server)


def code(answer: httpx2.Response) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_uploaded_tried_and_imported(owner: tuple[Client, str], encoding: str) -> None:
    client, merchant = owner
    answer = upload(client, a_sheet(3, secrets.token_hex(3)).encode(encoding))
    assert answer.status_code == 201
    found = answer.json()
    assert set(found) == {"id", "expiresAt"}
    assert datetime.fromisoformat(found["expiresAt"]).utcoffset() is not None
    tried = do(client, IMPORT, merchant=merchant, upload=found["id"])
    assert (tried["rows"], tried["created"], tried["failed"]) == (3, 3, 0)
    done = do(client, IMPORT, merchant=merchant, upload=found["id"], dryRun=False, idempotencyKey=encoding)
    assert done == tried
    assert do(client, IMPORT, merchant=merchant, upload=found["id"], dryRun=False, idempotencyKey=encoding) == done
    assert do(client, IMPORT, merchant=merchant, upload=found["id"], dryRun=False)["unchanged"] == 3


def test_row_errors_name_their_place(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    found = do(client, IMPORT, merchant=merchant, csv=a_sheet(2, secrets.token_hex(3), 电话="abc"), dryRun=False)
    assert (found["created"], found["failed"]) == (0, 2)
    assert [(row["row"], row["column"], row["code"]) for row in found["rowErrors"]] == [
        (2, "电话", "INVALID_INPUT"),
        (3, "电话", "INVALID_INPUT"),
    ]


def test_an_upload_is_for_its_owner_only(server: Server, owner: tuple[Client, str]) -> None:
    client, merchant = owner
    key = upload(client, a_sheet(1).encode()).json()["id"]
    stranger, theirs = an_owner(server)
    for given in ({"merchant": theirs, "upload": key}, {"merchant": theirs, "upload": global_id("Upload", "none")}):
        assert refusal(stranger, IMPORT, **given)["code"] == "NOT_FOUND"
    assert refusal(client, IMPORT, merchant=merchant, upload=global_id("Store", "s0001"))["code"] == "NOT_FOUND"


def test_only_signed_in_members_upload(server: Server, owner: tuple[Client, str]) -> None:
    raw = a_sheet(1).encode()
    anonymous = upload(Client(server.url), raw)
    assert (anonymous.status_code, code(anonymous)) == (401, "UNAUTHENTICATED")
    resident = Client(server.url).sign_in(f"demo:住户{secrets.token_hex(6)}")
    assert (upload(resident, raw).status_code, code(upload(resident, raw))) == (403, "FORBIDDEN")
    forged = upload(Client(server.url, "not.a.token"), raw)
    assert (forged.status_code, code(forged)) == (401, "UNAUTHENTICATED")
    assert plain_http.get(f"{server.url}/uploads").status_code == 405


@pytest.mark.parametrize("raw", [b"PK\x03\x04" + b"x" * 100, b"", b" \r\n", b"\x00\x01\x02", "门店".encode("utf-16")])
def test_what_is_no_sheet_is_refused_with_a_reason(owner: tuple[Client, str], raw: bytes) -> None:
    answer = upload(owner[0], raw)
    assert (answer.status_code, code(answer)) == (400, "INVALID_INPUT")
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]


def test_a_file_that_is_too_large_is_refused_while_it_comes(owner: tuple[Client, str]) -> None:
    client, _ = owner
    assert upload(client, b"a" * (8 * MEGABYTE)).status_code == 201
    announced = upload(client, b"a" * (8 * MEGABYTE + 1))
    assert (announced.status_code, code(announced)) == (413, "BAD_REQUEST")

    def endless() -> Iterator[bytes]:
        while True:
            yield b"a" * 65_536

    headers = {"authorization": f"Bearer {client.token}"}
    try:
        answer = plain_http.post(f"{client.url}/uploads", content=endless(), headers=headers, timeout=30)
    except httpx2.TransportError:  # the server has closed the connection, as it said it would
        return
    assert answer.status_code == 413


@pytest.mark.slow
def test_an_import_that_is_killed_in_the_middle_changes_nothing_or_everything(tmp_path: Path, seeded: Path) -> None:
    server, count = Server(tmp_path / "state", seeded=seeded), scaled(800, 1_500)
    with running(server):
        for round_, delay in enumerate((0.9, 0.3, 1.6)[: scaled(1, 3)]):
            client, merchant = an_owner(server)
            key = upload(client, a_sheet(count).encode()).json()["id"]
            asked = {"merchant": merchant, "upload": key, "dryRun": False, "idempotencyKey": "once"}
            importing = threading.Thread(target=_ask_in_vain, args=(client, asked))
            importing.start()
            time.sleep(delay)
            if round_ == 0:
                os.kill(server.database_pid(), signal.SIGKILL)
            server.kill()
            importing.join(60)
            server.start()
            own = key_of(merchant, "Merchant")
            with MongoClient(server.database_uri()) as mongo:
                stores = mongo["lifecircle"]["stores"].count_documents({"merchant": own})
                records = mongo["lifecircle"]["history"].count_documents(
                    {"owner": {"$regex": "^stores:"}, "kind": "IMPORTED"}
                )
                total = mongo["lifecircle"]["stores"].count_documents({"number": {"$regex": "^A[0-9]"}})
            assert stores in (0, count)
            assert records == total
            done = do(client, IMPORT, **asked)
            assert (done["created"], done["failed"]) == (count, 0)


def _ask_in_vain(client: Client, asked: dict[str, object]) -> None:
    try:
        Client(client.url, client.token).post(IMPORT, {"input": asked})
    except httpx2.HTTPError:
        return
