"""Credits: how often a resident may be written to."""

from __future__ import annotations

import asyncio

import pytest
from messages import TEMPLATES, TOMORROW_TEN, Post

from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.notices.credits import PushedItem, PushKind
from lifecircle.catalogue.notices.model import Purpose


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
