"""What is answered, with which source, and what is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lifecircle.assistant.answers import greeting
from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.policies.answering import Found, PolicyAnswers
from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.model import (
    Article,
    ArticleMatch,
    Policy,
    PolicyStatus,
    Regulation,
)
from lifecircle.assistant.policies.own_data import asks_for_own_data
from lifecircle.assistant.policies.quoting import LONGEST, passage_for
from lifecircle.assistant.policies.unknown import unknown_matters
from lifecircle.assistant.replies import Reply, ReplyKind

NOW = datetime(2026, 12, 1, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def answers(guides: list[Policy], matcher: IntentMatcher) -> PolicyAnswers:
    return PolicyAnswers(guides, (), matcher)


@pytest.fixture(scope="module")
def with_laws(guides: list[Policy], matcher: IntentMatcher, shared: Path) -> PolicyAnswers:
    laws = parse(shared / "data" / "laws", Given(date(2026, 11, 22))).regulations
    return PolicyAnswers(guides, laws, matcher)


def said(answers: PolicyAnswers, text: str) -> Reply:
    found = answers.find(text)
    return answers.reply(found, NOW) if found.is_good else answers.not_known(found)


def guide_for(answers: PolicyAnswers, text: str) -> str | None:
    found = answers.find(text)
    return found.matches[0].policy.id if found.is_good else None


@pytest.mark.parametrize(
    ("question", "guide"),
    [
        ("养老金怎么认证", "pension-certification-at-home"),
        ("退休金认证去哪办", "pension-certification-offline"),
        ("我爸瘫痪在床怎么认证", "pension-certification-home-visit"),
        ("1970年出生的男职工什么时候退休", "retirement-age"),
        ("欠薪怎么办", "labour-unpaid-wages"),
        ("养老金停发了怎么办", "pension-certification-overdue"),
        ("我妈在国外怎么认证养老金", "pension-certification-abroad"),
        ("养老金怎麼認證", "pension-certification-at-home"),
    ],
)
def test_a_question_finds_its_guide(answers: PolicyAnswers, question: str, guide: str) -> None:
    assert guide_for(answers, question) == guide


def test_every_question_of_a_guide_finds_that_guide_for_certain(answers: PolicyAnswers, guides: list[Policy]) -> None:
    for policy in guides:
        for question in policy.questions[::3]:
            found = answers.find(question)
            assert (found.matches[0].policy.id, found.is_good) == (policy.id, True), question
            assert found.confidence > 0.9, question


def test_matters_that_no_guide_speaks_of_are_not_answered(answers: PolicyAnswers) -> None:
    assert [matter for matter in unknown_matters() if answers.find(matter).is_good] == []


@pytest.mark.parametrize("text", ["", "？", "😀", "吗", "怎么办", "1", "asdf qwer", "確認"])
def test_texts_that_ask_nothing_are_not_answered(answers: PolicyAnswers, text: str) -> None:
    assert not answers.find(text).is_good


def test_a_guide_for_one_place_answers_only_who_names_it(answers: PolicyAnswers) -> None:
    assert guide_for(answers, "海口居民养老金多久认证一次") == "pension-certification-haikou"
    named = {match.policy.region for match in answers.find("居民养老金多久认证一次").matches[:1]}
    assert named == {None}


def test_the_suggestion_of_the_greeting_is_answered(answers: PolicyAnswers) -> None:
    assert guide_for(answers, greeting().suggestions[0]) == "pension-certification-at-home"


def test_an_answer_has_its_source_and_says_where_to_ask(answers: PolicyAnswers, guides: list[Policy]) -> None:
    for policy in guides:
        reply = said(answers, policy.questions[0])
        assert reply.kind is ReplyKind.ANSWER
        assert reply.citations[0].policy.id == policy.id
        assert reply.text.startswith(policy.summary)
        assert len(reply.text.split("\n\n")) <= 4
        assert ("以当地为准" in reply.text) >= policy.local_rules_differ
        assert policy.phone is None or policy.phone in reply.text


def test_what_is_not_known_is_said_with_two_topics_and_a_person(answers: PolicyAnswers) -> None:
    reply = said(answers, "护照怎么办")
    assert (reply.kind, reply.confidence, reply.citations) == (ReplyKind.FALLBACK, 0.0, ())
    assert "12345" in reply.text
    assert len(reply.suggestions) == 2
    assert all(answers.find(suggestion).is_good for suggestion in reply.suggestions)


def test_delicate_topics_are_not_offered_to_whoever_asks_something_else(
    answers: PolicyAnswers, guides: list[Policy]
) -> None:
    delicate = {q for p in guides if p.id in ("domestic-violence-help", "protection-order") for q in p.questions}
    offered = {one for matter in unknown_matters() for one in said(answers, matter).suggestions}
    assert offered
    assert offered.isdisjoint(delicate)


@pytest.mark.parametrize(
    "text",
    [
        "我养老金多少钱",
        "我的养老金是多少钱",
        "我爸这个月发了多少养老金",
        "帮我查一下我老公的社保",
        "我银行卡里还有多少钱",
    ],
)
def test_who_asks_for_own_data_is_told_the_official_channels(answers: PolicyAnswers, text: str) -> None:
    found, reply = answers.find(text), said(answers, text)
    assert not found.is_good
    assert found.about_own_data
    assert "官方渠道" in reply.text
    assert "123" in reply.text
    assert not [char for char in reply.text.replace("12333", "").replace("12345", "") if char.isdecimal()]


@pytest.mark.parametrize("text", ["低保给多少钱", "我爸瘫痪能补多少钱", "失业金一个月多少钱", "公积金最低交多少"])
def test_general_questions_about_amounts_are_no_questions_about_own_data(text: str) -> None:
    assert not asks_for_own_data(text)


def test_stale_and_abolished_guides_say_so(guides: list[Policy], matcher: IntentMatcher) -> None:
    policy = next(policy for policy in guides if policy.id == "minimum-living-allowance")
    question = policy.questions[0]
    for change, words in (
        ({"checked_on": date(2026, 1, 1)}, "超过半年没有核对"),
        ({"status": PolicyStatus.ABOLISHED}, "已经废止"),
        ({"status": PolicyStatus.REPLACED}, "被新的规定代替"),
    ):
        answers = PolicyAnswers([replace(policy, **change)], (), matcher)
        assert words in answers.reply(answers.find(question), NOW).text
        assert words not in said(PolicyAnswers([policy], (), matcher), question).text


def test_without_guides_nothing_is_known() -> None:
    answers = PolicyAnswers(())
    assert answers.find("低保怎么申请").matches == ()
    assert said(answers, "低保怎么申请").kind is ReplyKind.FALLBACK


# --- with the laws ---


def test_the_article_is_quoted_word_for_word(with_laws: PolicyAnswers) -> None:
    reply = said(with_laws, "失业金能领几个月")
    assert "《社会保险法》第四十六条：“失业人员失业前用人单位和本人累计缴费满一年不足五年的" in reply.text
    assert [(one.policy.title, one.section) for one in reply.citations][1] == (
        "中华人民共和国社会保险法",
        "第四十六条",
    )
    assert len(reply.text.split("\n\n")) == 4


def test_a_quotation_is_of_an_article_that_the_guide_rests_on(with_laws: PolicyAnswers, guides: list[Policy]) -> None:
    for policy in guides:
        reply = said(with_laws, policy.questions[0])
        for citation in reply.citations[1:]:
            cited = {(one.document, one.number) for one in policy.cited}
            assert (citation.policy.title.removeprefix("中华人民共和国"), citation.section) in cited


@pytest.mark.parametrize(
    ("question", "law", "article"),
    [
        ("十五岁能进厂打工吗", "劳动法", "第十五条"),
        ("导盲犬能不能进商场", "残疾人保障法", "第五十八条"),
        ("老年节是哪一天", "老年人权益保障法", "第十二条"),
        ("保护令急的话多久下来", "反家庭暴力法", "第二十八条"),
    ],
)
def test_an_article_is_found_in_everyday_words(with_laws: PolicyAnswers, question: str, law: str, article: str) -> None:
    found = with_laws.find(question).articles
    assert (law, article) in [(one.regulation.short_title, one.article.number) for one in found]
    assert len(found) == 5


def a_match(*paragraphs: str, status: PolicyStatus = PolicyStatus.IN_FORCE) -> ArticleMatch:
    article = Article("第二条", paragraphs)
    regulation = Regulation(
        "r1", ":办法", "办法", None, None, None, None, None, date(2026, 11, 22), status, 1, "a.txt", (article,)
    )
    return ArticleMatch(regulation, article, 1.0)


def by_article(match: ArticleMatch, text: str) -> Reply:
    found = Found((), (match,), True, 0.8, text, by_article=True)
    return PolicyAnswers(()).reply(found, NOW)


def test_an_article_alone_is_an_answer_with_its_source() -> None:
    reply = by_article(a_match("居民可以在社区申请。"), "怎么申请")
    assert reply.text.startswith("《办法》第二条：“居民可以在社区申请。”")
    assert (reply.citations[0].policy.issuer, reply.citations[0].section) == ("发布机关未注明", "第二条")
    assert "以当地为准" in reply.text


def test_an_article_that_was_abolished_says_so() -> None:
    reply = by_article(a_match("居民可以在社区申请。", status=PolicyStatus.ABOLISHED), "怎么申请")
    assert reply.text.startswith("这条规定已经废止")


def test_a_quotation_is_exact_and_what_is_left_out_is_marked() -> None:
    long = "居民" * LONGEST
    match = a_match("社区应当答复。", "有下列情形之一的，可以提取：", "（一）退休的；", "（二）租房的。", long)
    assert passage_for(match.article, "租房") == "有下列情形之一的，可以提取：……（二）租房的。"
    assert passage_for(match.article, "提取的情形") == "有下列情形之一的，可以提取：（一）退休的；（二）租房的。"
    assert passage_for(match.article, "答复") == "社区应当答复。"
    assert passage_for(match.article, "居民") == long[:LONGEST] + "……"
