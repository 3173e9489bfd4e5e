"""How often a resident may try to book, and how many bookings one may make, in each window of time.

Nothing is written for it: tries are counted in the memory of the worker, bookings wherever they were made, since every
worker hears of all of them. A limit is passed by no more than is made elsewhere before this worker hears of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.people.rates import Limit, limited, window_of


@dataclass
class BookingRate:
    """Of one worker; `note` is told of every booking."""

    limit: Limit
    clock: Clock
    _window: int = 0
    _tries: Counter[str] = field(default_factory=Counter)
    _made: dict[str, set[str]] = field(default_factory=dict)

    def take(self, resident: str) -> None:
        """Count one try. Raises RateLimited with the seconds until the window ends."""
        now = self.clock()
        self._begin(window_of(self.limit, now))
        self._tries[resident] += 1
        if self._tries[resident] > self.limit.most or len(self._made.get(resident, ())) >= self.limit.most:
            raise limited(self.limit, now)

    def note(self, key: str, document: Document) -> None:
        """A booking as it is now, again and again for the same one, made whenever and by whomever."""
        resident, made_at = document.get("resident"), document.get("created_at")
        if resident and made_at and document["status"] != OFFERED and self._is_of_now(made_at):
            self._made.setdefault(resident, set()).add(key)

    def _is_of_now(self, made_at: datetime) -> bool:
        self._begin(window_of(self.limit, self.clock()))
        return window_of(self.limit, made_at) == self._window

    def _begin(self, window: int) -> None:
        """The counts of an earlier window are forgotten."""
        if window != self._window:
            self._window = window
            self._tries.clear()
            self._made.clear()
