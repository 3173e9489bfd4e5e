"""At a decent hour: what waits for the morning, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import NOON, at
from messages import Post, a_booking

from lifecircle.catalogue import quiet
from lifecircle.catalogue.notices import rules
from lifecircle.catalogue.notices.model import Purpose, notice_from_document, subject_from_document
from lifecircle.catalogue.notices.rules import Defer, Send, Show


@pytest.mark.parametrize(
    ("now", "is_quiet", "next_loud"),
    [
        ("2026-11-25 20:59", False, "2026-11-25 20:59"),
        ("2026-11-25 21:00", True, "2026-11-26 08:00"),
        ("2026-11-25 23:59", True, "2026-11-26 08:00"),
        ("2026-11-26 00:00", True, "2026-11-26 08:00"),
        ("2026-11-26 07:59", True, "2026-11-26 08:00"),
        ("2026-11-26 08:00", False, "2026-11-26 08:00"),
        ("2026-12-31 22:00", True, "2027-01-01 08:00"),
    ],
)
def test_quiet_hours_have_edges(now: str, is_quiet: bool, next_loud: str) -> None:
    assert quiet.is_quiet(at(now)) is is_quiet
    assert quiet.next_loud(at(now)) == at(next_loud)


@pytest.mark.parametrize(
    ("kind", "start", "now", "step"),
    [
        ("DECLINED", "2026-11-26 09:30", "2026-11-25 22:00", Send(Purpose.BOOKING_CHANGE, True)),
        ("DECLINED", "2026-11-26 10:00", "2026-11-25 22:00", Defer(at("2026-11-26 08:00"))),
        ("DECLINED", "2026-11-26 18:00", "2026-11-26 07:00", Send(Purpose.BOOKING_CHANGE, True)),
        ("DECLINED", "2026-11-27 18:00", "2026-11-26 12:00", Send(Purpose.BOOKING_CHANGE, False)),
        ("CONFIRMED", "2026-11-26 18:00", "2026-11-26 07:00", Defer(at("2026-11-26 08:00"))),
        ("EXPIRED", "2026-11-26 18:00", "2026-11-26 17:00", Send(Purpose.BOOKING_RESULT, True)),
        ("DECLINED", "2026-11-26 10:00", "2026-11-26 12:00", Show()),
        ("COMPLETED", "2026-11-26 10:00", "2026-11-26 12:00", Show()),
    ],
)
def test_only_changes_of_the_same_day_break_the_quiet(kind: str, start: str, now: str, step: rules.Step) -> None:
    row = a_booking(start=at(start), at=NOON, kind=kind)
    assert rules.step_for(subject_from_document(row), notice_from_document(row["notices"][0]), at(now)) == step


async def test_a_confirmation_at_night_waits_for_the_morning(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    post.clock.now = at("2026-11-25 23:00")
    await post.book(start=at("2026-11-27 10:00"))
    await post.pump()
    assert post.wechat.received == []
    assert (await post.row())["notify_at"] == at("2026-11-26 08:00")
    post.clock.now = at("2026-11-26 08:00")
    await post.pump()
    assert post.wechat.shown == {"b1:1": 1}


def test_a_wait_doubles_up_to_an_hour_and_is_spread() -> None:
    assert rules.backoff(1, 0.5) == timedelta(seconds=30)
    assert rules.backoff(1, 0.0) == timedelta(seconds=15)
    assert rules.backoff(1, 1.0) == timedelta(seconds=45)
    assert rules.backoff(500, 0.5) == timedelta(hours=1)
