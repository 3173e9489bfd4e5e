"""Which places are free, and the times and prices that follow."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from factories import NOON, at
from offers import TOMORROW, between, held, offered, openings

from lifecircle.catalogue.bookings.claims import Times, free_counts, free_places, place_claims, places, taken_by
from lifecircle.catalogue.bookings.model import Hold, Interval
from lifecircle.catalogue.bookings.rules import price_of, time_text
from lifecircle.catalogue.bookings.times import FreeTime, Wish, bookable_times, by_day, free_times, span_of
from lifecircle.catalogue.hours.model import OpenRange
from lifecircle.catalogue.offerings.model import Offering


def free_seats(offering: Offering, interval: Interval, *holds: Hold) -> list[int]:
    free = [place.seat for place in free_places(offering, interval, taken_by(holds))]
    assert free_counts(offering, Times.of([interval]), taken_by(holds)) == [len(free)]
    return free


def test_capacity_less_what_is_held_at_any_moment_is_free() -> None:
    offering = offered(capacity=3)
    holds = [*held(offering, between("09:30", "10:30"), 0), *held(offering, between("10:30", "11:30"), 1)]
    assert free_seats(offering, between("10:00", "11:00"), *holds) == [2]
    assert free_seats(offering, between("11:00", "11:30"), *holds) == [0, 2]
    assert free_seats(offering, between("11:30", "12:30"), *holds) == [0, 1, 2]


def test_free_places_and_claims_agree_whatever_the_times_and_the_buffers() -> None:
    """From 09:03 on, neighbours share a cell of five minutes: what cannot be claimed must not be called free."""
    chance = random.Random(4)
    base = at(f"{TOMORROW} 09:00")
    for _ in range(400):
        offering = offered(buffer_before_minutes=chance.choice([0, 7]), buffer_after_minutes=chance.choice([0, 10]))
        first, second = (
            Interval(base + timedelta(minutes=start), base + timedelta(minutes=start + chance.randrange(5, 40)))
            for start in (chance.randrange(90), chance.randrange(90))
        )
        one, other = held(offering, first, 0), held(offering, second, 0)
        share = not set(place_claims(one)).isdisjoint(place_claims(other))
        assert free_seats(offering, second, *one) == ([] if share else [0])


def test_many_times_counted_together_are_counted_as_one_by_one() -> None:
    """Of several lengths, some off the grid of five minutes, in any order."""
    chance, base = random.Random(5), at(f"{TOMORROW} 09:00")

    def some_time() -> Interval:
        start = base + timedelta(minutes=chance.randrange(300))
        return Interval(start, start + timedelta(minutes=chance.choice([5, 13, 30, 60, 90, 125])))

    for offering in (offered(capacity=5, buffer_after_minutes=7), offered(resources=WORKERS)):
        for count in range(12):
            keys = [place.of for place in places(offering)]
            holds = [replace(held(offering, some_time(), 0)[0], of=chance.choice(keys)) for _ in range(count)]
            taken, times = taken_by(holds), [some_time() for _ in range(chance.choice([0, 1, 40]))]
            counts = free_counts(offering, Times.of(times), taken)
            assert counts == [len(free_places(offering, time, taken)) for time in times]


def test_sessions_that_overlap_do_not_share_places() -> None:
    course = offered(kind="SESSION", capacity=2)
    full = held(course, between("10:00", "11:30"), 0, 1)
    assert free_seats(course, between("10:30", "12:00"), *full) == [0, 1]
    assert free_seats(course, between("10:00", "11:30"), *full) == []


def test_sessions_that_begin_in_the_same_cell_share_their_claims_and_so_their_places() -> None:
    course = offered(kind="SESSION", capacity=1)
    full = held(course, between("10:01", "11:00"), 0)
    assert free_seats(course, between("10:03", "11:00"), *full) == []
    assert free_seats(course, between("10:05", "11:00"), *full) == [0]


WORKERS = [{"id": "wang", "name": "王师傅"}, {"id": "li", "name": "李师傅"}]


def test_named_resources_take_the_place_of_seats_and_are_shared_by_the_stores_offerings() -> None:
    cut, colour = offered(resources=WORKERS, capacity=9), offered(key="o2", resources=WORKERS[:1], duration_minutes=120)
    busy = held(cut, between("10:00", "11:00"), 0)
    assert [place.of for place in free_places(cut, between("10:00", "11:00"), taken_by(busy))] == ["=s1/li"]
    assert free_places(colour, between("10:30", "12:30"), taken_by(busy)) == []
    assert len(free_places(colour, between("11:00", "13:00"), taken_by(busy))) == 1


def test_a_session_has_places_whoever_holds_it() -> None:
    assert len(places(offered(kind="SESSION", resources=WORKERS, capacity=9))) == 9


def free(offering: Offering, opened: list[OpenRange], holds: list[Hold], party: int, now: datetime) -> list[FreeTime]:
    return free_times(offering, bookable_times(offering, opened), taken_by(holds), Wish(party), now)


def test_free_times_leave_out_what_is_full_too_soon_or_too_far() -> None:
    offering = offered(lead_minutes=60, window_days=1, capacity=2, party_size_max=2)
    opened = openings(("09:00", "11:00"), first="2026-11-25", days=3)
    holds = [*held(offering, between("09:00", "10:00"), 0), *held(offering, between("09:00", "10:00"), 1)]
    found = {time_text(f.interval.start): f.remaining for f in free(offering, opened, holds, 1, at("2026-11-25 08:30"))}
    assert found == {"11月25日（周三）09:30": 2, "11月25日（周三）10:00": 2, "11月26日（周四）10:00": 2}


def test_free_times_need_places_for_the_whole_party() -> None:
    offering = offered(capacity=2, lead_minutes=0)
    holds = [*held(offering, between("09:00", "10:00"), 1)]
    opened = openings(("09:00", "10:00"))
    assert [each.remaining for each in free(offering, opened, holds, 1, NOON)] == [1]
    assert free(offering, opened, holds, 2, NOON) == []


def test_a_day_that_is_blacked_out_has_no_free_time() -> None:
    closed = [{"first": TOMORROW, "last": TOMORROW, "reason": "培训"}]
    assert free(offered(blackouts=closed), openings(), [], 1, NOON) == []


@pytest.mark.parametrize(("minutes", "fen"), [(None, 9000), (60, 9000), (90, 13500), (35, 5250)])
def test_the_price_follows_the_time_that_was_chosen(minutes: int | None, fen: int) -> None:
    assert price_of(offered(price=9000), 1, minutes) == fen


def test_a_party_pays_once_for_one_court_and_each_for_a_place() -> None:
    assert price_of(offered(price=5000, one_place_per_party=True, party_size_max=6), 6, None) == 5000
    assert price_of(offered(price=5000, capacity=6, party_size_max=6), 6, None) == 30000


def test_days_without_a_free_time_are_listed_with_their_reason() -> None:
    opened = openings(("09:00", "10:00"), days=2)
    times = free(offered(), opened, [], 1, NOON)
    days = by_day(times, date(2026, 11, 26), 3, {date(2026, 11, 28): "盘点"})
    assert [(day.day.day, len(day.times), day.closed_reason) for day in days] == [
        *((26, 1, None), (27, 1, None), (28, 0, "盘点"))
    ]


def test_a_span_of_days_runs_from_local_midnight_to_local_midnight() -> None:
    assert span_of(date(2028, 2, 28), 2) == Interval(at("2028-02-28 00:00"), at("2028-03-01 00:00"))
