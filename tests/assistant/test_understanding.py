"""The signals of a sentence."""

from __future__ import annotations

import pytest

from lifecircle.assistant.understanding import Shift, Signals
from lifecircle.catalogue.text import fold


def signals(text: str) -> Signals:
    return Signals(fold(text))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "好的，就这个",
            "确认下单",
            "对，就这个时间",
            "可以的，麻烦你了",
            "Yes",
            "好的谢谢",
            "好",
            "嗯",
            "确认预约",
            "確認預約",
        ),
        *("行", "没问题", "就这样吧", "约吧", "要的", "OK"),
    ],
)
def test_a_yes_is_heard(text: str) -> None:
    assert signals(text).agrees


@pytest.mark.parametrize(
    "text",
    [
        *(
            "不行",
            "可以吗",
            "好像不对",
            "谢谢",
            "你好",
            "您好",
            "好吗",
            "不好",
            "可以换一家吗",
            "要带什么",
            "行不行",
            "确认什么",
        ),
        *("明天可以", "保洁", "对面", "没有"),
    ],
)
def test_what_is_no_yes(text: str) -> None:
    assert not signals(text).agrees


@pytest.mark.parametrize(
    "text",
    [
        *(
            "我不想约了",
            "先不约了，改天再说",
            "别约了",
            "太贵了，算了吧",
            "退出",
            "先不要了",
            "不要",
            "不行",
            "不用",
            "算了",
        ),
        *("不約了", "取消", "取消预约", "不用了谢谢", "下次再说吧", "不需要了"),
    ],
)
def test_a_refusal_is_heard(text: str) -> None:
    assert signals(text).stops


@pytest.mark.parametrize("text", ["不要上午的", "换一家", "怎么取消预约", "不行吗", "取消资格怎么办", "明天不行后天"])
def test_what_is_no_refusal(text: str) -> None:
    assert not signals(text).stops


@pytest.mark.parametrize(
    ("text", "ordinal"),
    [
        *[
            ("选1", 1),
            ("1.", 1),
            ("第二家吧", 2),
            ("二", 2),
            ("②", 2),
            ("我要第三个", 3),
            ("第五个", 5),
            ("第十个", 10),
        ],
        *[
            ("最后一个", -1),
            ("三个人", None),
            ("十点", None),
            ("12号", 12),
            ("不是这个，换第一个", 1),
            ("第一次来", None),
        ],
    ],
)
def test_ordinals_are_read(text: str, ordinal: int | None) -> None:
    assert signals(text).ordinal == ordinal


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("再晚一点", Shift.LATER),
        ("早一点吧", Shift.EARLIER),
        ("能不能晚点", Shift.LATER),
        ("早餐", None),
        ("晚上", None),
    ],
)
def test_earlier_and_later_are_heard(text: str, shift: Shift | None) -> None:
    assert signals(text).shift == shift


@pytest.mark.parametrize("text", ["约保洁", "报名书法课", "订午餐", "找个人打扫", "想做个推拿", "预约"])
def test_a_wish_to_book_is_heard(text: str) -> None:
    assert signals(text).wants_booking


@pytest.mark.parametrize(
    "text", ["合约到期", "签约家庭医生怎么弄", "节约用水", "找个律师要多少钱", "哪些人要做认证", "大约几点"]
)
def test_what_is_no_wish_to_book(text: str) -> None:
    assert not signals(text).wants_booking


@pytest.mark.parametrize("text", ["我的预约", "我约了什么", "查一下我的预约", "看看我约了哪些", "我有哪些预约"])
def test_asking_for_ones_own_bookings_is_heard(text: str) -> None:
    assert signals(text).speaks_of_own_bookings


@pytest.mark.parametrize("text", ["帮我取消明天的保洁", "取消我刚才的预约", "我的预约能改到后天吗", "把昨天约的取消"])
def test_wanting_a_booking_undone_is_heard(text: str) -> None:
    assert signals(text).unbooks


@pytest.mark.parametrize("text", ["听说认证取消了是真的吗", "保洁", "约明天"])
def test_what_undoes_no_booking(text: str) -> None:
    assert not signals(text).unbooks
