"""Who may read a conversation, what is shown of it, and what residents say of replies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from desk import refusal
from factories import DISTRICT, a_snapshot, a_store, an_offering
from talking import ANSWER, COMMUNITY, NOT_KNOWN, OTHER, TO_PEOPLE, Guides, Room, of, staff

from lifecircle.assistant.conversations.codec import Known, bookings_named, reply_from_json, reply_to_json
from lifecircle.assistant.conversations.rules import Access
from lifecircle.assistant.conversations.service import Rating, Sight, key_for_staff
from lifecircle.assistant.conversations.store import UNREADABLE
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.replies import Citation, Hotline, Reply, ReplyKind, Requirement, TimeSlotOffer
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.sealing import make_keys_file, read_key_ring

STAFF = staff(COMMUNITY)


async def look(room: Room, key: str, viewer: str | None, roles: Roles | None = None) -> Sight:
    return await room.assistant.conversations.look(key, viewer, roles)


async def rate(room: Room, reply_id: str, viewer: str | None = "r1", **given: Any) -> Reply:
    conversation, _, number = reply_id.rpartition(":")
    rating = Rating(conversation, number, given.get("helpful", False), given.get("comment"))
    return await room.assistant.conversations.rate(rating, viewer, room.snapshot)


# --- who may ---


async def test_residents_read_their_own_and_nobody_elses(room: Room) -> None:
    key = (await room.say("你好")).conversation
    sight = await look(room, key, "r1")
    assert (sight.access, len(sight.transcript.messages)) == (Access.OWN, 2)
    for viewer, roles in (("r2", Roles("r2")), (None, None), ("clerk", STAFF)):
        assert isinstance(await refusal(look(room, key, viewer, roles)), NotFound)
    assert isinstance(await refusal(look(room, "nothing", "r1")), NotFound)
    room.clock.advance(hours=24)
    assert isinstance(await refusal(look(room, key, "r1")), NotFound)


async def test_the_staff_of_the_area_read_it_while_it_is_handed_over(room: Room) -> None:
    key, handoff = await room.handed_over()
    assert key_for_staff(handoff) == key
    for roles in (STAFF, staff(COMMUNITY, DISTRICT)):
        assert (await look(room, key, "clerk", roles)).access is Access.STAFF
    assert isinstance(await refusal(look(room, key, "clerk", staff(OTHER))), NotFound)
    await room.assistant.handoffs.close(STAFF, handoff.id, None, "q1")
    assert isinstance(await refusal(look(room, key, "clerk", STAFF)), NotFound)
    assert (await look(room, key, "r1")).access is Access.OWN


async def test_staff_never_learn_the_id_of_a_conversation_without_an_owner(room: Room) -> None:
    key, handoff = await room.handed_over(resident=None)
    shown = key_for_staff(handoff)
    assert key not in shown
    assert (await look(room, shown, "clerk", STAFF)).access is Access.STAFF
    assert isinstance(await refusal(look(room, shown, None)), NotFound)
    assert isinstance(await refusal(look(room, shown, "clerk", staff(OTHER))), NotFound)
    assert isinstance(await refusal(room.say("我来接着说", shown, resident="clerk")), NotFound)


async def test_that_staff_have_read_it_stands_in_the_audit(room: Room) -> None:
    key, _ = await room.handed_over()
    await room.database["residents"].insert_many([{"_id": "r1"}, {"_id": "clerk"}])
    desk = room.assistant.conversations
    await desk.note_reading(await look(room, key, "r1"), "r1", "q0")
    await desk.note_reading(await look(room, key, "clerk", STAFF), "clerk", "q1")
    (entry,) = await room.database["audit"].find().to_list(None)
    assert (entry["action"], entry["fields"], entry["request_id"]) == ("PERSONAL_DATA_READ", ["messages"], "q1")
    assert entry["subject"].startswith("Resident:")
    assert "r1" not in entry["subject"]


async def test_messages_under_a_retired_key_are_shown_as_unreadable(room: Room, tmp_path: Any) -> None:
    key = (await room.say("你好")).conversation
    make_keys_file(tmp_path / "others.json")
    room.keys.adopt(read_key_ring(tmp_path / "others.json"))
    assert {message.text for message in (await look(room, key, "r1")).transcript.messages} == {UNREADABLE}
    assert (await room.say("还在吗", key)).reply == ANSWER


# --- what is shown ---


def a_policy() -> Policy:
    return Policy(**{**dict.fromkeys(Policy.__dataclass_fields__), "id": "pension", "title": "养老金认证"})


def test_a_reply_is_read_as_it_was_said() -> None:
    snapshot = a_snapshot(stores=[a_store()], offerings=[an_offering()])
    policy, store, offering = a_policy(), snapshot.store("s1"), snapshot.offering("o1")
    assert store
    assert offering
    at = datetime(2026, 11, 26, 2, tzinfo=UTC)
    cards = (store, offering, TimeSlotOffer(offering, at, at + timedelta(hours=1)), policy, Hotline("热线", "12345"))
    reply = Reply(
        "好", ReplyKind.FORM, "x.y", 0.5, (Citation(policy, "第三条"),), cards, ("确认",), None, Requirement.PHONE
    )
    known = Known(snapshot, Guides(policy), {})
    assert reply_from_json(reply_to_json(reply), known) == reply
    nothing_left = reply_from_json(reply_to_json(reply), Known(a_snapshot(), Guides(), {}))
    assert nothing_left == replace(reply, citations=(), cards=(Hotline("热线", "12345"),))


def test_the_bookings_that_replies_name_are_those_to_look_up() -> None:
    plain = reply_to_json(ANSWER)
    named = {**plain, "booking": "b1", "cards": [{"booking": "b1"}, {"booking": "b2"}, {"store": "s1"}]}
    assert bookings_named([None, plain, named]) == {"b1", "b2"}


# --- rating ---


async def test_what_did_not_help_is_learned_without_personal_data(room: Room) -> None:
    replied = await room.say("我叫王小明，电话13800138000，养老金几时认证")
    assert await rate(room, replied.reply_id, comment="没说青石路12号3幢502怎么走") == ANSWER
    (row,) = await room.database["questions"].find().to_list(None)
    assert (row["UNHELPFUL"], row["areas"], row["intents"]) == (1, [DISTRICT], ["pension.when"])
    assert not any(word in str(row) for word in ("王小明", "138", "青石", "502"))
    assert "养老金几时认证" in row["samples"][0]


async def test_rating_again_counts_once_and_changing_ones_mind_is_kept(room: Room) -> None:
    replied = await room.say("养老金几时认证")
    for helpful in (False, False, True, True, False):
        await rate(room, replied.reply_id, helpful=helpful)
    (row,) = await room.database["questions"].find().to_list(None)
    assert row["count"] == 2
    messages = (await look(room, replied.conversation, "r1")).transcript.messages
    assert [message.helpful for message in messages] == [None, False]


async def test_what_helped_teaches_nothing(room: Room) -> None:
    await rate(room, (await room.say("养老金")).reply_id, helpful=True)
    assert await room.database["questions"].count_documents({}) == 0


async def test_only_replies_of_ones_own_conversation_are_rated(room: Room) -> None:
    replied = await room.say("养老金")
    key, _ = await room.handed_over(resident="r3")
    await room.say("在吗", key, resident="r3")
    for reply_id, viewer in (
        (replied.reply_id, "r2"),
        (replied.reply_id, None),
        (f"{replied.conversation}:9", "r1"),
        (f"{replied.conversation}:1.said", "r1"),
        ("nothing:1", "r1"),
        (f"{key}:2", "r3"),  # the assistant kept quiet
    ):
        assert isinstance(await refusal(rate(room, reply_id, viewer)), NotFound)
    assert isinstance(await refusal(rate(room, replied.reply_id, comment="啊" * 201)), InvalidInput)
    assert await room.database["questions"].count_documents({}) == 0


# --- learning by itself ---


@pytest.mark.parametrize(
    ("reply", "more", "kind"),
    [
        (NOT_KNOWN, {}, "UNANSWERED"),
        (ANSWER, {"unanswered": True}, "UNSURE"),
        (TO_PEOPLE, {"unanswered": True}, "UNANSWERED"),
        (TO_PEOPLE, {}, None),
        (replace(ANSWER, confidence=0.4), {}, "UNSURE"),
        (replace(ANSWER, kind=ReplyKind.CLARIFY, confidence=0.3), {}, "UNSURE"),
        (ANSWER, {}, None),
        (replace(NOT_KNOWN, confidence=0.9), {}, None),
        (replace(NOT_KNOWN, kind=ReplyKind.EMERGENCY), {"unanswered": True}, None),
    ],
)
async def test_what_was_not_or_hardly_answered_is_kept(
    room: Room, reply: Reply, more: dict[str, Any], kind: str | None
) -> None:
    room.router.answering = lambda form, turn: of(reply, **more)
    await room.say("周末天气怎么样")
    rows = await room.database["questions"].find().to_list(None)
    assert [(row["samples"], row[kind], row["areas"][0]) for row in rows if kind] == (
        [(["周末天气怎么样"], 1, COMMUNITY)] if kind else []
    )
    assert len(rows) == bool(kind)
