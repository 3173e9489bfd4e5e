"""A resident's turns: one a day for each booking, and the next only for who has seen all before it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import at
from offers import between

from lifecircle.catalogue.bookings.limits import used_by
from lifecircle.catalogue.bookings.model import Interval
from lifecircle.catalogue.bookings.turns import next_turns, over_at, turn_keys, turns_among, without_turns

MORNING = between("10:00", "11:00")


def seen(key: str, *turns: int) -> dict[str, int]:
    return used_by(f"{key}#{turn}" for turn in turns)


def test_the_next_turn_is_the_one_after_all_that_were_seen() -> None:
    (key,) = turn_keys("r1", [MORNING])
    assert next_turns("r1", [MORNING], {}) == (f"{key}#0",)
    assert next_turns("r1", [MORNING], seen(key, 0, 1, 2)) == (f"{key}#3",)
    assert next_turns("r2", [MORNING], seen(key, 0, 1, 2)) != next_turns("r1", [MORNING], seen(key, 0, 1, 2))


@pytest.mark.parametrize("held", [(1,), (0, 2), (2, 3)])
def test_who_has_not_seen_all_before_takes_none(held: tuple[int, ...]) -> None:
    (key,) = turn_keys("r1", [MORNING])
    assert next_turns("r1", [MORNING], seen(key, *held)) is None


def test_times_of_one_day_share_a_turn_and_a_time_across_two_days_takes_both() -> None:
    assert len(turn_keys("r1", [MORNING, between("15:00", "16:00")])) == 1
    midnight = at("2026-11-26 08:00")  # in UTC
    across = Interval(midnight - timedelta(minutes=30), midnight + timedelta(minutes=30))
    assert len(next_turns("r1", [across], {}) or ()) == 2
    assert set(turn_keys("r1", [across])) == {
        *turn_keys("r1", [Interval(across.start, midnight)]),
        *turn_keys("r1", [Interval(midnight, across.end)]),
    }


@pytest.mark.parametrize("interval", [MORNING, between("07:00", "09:00"), between("23:00", "23:55")])
def test_a_turn_matters_until_nothing_of_its_day_can_begin(interval: Interval) -> None:
    for turn in next_turns("r1", [interval], {}) or ():
        over = over_at(turn)
        assert over > interval.start
        began_after = Interval(over, over + timedelta(minutes=5))
        assert turn.rpartition("#")[0] not in turn_keys("r1", [began_after])


def test_turns_are_told_from_the_tickets_of_limits() -> None:
    turns = list(next_turns("r1", [MORNING], {}) or ())
    limits = ["o1!d2026-11-26#3", "o1!~r1!w2026-48#0"]
    assert turns_among([*limits, *turns]) == turns
    assert without_turns([*turns, *limits]) == limits
