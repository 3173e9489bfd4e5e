"""Which requests an offering's terms allow: the moment, the party, the length."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from desk import asked
from factories import NOON, at
from offers import offered

from lifecircle.catalogue.bookings.model import BookingRequest
from lifecircle.catalogue.bookings.rules import check_terms, lead_text
from lifecircle.catalogue.errors import BookingRefused, InvalidInput
from lifecircle.catalogue.offerings.model import Offering


def refused(request: BookingRequest, offering: Offering, now: datetime = NOON) -> str:
    with pytest.raises((BookingRefused, InvalidInput)) as raised:
        check_terms(request, offering, now)
    return raised.value.code


def test_a_request_within_the_terms_is_taken() -> None:
    check_terms(asked(at("2026-11-26 10:00")), offered(), NOON)


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2026-11-24 10:00", "IN_THE_PAST"),
        ("2026-11-25 11:59", "IN_THE_PAST"),
        ("2026-11-25 12:00", "IN_THE_PAST"),
        ("2026-11-25 12:01", "TOO_SOON"),
        ("2026-11-25 12:59", "TOO_SOON"),
        ("2026-12-26 00:00", "TOO_FAR_AHEAD"),
        ("2027-11-25 10:00", "TOO_FAR_AHEAD"),
    ],
)
def test_each_wrong_moment_has_a_code_of_its_own(start: str, code: str) -> None:
    assert refused(asked(at(start)), offered(lead_minutes=60, window_days=30)) == code


@pytest.mark.parametrize("start", ["2026-11-25 13:00", "2026-12-25 23:59"])
def test_the_first_and_the_last_moment_of_the_window_are_in_it(start: str) -> None:
    check_terms(asked(at(start)), offered(lead_minutes=60, window_days=30), NOON)


def test_without_lead_time_the_next_minute_can_be_booked_but_not_this_one() -> None:
    at_once = offered(lead_minutes=0)
    check_terms(asked(at("2026-11-25 12:01")), at_once, NOON)
    assert refused(asked(NOON), at_once) == "IN_THE_PAST"


def test_the_window_counts_local_days_not_hours() -> None:
    """23:59 in Shanghai is 15:59 UTC; one minute later the window reaches a day further."""
    offering, start = offered(window_days=1, lead_minutes=0), at("2026-11-27 09:00")
    assert refused(asked(start), offering, at("2026-11-25 23:59")) == "TOO_FAR_AHEAD"
    check_terms(asked(start), offering, at("2026-11-26 00:00"))


def test_the_window_counts_the_leap_day() -> None:
    offering = offered(window_days=2, lead_minutes=0)
    now = at("2028-02-27 12:00")
    check_terms(asked(at("2028-02-29 23:59")), offering, now)
    assert refused(asked(at("2028-03-01 00:00")), offering, now) == "TOO_FAR_AHEAD"


@pytest.mark.parametrize(
    "changes",
    [{"bookable": False}, {"kind": "REQUEST_ONLY"}, {"state": "PAUSED"}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_not_for_booking_online_says_so(changes: dict[str, Any]) -> None:
    assert refused(asked(at("2026-11-26 10:00")), offered(**changes)) == "NOT_BOOKABLE"


@pytest.mark.parametrize(("size", "code"), [(0, "INVALID_INPUT"), (-1, "INVALID_INPUT"), (4, "PARTY_TOO_LARGE")])
def test_the_party_has_a_smallest_and_a_largest_size(size: int, code: str) -> None:
    assert refused(asked(at("2026-11-26 10:00"), party_size=size), offered(capacity=10, party_size_max=3)) == code


def test_no_party_is_larger_than_the_capacity() -> None:
    small = offered(capacity=2, party_size_max=10)
    check_terms(asked(at("2026-11-26 10:00"), party_size=2), small, NOON)
    assert refused(asked(at("2026-11-26 10:00"), party_size=3), small) == "PARTY_TOO_LARGE"


def test_another_duration_than_the_offerings_is_refused() -> None:
    check_terms(asked(at("2026-11-26 10:00"), duration_minutes=60), offered(), NOON)
    assert refused(asked(at("2026-11-26 10:00"), duration_minutes=90), offered()) == "INVALID_INPUT"


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 分钟"), (45, "45 分钟"), (60, "1 小时"), (90, "90 分钟"), (2880, "2 天")]
)
def test_lead_times_read_naturally(minutes: int, text: str) -> None:
    assert lead_text(minutes) == text
