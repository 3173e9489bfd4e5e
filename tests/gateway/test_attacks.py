"""Hostile requests: each refused with its code, while another client goes on being served."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import httpx2
import plain_http
import pytest
from servers import Client, Server

ALIVE = json.dumps({"query": "{ area(near: {longitude: 120.2, latitude: 30.29}) { name } }"}).encode()
SECONDS = 1.0
"""The longest that a refusal may take, and that the other client may wait: a hang is far longer."""


def doubling(count: int) -> str:
    bombs = " ".join(f"fragment F{k} on Query {{ ...F{k + 1} ...F{k + 1} }}" for k in range(count))
    return f"{{ ...F0 }} {bombs} fragment F{count} on Query {{ categories {{ code }} }}"


def circular(*names: str) -> str:
    ring = " ".join(
        f"fragment {name} on Query {{ ...{after} }}" for name, after in zip(names, (*names[1:], names[0]), strict=True)
    )
    return f"{{ ...{names[0]} }} {ring}"


def deep(levels: int) -> str:
    return "{ categories { " + "children { " * levels + "code" + " }" * levels + " } }"


DOCUMENTS = {
    "25 doubling fragments": (doubling(25), "TOO_COMPLEX"),
    "1,000 aliases": ("{ " + " ".join(f"a{k}: categories {{ code }}" for k in range(1_000)) + " }", "TOO_COMPLEX"),
    "depth 50": (deep(50), "TOO_COMPLEX"),
    "a fragment of itself": (circular("A"), "GRAPHQL_VALIDATION_FAILED"),
    "circular fragments": (circular("A", "B", "C"), "GRAPHQL_VALIDATION_FAILED"),
    "10,000 directives": ("{ categories " + "@include(if: true) " * 10_000 + "{ code } }", "TOO_COMPLEX"),
    "1,000 operations": (" ".join(f"query Q{k} {{ categories {{ code }} }}" for k in range(1_000)), "TOO_COMPLEX"),
    "pages of pages": (
        "{ nearbyStores(near: {longitude: 120.2, latitude: 30.29}, first: 100) { edges { node "
        "{ offerings(first: 100) { edges { node { store { offerings(first: 100) { edges { node { name } } } "
        "} } } } } } } }",
        "TOO_COMPLEX",
    ),
}


@pytest.fixture
def bystander(server: Server) -> Iterator[list[float]]:
    """Another client that asks without pause; how long it waited each time."""
    waits: list[float] = []
    stop = threading.Event()

    def ask() -> None:
        with plain_http.Client(timeout=30) as http:
            while not stop.is_set():
                began = time.monotonic()
                answer = http.post(f"{server.url}/graphql", content=ALIVE, headers={"content-type": "application/json"})
                assert answer.json()["data"]["area"]["name"]
                waits.append(time.monotonic() - began)

    asking = threading.Thread(target=ask)
    asking.start()
    while not waits:
        time.sleep(0.01)
    yield waits
    stop.set()
    asking.join(30)


def refused(answer: httpx2.Response, code: str) -> None:
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]
    assert "data" not in answer.json()
    assert answer.elapsed.total_seconds() < SECONDS


def post(server: Server, content: bytes, kind: str = "application/json") -> httpx2.Response:
    return plain_http.post(f"{server.url}/graphql", content=content, headers={"content-type": kind}, timeout=30)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_refused(server: Server, bystander: list[float], name: str) -> None:
    document, code = DOCUMENTS[name]
    refused(post(server, json.dumps({"query": document}).encode()), code)
    time.sleep(0.1)
    assert max(bystander) < SECONDS


def test_a_comment_of_ten_megabytes_is_refused(server: Server, bystander: list[float]) -> None:
    answer = post(server, json.dumps({"query": "#" + "x" * 10_000_000 + "\n{ categories { code } }"}).encode())
    assert answer.status_code == 413
    refused(answer, "BAD_REQUEST")


def test_json_nested_fifty_thousand_deep_is_refused(server: Server, bystander: list[float]) -> None:
    content = b'{"query": "{ categories { code } }", "variables": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}"
    refused(post(server, content[:262_000]), "BAD_REQUEST")
    refused(post(server, content), "BAD_REQUEST")


def test_a_body_of_sixty_megabytes_is_not_read(server: Server, bystander: list[float]) -> None:
    sent = 0

    def stream() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(60):
            sent += 1_000_000
            yield b" " * 1_000_000

    try:
        answer = plain_http.post(
            f"{server.url}/graphql", content=stream(), headers={"content-type": "application/json"}, timeout=30
        )
        assert answer.status_code == 413
    except httpx2.HTTPError:
        pass  # the server hung up in the middle, as it may
    assert sent < 60_000_000
    assert bystander[-1] < SECONDS


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'[{"query": "{ categories { code } }"}]', "application/json"),
        (b"query=mutation{signOut(input:{everywhere:true}){done}}", "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query": "{ categories { code } }"}\r\n'
            b"--x--\r\n",
            "multipart/form-data; boundary=x",
        ),
        (b'{"query": "{ categories { code } }"}', "text/plain"),
    ],
)
def test_batches_and_forms_are_refused(server: Server, content: bytes, kind: str) -> None:
    answer = post(server, content, kind)
    assert answer.status_code == 400
    refused(answer, "BAD_REQUEST")


def test_get_executes_nothing(server: Server) -> None:
    query = 'mutation { signInWithWeChat(input: {code: "demo:x"}) { session { accessToken } } }'
    assert 'accessToken"' not in plain_http.get(f"{server.url}/graphql", params={"query": query}).text


def test_the_standard_introspection_query_passes(server: Server) -> None:
    from graphql import get_introspection_query

    data = Client(server.url).ask(get_introspection_query())
    assert data["__schema"]["queryType"]["name"] == "Query"


def test_the_cost_is_told_on_request(server: Server) -> None:
    body = {"query": "{ categories { code } }", "extensions": {"cost": True}}
    cost = plain_http.post(f"{server.url}/graphql", json=body).json()["extensions"]["cost"]
    assert 0 < cost["estimated"] < cost["maximum"]


def test_a_lone_surrogate_is_refused_and_the_connection_lives_on(server: Server) -> None:
    query = b"mutation($t: String!) { chat(input: {text: $t}) { reply { text } } }"
    body = b'{"query": "' + query + b'", "variables": {"t": "\\ud83d"}}'
    with plain_http.Client() as http:
        for _ in range(2):
            answer = http.post(f"{server.url}/graphql", content=body, headers={"content-type": "application/json"})
            refused(answer, "BAD_REQUEST")


@pytest.mark.parametrize(
    "query",
    [
        '{ availability(offering: "x", from: "0001-01-01") { date } }',
        '{ availability(offering: "x", from: "9999-12-31") { date } }',
        '{ nearbyStores(near: {longitude: 120, latitude: 30}, filter: {openAt: "9999-12-31T23:59:59Z"}) { relaxed } }',
        '{ nearbyStores(near: {longitude: 120, latitude: 30}, filter: {openAt: "2026-W48-2"}) { relaxed } }',
    ],
)
def test_a_time_beyond_the_calendar_does_not_fit(server: Server, query: str) -> None:
    assert Client(server.url).errors(query)[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "cursor",
    ['["near-DISTANCE", true, "x"]', '["near-DISTANCE", NaN, "x"]', '["near-DISTANCE", 1e999, "x"]', '["near"]'],
)
def test_a_forged_cursor_is_refused(server: Server, cursor: str) -> None:
    import base64

    after = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    query = "query($a: String) { nearbyStores(near: {longitude: 120, latitude: 30}, after: $a) { relaxed } }"
    assert Client(server.url).errors(query, a=after)[0]["extensions"]["code"] == "INVALID_CURSOR"
