"""Questions that stand in no guide: what they teach, and what happens without them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from lifecircle.assistant.matcher import IntentMatcher
from lifecircle.assistant.policies import guide_matcher
from lifecircle.assistant.policies.answering import PolicyAnswers
from lifecircle.assistant.policies.guide_matcher import GuideMatch, fit_guide_matcher, shipped_guide_matcher
from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.learned import Learned, shipped
from lifecircle.assistant.policies.model import Policy, Regulation
from lifecircle.assistant.policies.wordings.reading import Wordings, shipped_wordings
from lifecircle.catalogue.text import bare


@pytest.fixture(scope="module")
def laws(shared: Path) -> list[Regulation]:
    return list(parse(shared / "data" / "laws", Given(date(2026, 11, 22))).regulations)


def in_a_guide(guides: list[Policy]) -> set[str]:
    return {bare(text) for guide in guides for text in (guide.title, *guide.questions)}


# --- the files


def test_every_wording_stands_for_a_guide_that_there_is(guides: list[Policy]) -> None:
    known = {guide.id for guide in guides}
    assert {guide for one in shipped_wordings() for guide in one.guides} == known


def test_every_wording_of_a_law_stands_for_an_article_that_there_is(laws: list[Regulation]) -> None:
    known = {(law.short_title, article.number) for law in laws for article in law.articles}
    assert {article for one in shipped_wordings() for article in one.articles} <= known


def test_no_text_stands_in_the_files_of_two_writers_or_both_as_known_and_unknown() -> None:
    said = [
        {bare(text) for texts in (one.unknown, *one.guides.values(), *one.articles.values()) for text in texts}
        for one in shipped_wordings()
    ]
    assert [text for text, count in Counter(text for texts in said for text in texts).items() if count > 1] == []
    for one in shipped_wordings():
        assert not {*one.unknown} & {text for texts in one.guides.values() for text in texts}


# --- what they teach


def test_a_wording_finds_its_guide_though_it_stands_in_no_guide(guides: list[Policy], matcher: IntentMatcher) -> None:
    answers, known = PolicyAnswers(guides, (), matcher), in_a_guide(guides)
    foreign = [
        (text, guide)
        for one in shipped_wordings()
        for guide, texts in one.guides.items()
        for text in texts[:2]
        if bare(text) not in known
    ]
    found = [(answers.find(text), guide) for text, guide in foreign]
    assert len(found) > 200
    assert sum(one.matches[0].policy.id == guide for one, guide in found) > 0.95 * len(found)
    assert sum(one.is_good for one, _ in found) > 0.9 * len(found)


def test_wordings_are_never_suggested(guides: list[Policy], matcher: IntentMatcher) -> None:
    answers = PolicyAnswers(guides, (), matcher)
    unknown = [text for one in shipped_wordings() for text in one.unknown[::20]]
    suggested = {text for asked in unknown for text in answers.not_known(answers.find(asked)).suggestions}
    assert suggested
    assert {bare(text) for text in suggested} <= in_a_guide(guides)


def test_an_article_is_found_by_what_somebody_asked_about_it(
    guides: list[Policy], matcher: IntentMatcher, laws: list[Regulation]
) -> None:
    wordings = (Wordings("one", {}, {("残疾人保障法", "第五十八条"): ("带着毛孩子拉布拉多逛铺子",)}, ()),)
    asked = "毛孩子拉布拉多能逛铺子不"
    with_it = PolicyAnswers(guides, laws, matcher, replace(shipped(), wordings=wordings)).find(asked).articles
    without = PolicyAnswers(guides, laws, matcher, replace(shipped(), wordings=())).find(asked).articles
    assert (with_it[0].regulation.short_title, with_it[0].article.number) == ("残疾人保障法", "第五十八条")
    assert (without[0].regulation.short_title, without[0].article.number) != ("残疾人保障法", "第五十八条")


def test_wordings_of_an_article_are_left_aside_for_another_version_of_the_law(
    guides: list[Policy], matcher: IntentMatcher, laws: list[Regulation]
) -> None:
    wordings = (Wordings("one", {}, {("残疾人保障法", "第五十八条"): ("带着毛孩子拉布拉多逛铺子",)}, ()),)
    changed = [replace(law, dated_on=date(2030, 1, 1)) for law in laws]
    found = PolicyAnswers(guides, changed, matcher, replace(shipped(), wordings=wordings)).find("毛孩子拉布拉多逛铺子")
    assert (found.articles[0].regulation.short_title, found.articles[0].article.number) != (
        "残疾人保障法",
        "第五十八条",
    )


# --- a city's own guides


def a_guide(guides: list[Policy]) -> Policy:
    return replace(
        guides[0],
        id="city-bicycles",
        title="公共自行车怎么租",
        summary="刷市民卡就能租公共自行车，第一个小时免费。",
        body="公共自行车随借随还，超过一小时每小时一元。\n\n车坏了打电话报修。",
        steps=("到公共自行车站点。", "刷市民卡取车，还到任何站点。"),
        questions=("公共自行车怎么租", "租公共自行车要钱吗"),
        only_if=(),
        cited=(),
    )


@pytest.mark.parametrize("asked", ["租公共自行车第一个小时要钱吗", "公共自行车怎么还", "公共自行车坏了怎么报修"])
def test_a_guide_without_wordings_is_found(guides: list[Policy], matcher: IntentMatcher, asked: str) -> None:
    answers = PolicyAnswers([*guides, a_guide(guides)], (), matcher)
    found = answers.find(asked)
    assert (found.matches[0].policy.id, found.is_good) == ("city-bicycles", True)
    assert found.confidence > 0.5


def test_a_guide_without_wordings_takes_no_question_from_the_others(
    guides: list[Policy], matcher: IntentMatcher
) -> None:
    answers = PolicyAnswers([*guides, a_guide(guides)], (), matcher)
    asked = [question for guide in guides for question in guide.questions[:1]]
    assert "city-bicycles" not in {answers.find(text).matches[0].policy.id for text in asked}


# --- the guide matcher


def test_without_the_guide_matcher_likeness_decides(guides: list[Policy], matcher: IntentMatcher) -> None:
    answers = PolicyAnswers(guides, (), matcher, replace(shipped(), guide_matcher=None))
    found = {text: answers.find(text) for text in ("养老金怎么认证", "欠薪怎么办", "我爸瘫痪在床怎么认证")}
    assert {text: one.matches[0].policy.id for text, one in found.items()} == {
        "养老金怎么认证": "pension-certification-at-home",
        "欠薪怎么办": "labour-unpaid-wages",
        "我爸瘫痪在床怎么认证": "pension-certification-home-visit",
    }
    assert all(one.is_good for one in found.values())
    assert not answers.find("护照怎么办").is_good


def test_a_file_of_other_wordings_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Wordings("one", {"bus": ("公交卡怎么办", "坐公交要钱吗"), "bicycle": ("自行车怎么租", "还车还到哪")}, {}, ())
    monkeypatch.setattr(guide_matcher, "shipped_wordings", lambda: (one,))
    monkeypatch.setattr(guide_matcher, "SHIPPED", tmp_path / "guides.npz")
    shipped_guide_matcher.cache_clear()
    try:
        assert shipped_guide_matcher() is None
        assert guide_matcher.train_guide_matcher(tmp_path / "guides.npz")
        assert not guide_matcher.train_guide_matcher(tmp_path / "guides.npz")
        shipped_guide_matcher.cache_clear()
        fitted = shipped_guide_matcher()
        assert fitted is not None
        assert fitted.match("公交卡")[0].intent == "bus"
        monkeypatch.setattr(guide_matcher, "shipped_wordings", lambda: (replace(one, unknown=("今天天气好",)),))
        shipped_guide_matcher.cache_clear()
        assert shipped_guide_matcher() is None
    finally:
        shipped_guide_matcher.cache_clear()


def test_what_the_matcher_gives_a_guide_that_is_gone_speaks_for_none() -> None:
    one = Wordings("one", {"bus": ("公交卡怎么办", "坐公交要钱吗"), "bicycle": ("自行车怎么租", "还车还到哪")}, {}, ())
    matcher = fit_guide_matcher((one,), ("今天天气好",))
    everything = GuideMatch(matcher, ["bus", "bicycle"]).logarithms("公交卡")
    without = GuideMatch(matcher, ["bicycle", "new"]).logarithms("公交卡")
    assert everything is not None
    assert without is not None
    assert everything.argmax() == 0
    assert without[-1] == pytest.approx(max(without))
    assert without[-1] > everything[-1]
    assert without[1] == without[-1]


def test_nothing_is_learned_from_nothing(guides: list[Policy]) -> None:
    nothing = Learned((), shipped().weights, None)
    assert PolicyAnswers(guides, (), None, nothing).find("养老金怎么认证").matches
    assert PolicyAnswers((), (), None, nothing).find("养老金怎么认证").matches == ()


@pytest.mark.parametrize("text", ["ﷺ", "{}$$ null", "一" * 300, "在吗在吗", "哈哈哈哈哈哈", "收到收到", "yi er san si"])
def test_what_asks_nothing_is_no_answer_however_the_matcher_guesses(
    guides: list[Policy], matcher: IntentMatcher, text: str
) -> None:
    assert not PolicyAnswers(guides, (), matcher).find(text).is_good


def test_a_question_in_pinyin_may_be_answered(guides: list[Policy], matcher: IntentMatcher) -> None:
    found = PolicyAnswers(guides, (), matcher).find("yanglaojin zenme renzheng")
    assert (found.matches[0].policy.id, found.is_good) == ("pension-certification-at-home", True)
