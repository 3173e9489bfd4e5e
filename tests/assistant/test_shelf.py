"""Which guide answers a question, and which questions none answers."""

from __future__ import annotations

import pytest

from lifecircle.assistant.answers import greeting
from lifecircle.assistant.policies.model import policy_from_document
from lifecircle.assistant.policies.shelf import Policies, confidence_of, matter_of
from lifecircle.assistant.policies.unknown import UNKNOWN_MATTERS
from lifecircle.assistant.router import CERTAIN, LIKELY
from lifecircle.seeds.policy_files import read_policies


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(policy_from_document(row) for row in read_policies(district="330199"))


def best(policies: Policies, question: str) -> str | None:
    found = policies.search(question, 1)
    return found[0].policy.id if found and found[0].score >= LIKELY else None


@pytest.mark.parametrize(
    ("question", "guide"),
    [
        ("养老金怎么认证", "pension-certification-at-home"),
        ("怎么认证养老金", "pension-certification-at-home"),
        ("退休金认证去哪办", "pension-certification-offline"),
        ("认证需要带什么材料", "pension-certification-offline"),
        ("我爸瘫痪在床怎么认证", "pension-certification-home-visit"),
        ("认证要花钱吗", "pension-certification-scams"),
        ("遗属抚恤金怎么领", "funeral-benefit"),
        ("1970年出生的男职工什么时候退休", "retirement-age"),
        ("2025年以后女的几岁退休", "retirement-age"),
        ("欠薪怎么办", "labour-unpaid-wages"),
        ("低保", "minimum-living-allowance"),
        ("养老金停发了怎么办", "pension-certification-overdue"),
        ("我妈在国外怎么认证养老金", "pension-certification-abroad"),
    ],
)
def test_a_question_finds_its_guide(policies: Policies, question: str, guide: str) -> None:
    assert best(policies, question) == guide


@pytest.mark.parametrize(
    "question", ["残疾证怎么办", "生育津贴怎么领", "结婚登记要带什么", "居住证怎么办", "公租房怎么申请"]
)
def test_a_matter_without_a_guide_finds_none(policies: Policies, question: str) -> None:
    assert best(policies, question) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "确认",
            "不行",
            "不要",
            "好的",
            "食堂",
            "1",
            "等一下",
            "多少钱",
            "怎么办",
            "吗",
            "附近有什么",
            "我要看病",
            "可以吗",
        ),
        *("要带什么", "", "？", "😀"),
    ],
)
def test_short_and_empty_texts_find_nothing(policies: Policies, text: str) -> None:
    assert policies.search(text) == []


def test_every_question_of_a_guide_finds_that_guide_for_certain(policies: Policies) -> None:
    for policy in policies.all():
        for question in policy.questions:
            match = policies.search(question, 1)[0]
            assert (match.policy.id, match.score >= CERTAIN) == (policy.id, True), question


def test_a_guide_about_an_exception_is_not_found_by_who_does_not_name_it(policies: Policies) -> None:
    found = {match.policy.id for match in policies.search("养老金怎么认证", len(policies))}
    assert "pension-certification-at-home" in found
    assert found.isdisjoint({"pension-certification-abroad", "pension-certification-overdue"})


def test_unknown_matters_are_answered_by_no_guide(policies: Policies) -> None:
    assert [matter for matter in UNKNOWN_MATTERS if best(policies, matter)] == []


def test_the_policy_suggestion_of_the_greeting_is_a_question_of_a_guide(policies: Policies) -> None:
    assert best(policies, greeting().suggestions[0]) == "pension-certification-at-home"


def test_confidence_grows_with_the_score_and_is_never_certain() -> None:
    assert 0 < confidence_of(0) < confidence_of(0.6) < confidence_of(1.0) < confidence_of(2.0) < 1
    assert confidence_of(0.6) < 0.7
    assert confidence_of(1.0) < 0.95


def test_a_matter_is_what_is_left_without_the_words_of_asking() -> None:
    assert matter_of("请问低保怎么申请？") == "低保申请"
    assert matter_of("怎么办") == ""
