"""Away from what is being done, and back to it; in either script."""

from __future__ import annotations

import secrets

import pytest
from servers import Server
from talks import a_talk, an_anonymous_talk, offer_of

# --- digressions ---


@pytest.mark.parametrize(
    "question",
    [
        "2025年以后女的几岁退休",
        "我今年65岁能领高龄津贴吗",
        "明天天气怎么样",
        "周末加班费怎么算",
        "谢谢",
        "附近有什么药店",
    ],
)
def test_a_question_with_a_time_in_it_does_not_move_the_form(server: Server, question: str) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("后天上午十点约保洁")
    assert talk.say(question)["text"].endswith("刚才的预约还没完成，可以接着说。")
    assert offer_of(talk.say("地址是青石路12号")) == offer_of(asked)


def test_a_pension_question_in_the_middle_is_answered_and_the_booking_goes_on(server: Server) -> None:
    talk = a_talk(server)
    offers = talk.say("后天上午十点约保洁")
    answer = talk.say("养老金多久认证一次？")
    assert answer["kind"] == "ANSWER"
    assert answer["citations"]
    assert "预约" in answer["text"]
    assert offer_of(talk.until_confirmation("第一个")) == offer_of(offers)
    assert talk.say("海口养老认证多久一次？")["citations"]
    assert talk.say("确认预约")["kind"] == "BOOKED"


def test_sign_in_in_the_middle_keeps_everything_that_was_said(server: Server) -> None:
    talk = an_anonymous_talk(server)
    asked = talk.until_confirmation("后天上午十点约保洁")
    form = talk.say("确认预约")
    assert (form["kind"], form["requires"]) == ("FORM", "SIGN_IN")
    talk.client.sign_in(f"demo:住户{secrets.token_hex(6)}")
    booked = talk.say("确认")
    assert booked["kind"] == "BOOKED"
    assert (booked["booking"]["store"]["name"], booked["booking"]["start"]) == offer_of(asked)


def test_thanks_and_greetings_do_not_lose_an_open_form(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("大后天上午十点约保洁")
    assert talk.say("谢谢")["intent"] == "smalltalk.thanks"
    assert talk.say("你好")["intent"] == "smalltalk.greeting"
    assert talk.say("确认预约")["kind"] == "BOOKED"


def test_a_conversation_in_traditional_script_is_answered_in_it(server: Server) -> None:
    talk = a_talk(server)
    assert "時間" in talk.say("我想預約上門認證")["text"]
    asked = talk.say("下週三上午十點鐘")
    assert asked["kind"] == "CONFIRM"
    assert "請確認" in asked["text"]
    assert "青石路12號" in talk.say("地址是青石路12號")["text"]
    booked = talk.say("確認預約")
    assert booked["kind"] == "BOOKED"
    assert "約好了" in booked["text"]


def test_offers_in_traditional_script_are_chosen_by_their_suggestions(server: Server) -> None:
    talk = a_talk(server)
    offers = talk.say("後天上午十點約保潔")
    assert offers["kind"] == "CLARIFY"
    assert "您選哪一個" in offers["text"]
    assert "請確認" in talk.say(offers["suggestions"][0])["text"]


def test_the_script_of_a_conversation_is_kept_where_a_sentence_has_none(server: Server) -> None:
    talk = a_talk(server)
    talk.say("後天上午十點約保潔")
    assert "請確認" in talk.say("1")["text"]
    assert "请告诉我" in talk.say("确认")["text"]
