"""A notice is delivered at least once, known by its id, and ends as a dead letter."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from killed import Killed
from messages import TOMORROW_TEN, Post

from lifecircle.catalogue.errors import NotFound
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.notices.rules import MOST_ATTEMPTS
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.ports import DeliveryResult


async def test_a_worker_that_ends_between_sending_and_marking_is_followed_by_another(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)
    post.wechat.answers = [Killed()]
    runner = JobRunner(post.database, post.clock, "doomed")
    runner.register(*post.desk.jobs)
    with pytest.raises(Killed):
        await runner.run_due()
    assert (await post.notice("CONFIRMED"))["delivered_at"] is None
    await post.database["leases"].update_one({"_id": "notices"}, {"$set": {"holder": None, "until": None}})
    await post.pump()  # it is claimed still
    assert post.wechat.shown == {"b1:1": 1}
    post.clock.advance(seconds=60)
    await post.pump()
    assert post.wechat.shown == {"b1:1": 2}, "the receiver knows it again by its id"
    assert (await post.notice("CONFIRMED"))["delivered_at"] is not None
    assert await post.left(Purpose.BOOKING_RESULT) == 0


async def test_a_booking_that_changes_while_its_notice_is_sent_is_marked_all_the_same(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)
    deliver = post.wechat.deliver

    async def slowly(notice: Any) -> DeliveryResult:
        now = post.clock()
        told = {"id": "b1:2", "kind": "CHECKED_IN", "at": now, "due_at": now, "delivered_at": None}
        change = {
            "$set": {"status": "CHECKED_IN", "notify_at": now},
            "$push": {"notices": told},
            "$inc": {"version": 1},
        }
        await post.database["bookings"].update_one({"_id": "b1"}, change)
        return await deliver(notice)

    monkeypatch.setattr(post.wechat, "deliver", slowly)
    await post.pump()
    assert (await post.notice("CONFIRMED"))["channel"] == "WECHAT"
    await post.pump()
    assert (await post.notice("CHECKED_IN"))["channel"] == "IN_APP"
    assert "notify_at" not in await post.row()


async def test_a_document_that_cannot_be_read_holds_up_no_other(post: Post) -> None:
    await post.book("bad", start=TOMORROW_TEN, status=None, notices=[{"kind": "CONFIRMED"}])
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    assert (await post.notice("CONFIRMED"))["delivered_at"] is not None


async def test_two_pumps_at_once_send_once(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)

    class FreeLease:
        async def guard(self) -> None:
            await asyncio.sleep(0)

    free: Any = FreeLease()
    await asyncio.gather(*(post.desk.pump.run(free) for _ in range(8)))
    assert post.wechat.shown == {"b1:1": 1}


async def test_a_failure_is_tried_again_later_and_later_and_ends_as_a_dead_letter(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)
    post.wechat.answers = [DeliveryResult.TRY_AGAIN] * 50
    waits = []
    for attempt in range(1, MOST_ATTEMPTS + 1):
        await post.pump()
        notice = await post.notice("CONFIRMED")
        assert notice["attempts"] == attempt
        if "dead_at" not in notice:
            waits.append((notice["due_at"] - post.clock()).total_seconds())
            post.clock.now = notice["due_at"]
    assert waits == [30, 60, 120, 240, 480, 960, 1920]
    assert (await post.notice("CONFIRMED"))["dead_at"] == post.clock()
    (letter,) = await post.desk.dead_letters(
        Roles("staff", areas=frozenset({"330199001001"})), "330199001001", 10, None
    )
    assert (letter.id, letter.reason, letter.attempts) == ("b1:1", "WECHAT: TRY_AGAIN", MOST_ATTEMPTS)
    with pytest.raises(NotFound):
        await post.desk.dead_letters(Roles("other", areas=frozenset({"330199002"})), "330199001001", 10, None)


async def test_what_somebody_must_mend_is_dead_at_once(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)
    post.wechat.answers = [DeliveryResult.INVALID]
    await post.pump()
    assert (await post.notice("CONFIRMED"))["dead_at"] is not None
    assert await post.left(Purpose.BOOKING_RESULT) == 1
    assert await post.database["dead_notices"].count_documents({"areas": "330199001001"}) == 1


async def test_a_deliverer_that_breaks_holds_up_no_other_notice(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT, times=2)
    await post.book("b1", start=TOMORROW_TEN)
    await post.book("b2", start=TOMORROW_TEN)
    post.wechat.answers = [ValueError("broken")]
    await post.pump()
    delivered = [(await post.notice("CONFIRMED", key))["delivered_at"] for key in ("b1", "b2")]
    assert delivered.count(None) == 1
