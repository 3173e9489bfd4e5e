"""What a worker has counted ahead in the database, so that not every use of a limit needs a command of its own."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

MOST = 5_000
"""Counts that are remembered; the one not used for longest goes first, and what was left of it is lost."""


@dataclass(slots=True)
class _Count:
    used: int = 0
    left: int = 0


class CountsAhead:
    """By the name of a count. Not safe between threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def spend(self, name: str) -> bool:
        """Whether one was left of what was counted ahead."""
        count = self._counts.get(name)
        if count is None or not count.left:
            return False
        count.left -= 1
        count.used += 1
        return True

    def more(self, name: str, most: int) -> int:
        """How many to count next, the one that is used at once among them: as many again as were used, at most `most`.

        So what lies unused in all workers together is never more than what was used.
        """
        count = self._counts.get(name)
        return max(1, min(count.used, most)) if count else 1

    def put(self, name: str, counted: int) -> None:
        """So many were counted, one of which is used at once."""
        count = self._counts.setdefault(name, _Count())
        count.used += 1
        count.left += counted - 1
        self._counts.move_to_end(name)
        if len(self._counts) > self._most:
            self._counts.popitem(last=False)
