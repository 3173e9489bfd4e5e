"""Kept-alive HTTP connections, as cheap as those of a load generator.

A client on the machine of the server takes its cores: one that everybody uses costs as much for a request as the server
does for the answer, and half of what is measured would be its own work.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One at a time uses it. Raises OSError or asyncio.IncompleteReadError where the server goes away."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: object, **headers: str) -> Any:
        """The answer's JSON, whatever its status."""
        content = json.dumps(body, separators=(",", ":")).encode()
        given = {"host": self._host, "content-type": "application/json", "content-length": str(len(content)), **headers}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in given.items()) + "\r\n"
        try:
            return json.loads(await self._ask(head.encode() + content))
        except BaseException:
            self.close()
            raise

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = self._streams = self._streams or await asyncio.open_connection(self._host, self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if length is None:
            raise ValueError(f"no length in {head!r}")
        return await reader.readexactly(int(length[1]))

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()
            self._streams = None


@contextlib.asynccontextmanager
async def connections(port: int, count: int) -> AsyncIterator[list[Connection]]:
    opened = [Connection("127.0.0.1", port) for _ in range(count)]
    yield opened
    for connection in opened:
        connection.close()
