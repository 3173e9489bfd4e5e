"""Waiting for an event instead of hoping that a while is long enough."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 60.0
"""Seconds until what never happens fails its test; far more than a busy machine needs."""


async def until(holds: Callable[[], object]) -> None:
    """Returns as soon as `holds` says something true. TimeoutError after PATIENCE."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


async def until_told(holds: Callable[[], Awaitable[object]]) -> None:
    """As `until`, of what has to be asked for."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.01)


def until_here(holds: Callable[[], object]) -> None:
    """As `until`, where no loop runs."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)
