"""A resident's turns: what keeps them from being in two places at once, with one key a day instead of one a cell.

Every booking takes the resident's next turn of each day that it touches, and a turn can be taken once. Whoever takes
one must have seen who holds all the turns before it, and that none of them is in the way. So of two bookings that meet,
the one with the later turn has seen the other, whatever either of them knew otherwise.

That asks for two things. A turn is never given back while its day can still be booked: else somebody could take it who
has not seen the one after it. And a booking that is moved takes new turns beside the old, also on the same day: whoever
has seen only the old ones has not seen where it is now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.claims import DAY_CELLS, cell_start, cells, keys_of_days
from lifecircle.catalogue.bookings.model import Interval

_MARK = "~"
_CLOCKS_DIFFER = timedelta(hours=1)
"""By less than this."""


def turn_keys(resident: str, intervals: Iterable[Interval]) -> list[str]:
    """Of the days, in UTC, that the intervals touch: under which the resident's bookings are found too."""
    touched = (cells(interval) for interval in intervals)
    return list(dict.fromkeys(key for span in touched for key in keys_of_days(_MARK + resident, span.start, span.stop)))


def next_turns(resident: str, intervals: Sequence[Interval], seen: Mapping[str, int]) -> tuple[str, ...] | None:
    """One for each day. `seen`: by key, one bit for each turn whose holder was seen; None: some were not."""
    turns = []
    for key in turn_keys(resident, intervals):
        mask = seen.get(key, 0)
        if mask & (mask + 1):
            return None
        turns.append(f"{key}#{mask.bit_length()}")
    return tuple(turns)


def turns_among(tickets: Iterable[str]) -> list[str]:
    return [ticket for ticket in tickets if ticket.startswith(_MARK)]


def without_turns(tickets: Iterable[str]) -> list[str]:
    """The other tickets: those of limits."""
    return [ticket for ticket in tickets if not ticket.startswith(_MARK)]


def over_at(turn: str) -> datetime:
    """When nothing that touches its day can be booked any more, by whatever worker's clock."""
    day = turn.rpartition("#")[0].rpartition("@")[2]
    return cell_start((int(day) + 1) * DAY_CELLS) + _CLOCKS_DIFFER
