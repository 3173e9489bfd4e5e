"""What the assistant says about one's own certification."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from certified import a_rule, a_standing, day
from factories import SetClock, a_category, a_snapshot, a_store, an_offering, at
from office import Office, open_office

from lifecircle.assistant.certification import (
    HOME_VISIT,
    answer_about_own,
    asks_about_own,
    own_certification,
    wishes_home_visit,
)
from lifecircle.assistant.offer_names import OfferNames
from lifecircle.assistant.policies.model import policy_from_document
from lifecircle.assistant.policies.shelf import Policies
from lifecircle.assistant.replies import ReplyKind, Requirement
from lifecircle.catalogue.certification.model import Rule, Standing, State
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.text import fold
from lifecircle.seeds.policy_files import read_policies

TODAY = at("2026-11-25 12:00")
MOST_PARAGRAPHS = 4


@pytest.fixture
async def office(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Office]:
    async with open_office(database, keys, clock) as made:
        yield made


def test_who_is_not_signed_in_is_asked_to_sign_in() -> None:
    reply = answer_about_own(None, TODAY)
    assert (reply.kind, reply.requires) == (ReplyKind.FORM, Requirement.SIGN_IN)


def test_without_a_record_nothing_is_made_up() -> None:
    reply = answer_about_own(Standing(State.UNKNOWN, a_rule()), TODAY)
    assert reply.kind is ReplyKind.ANSWER
    assert "没有您的认证记录" in reply.text
    assert "电子社保卡" in reply.text
    assert "12333" in reply.text
    assert not any(char in reply.text for char in ("2026年", "2027年"))


@pytest.mark.parametrize(
    ("state", "certified", "says"),
    [
        (State.VALID, "2026-10-01", ("有效期内", "2026年10月1日", "2027年10月1日", "还有 310 天")),
        (State.DUE_SOON, "2025-12-01", ("快到期", "2026年12月1日", "还有 6 天", "上门")),
        (State.DUE_SOON, "2025-11-25", ("今天是最后一天",)),
        (State.WARNING, "2025-10-01", ("警示期", "2026年10月1日", "尽快")),
        (State.OVERDUE, "2025-11-20", ("逾期", "2025年11月20日", "2026年11月20日")),
        (State.SUSPENDED, "2025-01-01", ("可能已经暂停", "补做", "停发的会补上")),
        (State.RESTORED, "2026-11-20", ("恢复", "2026年11月20日", "下个月")),
    ],
)
def test_every_state_says_where_one_stands_and_what_to_do(state: State, certified: str, says: tuple[str, ...]) -> None:
    reply = answer_about_own(a_standing(state, day(certified)), TODAY)
    assert reply.kind is ReplyKind.ANSWER
    for words in says:
        assert words in reply.text
    assert "以社保机构查到的为准" in reply.text
    assert "以当地为准" in reply.text
    assert len(reply.text.split("\n\n")) <= MOST_PARAGRAPHS


def test_the_rule_that_was_applied_is_named() -> None:
    rule: Rule = a_rule("海口市", "城乡居民", cycle_months=6)
    reply = answer_about_own(a_standing(State.VALID, day("2026-11-01"), rule), TODAY)
    assert "海口市城乡居民每 6 个月" in reply.text


@pytest.mark.parametrize(
    "text",
    [
        "我认证了没有",
        "我什么时候到期",
        "我的認證什麼時候到期",
        "帮我看看我今年认证过没有",
        "我的养老认证还剩多少天",
        "查一下我的年审状态",
        "我认证过期了没",
        "我下次认证是哪天",
    ],
)
def test_questions_about_ones_own_are_heard(text: str) -> None:
    assert asks_about_own(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "养老金怎么认证",
        "怎么查我认证了没有",
        "我妈的认证到期没有",
        "我爸爸认证过了吗",
        "认证多久一次",
        "我预约了没有",
        "我的预约什么时候到期",
        "我刷脸认证总是失败怎么办",
        "我不会用手机，认证能做吗",
        "俺村里啥时候集中认证",
        "我认证了，什么时候续发",
        "营业执照认证到期了",
    ],
)
def test_other_questions_are_not(text: str) -> None:
    assert not asks_about_own(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "约上门认证",
        "帮我约个人来家里认证",
        "给我妈预约一个上门认证",
        "我要申请上门年审",
        "请安排人到家认证，老人走不动",
        "約上門認證",
    ],
)
def test_a_wish_for_a_visit_is_heard(text: str) -> None:
    assert wishes_home_visit(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        "上门认证怎么约",
        "上门认证要钱吗",
        "能不能上门认证",
        "取消上门认证",
        "我约的上门认证几点来",
        "约的认证哪天上门",
        "有人上门说帮我认证还要拍银行卡",
        "约上门保洁",
        "养老金怎么认证",
    ],
)
def test_a_question_or_another_wish_is_none(text: str) -> None:
    assert not wishes_home_visit(fold(text))


def test_the_words_for_a_visit_find_its_offering() -> None:
    visit = an_offering("visit", name="养老金领取资格认证上门服务", aliases=["上门认证"])
    names = OfferNames(a_snapshot(categories=[a_category()], stores=[a_store()], offerings=[visit, an_offering()]))
    named = names.offering_in(fold(HOME_VISIT))
    assert named is not None
    assert [offering.id for offering in named.offerings] == ["visit"]


async def test_the_answer_cites_the_guide_of_the_rule(office: Office) -> None:
    rows = {guide["_id"]: guide for guide in read_policies(district="330199")}
    policies = Policies([policy_from_document(rows["pension-certification-when"])])
    await office.database["certification_rules"].update_many({}, {"$set": {"guide": "pension-certification-when"}})
    await office.desk.shelf.reload()
    await office.record("2026-03-10")
    reply = await own_certification(office.desk, "r1", office.clock(), policies)
    assert [citation.policy.id for citation in reply.citations] == ["pension-certification-when"]
    assert "2027年3月10日" in reply.text
    assert (await own_certification(office.desk, None, office.clock(), policies)).requires is Requirement.SIGN_IN
    assert (await own_certification(office.desk, "r1", office.clock())).citations == ()
