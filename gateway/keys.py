"""Key rotation without a restart: a worker looks at the keys file every few seconds and adopts what has changed."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.sealing import KeyRing, read_key_ring

log = logging.getLogger("lifecircle.keys")

LOOK_SECONDS = 2.0


async def follow_keys(path: Path, ring: KeyRing) -> None:
    """Until cancelled. A file that cannot be read is reported, and the keys stay as they were."""
    seen = _changed_at(path)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        found = _changed_at(path)
        if found != seen:
            seen = found
            _adopt(path, ring)


def _adopt(path: Path, ring: KeyRing) -> None:
    try:
        ring.adopt(read_key_ring(path))
    except SettingInvalid as error:
        log.error("the keys stay as they were: %s", error)
        return
    log.warning("new keys are in use: sealing %s, tokens %s", ring.sealing.active, ring.tokens.active)


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
