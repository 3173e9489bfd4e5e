"""What is kept to learn from says nothing about who asked."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale import scaled

from lifecircle.assistant.learning.redaction import without_personal_data


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("我的电话是13800138000，帮我查一下", "我的电话是[号码],帮我查一下"),
        ("电话 138 0013 8000", "电话 [号码]"),
        ("打１３８-００１３-８０００", "打[号码]"),
        ("电话一三八零零一三八零零零", "电话[号码]"),
        ("0571-88886666 打不通", "[号码] 打不通"),
        ("身份证33010219500101123X能办吗", "身份证[号码]能办吗"),
        ("身份证 330102 19500101 1234 能办吗", "身份证 [号码] 能办吗"),
        ("银行卡6222 0212 3456 7890 123", "银行卡[号码]"),
        ("护照E12345678丢了", "护照[号码]丢了"),
        ("我叫王小明想问养老金怎么认证", "我叫[姓名]想问养老金怎么认证"),
        ("我叫王小明，想问养老金", "我叫[姓名],想问养老金"),
        ("我是张三，养老金停了", "我是[姓名],养老金停了"),
        ("我姓欧阳，想问低保", "我姓[姓名],想问低保"),
        ("我爸王建国在国外怎么认证", "我爸[姓名]在国外怎么认证"),
        ("我妈叫陈秀英怎么认证", "我妈叫[姓名]怎么认证"),
        ("王大爷腿脚不便能上门吗", "[姓名]大爷腿脚不便能上门吗"),
        ("聯繫人：趙六 明天來", "联系人:[姓名] 明天来"),
        ("车牌浙A12345被拖走了", "车牌[车牌]被拖走了"),
        ("浙A·D12345 停在门口", "[车牌] 停在门口"),
        ("我住在青石路12号3幢502，灯坏了", "我[地址],灯坏了"),
        ("青石路12号3幢502室漏水", "[地址]漏水"),
        ("月塘小区三幢二单元漏水", "[地址]漏水"),
        ("5号楼电梯坏了", "[地址]电梯坏了"),
        ("微信号 abc12345 加我", "微信号 [账号] 加我"),
        ("发到 a.b@c.com 可以吗", "发到 [账号] 可以吗"),
        ("我1950年3月5日出生，什么时候退休", "我[日期]出生,什么时候退休"),
    ],
)
def test_personal_data_is_taken_out(text: str, kept: str) -> None:
    assert without_personal_data(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "我是退休职工,能领多少",
        "我是高中生能办什么",
        "2025年的低保标准是多少",
        "养老金一个月3200元够交税吗",
        "文澜路菜市场几点开门",
        "12345是什么电话",
        "户口本上名字写错了怎么改",
        "社区养老要多少钱",
        "师傅什么时候来",
    ],
)
def test_a_question_without_any_stays_as_it_is(text: str) -> None:
    assert without_personal_data(text) == text


PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
IDS = st.from_regex(r"[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9])[0-9]{3}[0-9Xx]", fullmatch=True)
GAPS = st.sampled_from(["", " ", "-", "  ", " - ", "·"])
AROUND = st.text("我的电话是号码打给他,。 住在路号a1x", max_size=12)


@pytest.mark.fuzz
@settings(max_examples=scaled(100, 300), deadline=None)
@given(AROUND, st.one_of(PHONES, IDS), st.integers(1, 6), GAPS, st.booleans(), AROUND)
def test_no_number_survives_in_whatever_it_stands(
    before: str, number: str, part: int, gap: str, wide: bool, after: str
) -> None:
    spaced = gap.join(number[i : i + part] for i in range(0, len(number), part))
    shown = "".join(chr(ord(char) + 0xFEE0) if char.isdigit() else char for char in spaced) if wide else spaced
    kept = without_personal_data(before + shown + after)
    assert not re.search(r"\d(?:[\s\-·,]{0,3}\d){4}", kept), kept


@pytest.mark.fuzz
@settings(max_examples=scaled(100, 200), deadline=None)
@given(st.text(max_size=80))
def test_any_text_at_all_is_taken(text: str) -> None:
    assert not re.search(r"\d{5}", re.sub("123(33|38|45|48|49|55|56|93)", "", without_personal_data(text)))
