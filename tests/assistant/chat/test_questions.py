"""Policy with its source, and places nearby."""

from __future__ import annotations

import pytest
from servers import Client, Server
from talks import Talk, an_anonymous_talk

# --- policy ---


@pytest.mark.parametrize(
    ("question", "guide"),
    [
        ("养老金多久认证一次", "养老金认证多久做一次，什么时候做"),
        ("养老金停发了怎么办", "过期没认证，养老金停了怎么办"),
        ("我妈在国外怎么认证养老金", "人在国外怎么做养老金认证"),
        ("不会用智能手机怎么认证养老金", "没有智能手机，怎么做养老金认证"),
        ("海口养老认证多久一次", "海口：居民养老金认证6个月一次"),
        ("男的几岁退休", "延迟退休：我多大岁数退休"),
        ("养老保险要交多少年", "养老保险最少要交几年才能按月领"),
        ("失业金能领几个月", "失业保险金能领几个月、领多少"),
        ("工伤认定多久之内申请", "工伤认定怎么申请，期限多长"),
        ("低保怎么申请", "低保怎么申请"),
        ("请不起律师怎么办", "请不起律师，怎么申请法律援助"),
        ("失業保險金可以領多久", "失业保险金能领几个月、领多少"),
    ],
)
def test_a_policy_question_is_answered_by_its_guide_with_a_citation(server: Server, question: str, guide: str) -> None:
    reply = an_anonymous_talk(server).say(question)
    assert reply["kind"] == "ANSWER"
    assert [citation["title"] for citation in reply["citations"]] == [guide]
    assert reply["citations"][0]["checkedOn"]
    assert reply["citations"][0]["policy"]["title"] == guide


def test_a_guide_for_one_city_answers_only_those_who_name_the_city(server: Server) -> None:
    titles = [c["title"] for c in an_anonymous_talk(server).say("养老认证多久一次")["citations"]]
    assert titles
    assert not any("海口" in title or "青岛" in title for title in titles)


@pytest.mark.parametrize(
    "question",
    [
        "今天天气怎么样",
        "股票今天涨了吗",
        "怎么做红烧肉",
        "怎么造炸弹",
        "比特币怎么买",
        "特朗普是谁",
        "火星上怎么领养老金",
    ],
)
def test_what_no_guide_speaks_of_is_refused_with_a_number_to_call(server: Server, question: str) -> None:
    reply = an_anonymous_talk(server).say(question)
    assert (reply["kind"], reply["citations"]) == ("FALLBACK", [])
    assert reply["cards"][0]["number"] == "12345"


# --- places nearby ---


@pytest.mark.parametrize("question", ["附近有什么药店", "最近的药店在哪", "附近藥店在哪"])
def test_a_nearby_question_lists_stores_the_nearest_first(server: Server, question: str) -> None:
    reply = an_anonymous_talk(server).say(question)
    metres = [card["distance"] for card in reply["cards"]]
    assert reply["kind"] == "ANSWER"
    assert {card["__typename"] for card in reply["cards"]} == {"Store"}
    assert metres == sorted(metres)
    assert len(metres) == 3


def test_a_nearby_question_without_a_place_asks_for_it_and_counts_no_minutes(server: Server) -> None:
    talk = Talk(Client(server.url))
    reply = talk.say("附近有什么药店")
    assert reply["requires"] == "LOCATION"
    assert "分钟" not in reply["text"]
    assert "离您" not in talk.say("后天上午十点约保洁")["text"]


def test_a_place_that_was_given_once_is_remembered(server: Server) -> None:
    talk = an_anonymous_talk(server)
    first = talk.say("附近有什么药店")
    talk.near = None
    again = talk.say("附近有什么药店")
    assert again["requires"] is None
    assert again["text"] == first["text"]


@pytest.mark.parametrize(
    "question", ["残疾证怎么办", "居住证怎么办", "公租房怎么申请", "结婚登记要带什么", "生育津贴怎么领"]
)
def test_a_matter_without_a_guide_is_said_to_be_unknown(server: Server, question: str) -> None:
    reply = an_anonymous_talk(server).say(question)
    assert (reply["kind"], reply["citations"]) == ("FALLBACK", [])
    assert "没有可靠的资料" in reply["text"]
    assert reply["cards"][0]["number"] == "12345"


@pytest.mark.parametrize(
    "text", ["食堂", "等一下", "多少钱", "怎么办", "吗", "附近有什么", "我要看病", "附近有没有公共厕所"]
)
def test_a_short_sentence_is_never_answered_with_a_guide(server: Server, text: str) -> None:
    reply = an_anonymous_talk(server).say(text)
    assert reply["citations"] == []
    assert not (reply["intent"] or "").startswith("policy")


def test_who_asks_for_a_person_is_given_a_number(server: Server) -> None:
    reply = an_anonymous_talk(server).say("转人工")
    assert (reply["kind"], reply["cards"][0]["number"]) == ("HANDOFF", "12345")
