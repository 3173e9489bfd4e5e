"""Questions about the same are counted together, for the staff of the district."""

from __future__ import annotations

import asyncio

import pytest
from desk import refusal
from factories import DISTRICT
from talking import COMMUNITY, ELSEWHERE, OTHER, STREET, Room, a_town, staff

from lifecircle.assistant.learning.model import QuestionGroup
from lifecircle.assistant.learning.rules import KEPT, MOST_SAMPLES, group_key, question
from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.catalogue.errors import Forbidden, NotFound
from lifecircle.catalogue.people.access import Roles


async def groups(
    room: Room, roles: Roles | None = None, area: str | None = None, first: int = 20
) -> list[QuestionGroup]:
    viewer = roles or staff(DISTRICT, COMMUNITY, OTHER)
    return await room.assistant.learning.groups(viewer, a_town().areas, area, first)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("养老金怎么认证", "请问养老金咋认证呢？"),
        ("养老金什么时候发", "什么时候发养老金啊"),
        ("退休金多少钱", "养老金多少钱"),
        ("低保怎么办理", "低保咋办"),
        ("失業金怎麼領", "失业金怎么领"),
        ("3号楼天气怎么样", "5号楼天气怎么样？"),
    ],
)
def test_what_says_about_the_same_is_one_group(one: str, other: str) -> None:
    assert group_key(one) == group_key(other)


@pytest.mark.parametrize(("one", "other"), [("养老金怎么认证", "养老金怎么停"), ("低保怎么办", "医保怎么办")])
def test_what_says_something_else_is_another(one: str, other: str) -> None:
    assert group_key(one) != group_key(other)


@pytest.mark.parametrize("text", ["13800138000", "？？", "吗呢吧", "[地址]"])
def test_where_no_word_is_left_nothing_is_kept(text: str) -> None:
    assert question(text, "UNANSWERED", None, ()) is None


async def test_groups_are_counted_over_communities_the_most_frequent_first(room: Room) -> None:
    await room.say("周末天气怎么样")
    await room.say("周末天气咋样", near=ELSEWHERE)
    await room.say("周末的天气怎么样呢", near=None)
    await room.say("天气冷不冷")
    first, second = await groups(room)
    assert (first.count, first.unanswered, first.unsure, first.unhelpful, second.count) == (3, 3, 0, 0, 1)
    assert sorted(first.samples) == sorted(["周末天气怎么样", "周末天气咋样", "周末的天气怎么样呢"])
    assert [group.count for group in await groups(room, area=OTHER)] == [1]
    assert [group.key for group in await groups(room, first=1)] == [first.key]


async def test_only_the_staff_of_a_whole_district_see_them(room: Room) -> None:
    for roles in (staff(COMMUNITY), staff(STREET, COMMUNITY), Roles("r1")):
        assert isinstance(await refusal(groups(room, roles)), Forbidden)
    assert isinstance(await refusal(groups(room, staff(DISTRICT), COMMUNITY)), NotFound)


async def test_many_at_once_are_all_counted_and_few_are_kept_as_samples(room: Room) -> None:
    await asyncio.gather(*(room.say(f"天气{'呢' * number}", resident=f"r{number}") for number in range(8)))
    (group,) = await groups(room)
    assert (group.count, len(group.samples)) == (8, MOST_SAMPLES)


async def test_a_group_is_forgotten_when_nobody_asks_any_more(room: Room) -> None:
    await room.say("天气")
    room.clock.now += KEPT
    assert await groups(room) == []


async def test_one_that_is_dealt_with_is_gone_until_it_is_asked_again(room: Room) -> None:
    await room.say("天气")
    (group,) = await groups(room)
    store = QuestionStore(room.database)
    assert await store.group(group.key) == group
    await store.drop(group.key)
    assert (await groups(room), await store.group(group.key)) == ([], None)
