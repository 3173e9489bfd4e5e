"""A client of graphql-transport-ws."""

from __future__ import annotations

import contextlib
import json
import secrets
from typing import Any

from servers import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

PROTOCOL = "graphql-transport-ws"
CHANGED = (
    "subscription($booking: ID, $store: ID) { bookingChanged(booking: $booking, store: $store) { id code status } }"
)


class Socket:
    """As the mini-program opens it; with `token` None nothing is said at the beginning."""

    def __init__(self, url: str, token: str | None, protocol: str = PROTOCOL) -> None:
        address = url.replace("http://", "ws://") + "/graphql"
        opening = connect(address, subprotocols=[Subprotocol(protocol)], max_queue=None)
        self._open = contextlib.ExitStack()
        self.raw: ClientConnection = self._open.enter_context(opening)
        if token is not None:
            self.send("connection_init", payload={"authorization": f"Bearer {token}"})
            assert self.read() == {"type": "connection_ack"}

    def __enter__(self) -> Socket:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def send(self, kind: str, **more: Any) -> None:
        self.raw.send(json.dumps({"type": kind, **more}))

    def read(self, seconds: float = 20) -> dict[str, Any]:
        return dict(json.loads(self.raw.recv(timeout=seconds)))

    def subscribe(self, query: str = CHANGED, **variables: Any) -> str:
        key = secrets.token_hex(4)
        self.send("subscribe", id=key, payload={"query": query, "variables": variables})
        return key

    def close_code(self, seconds: float = 20) -> int:
        """The code with which the server ends the connection."""
        try:
            while True:
                self.raw.recv(timeout=seconds)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 0

    def refusal(self, query: str = CHANGED, **variables: Any) -> dict[str, Any]:
        """The one error with which an operation ends."""
        key, message = self.subscribe(query, **variables), self.read()
        assert (message["type"], message["id"]) == ("error", key)
        (error,) = message["payload"]
        return dict(error)


def socket_of(client: Client) -> Socket:
    assert client.token
    return Socket(client.url, client.token)
