"""Limits that hold across workers: counted in the database, per account or number, in fixed windows."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import RateLimited
from lifecircle.catalogue.people.ahead import CountsAhead
from lifecircle.catalogue.people.store import PeopleStore


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in each window of `seconds`."""

    name: str
    most: int
    seconds: int
    ahead: int = 0
    """How many a worker may count at once, a sixth of `most` at the most: for what one account does again and again.

    Never more than `most` are let through. Who comes to ever other workers may be refused earlier, after half of it.
    """

    @property
    def at_once(self) -> int:
        return min(self.ahead, self.most // 6)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Every limit of the domain; the gateway fills them from its settings."""

    sms_gap: Limit = Limit("sms-gap", 1, 60)
    sms_hour: Limit = Limit("sms-hour", 5, 3_600)
    sms_day: Limit = Limit("sms-day", 10, 86_400)
    sign_in: Limit = Limit("sign-in", 30, 3_600)
    booking: Limit = Limit("booking", 30, 3_600)
    chat: Limit = Limit("chat", 30, 60, ahead=5)


@dataclass(frozen=True)
class RateCounter:
    database: Database
    clock: Clock
    _ahead: CountsAhead = field(default_factory=CountsAhead, init=False)

    @cached_property
    def _store(self) -> PeopleStore:
        return PeopleStore(self.database)

    async def take(self, limit: Limit, key: str, *where: str) -> None:
        """Count one. Raises RateLimited with the seconds until the window ends, and `where` as its field."""
        now = self.clock()
        name = f"{limit.name}:{_blurred(key)}:{window_of(limit, now)}"
        if not self._ahead.spend(name) and not await self._counted(name, limit, now):
            raise limited(limit, now, *where)

    async def _counted(self, name: str, limit: Limit, now: datetime) -> bool:
        """Ahead as far as there is room, else the one alone."""
        ends = _end_of_window(limit, now) + timedelta(minutes=1)
        for number in dict.fromkeys((self._ahead.more(name, limit.at_once), 1)):
            if await self._store.count(name, number, limit.most, ends):
                self._ahead.put(name, number)
                return True
        return False


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
