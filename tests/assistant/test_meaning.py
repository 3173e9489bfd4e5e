"""What a sentence means and what is done about it: the table of behaviours, doubts, refusals."""

from __future__ import annotations

import pytest

from lifecircle.assistant.intents import load_training
from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.matcher.model import Match
from lifecircle.assistant.matcher.shipped import project_matcher
from lifecircle.assistant.meaning import MOST_CHOICES, behaviours, guess, intent_called
from lifecircle.assistant.refusals import refused
from lifecircle.catalogue.requests.model import RequestCategory
from lifecircle.catalogue.text import fold


@pytest.fixture(scope="module")
def matcher(tmp_path_factory: pytest.TempPathFactory) -> IntentMatcher:
    return project_matcher(tmp_path_factory.mktemp("cache"))


class Likely:
    """A matcher that answers what it is told to."""

    threshold = 0.33

    def __init__(self, *found: tuple[str | None, float]) -> None:
        self._found = [Match(intent, confidence) for intent, confidence in found]

    def match(self, _: str, k: int = 3) -> list[Match]:
        return self._found[:k]


def test_everything_in_the_table_is_an_intent_that_is_trained() -> None:
    known = {intent.name for intent in load_training().intents}
    table = behaviours()
    assert {*table.book, *table.report, *table.at_once} <= known
    assert {name for name in known if name.startswith("book.")} <= set(table.book)
    assert all(names for names in table.book.values())
    assert set(table.report.values()) <= set(RequestCategory)


def test_every_title_means_its_own_intent_when_it_is_sent_back(matcher: IntentMatcher) -> None:
    for intent, title in load_training().titles.items():
        assert intent_called(title) == intent
        assert guess(matcher, fold(title)).intent == intent


@pytest.mark.parametrize(
    ("found", "is_sure"),
    [
        ((("book.cleaning", 0.9), ("book.hair", 0.05)), True),
        ((("book.cleaning", 0.4), ("book.hair", 0.1)), True),
        ((("book.cleaning", 0.4), ("book.hair", 0.3)), False),
        ((("book.cleaning", 0.3), ("book.hair", 0.1)), False),
        (((None, 0.3), ("book.hair", 0.2)), True),
    ],
)
def test_what_does_not_stand_out_is_asked_about(found: tuple[tuple[str | None, float], ...], is_sure: bool) -> None:
    assert guess(Likely(*found), "随便").is_sure is is_sure


def test_at_most_four_meanings_are_offered_and_none_that_is_hardly_likely() -> None:
    names = ("book.cleaning", "book.hair", "book.meal", "book.pet", "book.table")
    about = guess(Likely(*((name, 0.15) for name in names), ("book.photo", 0.01)), "随便")
    assert len(about.choices) == MOST_CHOICES
    assert about.choices[0] == load_training().titles["book.cleaning"]


@pytest.mark.parametrize(
    "text",
    [
        "查一下我的预约",
        "取消周三的预约",
        "改到周四的预约",
        "告诉我社区的电话",
        "查一下药店的电话",
        "告诉我何时能领养老金",
        "帮我妈查一下养老金认证",
        "给我看看高龄津贴的资料",
        "我改了手机号怎么办",
        "帮邻居王阿姨约个保洁",
        "地址是青石路12号，找王师傅",
        "系统说认证不通过",
    ],
)
def test_who_asks_for_what_is_their_own_is_not_refused(text: str) -> None:
    assert refused(fold(text)) is None
