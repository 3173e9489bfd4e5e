"""How WeChat keeps stable access tokens: who has one, since when, until when."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from lifecircle.catalogue.clock import Clock

LIFETIME = timedelta(seconds=7_200)
OVERLAP = timedelta(minutes=5)
FORCE_SPACING = timedelta(seconds=30)
FORCED_A_DAY = 20


class FakeTokens:
    """`issued` counts the tokens that were ever made: a test sees in it who refreshed once too often."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._good_until: dict[str, datetime] = {}
        self._disowned: set[str] = set()
        self._forced: list[datetime] = []
        self.newest: str | None = None
        self.issued = 0

    def stable(self, force: bool) -> dict[str, Any]:
        if force and self._may_force():
            if self._forced_today() >= FORCED_A_DAY:
                return {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
            self._forced.append(self._clock())
            self.invalidate()
        elif self.newest is not None and self._remaining(self.newest) <= OVERLAP:
            self._good_until[self.newest] = self._clock() + OVERLAP  # both are good at the change
            self.newest = None
        token = self.newest or self._make()
        return {"access_token": token, "expires_in": int(self._remaining(token).total_seconds())}

    def invalidate(self) -> None:
        """All tokens stop working; asked plainly, WeChat hands out a new one."""
        self._good_until.clear()
        self.newest = None

    def shift(self, by: timedelta) -> None:
        """Every token lives longer by so much, as when WeChat's clock is behind ours."""
        self._good_until = {token: until + by for token, until in self._good_until.items()}

    def disown(self) -> None:
        """The newest token stops working though WeChat goes on handing it out; only force brings another."""
        if self.newest is not None:
            self._disowned.add(self.newest)

    def problem(self, token: str | None) -> dict[str, Any] | None:
        if not token:
            return {"errcode": 41001, "errmsg": "access_token missing"}
        if token not in self._good_until:
            return {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        if token in self._disowned or self._remaining(token) <= timedelta():
            return {"errcode": 42001, "errmsg": "access_token expired"}
        return None

    def _make(self) -> str:
        self.newest = f"fake-token-{secrets.token_hex(24)}"
        self.issued += 1
        self._good_until[self.newest] = self._clock() + LIFETIME
        return self.newest

    def _remaining(self, token: str) -> timedelta:
        return self._good_until[token] - self._clock()

    def _may_force(self) -> bool:
        return not self._forced or self._clock() - self._forced[-1] >= FORCE_SPACING

    def _forced_today(self) -> int:
        return sum(self._clock() - moment < timedelta(days=1) for moment in self._forced)
