"""Subscriptions over a real socket: who is told what, and when it ends."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from booking_client import CREATE, a_resident, free_starts, offerings
from pymongo import MongoClient
from servers import Client, Server
from sockets import CHANGED, Socket, socket_of
from websockets.exceptions import ConnectionClosed, InvalidStatus

from lifecircle.graphql.ids import split_id

WHERE = "query($id: ID!) { node(id: $id) { ... on Booking { store { id merchant { id } } } } }"
SIGN_OUT = "mutation { signOut(input: {}) { done errors { code } } }"


class Visit:
    """A booking, its resident, its store, and writes to it that everybody who listens hears of."""

    def __init__(self, server: Server) -> None:
        self.resident = a_resident(server.url)
        self.id, self.code, self.store, self.merchant = self._book()
        self._rows = MongoClient[dict[str, Any]](server.database_uri())["lifecircle"]
        self._count = itertools.count()

    def _book(self) -> tuple[str, str, str, str]:
        for offering in offerings(self.resident):
            if offering["kind"] != "APPOINTMENT" or not offering["bookable"]:
                continue
            starts = free_starts(self.resident, offering["id"])
            asked = {"offering": offering["id"], "start": starts[-1]} if starts else {}
            booking = asked and self.resident.ask(CREATE, input=asked)["createBooking"]["booking"]
            place = booking and self.resident.ask(WHERE, id=booking["id"])["node"]["store"]
            if place and place["merchant"]:
                return booking["id"], booking["code"], place["id"], place["merchant"]["id"]
        raise AssertionError("nothing to book at a merchant's store")

    def touch(self) -> None:
        key = (split_id(self.id) or ("", ""))[1]
        result = self._rows["bookings"].update_one({"_id": key}, {"$set": {"touched": next(self._count)}})
        assert result.matched_count == 1

    def owner(self) -> Client:
        """One more: demo sign-in gives nobody a merchant that another test's owner has."""
        client = Client(self.resident.url).sign_in(f"demo:店主{secrets.token_hex(4)}")
        merchant = (split_id(self.merchant) or ("", ""))[1]
        roles = {"role": "OWNER", "stores": [], "version": 1}
        row = {"_id": secrets.token_hex(8), "merchant": merchant, "resident": self._key_of(client), **roles}
        self._rows["members"].insert_one(row)
        return client

    def dismiss(self, client: Client) -> None:
        assert self._rows["members"].delete_many({"resident": self._key_of(client)}).deleted_count

    def _key_of(self, client: Client) -> str:
        return (split_id(client.ask("{ viewer { id } }")["viewer"]["id"]) or ("", ""))[1]

    def close(self) -> None:
        self._rows.client.close()


@pytest.fixture(scope="module")
def visit(server: Server) -> Iterator[Visit]:
    made = Visit(server)
    yield made
    made.close()


