"""Folding: one spelling for the many ways the same Chinese is typed."""

from __future__ import annotations

import pytest

from lifecircle.catalogue.search.pinyin import initials, read_aloud, splits, tables
from lifecircle.catalogue.search.spelling import spelling, spelt_codes
from lifecircle.catalogue.text import bare, fold, is_traditional, simplified, traditional


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("養老金", "养老金"),
        ("ＡＴＭ　自助", "atm 自助"),
        ("药\u200b店\u202e", "药店"),
        ("药\x00店\t甲", "药 店 甲"),
        ("  两  头  ", "两 头"),
        ("❤\ufe0f药店", "❤药店"),
        ("\ud800药店", "药店"),
        ("１２：３０～", "12:30~"),
        ("", ""),
    ],
)
def test_fold(typed: str, folded: str) -> None:
    assert fold(typed) == folded
    assert fold(folded) == folded


def test_bare_leaves_words_only() -> None:
    assert bare("老王（面馆）！😀 24H_店") == "老王 面馆 24h 店"
    assert bare("😀！？") == ""


def test_scripts_go_there_and_back() -> None:
    assert traditional("社区为老年人服务") == "社區為老年人服務"
    assert simplified("社區為老年人服務") == "社区为老年人服务"
    assert is_traditional("養老")
    assert not is_traditional("养老")


@pytest.mark.parametrize(
    "name", ["老王干面馆", "着衣坊", "里弄小店", "台州海鲜", "皇后烫发", "余记", "咨询处", "钟表", "线上", "松树下"]
)
def test_a_name_is_spelt_alike_in_both_scripts(name: str) -> None:
    assert spelling(traditional(name)) == spelling(name)
    many = "".join(map(chr, spelt_codes(traditional(name))))
    assert many == spelling(name)


def test_polyphones_are_read_by_their_neighbour() -> None:
    assert read_aloud("银行") == ("yin", "hang")
    assert read_aloud("长者食堂") == ("zhang", "zhe", "shi", "tang")
    assert read_aloud("重庆24h") == ("chong", "qing", "2", "4", "h")
    assert initials("惠民") == "hm"


def test_letters_are_cut_into_syllables() -> None:
    def read(letters: str) -> list[tuple[tuple[str, ...], str]]:
        return [(tuple(tables().syllables[number] for number in cut.syllables), cut.begun) for cut in splits(letters)]

    assert (("tong", "xia", "shui"), "") in read("tongxiashui")
    assert {cut for cut, _ in read("xian")} >= {("xian",), ("xi", "an")}
    assert (("hui",), "m") in read("huim")
    assert splits("qzxwvk") == []
    assert len(splits("xian" * 25)) <= 4


def test_huge_input_is_folded_in_one_pass() -> None:
    for piece in ("药", "😀", "\x00", "a\u0300", "養"):
        assert len(bare(piece * 10_000)) <= 10_000
