"""Rows that hold in their season, and long closures."""

from __future__ import annotations

from datetime import date

import pytest
from factories import at
from opening import PLAIN, open_at

from lifecircle.catalogue.hours.model import Schedule, schedule_from_document
from lifecircle.catalogue.hours.rules import open_ranges, open_status


def seasonal(valid_from: str | None, valid_through: str | None) -> Schedule:
    row = {
        "weekdays": "3",
        "opens": "09:00",
        "closes": "18:00",
        "valid_from": valid_from,
        "valid_through": valid_through,
    }
    return schedule_from_document({"weekly": [row]})


@pytest.mark.parametrize(
    ("valid_from", "valid_through", "is_open_then"),
    [
        *((None, None, True), ("2026-11-25", "2026-11-25", True), ("2026-11-26", None, False)),
        *((None, "2026-11-24", False), ("2026-11-01", None, True), (None, "2026-12-31", True)),
    ],
)
def test_a_row_holds_in_its_season_with_both_ends(
    valid_from: str | None, valid_through: str | None, is_open_then: bool
) -> None:
    assert open_at(seasonal(valid_from, valid_through), "2026-11-25 10:00") is is_open_then


def test_summer_and_winter_hours_change_over_on_the_day() -> None:
    summer, winter = seasonal(None, "2026-11-24"), seasonal("2026-11-25", None)
    both = Schedule((*summer.weekly, *winter.weekly))
    assert len(open_ranges(both, (), PLAIN, date(2026, 11, 18), 14)) == 2


def test_a_range_past_midnight_outlives_the_season_that_it_began_in() -> None:
    late = {"weekdays": "1234567", "opens": "18:00", "closes": "02:00", "valid_through": "2026-11-24"}
    early = {"weekdays": "1234567", "opens": "18:00", "closes": "22:00", "valid_from": "2026-11-25"}
    both = schedule_from_document({"weekly": [late, early]})
    assert open_at(both, "2026-11-25 01:59")
    assert not open_at(both, "2026-11-25 02:00")
    assert open_status(both, (), PLAIN, at("2026-11-25 01:59")).closes_at == at("2026-11-25 02:00")
    assert not open_at(both, "2026-11-26 01:00")


def test_the_next_opening_is_found_beyond_a_season() -> None:
    pool = {"weekdays": "67", "opens": "10:00", "closes": "20:00", "valid_from": "2027-06-01"}
    assert open_status(schedule_from_document({"weekly": [pool]}), (), PLAIN, at("2026-11-25 10:00")).opens_at == at(
        "2027-06-05 10:00"
    )
