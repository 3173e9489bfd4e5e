"""By which channel a notice goes, and what it costs."""

from __future__ import annotations

from datetime import timedelta

from messages import PHONE, TODAY_FOUR, TOMORROW_TEN, Post, a_booking

from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.ports import DeliveryResult


async def test_a_confirmation_goes_by_wechat_and_uses_up_one_credit(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    (sent,) = post.wechat.received
    assert (sent.id, sent.to, sent.purpose) == ("b1:1", "o-li", "BOOKING_RESULT")
    assert (sent.words.status, sent.words.offering, sent.words.time) == (
        "预约已确认",
        "日常保洁",
        "2026年11月26日 10:00",
    )
    assert await post.left(Purpose.BOOKING_RESULT) == 0
    assert (await post.notice("CONFIRMED"))["channel"] == "WECHAT"
    await post.pump()
    assert post.wechat.shown.total() == 1


async def test_without_a_credit_what_can_wait_is_only_shown_in_the_app(post: Post) -> None:
    await post.book(start=TOMORROW_TEN)
    await post.pump()
    assert (post.wechat.received, post.sms.received) == ([], [])
    assert (await post.notice("CONFIRMED"))["channel"] == "IN_APP"


async def test_a_change_of_the_same_day_by_the_store_goes_by_sms_where_wechat_may_not(post: Post) -> None:
    await post.book(start=TODAY_FOUR, kind="DECLINED", reason="师傅临时生病")
    await post.pump()
    (sent,) = post.sms.received
    assert (sent.to, sent.words.hint) == (PHONE, "师傅临时生病")


async def test_what_residents_did_themselves_costs_no_credit(post: Post) -> None:
    await post.accept(Purpose.BOOKING_CHANGE)
    await post.book(start=TODAY_FOUR, kind="CANCELLED", actor="RESIDENT")
    await post.pump()
    assert (post.wechat.received, post.sms.received) == ([], [])
    assert await post.left(Purpose.BOOKING_CHANGE) == 1


async def test_43101_drops_the_credit_and_the_urgent_goes_by_sms(post: Post) -> None:
    await post.accept(Purpose.BOOKING_CHANGE, times=2)
    post.wechat.answers = [DeliveryResult.REFUSED]
    await post.book(start=TODAY_FOUR, kind="DECLINED")
    await post.pump()
    assert post.sms.shown == {"b1:1": 1}
    assert await post.left(Purpose.BOOKING_CHANGE) == 0


async def test_an_unknown_openid_gives_the_credit_back(post: Post) -> None:
    await post.accept(Purpose.BOOKING_CHANGE)
    post.wechat.answers = [DeliveryResult.NO_ADDRESS]
    await post.book(start=TOMORROW_TEN, kind="DECLINED")
    await post.pump()
    assert await post.left(Purpose.BOOKING_CHANGE) == 1
    assert (await post.notice("DECLINED"))["channel"] == "IN_APP"


async def test_the_next_in_the_waiting_list_hears_of_a_place_while_it_is_kept(post: Post) -> None:
    offer = a_booking("w1", start=TOMORROW_TEN, at=post.clock(), kind="WAITING_OFFER", status="OFFERED", events=[])
    offer["offered_until"] = post.clock() + timedelta(minutes=30)
    late = {**offer, "_id": "w2", "notices": [{**offer["notices"][0], "id": "w2:1"}], "offered_until": post.clock()}
    await post.database["waiting_entries"].insert_many([offer, late])
    await post.pump()
    assert post.sms.shown == {"w1:1": 1}
    assert "12:30前" in post.sms.received[0].words.hint
    for row in await post.database["waiting_entries"].find().to_list(None):
        assert row["notices"][0]["delivered_at"] is not None
        assert "notify_at" not in row
