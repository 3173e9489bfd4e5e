"""Passages found by other words than their own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from lifecircle.assistant.matcher.features import Floats
from lifecircle.assistant.retrieval import PassageIndex

PASSAGES = {
    "pension": "养老金领取资格认证怎么办理",
    "unemployment": "失业保险金能领几个月",
    "relief": "最低生活保障在街道申请",
    "library": "社区图书室几点开门",
}


def an_index(**options: float) -> PassageIndex:
    index = PassageIndex(**options)
    for key, text in PASSAGES.items():
        index.add(key, text)
    return index


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("养老认证怎么弄", "pension"),
        ("失業保險金可以領多久", "unemployment"),
        ("低保在哪里申请", "relief"),
        ("图书室开门了吗", "library"),
    ],
)
def test_a_passage_is_found_by_some_of_its_words(query: str, key: str) -> None:
    assert an_index().search(query)[0][0] == key


def test_the_best_comes_first_and_no_more_than_asked() -> None:
    found = an_index().search("社区街道图书室申请", k=2)
    assert len(found) == 2
    assert found[0][1] >= found[1][1] > 0


def test_all_that_share_anything_are_found_when_many_are_asked_for() -> None:
    index = PassageIndex()
    for number in range(200):
        index.add(str(number), f"社区活动第{number}场")
    assert len(index.search("社区", k=150)) == 150


def test_a_passage_that_says_all_of_it_scores_about_one_whatever_the_length() -> None:
    for text in PASSAGES.values():
        assert 0.8 < an_index().search(text)[0][1] < 1.6


def test_several_passages_of_one_id_count_as_the_best_of_them() -> None:
    index = an_index()
    index.add("library", "社区图书室在哪里，几点开门，怎么借书")
    found = index.search("图书室怎么借书")
    assert found[0][0] == "library"
    assert [key for key, _ in found].count("library") == 1


def test_what_is_added_after_a_search_is_found() -> None:
    index = an_index()
    assert index.search("垃圾分类") == []
    index.add("waste", "垃圾分类投放时间")
    assert index.search("垃圾分类")[0][0] == "waste"
    assert len(index) == len(PASSAGES) + 1


def test_the_meaning_of_words_decides_between_equal_letters() -> None:
    def first(words: float) -> str:
        index = PassageIndex(words=words)
        index.add("a", "足球怎么预约")
        index.add("b", "医生怎么预约")
        return index.search("大夫怎么预约")[0][0]

    assert (first(0), first(0.3)) == ("a", "b")


@pytest.mark.parametrize("query", ["", "   ", "😀😀", "。？！", "\x00\u200b"])
def test_nothing_said_finds_nothing(query: str) -> None:
    assert an_index().search(query) == []


def test_an_empty_index_finds_nothing() -> None:
    assert PassageIndex().search("养老金") == []


def test_a_very_long_query_is_cut() -> None:
    index = an_index()
    assert index.search("养老金认证" + "啊" * 100_000) == index.search("养老金认证" + "啊" * 10_000)


def test_an_encoder_finds_what_shares_no_letter() -> None:
    class Books:
        name = "books"

        def encode(self, texts: Sequence[str]) -> Floats:
            return np.array([[1, 0] if "书" in text else [0, 1] for text in texts], np.float32)

    index = PassageIndex(Books())
    for key, text in PASSAGES.items():
        index.add(key, text)
    assert index.search("想看书，怎么申请")[0][0] == "library"
