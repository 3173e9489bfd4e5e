"""Booking by talking: from a sentence to a booking that stands."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from servers import Client, Server
from talks import CENTER, Talk, a_talk, offer_of

# --- booking by talking ---


def test_cleaning_is_booked_by_talking_and_stands_among_the_residents_bookings(server: Server) -> None:
    talk = a_talk(server)
    offers = talk.say("明天上午十点约保洁")
    assert offers["kind"] == "CLARIFY"
    assert 2 <= len(offers["suggestions"]) <= 4
    assert all(card["start"].endswith("T10:00:00+08:00") for card in offers["cards"])
    asked = talk.until_confirmation("第一个")
    assert offer_of(asked) == offer_of(offers)
    assert "到场支付" in asked["text"]
    booked = talk.say("确认预约")
    assert booked["kind"] == "BOOKED"
    assert booked["booking"]["code"] in booked["text"]
    assert (booked["booking"]["store"]["name"], booked["booking"]["start"]) == offer_of(offers)
    assert [edge["node"]["code"] for edge in talk.bookings()["edges"]] == [booked["booking"]["code"]]


def test_nothing_is_booked_before_the_resident_has_said_yes(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("后天上午十点约保洁")
    assert talk.bookings()["totalCount"] == 0


def test_what_is_missing_is_asked_for_one_thing_after_the_other(server: Server) -> None:
    talk = a_talk(server)
    assert talk.say("我想预约")["kind"] == "FORM"
    when = talk.say("日常保洁")
    assert when["kind"] == "FORM"
    assert "时间" in when["text"]
    assert talk.say("后天上午十点")["kind"] == "CLARIFY"


def test_one_sentence_may_say_everything_and_its_address_is_kept(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("后天下午三点约保洁，地址是青石路12号3幢502")
    assert "青石路12号3幢502" in asked["text"]


def test_an_address_can_be_corrected_before_the_yes(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("后天上午十点约保洁")
    again = talk.say("不对，地址是青石路21号")
    assert again["kind"] == "CONFIRM"
    assert "青石路21号" in again["text"]


@pytest.mark.parametrize("choice", [0, -1])
def test_an_offer_is_chosen_by_sending_its_suggestion_back(server: Server, choice: int) -> None:
    talk = a_talk(server)
    offers = talk.say("明天上午十点约保洁")
    wanted = offers["cards"][choice]
    asked = talk.say(offers["suggestions"][choice])
    assert asked["kind"] == "CONFIRM"
    assert offer_of(asked) == (wanted["offering"]["store"]["name"], wanted["start"])


@pytest.mark.parametrize("words", ["第二个", "第二家吧", "2", "二", "第二个吧谢谢", "我要第二个", "②"])
def test_the_second_offer_is_chosen_in_any_of_these_words(server: Server, words: str) -> None:
    talk = a_talk(server)
    wanted = talk.say("后天上午十点约保洁")["cards"][1]
    asked = talk.say(words)
    assert asked["kind"] == "CONFIRM"
    assert offer_of(asked) == (wanted["offering"]["store"]["name"], wanted["start"])


def test_an_offer_is_chosen_by_the_name_of_its_store(server: Server) -> None:
    talk = a_talk(server)
    names = [card["offering"]["store"]["name"] for card in talk.say("明天上午十点约保洁")["cards"]]
    alone = next(name for name in names if names.count(name) == 1)
    assert offer_of(talk.say(alone))[0] == alone


def test_another_time_at_the_confirmation_stays_on_the_same_day(server: Server) -> None:
    talk = a_talk(server)
    _, before = offer_of(talk.until_confirmation("后天上午十点约保洁"))
    _, after = offer_of(talk.say("改成下午三点"))
    assert after == before.replace("T10:00", "T15:00")


def test_another_day_at_the_confirmation_brings_offers_of_that_day(server: Server) -> None:
    talk = a_talk(server)
    _, before = offer_of(talk.until_confirmation("明天上午十点约保洁"))
    moved = talk.say("换成后天上午十点吧")
    assert moved["kind"] in ("CLARIFY", "CONFIRM")
    assert offer_of(moved)[1] > before
    assert talk.bookings()["totalCount"] == 0


@pytest.mark.parametrize("words", ["算了", "算了吧", "不约了", "取消", "不用了", "不約了"])
def test_giving_up_ends_the_form_and_books_nothing(server: Server, words: str) -> None:
    talk = a_talk(server)
    talk.until_confirmation("后天上午十点约保洁")
    assert talk.say(words)["intent"] == "booking.abandon"
    assert talk.say("确认预约")["kind"] != "BOOKED"
    assert talk.bookings()["totalCount"] == 0


def test_a_lunch_at_the_canteen_is_booked_without_an_address(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("订后天的助餐午餐")
    assert "地址" not in asked["text"]
    assert talk.say("好")["booking"]["price"]["text"] == "¥12.00（到场支付）"


def test_a_home_visit_for_the_pension_certification_is_booked_free_of_charge(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("预约养老金上门认证", "下周三上午十点")
    assert "免费" in asked["text"]
    assert talk.say("确认预约")["booking"]["offering"]["name"] == "养老金领取资格认证上门服务"


def test_the_resident_who_comes_second_to_the_last_place_hears_so_and_books_another_time(server: Server) -> None:
    first, second = a_talk(server), a_talk(server)
    asked = first.until_confirmation("约上门理发", "下周五上午九点")
    assert offer_of(second.until_confirmation("约上门理发", "下周五上午九点")) == offer_of(asked)
    assert first.say("确认预约")["kind"] == "BOOKED"
    refused = second.say("确认预约")
    assert refused["kind"] == "FORM"
    assert "约满" in refused["text"]
    second.until_confirmation("下周四上午九点")
    assert second.say("确认预约")["kind"] == "BOOKED"


def test_a_booking_that_overlaps_an_own_one_is_refused_by_its_name(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("大后天下午三点约保洁")
    assert talk.say("确认预约")["kind"] == "BOOKED"
    talk.until_confirmation("大后天下午四点约管道疏通")
    refused = talk.say("确认预约")
    assert refused["kind"] == "FORM"
    assert "保洁" in refused["text"]
    assert talk.bookings()["totalCount"] == 1


def test_a_yes_that_is_sent_again_with_its_key_books_once(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("大后天上午十点约保洁")
    key = secrets.token_hex(8)
    first, again = talk.say("确认预约", key), talk.say("确认预约", key)
    assert first["booking"]["code"] == again["booking"]["code"]
    assert talk.bookings()["totalCount"] == 1


def test_a_yes_that_is_sent_four_times_at_once_books_once(server: Server) -> None:
    talk = a_talk(server)
    talk.until_confirmation("大后天上午十点约保洁")
    talks = [Talk(Client(server.url, talk.client.token), talk.conversation, CENTER) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        payloads = list(pool.map(lambda each: each.send("确认预约"), talks))
    assert sum(bool(payload["reply"] and payload["reply"]["booking"]) for payload in payloads) == 1
    assert all(payload["reply"] or payload["errors"][0]["code"] == "BUSY" for payload in payloads)
    assert talk.bookings()["totalCount"] == 1
