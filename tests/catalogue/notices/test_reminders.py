"""Reminders: the evening before and two hours before."""

from __future__ import annotations

from typing import Any

import pytest
from factories import NOON, at
from messages import TOMORROW_TEN, Post, a_booking

from lifecircle.catalogue.notices import rules
from lifecircle.catalogue.notices.model import Purpose, notice_from_document, subject_from_document
from lifecircle.catalogue.notices.rules import Drop
from lifecircle.catalogue.snapshot.reading import Change


async def test_residents_are_reminded_the_evening_before_and_two_hours_before(post: Post) -> None:
    await post.accept(Purpose.REMINDER, times=2)
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    assert (await post.row())["notify_at"] == at("2026-11-25 19:00")
    post.clock.now = at("2026-11-25 19:00")
    await post.pump()
    assert [sent.words.status for sent in post.wechat.received] == ["明天有预约"]
    post.clock.now = at("2026-11-26 08:00")
    await post.pump()
    assert [sent.words.status for sent in post.wechat.received] == ["明天有预约", "今天有预约"]
    assert "notify_at" not in await post.row()


async def move(post: Post, status: str, kind: str, **sets: Any) -> None:
    """As the booking desk does it."""
    now = post.clock()
    told = {"id": f"b1:{kind}", "kind": kind, "at": now, "due_at": now, "delivered_at": None}
    event = {"at": now, "status": status, "actor": "RESIDENT", "reason": None}
    update = {"$set": {"status": status, "notify_at": now, **sets}, "$push": {"notices": told, "events": event}}
    await post.database["bookings"].update_one({"_id": "b1"}, {**update, "$inc": {"version": 1}})


async def test_a_reschedule_plans_the_reminders_anew(post: Post) -> None:
    await post.accept(Purpose.REMINDER)
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    await move(post, "CONFIRMED", "RESCHEDULED", start=at("2026-11-28 15:00"))
    await post.pump()
    due = [notice["due_at"] for notice in (await post.row())["notices"] if notice["kind"].startswith("REMINDER")]
    assert due == [at("2026-11-27 19:00"), at("2026-11-28 13:00")]
    post.clock.now = at("2026-11-26 09:00")
    await post.pump_nothing()
    assert post.wechat.received == []


async def test_nobody_is_reminded_of_what_was_cancelled(post: Post) -> None:
    await post.accept(Purpose.REMINDER)
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    await move(post, "CANCELLED", "CANCELLED")
    await post.pump()
    row = await post.row()
    assert [notice["kind"] for notice in row["notices"]] == ["CONFIRMED", "CANCELLED"]
    assert "notify_at" not in row
    assert post.wechat.received == []


CLOSED = {"state": "CLOSED", "closed_until": "2026-11-27"}
NO_HOURS = {"exceptions": [{"date": "2026-11-26", "closed": True, "ranges": [], "reason": "盘点"}]}


async def change_store(post: Post, **sets: Any) -> None:
    row = await post.database["stores"].find_one_and_update({"_id": "s1"}, {"$set": sets}, return_document=True)
    post.desk.keeper.apply([Change("stores", "s1", row)])


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (CLOSED, "暂停营业，11月27日恢复，请联系门店"),
        ({"state": "CLOSED", "closed_until": None}, "已停业，请联系门店"),
        (NO_HOURS, "盘点，请联系门店"),
    ],
)
async def test_who_booked_at_a_store_that_is_shut_that_day_is_told_even_without_a_credit(
    post: Post, change: dict[str, Any], hint: str
) -> None:
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    await change_store(post, **change)
    post.clock.now = at("2026-11-25 19:00")
    await post.pump()
    (sent,) = post.sms.received
    assert (sent.words.status, sent.words.hint) == ("门店停业", hint)
    assert len(hint) <= 20, "as many as WeChat shows"


async def test_of_a_store_that_is_open_again_by_then_nothing_is_said(post: Post) -> None:
    await post.accept(Purpose.REMINDER)
    await post.book(start=TOMORROW_TEN)
    await change_store(post, **{**CLOSED, "closed_until": "2026-11-26"})
    await post.pump()
    post.clock.now = at("2026-11-25 19:00")
    await post.pump()
    assert [sent.words.status for sent in post.wechat.received] == ["明天有预约"]
    assert post.sms.received == []


def test_planning_twice_changes_nothing_and_what_is_too_late_is_not_planned() -> None:
    row = a_booking(start=TOMORROW_TEN, at=NOON)
    once = rules.planned(row, NOON)
    assert len(once) == 3
    assert rules.planned({**row, "notices": once}, NOON) == once
    assert len(rules.planned(row, at("2026-11-25 19:00"))) == 2
    assert len(rules.planned(row, at("2026-11-26 08:00"))) == 1
    assert len(rules.planned({**row, "status": "PENDING"}, NOON)) == 1
    early = rules.planned({**row, "start": at("2026-11-26 09:00")}, NOON)
    assert early[-1]["due_at"] == at("2026-11-26 08:00"), "not at seven in the morning"
    assert len(rules.planned({**row, "start": at("2026-11-26 08:00")}, NOON)) == 2, "the evening before has to do"


def test_a_reminder_that_overslept_is_dropped() -> None:
    row = a_booking(start=TOMORROW_TEN, at=NOON)
    reminder = notice_from_document(rules.planned(row, NOON)[1])
    assert isinstance(rules.step_for(subject_from_document(row), reminder, TOMORROW_TEN), Drop)
