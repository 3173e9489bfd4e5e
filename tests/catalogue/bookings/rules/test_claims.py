"""What a booking claims: alike exactly where two cannot be."""

from __future__ import annotations

import random
from datetime import timedelta

from factories import at
from offers import TOMORROW, between, held, offered

from lifecircle.catalogue.bookings.claims import cells, place_claims
from lifecircle.catalogue.bookings.model import Interval


def test_two_appointments_share_a_claim_exactly_when_they_overlap_and_have_a_seat_in_common() -> None:
    offering, chance = offered(capacity=3), random.Random(9)
    base = at(f"{TOMORROW} 09:00")

    def some() -> Interval:
        start = base + timedelta(minutes=5 * chance.randrange(40))
        return Interval(start, start + timedelta(minutes=5 * chance.randrange(1, 20)))

    for _ in range(300):
        (first, seat), (second, other) = (some(), chance.randrange(3)), (some(), chance.randrange(3))
        one, two = place_claims(held(offering, first, seat)), place_claims(held(offering, second, other))
        share = not set(one).isdisjoint(two)
        assert share is (first.overlaps(second) and seat == other)


def test_different_grid_starts_of_one_appointment_collide() -> None:
    offering = offered()
    ten = set(place_claims(held(offering, between("10:00", "11:00"), 0)))
    assert ten & set(place_claims(held(offering, between("10:45", "11:45"), 0)))
    assert not ten & set(place_claims(held(offering, between("11:00", "12:00"), 0)))


def test_a_session_claims_one_key_a_place() -> None:
    course = offered(kind="SESSION", capacity=2)
    assert len(list(place_claims(held(course, between("10:00", "11:30"), 0, 1)))) == 2


def test_cells_are_rounded_outwards() -> None:
    assert len(cells(between("10:00", "10:05"))) == 1
    assert len(cells(between("10:01", "10:05"))) == 1
    assert len(cells(between("10:01", "10:06"))) == 2
    assert len(cells(Interval(at("2026-11-26 23:55"), at("2026-11-27 00:05")))) == 2
