"""One's own bookings, and turns that are sent twice."""

from __future__ import annotations

import secrets

from servers import Server
from talks import CENTER, Talk, a_resident, a_talk, an_anonymous_talk

# --- one's own bookings ---


def test_own_bookings_are_listed_and_cancelling_says_where_it_is_done(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("订后天的助餐午餐")
    code = talk.say("确认")["booking"]["code"]
    listed = talk.say("我约了什么")
    assert code in listed["text"]
    assert [card["__typename"] for card in listed["cards"]] == ["Booking"]
    for words in ("帮我取消后天的午餐", "取消我刚才的预约"):
        reply = talk.say(words)
        assert (reply["intent"], "我的预约" in reply["text"]) == ("booking.cancel", True)
    assert talk.bookings()["edges"][0]["node"]["status"] == "CONFIRMED"


def test_own_bookings_need_sign_in(server: Server) -> None:
    reply = an_anonymous_talk(server).say("我的预约")
    assert (reply["kind"], reply["requires"]) == ("FORM", "SIGN_IN")


# --- turns that are sent twice ---


def test_a_first_turn_that_is_sent_twice_with_its_key_is_one_conversation(server: Server) -> None:
    client, key = a_resident(server), secrets.token_hex(8)
    first, second = Talk(client, near=CENTER), Talk(client, near=CENTER)
    assert first.say("后天上午十点约保洁", key)["suggestions"] == second.say("后天上午十点约保洁", key)["suggestions"]
    assert first.conversation == second.conversation


def test_a_turn_that_is_sent_twice_with_its_key_does_not_go_on_twice(server: Server) -> None:
    talk, key = a_talk(server), secrets.token_hex(8)
    talk.say("后天上午十点约保洁")
    talk.say("第一个")
    assert [talk.say("确认", key)["kind"] for _ in range(2)] == ["FORM", "FORM"]
    payload = talk.send("算了", key)
    assert [error["code"] for error in payload["errors"]] == ["IDEMPOTENCY_CONFLICT"]
