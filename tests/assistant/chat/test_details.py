"""Where to, and how many."""

from __future__ import annotations

import pytest
from offers import a_booking
from servers import Server
from talks import a_talk, offer_of

from lifecircle.assistant.dialogue.wording import booked_text
from lifecircle.catalogue.bookings.model import BookingStatus

# --- where to, how many ---


def test_a_home_visit_without_an_address_is_asked_for_it_once_before_it_is_booked(server: Server) -> None:
    talk = a_talk(server)
    talk.say("后天上午十点约保洁")
    assert "上门地址还没填" in talk.say("第一个")["text"]
    asked = talk.say("确认")
    assert (asked["kind"], asked["suggestions"][0]) == ("FORM", "确认")
    assert "上门地址" in asked["text"]
    assert talk.bookings()["totalCount"] == 0
    assert talk.say("确认")["kind"] == "BOOKED"


@pytest.mark.parametrize("said", ["青石路12号3幢502", "我住在青石路12号3幢502", "青石路12号3幢502，电话13800138000"])
def test_a_plain_address_is_taken_where_one_is_missing(server: Server, said: str) -> None:
    talk = a_talk(server)
    talk.say("后天上午十点约保洁")
    talk.say("第一个")
    assert talk.say("确认")["kind"] == "FORM"
    asked = talk.say(said)
    assert asked["kind"] == "CONFIRM"
    assert "上门地址：青石路12号3幢502\n" in asked["text"] + "\n"
    assert ("13800138000" in asked["text"]) == ("13800138000" in said)


def test_an_unclear_address_is_asked_for_again(server: Server) -> None:
    talk = a_talk(server)
    talk.say("后天上午十点约保洁")
    talk.say("第一个")
    talk.say("确认")
    again = talk.say("3幢502")
    assert (again["kind"], "地址" in again["text"]) == ("FORM", True)
    assert talk.say("地址是月塘3幢502")["kind"] == "CONFIRM"


def test_an_address_ends_where_its_clause_ends_and_is_no_time_and_no_service(server: Server) -> None:
    talk = a_talk(server)
    before = offer_of(talk.until_confirmation("后天上午十点约保洁"))
    asked = talk.say("地址是五一路12号三月花园5号楼，谢谢")
    assert (asked["kind"], offer_of(asked)) == ("CONFIRM", before)
    assert asked["text"].endswith("上门地址：五一路12号三月花园5号楼")
    moved = talk.say("我家住在理发街6号")
    assert (moved["kind"], offer_of(moved)) == ("CONFIRM", before)


def test_the_number_of_people_is_kept_and_booked(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.until_confirmation("订后天的助餐午餐，三个人")
    assert "3 位" in asked["text"]
    assert "到场支付" in asked["text"]
    assert talk.say("好")["booking"]["price"]["text"] == "¥36.00（到场支付）"


def test_more_people_than_fit_are_told_how_many_may_come(server: Server) -> None:
    talk = a_talk(server)
    refused = talk.say("订后天的助餐午餐，九个人")
    assert refused["kind"] == "FORM"
    assert "最多预约 4 位" in refused["text"]
    assert "4 位" in talk.until_confirmation(refused["suggestions"][0])["text"]


def test_several_people_for_a_service_of_one_are_told_to_book_one(server: Server) -> None:
    talk = a_talk(server)
    asked = talk.say("后天上午十点约染发，两个人")
    assert (asked["kind"], asked["suggestions"][0]) == ("FORM", "先约一份")
    assert talk.say("先约一份")["kind"] in ("CLARIFY", "CONFIRM")


def test_a_booking_that_the_merchant_must_confirm_is_not_called_settled() -> None:
    assert "等商家在两小时内确认" in booked_text(a_booking(BookingStatus.PENDING))
    assert "约好了" in booked_text(a_booking(BookingStatus.CONFIRMED))
