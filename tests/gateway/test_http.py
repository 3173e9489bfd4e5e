"""GraphQL over HTTP: what a client developer meets."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import httpx2
import plain_http
import pytest
from booking_client import AVAILABLE, CENTER, CREATE, a_resident, an_offering_for_one, free_starts
from pymongo import MongoClient
from servers import Client, Server

NEARBY = """
query($near: LocationInput!, $radius: Int! = 1000, $filter: StoreFilter, $sort: StoreSort! = DISTANCE, $first: Int,
      $after: String) {
  nearbyStores(near: $near, radius: $radius, filter: $filter, sort: $sort, first: $first, after: $after) {
    totalCount relaxed pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor distance walkMinutes node { id name address category { code } } }
  }
}
"""


@pytest.fixture
def client(server: Server) -> Client:
    return Client(server.url)


def raw(server: Server, content: bytes | str, kind: str = "application/json", **headers: str) -> httpx2.Response:
    return plain_http.post(f"{server.url}/graphql", content=content, headers={"content-type": kind, **headers})


def code_of(answer: httpx2.Response) -> str:
    error = answer.json()["errors"][0]
    assert error["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return str(error["extensions"]["code"])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("{", "application/json"),
        ("[" * 50_000, "application/json"),
        ("\xff\xfe", "application/json"),
        ("[]", "application/json"),
        ('"query"', "application/json"),
        ("{}", "application/json"),
        ('{"query": 1}', "application/json"),
        ('{"query": "{ categories { code } }", "variables": []}', "application/json"),
        ('{"query": "{ categories { code } }", "operationName": 5}', "application/json"),
        ('[{"query": "{ categories { code } }"}]', "application/json"),
        ('{"query": "query A { categories { code } } query B { categories { code } }"}', "application/json"),
        ('{"query": "query A { categories { code } }", "operationName": "B"}', "application/json"),
        ("query={categories{code}}", "application/x-www-form-urlencoded"),
        ("{ categories { code } }", "application/graphql"),
    ],
)
def test_a_malformed_request_is_bad_request(server: Server, content: str, kind: str) -> None:
    answer = raw(server, content.encode("latin-1"), kind)
    assert answer.status_code == 400
    assert code_of(answer) == "BAD_REQUEST"


def test_a_body_that_is_too_large_is_refused(server: Server) -> None:
    answer = raw(server, json.dumps({"query": "{ a }", "variables": {"x": "x" * 300_000}}))
    assert answer.status_code == 413
    assert code_of(answer) == "BAD_REQUEST"


@pytest.mark.parametrize("query", ["{", "{ nothing }", "{ store }", "{ store(id: 1.5) { name } }", "query {"])
def test_a_document_that_does_not_fit_the_schema_says_so(server: Server, query: str) -> None:
    answer = raw(server, json.dumps({"query": query}))
    assert code_of(answer) == "GRAPHQL_VALIDATION_FAILED"


def test_the_media_type_is_the_one_that_was_asked_for(server: Server) -> None:
    body = json.dumps({"query": "{ categories { code } }"})
    assert raw(server, body).headers["content-type"].startswith("application/json")
    wanted = "application/graphql-response+json"
    assert raw(server, body, accept=wanted).headers["content-type"].startswith(wanted)


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic abc", "Bearer", "Bearer a.b.c", "nonsense"])
def test_a_bad_token_is_401_for_the_whole_request(server: Server, header: str) -> None:
    answer = raw(server, json.dumps({"query": "{ categories { code } }"}), authorization=header)
    assert answer.status_code == 401
    assert code_of(answer) == "UNAUTHENTICATED"


def test_mutations_do_not_go_by_get(server: Server) -> None:
    answer = plain_http.get(f"{server.url}/graphql", params={"query": "mutation { signOut { done } }"})
    assert "data" not in answer.text[:20]


def test_graphiql_comes_from_our_own_files(server: Server) -> None:
    page = plain_http.get(f"{server.url}/graphql")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
    script = plain_http.get(f"{server.url}/graphiql/graphiql.min.js")
    assert script.status_code == 200
    assert len(script.content) > 100_000


def test_health_and_readiness(server: Server) -> None:
    assert plain_http.get(f"{server.url}/healthz").json() == {"status": "ok"}
    ready = plain_http.get(f"{server.url}/readyz").json()
    assert (ready["status"], ready["database"]) == ("ready", "ok")
    assert ready["stores"] >= 791  # other tests open stores on this server
    assert ready["snapshotAgeSeconds"] < 10


def test_an_anonymous_viewer_is_null_with_an_error_and_other_fields_answer(client: Client) -> None:
    answer = client.post("{ viewer { id } categories { code } }").json()
    assert answer["data"]["viewer"] is None
    assert len(answer["data"]["categories"]) > 50
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("longitude", "latitude"), [(181, 30), (-180, 0), (120, 90), (120, -90.5), (1e308, 0), (0, 1e308)]
)
def test_a_place_that_is_not_on_the_map_is_refused(client: Client, longitude: float, latitude: float) -> None:
    near = {"longitude": longitude, "latitude": latitude}
    assert client.errors(NEARBY, near=near)[0]["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 0}, "BAD_REQUEST"),
        ({"first": 101}, "BAD_REQUEST"),
        ({"after": "nonsense"}, "INVALID_CURSOR"),
        ({"after": "W10"}, "INVALID_CURSOR"),
        ({"radius": 0}, "INVALID_INPUT"),
        ({"radius": 50_001}, "INVALID_INPUT"),
        ({"sort": "RELEVANCE"}, "BAD_REQUEST"),
        ({"filter": {"openNow": True, "openAt": "2026-11-25T10:00:00+08:00"}}, "BAD_REQUEST"),
        ({"filter": {"chain": "nonsense"}}, "NOT_FOUND"),
    ],
)
def test_odd_arguments_have_their_own_code(client: Client, arguments: dict[str, Any], code: str) -> None:
    assert client.errors(NEARBY, near=CENTER, **arguments)[0]["extensions"]["code"] == code


def test_pages_together_are_the_whole_list(client: Client) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = client.ask(NEARBY, near=CENTER, first=37, after=after)["nearbyStores"]
        seen += [edge["node"]["id"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["totalCount"]


def test_unknown_and_foreign_ids_are_null_in_nodes(client: Client) -> None:
    store = client.ask(NEARBY, near=CENTER)["nearbyStores"]["edges"][0]["node"]["id"]
    ids = [store, "nonsense", "", "U3RvcmU6bm9uZQ", "===", "Qm9va2luZzox"]
    nodes = client.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)["nodes"]
    assert nodes == [{"id": store}, None, None, None, None, None]


def test_an_unknown_store_is_not_found(client: Client) -> None:
    for text in ("nonsense", "U3RvcmU6bm9uZQ", "QXJlYToz"):
        assert (
            client.errors("query($id: ID!) { store(id: $id) { name } }", id=text)[0]["extensions"]["code"]
            == "NOT_FOUND"
        )


def test_a_time_without_an_offset_is_refused(server: Server) -> None:
    resident = a_resident(server.url)
    answer = resident.post(CREATE, {"input": {"offering": "x", "start": "2026-12-01T10:00:00"}}).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert answer.get("data") is None


def test_booking_needs_a_sign_in(client: Client) -> None:
    asked = {"offering": "x", "start": "2026-12-01T10:00:00+08:00"}
    payload = client.ask(CREATE, input=asked)["createBooking"]
    assert payload["booking"] is None
    assert payload["errors"][0]["code"] == "UNAUTHENTICATED"


CANCEL = "mutation($id: ID!) { cancelBooking(input: {booking: $id}) { booking { status } errors { code message } } }"


def test_a_booking_is_made_listed_and_cancelled_by_its_owner_only(server: Server) -> None:
    owner, other = a_resident(server.url), a_resident(server.url)
    offering = an_offering_for_one(owner)["id"]
    start = free_starts(owner, offering)[-1]
    booked = owner.ask(CREATE, input={"offering": offering, "start": start})["createBooking"]
    assert booked["errors"] == []
    key = booked["booking"]["id"]
    assert start not in free_starts(owner, offering)
    assert other.ask("query($id: ID!) { node(id: $id) { id } }", id=key)["node"] is None
    assert other.ask(CANCEL, id=key)["cancelBooking"]["errors"][0]["code"] == "NOT_FOUND"
    listed = owner.ask("{ viewer { bookings { totalCount edges { node { id store { name } offering { name } } } } } }")
    assert listed["viewer"]["bookings"]["edges"][0]["node"]["id"] == key
    assert owner.ask(CANCEL, id=key)["cancelBooking"] == {"booking": {"status": "CANCELLED"}, "errors": []}
    assert start in free_starts(owner, offering)


def test_a_full_time_says_what_is_free_instead(server: Server) -> None:
    first, second = a_resident(server.url), a_resident(server.url)
    offering = an_offering_for_one(first)["id"]
    start = free_starts(first, offering)[0]
    assert first.ask(CREATE, input={"offering": offering, "start": start})["createBooking"]["errors"] == []
    error = second.ask(CREATE, input={"offering": offering, "start": start})["createBooking"]["errors"][0]
    assert error["code"] == "TIME_SLOT_FULL"
    assert "最近可约" in error["message"]


@pytest.mark.parametrize("days", [0, 63, -1])
def test_availability_has_a_limit(client: Client, days: int) -> None:
    offering = an_offering_for_one(client)["id"]
    errors = client.errors(AVAILABLE, **{"offering": offering, "from": "2026-12-01", "days": days})
    assert errors[0]["extensions"]["code"] == "INVALID_INPUT"


def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(server: Server) -> None:
    sign_in = "mutation($c: String!) { signInWithWeChat(input: {code: $c}) { session { refreshToken } } }"
    refresh = """mutation($t: String!) { refreshSession(input: {refreshToken: $t}) {
      session { accessToken refreshToken } errors { code } } }"""
    client = Client(server.url)
    first = client.ask(sign_in, c=f"demo:住户{secrets.token_hex(4)}")["signInWithWeChat"]["session"]["refreshToken"]
    second = client.ask(refresh, t=first)["refreshSession"]["session"]["refreshToken"]
    assert client.ask(refresh, t=first)["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]
    assert client.ask(refresh, t=second)["refreshSession"]["errors"] == [{"code": "UNAUTHENTICATED"}]


def test_no_phone_is_stored_in_clear(server: Server) -> None:
    resident, phone = a_resident(server.url), "13800009876"
    offering = an_offering_for_one(resident)["id"]
    start = free_starts(resident, offering)[3]
    asked = {"offering": offering, "start": start, "contactPhone": phone, "contactName": "王小明"}
    assert resident.ask(CREATE, input=asked)["createBooking"]["errors"] == []
    files = [path for path in (*server.state.rglob("*"), server.log) if path.is_file()]
    assert len(files) > 3
    assert [str(path) for path in files if phone.encode() in path.read_bytes()] == []


def test_an_edit_in_the_database_reaches_the_snapshot(server: Server) -> None:
    notice = f"今日盘点 {secrets.token_hex(4)}"
    with MongoClient(server.database_uri()) as mongo:
        mongo["lifecircle"]["stores"].update_one({"_id": "s0435"}, {"$set": {"notice": notice}, "$inc": {"version": 1}})
    client = Client(server.url)
    query = "query($id: ID!) { store(id: $id) { notice } }"
    deadline = time.monotonic() + 10
    while client.ask(query, id="U3RvcmU6czA0MzU")["store"]["notice"] != notice:
        assert time.monotonic() < deadline, "the edit was not seen"