def news(socket: Socket, visit: Visit) -> dict[str, Any]:
    """What comes after a write; written again until something does, since a subscription takes a moment to begin."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        visit.touch()
        try:
            return socket.read(1)
        except TimeoutError:
            continue
    raise AssertionError("nothing came")


# --- who is told what ---


@pytest.mark.parametrize("by", ["booking", "everything"])
def test_residents_are_told_of_their_own_bookings(visit: Visit, by: str) -> None:
    with socket_of(visit.resident) as socket:
        key = socket.subscribe(**({"booking": visit.id} if by == "booking" else {}))
        told = news(socket, visit)
        assert (told["id"], told["type"]) == (key, "next")
        shown = told["payload"]["data"]["bookingChanged"]
        assert (shown["id"], shown["code"]) == (visit.id, visit.code)


def test_the_store_is_told_without_the_code_until_the_membership_ends(visit: Visit) -> None:
    owner = visit.owner()
    with socket_of(owner) as socket:
        socket.subscribe(store=visit.store)
        shown = news(socket, visit)["payload"]["data"]["bookingChanged"]
        assert shown["id"] == visit.id
        assert shown["code"] == f"******{visit.code[-2:]}"
        visit.dismiss(owner)
        time.sleep(2.5)
        while True:  # what was on its way before
            told = news(socket, visit)
            if told["type"] != "next":
                break
        assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")


def test_strangers_are_told_nothing(server: Server, visit: Visit) -> None:
    stranger = a_resident(server.url)
    with socket_of(stranger) as socket:
        assert socket.refusal(booking=visit.id)["extensions"]["code"] == "NOT_FOUND"
        assert socket.refusal(booking="bm90aGluZzox")["extensions"]["code"] == "NOT_FOUND"
        assert socket.refusal(store=visit.store)["extensions"]["code"] == "FORBIDDEN"
        assert socket.refusal(store=visit.store, booking=visit.id)["extensions"]["code"] == "BAD_REQUEST"
        socket.subscribe()
        for _ in range(3):
            visit.touch()
        with pytest.raises(TimeoutError):
            socket.read(2)


def test_a_sign_out_ends_the_connection(server: Server) -> None:
    resident = a_resident(server.url)
    with socket_of(resident) as socket:
        socket.subscribe()
        assert resident.ask(SIGN_OUT)["signOut"]["done"]
        assert socket.close_code(30) == 4403


def test_what_is_completed_is_silent_and_its_id_is_free_again(visit: Visit) -> None:
    with socket_of(visit.resident) as socket:
        key = socket.subscribe(booking=visit.id)
        assert news(socket, visit)["type"] == "next"
        socket.send("complete", id=key)
        socket.send("ping")
        while socket.read()["type"] != "pong":
            pass
        visit.touch()
        with pytest.raises(TimeoutError):
            socket.read(1.5)
        socket.send("subscribe", id=key, payload={"query": CHANGED})
        assert news(socket, visit)["id"] == key


def test_the_log_says_nothing_of_where_a_socket_comes_from(server: Server) -> None:
    resident = a_resident(server.url)
    with socket_of(resident) as socket:
        socket.send("connection_init")
        assert socket.close_code() == 4429
    deadline = time.monotonic() + 10
    while "socket ended with 4429" not in server.log.read_text():
        assert time.monotonic() < deadline
    assert "WebSocket" not in server.log.read_text()
    assert str(resident.token) not in server.log.read_text()


# --- limits ---


@pytest.mark.parametrize("payload", [None, {}, {"authorization": "Bearer x"}, {"authorization": 1}, [], {"a": "b"}])
def test_nobody_comes_in_without_a_good_token(server: Server, payload: object) -> None:
    with Socket(server.url, None) as socket:
        socket.send("connection_init", payload=payload)
        assert socket.close_code() == 4401


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", 4400),
        ("[]", 4400),
        ('"ping"', 4400),
        ('{"type": "unknown"}', 4400),
        ('{"type": "subscribe", "payload": {"query": "{ a }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}', 4400),
        ('{"type": "subscribe", "id": "x", "payload": {}}', 4400),
        ('{"type": "complete"}', 4400),
        ('{"type": "connection_init"}', 4429),
        ("[" * 5_000, 4400),
        ('{"type": "ping", "payload": "\\ud800"}', 4400),
        ('{"type": "ping", "payload": "' + "x" * 70_000 + '"}', 1009),
    ],
)
def test_messages_that_break_the_protocol_end_the_connection(server: Server, text: str, code: int) -> None:
    with socket_of(a_resident(server.url)) as socket:
        socket.raw.send(text)
        assert socket.close_code() == code


def test_bytes_and_a_subscription_before_the_beginning_end_it_too(server: Server) -> None:
    with socket_of(a_resident(server.url)) as socket:
        socket.raw.send(b"\0")
        assert socket.close_code() == 4400
    with Socket(server.url, None) as socket:
        socket.subscribe()
        assert socket.close_code() == 4401


def test_one_id_stands_for_one_subscription(server: Server) -> None:
    with socket_of(a_resident(server.url)) as socket:
        for _ in range(2):
            socket.send("subscribe", id="same", payload={"query": CHANGED})
        assert socket.close_code() == 4409


@pytest.mark.parametrize("protocol", ["graphql-ws", "other"])
def test_only_one_protocol_is_spoken(server: Server, protocol: str) -> None:
    with pytest.raises(InvalidStatus):
        Socket(server.url, None, protocol)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ categories { code } }", "BAD_REQUEST"),
        ("mutation { signOut(input: {}) { done } }", "BAD_REQUEST"),
        ("subscription { bookingChanged { nothing } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { bookingChanged {", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { a: bookingChanged { id } b: bookingChanged { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { bookingChanged { " + "store { partOf { " * 7 + "id " + "} } " * 7 + "} }", "TOO_COMPLEX"),
        (
            "subscription { bookingChanged { store { offerings(first: 100) { edges { node { store { "
            "offerings(first: 100) { edges { node { id name } } } } } } } } } }",
            "TOO_COMPLEX",
        ),
    ],
)
def test_documents_keep_the_limits_of_http_and_only_subscribe(server: Server, query: str, code: str) -> None:
    with socket_of(a_resident(server.url)) as socket:
        error = socket.refusal(query)
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"]
        socket.send("ping")
        assert socket.read() == {"type": "pong"}


def test_subscriptions_and_connections_have_an_end(server: Server) -> None:
    resident = a_resident(server.url)
    assert resident.token
    sockets = [socket_of(resident) for _ in range(5)]
    assert begun(server, resident.token) == 4291
    for _ in range(10):
        sockets[0].subscribe()
    assert sockets[0].refusal()["extensions"]["code"] == "LIMIT_REACHED"
    for socket in sockets:
        socket.close()
    deadline = time.monotonic() + 10
    while begun(server, resident.token) != {"type": "connection_ack"}:  # the server hears of the closing a moment later
        assert time.monotonic() < deadline


def begun(server: Server, token: str) -> Any:
    """What a connection begins with, or the code with which it ends."""
    with Socket(server.url, None) as socket:
        socket.send("connection_init", payload={"authorization": f"Bearer {token}"})
        try:
            return socket.read()
        except ConnectionClosed:
            return socket.close_code()
