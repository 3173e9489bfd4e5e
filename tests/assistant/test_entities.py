"""What a sentence names, from a small catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from factories import a_category, a_chain, a_snapshot, a_store, an_area, an_offering
from patience import until_told

from lifecircle.assistant.entities import Entity, EntityFinder, EntityKeeper, Kind
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.snapshot.reading import Change, with_changes

STORE = "老杨理发（书院街店）"


def a_town() -> Snapshot:
    return a_snapshot(
        areas=[an_area("330199001001", name="书院社区")],
        categories=[
            a_category("housekeeping", name="家政服务", aliases=["保洁"]),
            a_category("hairdresser", name="理发店", aliases=["理发"]),
        ],
        chains=[a_chain("c1", name="安洁家政")],
        stores=[a_store("s1", name=STORE), a_store("s2", name="安洁家政茶亭店", chain="c1")],
        offerings=[
            an_offering("o1", name="两小时保洁", aliases=["保洁"]),
            an_offering("o2", name="水龙头漏水维修", aliases=[]),
        ],
    )


@pytest.fixture(scope="module")
def finder() -> EntityFinder:
    return EntityFinder(a_town())


def found(entities: Iterable[Entity], kind: Kind) -> list[Entity]:
    return [entity for entity in entities if entity.kind is kind]


def test_a_name_is_found_with_every_kind_that_carries_it(finder: EntityFinder) -> None:
    entities = finder.find("约个保洁")
    assert [entity.keys for entity in found(entities, Kind.CATEGORY)] == [("housekeeping",)]
    assert [entity.keys for entity in found(entities, Kind.OFFERING)] == [("o1",)]


def test_the_longest_name_is_taken(finder: EntityFinder) -> None:
    entities = finder.find("我要两小时保洁")
    assert [(entity.kind, entity.text) for entity in entities] == [(Kind.OFFERING, "两小时保洁")]


@pytest.mark.parametrize("text", [f"{STORE}几点开门", "老楊理發書院街店幾點開門", "老杨理发 书院街店几点开门"])
def test_a_store_is_found_however_it_is_written(finder: EntityFinder, text: str) -> None:
    assert [entity.keys for entity in found(finder.find(text), Kind.STORE)] == [("s1",)]


def test_a_store_with_a_wrong_character_is_a_guess(finder: EntityFinder) -> None:
    (guess,) = found(finder.find("安洁家正茶停店怎么走"), Kind.STORE)
    assert guess.keys == ("s2",)
    assert guess.likeness < 1


def test_a_homophone_is_a_guess_and_keeps_what_was_said(finder: EntityFinder) -> None:
    (guess,) = found(finder.find("约个保结"), Kind.CATEGORY)
    assert (guess.text, guess.keys, guess.likeness < 1) == ("保结", ("housekeeping",), True)


def test_two_other_characters_of_the_same_sound_are_no_name(finder: EntityFinder) -> None:
    assert finder.find("包揭") == []


def test_a_place_is_an_area_or_a_road_with_its_number(finder: EntityFinder) -> None:
    places = found(finder.find("书院社区，文澜路12号附近"), Kind.PLACE)
    assert [(place.text, place.keys) for place in places] == [("书院社区", ("330199001001",)), ("文澜路12号", ())]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("预算二百块", Kind.PRICE_LIMIT, 20_000),
        ("一百五十元以内", Kind.PRICE_LIMIT, 15_000),
        ("不超过99.5元", Kind.PRICE_LIMIT, 9_950),
        ("一共五个人吃饭", Kind.PARTY_SIZE, 5),
        ("12位", Kind.PARTY_SIZE, 12),
        ("选第二家", Kind.ORDINAL, 2),
        ("第3个", Kind.ORDINAL, 3),
        ("最后一个", Kind.ORDINAL, -1),
    ],
)
def test_numbers_are_read(finder: EntityFinder, text: str, kind: Kind, value: int) -> None:
    assert [entity.value for entity in found(finder.find(text), kind)] == [value]


@pytest.mark.parametrize("text", ["第二天去", "一个人民调解员", "第三人民医院"])
def test_other_numbers_are_left_alone(finder: EntityFinder, text: str) -> None:
    assert [e for e in finder.find(text) if e.kind in (Kind.PARTY_SIZE, Kind.ORDINAL)] == []


@pytest.mark.parametrize("text", ["电话138 1234 5678", "打13812345678", "+86-138-1234-5678"])
def test_a_phone_is_found_whole(finder: EntityFinder, text: str) -> None:
    assert [entity.text for entity in found(finder.find(text), Kind.PHONE)] == ["13812345678"]


def test_a_long_number_is_no_phone(finder: EntityFinder) -> None:
    assert found(finder.find("身份证330199199001011234"), Kind.PHONE) == []


def test_people_are_named_by_who_they_are_to_the_speaker(finder: EntityFinder) -> None:
    people = found(finder.find("给我妈和老伴约理发"), Kind.PERSON)
    assert [person.keys for person in people] == [("mother",), ("spouse",)]


def test_entities_come_in_the_order_they_are_said(finder: EntityFinder) -> None:
    kinds = [entity.kind for entity in finder.find("帮我妈约理发，预算50元")]
    assert kinds == [Kind.PERSON, Kind.CATEGORY, Kind.PRICE_LIMIT]


@pytest.mark.parametrize("text", ["", "😀" * 200, "保" * 10_000, "\x00\u200b", "<b>" * 1000, "ab1" * 4000])
def test_hostile_input_is_answered(finder: EntityFinder, text: str) -> None:
    assert all(entity.end <= 600 for entity in finder.find(text))


# --- kept fresh


def test_only_what_changed_is_read_again() -> None:
    before = a_town()
    finder = EntityFinder(before)
    after = with_changes(before, [Change("stores", "s3", a_store("s3", name="新开的花店"))])
    assert finder.is_current(before)
    assert not finder.is_current(after)
    fresh = EntityFinder(after, finder)
    assert [entity.keys for entity in found(fresh.find("新开的花店在哪"), Kind.STORE)] == [("s3",)]
    assert found(fresh.find("约个保洁"), Kind.CATEGORY)
    assert fresh._services is finder._services


async def test_the_keeper_answers_with_the_old_names_until_the_new_ones_are_read() -> None:
    before, keeper = a_town(), EntityKeeper()
    first = await keeper.finder(before)
    assert await keeper.finder(before) is first
    after = with_changes(before, [Change("stores", "s3", a_store("s3", name="新开的花店"))])
    assert await keeper.finder(after) is first

    async def is_read() -> bool:
        return await keeper.finder(after) is not first

    await until_told(is_read)
    fresh = await keeper.finder(after)
    assert found(fresh.find("新开的花店"), Kind.STORE)
    assert await keeper.finder(after) is fresh


async def test_many_who_wait_for_the_first_names_read_them_once() -> None:
    keeper, snapshot = EntityKeeper(), a_town()
    finders = await asyncio.gather(*(keeper.finder(snapshot) for _ in range(5)))
    assert len({id(finder) for finder in finders}) == 1
