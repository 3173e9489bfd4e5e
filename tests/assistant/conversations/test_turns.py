"""A turn has its conversation to itself, and what it did is there for the next one, whichever worker takes it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from desk import refusal
from talking import ANSWER, Room, of

from lifecircle.assistant.conversations.model import MessageAuthor
from lifecircle.assistant.conversations.rules import KEPT, LEASE, MOST_MESSAGES
from lifecircle.assistant.dialogue.model import BookingForm, Form, Step
from lifecircle.assistant.replies import ReplyKind, Requirement
from lifecircle.catalogue.errors import Busy, IdempotencyConflict, NotFound

FORM = Form(BookingForm(Step.WHEN, name="保洁"))


async def test_another_worker_goes_on_where_the_first_left_off(room: Room) -> None:
    room.router.answering = lambda form, turn: of(ANSWER, form=FORM)
    began = await room.say("约保洁")
    other, seen = room.another_worker(), []
    other.router.answering = lambda form, turn: seen.append(form) or of(ANSWER)
    went_on = await other.say("明天", began.conversation)
    assert (seen, went_on.conversation) == ([FORM], began.conversation)
    assert (began.reply_id, went_on.reply_id) == (f"{began.conversation}:1", f"{began.conversation}:2")


async def test_workers_that_take_turns_each_find_what_the_other_left(room: Room) -> None:
    forms = [Form(BookingForm(Step.WHEN, name=name)) for name in "甲乙丙丁"]
    seen: list[Form | None] = []
    workers, conversation = [room, room.another_worker()], None
    for number, form in enumerate(forms):
        worker = workers[number % 2]
        worker.router.answering = lambda before, turn, after=form: seen.append(before) or of(ANSWER, form=after)
        conversation = (await worker.say("约保洁", conversation)).conversation
    assert seen == [None, *forms[:-1]]


async def test_a_worker_remembers_nothing_that_is_gone_or_was_changed_behind_it(room: Room) -> None:
    key = (await room.say("约保洁", key="k1")).conversation
    assert (await room.say("明天", key)).conversation == key
    await room.database["conversations"].delete_one({"_id": key})
    with pytest.raises(NotFound):
        await room.say("后天", key)
    room.router.answering, seen = lambda form, turn: seen.append(form) or of(ANSWER, form=FORM), []
    assert (await room.say("约保洁", key="k1")).conversation == key
    assert seen == [None]
    unsealed = {"$set": {"memory": (await room.row((await room.say("你好")).conversation))["memory"]}}
    await room.database["conversations"].update_one({"_id": key}, unsealed)
    seen.clear()
    await room.say("上午", key)
    assert seen == [FORM]


async def test_somebody_else_cannot_take_what_a_worker_remembers(room: Room) -> None:
    key = (await room.say("约保洁")).conversation
    with pytest.raises(NotFound):
        await room.say("明天", key, resident="r2")
    assert (await room.say("明天", key)).conversation == key


async def test_what_was_said_is_kept_in_order_and_sealed(room: Room) -> None:
    said = await room.say("地址是青石路12号3幢502")
    await room.say("还有呢", said.conversation)
    assert await room.messages(said.conversation) == [
        ("RESIDENT", "地址是青石路12号3幢502"),
        ("ASSISTANT", ANSWER.text),
        ("RESIDENT", "还有呢"),
        ("ASSISTANT", ANSWER.text),
    ]
    stored = str(await room.row(said.conversation))
    assert not any(word in stored for word in ("青石", "502", "一年", "pension"))


async def test_a_very_long_conversation_keeps_its_latest_messages(room: Room) -> None:
    said = await room.say("第1句")
    key, old = said.conversation, (await room.row(said.conversation))["messages"]
    await room.database["conversations"].update_one({"_id": key}, {"$set": {"messages": old * (MOST_MESSAGES // 2)}})
    await room.say("最后一句", key)
    messages = await room.messages(key)
    assert len(messages) == MOST_MESSAGES
    assert messages[-2] == ("RESIDENT", "最后一句")


# --- two at once ---


async def test_a_second_turn_waits_for_the_first(room: Room) -> None:
    key = (await room.say("你好")).conversation
    room.router.seconds = 0.3
    await asyncio.gather(room.say("甲", key), room.another_worker().say("乙", key))
    said = [text for author, text in await room.messages(key) if author == "RESIDENT"]
    assert sorted(said[1:]) == ["乙", "甲"]
    assert (await room.row(key))["version"] == 3


async def test_many_turns_at_once_from_many_workers_are_taken_one_after_the_other(room: Room) -> None:
    key = (await room.say("你好")).conversation
    workers = [room.another_worker() for _ in range(4)]
    said = [f"第{number}句" for number in range(8)]
    told = await asyncio.gather(*(workers[number % 4].say(text, key) for number, text in enumerate(said)))
    messages = (await room.messages(key))[2:]
    assert sorted(text for _, text in messages[::2]) == said
    assert {author for author, _ in messages[1::2]} == {"ASSISTANT"}
    assert {one.reply_id for one in told} == {f"{key}:{number}" for number in range(2, 10)}


async def test_who_has_waited_long_enough_is_told_that_it_is_busy(room: Room) -> None:
    key = (await room.say("你好")).conversation
    answer = room.router.hold("甲")
    first = asyncio.create_task(room.say("甲", key))
    await room.router.has_begun("甲")
    hasty = room.another_worker(patience=0.2)
    assert isinstance(await refusal(hasty.say("乙", key)), Busy)
    answer.set()
    assert (await first).reply == ANSWER
    assert (await room.row(key))["version"] == 2


async def test_a_turn_that_dies_frees_its_conversation_by_time(room: Room) -> None:
    key = (await room.say("你好")).conversation
    held = {"holder": "dead", "until": room.clock() + LEASE}
    await room.database["conversations"].update_one({"_id": key}, {"$set": {"turn": held}})
    hasty = room.another_worker(patience=0.1)
    assert isinstance(await refusal(hasty.say("在吗", key)), Busy)
    room.clock.advance(seconds=10)
    assert (await hasty.say("在吗", key)).reply == ANSWER


async def test_a_turn_that_fails_frees_its_conversation_at_once(room: Room) -> None:
    key = (await room.say("你好")).conversation

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    other = room.another_worker(patience=0.0)
    other.router.answering = broken
    with pytest.raises(RuntimeError):
        await other.say("甲", key)
    assert (await room.another_worker(patience=0.0).say("乙", key)).reply == ANSWER


async def test_a_turn_that_took_too_long_is_not_remembered_over_the_one_after_it(room: Room) -> None:
    key = (await room.say("你好")).conversation
    answer = room.router.hold("慢的")
    slow = asyncio.create_task(room.say("慢的", key))
    await room.router.has_begun("慢的")
    room.clock.advance(seconds=10)
    await room.another_worker().say("快的", key)
    answer.set()
    assert isinstance(await refusal(slow), Busy)
    assert ("RESIDENT", "慢的") not in await room.messages(key)
    assert (await room.row(key))["version"] == 2


async def test_the_same_first_turn_twice_at_once_is_one_conversation(room: Room) -> None:
    room.router.seconds = 0.2
    first, second = await asyncio.gather(room.say("约保洁", key="k1"), room.another_worker().say("约保洁", key="k1"))
    assert first == second
    assert len(await room.messages(first.conversation)) == 2


# --- sent again ---


async def test_a_turn_that_is_sent_again_is_answered_as_before_and_not_taken_twice(room: Room) -> None:
    key = (await room.say("你好")).conversation
    first = await room.say("养老金", key, key="k1")
    again = await room.another_worker().say("养老金", key, key="k1")
    assert again == first
    assert len(room.router.turns) == 2
    assert len(await room.messages(key)) == 4


async def test_the_same_key_with_another_text_is_a_conflict_and_holds_nothing_up(room: Room) -> None:
    key = (await room.say("养老金", key="k1")).conversation
    assert isinstance(await refusal(room.say("低保", key, key="k1")), IdempotencyConflict)
    assert (await room.another_worker(patience=0.0).say("低保", key)).reply == ANSWER


async def test_who_was_asked_to_sign_in_may_send_the_same_turn_again(room: Room) -> None:
    asks = replace(ANSWER, kind=ReplyKind.FORM, requires=Requirement.SIGN_IN)
    room.router.answering = lambda form, turn: of(ANSWER if turn.resident else asks, form=FORM)
    key = (await room.say("约保洁", resident=None)).conversation
    assert (await room.say("确认", key, resident=None, key="k1")).reply.requires is Requirement.SIGN_IN
    assert (await room.say("确认", key, key="k1")).reply == ANSWER


async def test_a_booking_is_made_under_the_key_of_its_turn(room: Room) -> None:
    key = (await room.say("你好")).conversation
    await room.say("确认", key, key="k1")
    await room.say("好", key)
    assert [turn.booking_key for turn in room.router.turns[1:]] == [f"chat:{key}:k1", f"chat:{key}:2"]


# --- whose it is ---


async def test_somebody_elses_conversation_is_unknown_and_not_held_up(room: Room) -> None:
    key = (await room.say("你好")).conversation
    for stranger in ("r2", None):
        assert isinstance(await refusal(room.say("在吗", key, resident=stranger)), NotFound)
    assert "turn" not in await room.row(key)


async def test_a_conversation_belongs_to_the_first_account_that_goes_on_with_it(room: Room) -> None:
    key = (await room.say("你好", resident=None)).conversation
    assert len(key) >= 22  # 128 random bits
    await room.say("约保洁", key, resident="r1")
    for stranger in ("r2", None):
        assert isinstance(await refusal(room.say("在吗", key, resident=stranger)), NotFound)
    assert (await room.say("在吗", key)).reply == ANSWER


# --- how long ---


async def test_a_conversation_is_forgotten_a_day_after_its_last_turn(room: Room) -> None:
    key = (await room.say("你好")).conversation
    room.clock.advance(hours=23)
    await room.say("还在吗", key)
    assert (await room.row(key))["expires_at"] == room.clock() + KEPT
    room.clock.now += KEPT - timedelta(seconds=1)
    await room.say("还在吗", key)
    room.clock.now += KEPT
    assert isinstance(await refusal(room.say("还在吗", key)), NotFound)


async def test_a_key_that_named_a_forgotten_conversation_begins_a_new_one(room: Room) -> None:
    old = await room.say("约保洁", key="k1")
    room.clock.now += KEPT
    fresh = await room.say("约保洁", key="k1")
    assert fresh.conversation != old.conversation
    assert fresh.reply == ANSWER


# --- script ---


async def test_a_traditional_conversation_stays_so_in_replies_and_in_what_is_kept(room: Room) -> None:
    told = replace(ANSWER, text="请确认时间", suggestions=("换个时间",))
    room.router.answering = lambda form, turn: of(told)
    began = await room.say("養老金認證")
    again = await room.say("1", began.conversation, key="k1")
    assert (again.reply.text, again.reply.suggestions) == ("請確認時間", ("換個時間",))
    assert await room.say("1", began.conversation, key="k1") == again
    assert (MessageAuthor.ASSISTANT, "請確認時間") in await room.messages(began.conversation)
