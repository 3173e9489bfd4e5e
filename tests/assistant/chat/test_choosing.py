"""What, which and when: offers chosen and changed in any words."""

from __future__ import annotations

import pytest
from servers import Server
from talks import a_talk, an_anonymous_talk, offer_of

# --- what, which, when ---


@pytest.mark.parametrize(
    "words", ["我不想约了", "先不约了，改天再说", "别约了", "太贵了，算了吧", "退出", "先不要了", "不要", "不行"]
)
def test_a_refusal_in_other_words_ends_the_form(server: Server, words: str) -> None:
    talk = a_talk(server)
    talk.say("后天上午十点约保洁")
    assert talk.say(words)["intent"] == "booking.abandon"


@pytest.mark.parametrize("words", ["确认", "算了", "第一个", "好的", "不要", "1"])
def test_an_answer_without_a_question_is_told_that_nothing_is_pending(server: Server, words: str) -> None:
    reply = an_anonymous_talk(server).say(words)
    assert reply["citations"] == []
    assert "没有待确认的预约" in reply["text"]


@pytest.mark.parametrize("words", ["好的，就这个", "对，就这个时间", "可以的，麻烦你了", "Yes", "好的谢谢"])
def test_a_yes_in_other_words_books(server: Server, words: str) -> None:
    talk = a_talk(server)
    talk.until_confirmation("订大后天的助餐午餐")
    assert talk.say(words)["kind"] == "BOOKED"


def test_labels_of_offers_are_unique_and_each_leads_to_its_own(server: Server) -> None:
    talk = a_talk(server)
    offers = talk.say("后天上午十点约理发")
    assert len(set(offers["suggestions"])) == len(offers["suggestions"]) >= 2
    for label, card in zip(offers["suggestions"], offers["cards"], strict=True):
        again = a_talk(server)
        again.say("后天上午十点约理发")
        chosen = again.say(label)
        assert offer_of(chosen) == (card["offering"]["store"]["name"], card["start"])


def test_the_cheapest_any_and_the_last_can_be_chosen_and_a_fifth_of_four_is_corrected(server: Server) -> None:
    talk = a_talk(server)
    offers = talk.say("后天上午十点约保洁")
    assert f"只有 {len(offers['cards'])} 个" in talk.say("第九个")["text"]
    assert talk.say("最便宜的")["kind"] == "CONFIRM"
    assert offer_of(talk.say("最后一个")) == (
        offers["cards"][-1]["offering"]["store"]["name"],
        offers["cards"][-1]["start"],
    )
    assert offer_of(talk.say("选1")) == offer_of(offers)


def test_another_store_is_offered_without_the_one_that_was_refused(server: Server) -> None:
    talk = a_talk(server)
    store, _ = offer_of(talk.until_confirmation("后天上午十点约保洁"))
    others = talk.say("换一家")
    assert others["kind"] in ("CLARIFY", "CONFIRM")
    assert store not in [card["offering"]["store"]["name"] for card in others["cards"]]


def test_a_little_later_offers_later_times(server: Server) -> None:
    talk = a_talk(server)
    _, start = offer_of(talk.until_confirmation("后天上午十点约保洁"))
    assert all(card["start"] > start for card in talk.say("再晚一点")["cards"])


def test_a_morning_is_offered_at_different_times(server: Server) -> None:
    cards = a_talk(server).say("后天上午约保洁")["cards"]
    assert len({card["start"] for card in cards}) >= 3


@pytest.mark.parametrize("question", ["可以吗", "要带什么"])
def test_a_short_question_at_the_confirmation_is_about_the_booking(server: Server, question: str) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("后天上午十点约保洁")
    reply = talk.say(question)
    assert (reply["kind"], reply["citations"], offer_of(reply)) == ("CONFIRM", [], offer_of(asked))


@pytest.mark.parametrize(
    ("sentence", "heard"),
    [("约羽毛球", "羽毛球"), ("报名书法课", "书法课"), ("约人修水龙头", "水龙头")],
)
def test_a_service_is_recognised_by_a_part_of_its_name(server: Server, sentence: str, heard: str) -> None:
    reply = a_talk(server).say(sentence)
    assert reply["intent"] == "booking.create"
    assert heard in reply["text"]
    assert "您想预约什么服务" not in reply["text"]


def test_the_service_can_be_changed(server: Server) -> None:
    talk = a_talk(server)
    talk.say("后天下午约保洁")
    cards = talk.say("换成擦窗")["cards"]
    assert {card["offering"]["name"] for card in cards} == {"擦窗服务"}


def test_a_service_with_a_time_begins_a_booking_without_further_words(server: Server) -> None:
    assert a_talk(server).say("后天上午十点保洁")["kind"] == "CLARIFY"


def test_naming_only_a_service_asks_when(server: Server) -> None:
    assert "什么时间" in a_talk(server).say("马桶堵了")["text"]


def test_a_trade_with_several_services_is_asked_which(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.say("后天约家政")
    assert asked["kind"] == "CLARIFY"
    assert 2 <= len(asked["suggestions"]) <= 4
    offers = talk.say("第二个")
    assert {card["offering"]["name"] for card in offers["cards"]} == {asked["suggestions"][1]}


@pytest.mark.parametrize("sentence", ["约上门开锁", "我要预约宠物寄养"])
def test_what_cannot_be_booked_online_is_answered_with_whom_to_call(server: Server, sentence: str) -> None:
    talk = a_talk(server)
    reply = talk.say(sentence)
    assert "不能在线预约" in reply["text"]
    assert reply["cards"][0]["__typename"] == "Store"
    assert "没有待确认的预约" in talk.say("确认")["text"]


def test_a_day_beyond_the_window_and_a_day_in_the_past_are_said_to_be_so(server: Server) -> None:
    assert "最多可以提前 30 天" in a_talk(server).say("三个月以后约保洁")["text"]
    assert "已经过去" in a_talk(server).say("昨天约保洁")["text"]
