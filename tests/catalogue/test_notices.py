"""People are told: at least once, at a decent hour, by the channel that they agreed to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from factories import NOON, SetClock, a_merchant, a_store, an_area, at
from messages import TEMPLATES, Mailbox, Post, a_booking

from lifecircle.catalogue import quiet
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.notices import rules
from lifecircle.catalogue.notices.credits import PushedItem, PushKind
from lifecircle.catalogue.notices.model import Purpose, notice_from_document, subject_from_document
from lifecircle.catalogue.notices.rules import MOST_ATTEMPTS, Defer, Drop, Send, Show
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.ports import DeliveryResult
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

TOMORROW_TEN = at("2026-11-26 10:00")
TODAY_FOUR = at("2026-11-25 16:00")
PHONE = "13812345678"


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
async def post(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Post]:
    await create_notice_indexes(database)
    community = an_area("330199001001", name="桂花社区", level="COMMUNITY", parent="330199")
    await database["areas"].insert_many([an_area(), community])
    await database["stores"].insert_one(a_store(community="330199001001", merchant="m1"))
    await database["merchants"].insert_one(a_merchant())
    openid, phone = keys.seal("o-li", field="openid"), keys.seal(PHONE, field="phone")
    resident = {"_id": keys.lookup_hash("o-li", field="openid"), "openid": openid, "phone": None}
    await database["residents"].insert_many([{"_id": "r1", "openid": openid, "phone": phone}, resident])
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    wechat, sms = Mailbox(), Mailbox()
    desk = NoticeDesk(database, keys, keeper, clock, TEMPLATES, wechat, sms, spread=lambda: 0.5)
    yield Post(database, keys, desk, wechat, sms, clock)
    await keeper.stop()


# --- which channel ---


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


# --- at least once ---


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


# --- the hour ---


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


# --- reminders ---


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


# --- credits ---


async def test_the_client_and_wechat_speak_of_the_same_tap(post: Post) -> None:
    template, resident = TEMPLATES[Purpose.REMINDER], post.keys.lookup_hash("o-li", field="openid")
    popup = PushedItem("o-li", PushKind.POPUP, template, "accept", post.clock(), "")
    await post.accept(Purpose.REMINDER, resident=resident)
    await post.desk.credits.take_in(popup)
    assert await post.left(Purpose.REMINDER, resident) == 1
    await post.desk.credits.take_in(popup)
    assert await post.left(Purpose.REMINDER, resident) == 1, "a repeated event counts once"
    post.clock.advance(minutes=20)
    again = PushedItem("o-li", PushKind.POPUP, template, "accept", post.clock(), "")
    await post.desk.credits.take_in(again)
    await post.desk.credits.take_in(again)
    assert await post.left(Purpose.REMINDER, resident) == 2


async def test_whoever_switches_messages_off_has_no_credit_left(post: Post) -> None:
    template, resident = TEMPLATES[Purpose.REMINDER], post.keys.lookup_hash("o-li", field="openid")
    await post.accept(Purpose.REMINDER, resident=resident)
    await post.desk.credits.take_in(PushedItem("o-li", PushKind.CHANGE, template, "reject", post.clock(), ""))
    assert await post.left(Purpose.REMINDER, resident) == 0


async def test_strangers_and_other_templates_are_passed_over(post: Post) -> None:
    for openid, template in (("o-nobody", TEMPLATES[Purpose.REMINDER]), ("o-li", "not-ours")):
        await post.desk.credits.take_in(PushedItem(openid, PushKind.POPUP, template, "accept", post.clock(), ""))
    assert await post.database["notice_credits"].count_documents({}) == 0


async def test_many_accepts_at_once_are_all_counted(post: Post) -> None:
    await asyncio.gather(*(post.accept(Purpose.REMINDER) for _ in range(8)))
    assert await post.left(Purpose.REMINDER) == 8


async def test_one_credit_is_used_once_by_many_at_once(post: Post) -> None:
    await post.accept(Purpose.BOOKING_RESULT)
    for number in range(6):
        await post.book(f"b{number}", start=TOMORROW_TEN)
    await post.pump()
    assert post.wechat.shown.total() == 1


@pytest.mark.parametrize(
    ("accepted", "rejected", "field"),
    [(["unknown"], [], "accepted"), ([], ["unknown"], "rejected"), (["t-reminder"], ["t-reminder"], "rejected")],
)
async def test_a_consent_names_templates_of_ours_once(
    post: Post, accepted: list[str], rejected: list[str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await post.desk.credits.record_consent("r1", accepted, rejected)
    assert refusal.value.field == (field,)
