"""The lunar calendar and the festivals that follow it."""

from __future__ import annotations

from datetime import date

import pytest

from lifecircle.assistant.when import lunar
from lifecircle.assistant.when.holidays import festival


@pytest.mark.parametrize(
    ("year", "new_year"),
    [(1901, "1901-02-19"), (1985, "1985-02-20"), (2024, "2024-02-10"), (2033, "2033-01-31"), (2100, "2100-02-09")],
)
def test_lunar_years_begin_where_the_almanac_says(year: int, new_year: str) -> None:
    assert lunar.solar(year, 1, 1) == date.fromisoformat(new_year)


def test_a_repeated_lunar_month_follows_its_first() -> None:
    assert lunar.solar(2025, 6, 1) == date(2025, 6, 25)
    assert lunar.solar(2025, 6, 1, leap=True) == date(2025, 7, 25)
    assert lunar.solar(2026, 6, 1, leap=True) is None


@pytest.mark.parametrize(("year", "day"), [(2024, 4), (2025, 4), (2026, 5), (2027, 5), (2028, 4), (2100, 5)])
def test_qingming_falls_on_the_fourth_or_fifth_of_april(year: int, day: int) -> None:
    assert festival("清明", year) == date(year, 4, day)
