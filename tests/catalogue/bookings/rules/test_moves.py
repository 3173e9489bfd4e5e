"""The life of a booking: who may move it where, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import NOON, at
from offers import TOMORROW, a_booking

from lifecircle.catalogue.bookings.model import HOLDING, Actor, BookingStatus
from lifecircle.catalogue.bookings.moves import MOVES, check_cancellable, check_moment, may_move
from lifecircle.catalogue.bookings.rules import status_text
from lifecircle.catalogue.errors import BookingRefused, InThePast, StateChanged, TooLateToCancel, TooSoon


def test_every_status_has_a_name_and_the_final_ones_hold_nothing() -> None:
    assert all(status_text(status) for status in BookingStatus)
    assert {move.start for move in MOVES} == HOLDING
    assert {move.to for move in MOVES} == set(BookingStatus) - {BookingStatus.PENDING}


def test_a_move_is_allowed_or_not() -> None:
    assert may_move(a_booking(BookingStatus.PENDING), BookingStatus.CONFIRMED)
    assert not may_move(a_booking(BookingStatus.PENDING), BookingStatus.COMPLETED)
    for final in (BookingStatus.CANCELLED, BookingStatus.COMPLETED, BookingStatus.EXPIRED, BookingStatus.NO_SHOW):
        assert not any(may_move(a_booking(final), status) for status in BookingStatus)


def test_each_move_belongs_to_somebody() -> None:
    pending, confirmed = a_booking(BookingStatus.PENDING), a_booking()
    assert may_move(pending, BookingStatus.CONFIRMED, Actor.MERCHANT)
    assert not may_move(pending, BookingStatus.CONFIRMED, Actor.RESIDENT)
    assert not may_move(pending, BookingStatus.EXPIRED, Actor.MERCHANT)
    assert not may_move(confirmed, BookingStatus.CANCELLED, Actor.MERCHANT)
    assert not may_move(confirmed, BookingStatus.NO_SHOW, Actor.SYSTEM)
    assert all(move.who <= set(Actor) and move.who for move in MOVES)


@pytest.mark.parametrize(
    ("to", "moment", "wrong"),
    [
        (BookingStatus.CHECKED_IN, "08:59", TooSoon),
        (BookingStatus.CHECKED_IN, "09:00", None),
        (BookingStatus.CHECKED_IN, "10:59", None),
        (BookingStatus.CHECKED_IN, "11:00", InThePast),
        (BookingStatus.NO_SHOW, "09:59", TooSoon),
        (BookingStatus.NO_SHOW, "10:00", None),
        (BookingStatus.COMPLETED, "09:59", TooSoon),
        (BookingStatus.COMPLETED, "10:00", None),
        (BookingStatus.DECLINED, "09:59", None),
        (BookingStatus.DECLINED, "10:00", InThePast),
        (BookingStatus.CONFIRMED, "10:00", InThePast),
    ],
)
def test_the_store_says_things_at_their_time(
    to: BookingStatus, moment: str, wrong: type[BookingRefused] | None
) -> None:
    now = at(f"{TOMORROW} {moment}")
    if wrong is None:
        check_moment(a_booking(), to, now)
        return
    with pytest.raises(wrong):
        check_moment(a_booking(), to, now)


def test_cancelling_is_possible_up_to_the_last_minute_of_its_time() -> None:
    check_cancellable(a_booking(), at("2026-11-26 08:00"))
    with pytest.raises(TooLateToCancel, match="11月26日（周四）08:00"):
        check_cancellable(a_booking(), at("2026-11-26 08:00") + timedelta(seconds=1))


@pytest.mark.parametrize(
    "status", [BookingStatus.CHECKED_IN, BookingStatus.COMPLETED, BookingStatus.EXPIRED, BookingStatus.NO_SHOW]
)
def test_what_is_over_cannot_be_cancelled(status: BookingStatus) -> None:
    with pytest.raises(StateChanged, match=status_text(status)):
        check_cancellable(a_booking(status), NOON)
