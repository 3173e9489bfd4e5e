"""People take a conversation over, and the assistant keeps quiet until they give it back."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from desk import refusal
from factories import DISTRICT, PlainCalendar, SetClock, a_snapshot, at
from talking import ANSWER, COMMUNITY, ELSEWHERE, OTHER, OTHER_STREET, STREET, Room, a_room, staff

from lifecircle.assistant.conversations.model import Conversation
from lifecircle.assistant.conversations.rules import KEPT, KEPT_AFTER_HANDOFF
from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.handoffs import rules
from lifecircle.assistant.replies import ReplyKind
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import InvalidInput, NotFound, StateChanged
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.text import traditional

STAFF = staff(COMMUNITY)


async def listed(room: Room, roles: Roles, area: str, **given: Any) -> list[str]:
    page = await room.assistant.handoffs.of_area(
        roles, area, is_open=given.get("is_open", True), first=given.get("first", 20), after=given.get("after")
    )
    return [handoff.id for handoff in page.items]


# --- opening ---


async def test_who_asks_for_a_person_waits_in_the_list_of_their_communitys_staff(room: Room) -> None:
    replied = await room.say("转人工")
    assert replied.reply.kind is ReplyKind.HANDOFF
    assert "桂花社区" in replied.reply.text
    handoff = await room.handoff_of(replied.conversation)
    assert (handoff.area, handoff.areas) == (COMMUNITY, (COMMUNITY, STREET, DISTRICT))
    assert handoff.reason == rules.ASKED_FOR
    for area in (COMMUNITY, STREET, DISTRICT):
        assert await listed(room, staff(area), area) == [handoff.id]


async def test_the_nearer_is_known_the_smaller_is_the_area(room: Room) -> None:
    assert (await room.handed_over(near=ELSEWHERE))[1].area == OTHER
    assert (await room.handed_over(near=None))[1].area == DISTRICT


async def test_without_a_place_the_home_of_the_profile_counts(room: Room) -> None:
    sealed = room.keys.seal('{"longitude": 120.35, "latitude": 30.55, "system": "WGS84"}', field="home")
    await room.database["residents"].insert_one({"_id": "r1", "home": sealed})
    assert (await room.handed_over(near=None))[1].area == OTHER


async def test_where_nobody_is_served_the_assistant_says_whom_to_call(room: Room) -> None:
    room.snapshot = a_snapshot()
    replied = await room.say("转人工")
    assert (replied.reply.kind, replied.reply.text) == (ReplyKind.HANDOFF, "请拨打 12345。")
    assert (await room.say("养老金", replied.conversation)).reply == ANSWER


async def test_a_turn_that_died_after_opening_opens_no_second_one(room: Room) -> None:
    key, handoff = await room.handed_over()
    undone = {"$set": {"version": 0, "handoff": None, "memory": room.keys.seal("{}", field="conversation")}}
    await room.database["conversations"].update_one({"_id": key}, undone)
    await room.say("转人工", key)
    assert await listed(room, STAFF, COMMUNITY) == [handoff.id]


# --- while it is open ---


async def test_the_assistant_keeps_quiet_and_passes_on_what_is_said(room: Room) -> None:
    key, handoff = await room.handed_over()
    passed = await room.say("我家水管爆了没人管", key)
    assert passed.reply.kind is ReplyKind.HANDOFF
    assert "已经转告工作人员" in passed.reply.text
    await room.assistant.handoffs.reply(STAFF, handoff.id, "马上来人", "q1")
    assert (await room.messages(key))[2:] == [("RESIDENT", "我家水管爆了没人管"), ("STAFF", "马上来人")]
    assert len(room.router.turns) == 1


async def test_nothing_is_lost_where_both_sides_talk_at_once(room: Room) -> None:
    key, handoff = await room.handed_over()
    mine, theirs = [f"居民{number}" for number in range(4)], [f"社区{number}" for number in range(4)]
    await asyncio.gather(
        *(room.another_worker().say(text, key) for text in mine),
        *(room.assistant.handoffs.reply(STAFF, handoff.id, text, "q1") for text in theirs),
    )
    messages = (await room.messages(key))[2:]
    assert sorted(messages) == sorted([*(("RESIDENT", text) for text in mine), *(("STAFF", text) for text in theirs)])


async def test_an_emergency_is_answered_at_once_all_the_same(room: Room) -> None:
    key, _ = await room.handed_over()
    cry = await room.say("家里着火了", key)
    assert cry.reply.kind is ReplyKind.EMERGENCY
    assert (await room.messages(key))[2:] == [("RESIDENT", "家里着火了"), ("ASSISTANT", cry.reply.text)]
    assert (await room.say("快点", key)).reply.kind is ReplyKind.HANDOFF


async def test_a_passed_on_turn_that_is_sent_again_is_passed_on_once(room: Room) -> None:
    key, _ = await room.handed_over()
    first = await room.say("在吗", key, key="k1")
    assert await room.say("在吗", key, key="k1") == first
    assert len(await room.messages(key)) == 3


async def test_it_does_not_expire_while_people_are_at_it_and_is_kept_a_week_after(room: Room) -> None:
    key, handoff = await room.handed_over()
    room.clock.advance(days=30)
    assert (await room.say("还没有人吗", key)).reply.kind is ReplyKind.HANDOFF
    assert (await room.row(key))["expires_at"] is None
    await room.assistant.handoffs.close(STAFF, handoff.id, None, "q1")
    ends = room.clock() + KEPT_AFTER_HANDOFF
    assert (await room.row(key))["expires_at"] == ends
    await room.say("谢谢", key)
    assert (await room.row(key))["expires_at"] == ends
    room.clock.now = ends - timedelta(hours=1)
    await room.say("再问一句", key)
    assert (await room.row(key))["expires_at"] == room.clock() + KEPT


# --- closing ---


async def test_after_it_is_closed_the_assistant_answers_again(room: Room) -> None:
    key, handoff = await room.handed_over()
    closed = await room.assistant.handoffs.close(STAFF, handoff.id, "已联系物业王师傅", "q1")
    assert closed.closed_at == room.clock()
    assert (await room.messages(key))[-1] == ("ASSISTANT", rules.CLOSED_TEXT)
    assert (await room.say("养老金", key)).reply == ANSWER
    stored = await room.database["handoffs"].find_one({"_id": handoff.id})
    assert "王师傅" not in str(stored)
    assert await listed(room, STAFF, COMMUNITY) == []
    assert await listed(room, STAFF, COMMUNITY, is_open=False) == [handoff.id]


async def test_closing_twice_at_once_is_closing_once(room: Room) -> None:
    key, handoff = await room.handed_over()
    desk = room.assistant.handoffs
    first, second = await asyncio.gather(*(desk.close(STAFF, handoff.id, None, "q") for _ in range(2)))
    room.clock.advance(minutes=1)
    assert first == second == await desk.close(STAFF, handoff.id, "晚了", "q2")
    assert (await room.messages(key)).count(("ASSISTANT", rules.CLOSED_TEXT)) == 1


async def test_who_dies_between_closing_and_giving_back_keeps_nobody_waiting(room: Room) -> None:
    key, handoff = await room.handed_over()
    closed = {"$set": {"closed_at": room.clock(), "expires_at": room.clock() + KEPT_AFTER_HANDOFF}}
    await room.database["handoffs"].update_one({"_id": handoff.id}, closed)
    assert (await room.say("养老金", key)).reply == ANSWER
    row = await room.row(key)
    assert (row["handoff"]["is_open"], row["expires_at"]) == (False, room.clock() + KEPT_AFTER_HANDOFF)


async def test_a_resident_may_go_back_to_the_assistant(room: Room) -> None:
    key, handoff = await room.handed_over()
    await room.assistant.handoffs.close(Roles("r1"), handoff.id, None, "q1")
    assert (await room.say("养老金", key)).reply == ANSWER


async def test_a_conversation_may_be_handed_over_again(room: Room) -> None:
    key, handoff = await room.handed_over()
    await room.assistant.handoffs.close(STAFF, handoff.id, None, "q1")
    assert (await room.say("还是转人工", key)).reply.kind is ReplyKind.HANDOFF
    (second,) = await listed(room, STAFF, COMMUNITY)
    assert second != handoff.id


async def test_closing_while_a_turn_is_under_way_is_not_undone_by_it(room: Room) -> None:
    key, handoff = await room.handed_over()
    store = ConversationStore(room.database, room.keys)
    held = await store.take(key, "r1", "turn", room.clock())
    assert isinstance(held, Conversation)
    await room.assistant.handoffs.close(STAFF, handoff.id, None, "q1")
    assert await store.save(held, [], "turn", room.clock(), hands_over=False)
    assert (await room.row(key))["handoff"]["is_open"] is False


async def test_a_traditional_conversation_stays_so_to_the_end_of_its_hand_over(room: Room) -> None:
    opened = await room.say("我要轉人工")
    passed = await room.say("有人嗎", opened.conversation)
    await room.assistant.handoffs.close(STAFF, (await room.handoff_of(opened.conversation)).id, None, "q1")
    assert "工作人員" in opened.reply.text
    assert "已經轉告工作人員" in passed.reply.text
    assert (await room.messages(opened.conversation))[-1][1] == traditional(rules.CLOSED_TEXT) != rules.CLOSED_TEXT


# --- who may ---


@pytest.mark.parametrize("roles", [staff(OTHER), staff(OTHER_STREET), Roles("r2")])
async def test_others_neither_see_answer_nor_close_it(room: Room, roles: Roles) -> None:
    _, handoff = await room.handed_over()
    desk = room.assistant.handoffs
    assert await desk.visible(roles, handoff.id) is None
    assert isinstance(await refusal(listed(room, roles, COMMUNITY)), NotFound)
    assert isinstance(await refusal(desk.reply(roles, handoff.id, "你好", "q1")), NotFound)
    assert isinstance(await refusal(desk.close(roles, handoff.id, None, "q1")), NotFound)
    assert (await room.handoff_of(handoff.conversation)).is_open


async def test_a_resident_sees_their_own_but_does_not_answer_as_staff(room: Room) -> None:
    _, handoff = await room.handed_over()
    desk = room.assistant.handoffs
    assert await desk.visible(Roles("r1"), handoff.id) == handoff
    assert isinstance(await refusal(desk.reply(Roles("r1"), handoff.id, "你好", "q1")), NotFound)


async def test_what_is_closed_unknown_empty_or_gone_is_not_answered(room: Room) -> None:
    key, handoff = await room.handed_over()
    desk = room.assistant.handoffs
    assert isinstance(await refusal(desk.reply(STAFF, "nothing", "你好", "q1")), NotFound)
    for text in ("", " ", "啊" * 1_001, "好\u202e的"):
        assert isinstance(await refusal(desk.reply(STAFF, handoff.id, text, "q1")), InvalidInput)
    await room.database["conversations"].delete_one({"_id": key})
    assert isinstance(await refusal(desk.reply(STAFF, handoff.id, "你好", "q1")), StateChanged)
    await desk.close(STAFF, handoff.id, None, "q1")
    assert isinstance(await refusal(desk.reply(STAFF, handoff.id, "你好", "q1")), StateChanged)


async def test_the_list_is_paged_by_who_has_waited_longest(room: Room) -> None:
    found = []
    for number in range(5):
        found.append((await room.handed_over(resident=f"r{number}"))[1])
        room.clock.advance(minutes=number % 2)  # some at the same moment
    expected = [one.id for one in sorted(found, key=lambda one: (one.opened_at, one.id))]
    seen, after = list[str](), None
    for _ in range(3):
        page = await room.assistant.handoffs.of_area(STAFF, COMMUNITY, is_open=True, first=2, after=after)
        seen += [handoff.id for handoff in page.items]
        after = (page.items[-1].opened_at, page.items[-1].id)
    assert (seen, page.has_more) == (expected, False)
    assert await room.assistant.handoffs.count(COMMUNITY, is_open=True) == 5


async def test_it_becomes_the_account_that_signs_in_to_its_conversation(room: Room) -> None:
    key, handoff = await room.handed_over(resident=None)
    assert handoff.resident is None
    await room.say("我登录了", key, resident="r1")
    assert (await room.handoff_of(key)).resident == "r1"


async def test_who_answered_and_closed_stands_in_the_audit_and_nowhere_else(room: Room) -> None:
    key, handoff = await room.handed_over()
    desk = room.assistant.handoffs
    await desk.reply(STAFF, handoff.id, "您好", "q1")
    await desk.close(STAFF, handoff.id, "办好了", "q2")
    entries = await room.database["audit"].find({"subject": f"Handoff:{handoff.id}"}).sort("_id").to_list(None)
    assert sorted((entry["fields"][0], entry["request_id"]) for entry in entries) == [
        ("closedAt", "q2"),
        ("reply", "q1"),
    ]
    assert "clerk" not in str([await room.row(key), await room.database["handoffs"].find_one({"_id": handoff.id})])


# --- office hours ---


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-11-25 10:00", "会在这里回复您，请稍等"),
        ("2026-11-25 07:00", "今天 09:00上班后"),
        ("2026-11-25 17:00", "明天 09:00上班后"),
        ("2026-11-27 20:00", "11月30日（周一） 09:00上班后"),
        ("2026-11-28 10:00", "11月30日（周一） 09:00上班后"),
        ("2026-12-24 20:00", "12月28日（周一） 09:00上班后"),
    ],
)
async def test_outside_office_hours_it_is_said_when_somebody_answers(
    database: Database, keys: KeyRing, now: str, said: str
) -> None:
    holiday = PlainCalendar({date(2026, 12, 25): "放假"})
    room = await a_room(database, keys, SetClock(at(now)), holiday)
    opened = await room.say("转人工")
    passed = await room.say("在吗", opened.conversation)
    assert said in opened.reply.text
    assert ("上班后" in passed.reply.text) == ("上班后" in said)
    for reply in (opened.reply, passed.reply):
        assert "12345" in reply.text
        assert [card.number for card in reply.cards] == ["12345"]


async def test_without_a_station_the_usual_hours_of_an_office_hold(room: Room) -> None:
    room.clock.now = at("2026-11-25 12:30")
    assert "今天 13:30上班后" in (await room.say("转人工", near=ELSEWHERE)).reply.text
