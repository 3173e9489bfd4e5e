"""Limits that hold across workers: counted in the database, per account or number, in fixed windows."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import RateLimited
from lifecircle.catalogue.people.store import PeopleStore


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each window of `seconds`."""

    name: str
    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Every limit of the domain; the gateway fills them from its settings."""

    sms_gap: Limit = Limit("sms-gap", 1, 60)
    sms_hour: Limit = Limit("sms-hour", 5, 3_600)
    sms_day: Limit = Limit("sms-day", 10, 86_400)
    sign_in: Limit = Limit("sign-in", 30, 3_600)
    booking: Limit = Limit("booking", 30, 3_600)
    chat: Limit = Limit("chat", 30, 60)


@dataclass(frozen=True)
class RateCounter:
    database: Database
    clock: Clock

    @cached_property
    def _store(self) -> PeopleStore:
        return PeopleStore(self.database)

    async def take(self, limit: Limit, key: str, *field: str) -> None:
        """Count one. Raises RateLimited with the seconds until the window ends."""
        now = self.clock()
        name = f"{limit.name}:{_blurred(key)}:{window_of(limit, now)}"
        if not await self._store.count_one(name, limit.most, _end_of_window(limit, now) + timedelta(minutes=1)):
            raise limited(limit, now, *field)


def window_of(limit: Limit, now: datetime) -> int:
    """When the window began, in seconds since the epoch."""
    return int(now.timestamp()) // limit.seconds * limit.seconds


def limited(limit: Limit, now: datetime, *field: str) -> RateLimited:
    """The refusal, with the seconds until the window ends."""
    wait = max(1, math.ceil((_end_of_window(limit, now) - now).total_seconds()))
    return RateLimited(f"操作太频繁，请 {_wait_text(wait)}后再试。", *field, retry_after=wait)


def _end_of_window(limit: Limit, now: datetime) -> datetime:
    return datetime.fromtimestamp(window_of(limit, now) + limit.seconds, UTC)


def _blurred(key: str) -> str:
    """Keys are account ids and keyed hashes already; hashing again keeps them of one length."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _wait_text(seconds: int) -> str:
    return f"{seconds} 秒" if seconds < 120 else f"{seconds // 60} 分钟"
