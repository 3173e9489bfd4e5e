"""Whether somebody may use an offering: 符合, 不符合, 需核实, each with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from factories import an_offering

from lifecircle.catalogue.bookings.eligibility import TEXTS, Answer, Eligible, check_eligibility, question_of
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.offerings.model import Offering, offering_from_document

AGE = {"code": "age", "text": "年满60周岁", "min_age": 60}
ORDER = {"code": "order", "text": "持有医嘱", "proof": "医院开具的医嘱"}
PUPIL = {"code": "pupil", "text": "本社区小学生"}


def offered(*rules: dict[str, Any]) -> Offering:
    return offering_from_document(an_offering(eligibility=list(rules)))


def test_without_conditions_everybody_fits() -> None:
    assert check_eligibility(offered(), []).result is Eligible.MEETS


@pytest.mark.parametrize(
    ("age", "result"), [(None, "TO_VERIFY"), (0, "FAILS"), (59, "FAILS"), (60, "MEETS"), (130, "MEETS")]
)
def test_an_age_is_compared(age: int | None, result: str) -> None:
    verdict = check_eligibility(offered(AGE), [Answer("age", age=age)])
    assert verdict.result == result
    assert "年满60周岁" in verdict.rules[0].reason


def test_a_youngest_and_an_oldest_both_count() -> None:
    young = offered({**AGE, "min_age": 6, "max_age": 12})
    results = [check_eligibility(young, [Answer("age", age=age)]).result for age in (5, 6, 12, 13)]
    assert results == [Eligible.FAILS, Eligible.MEETS, Eligible.MEETS, Eligible.FAILS]


@pytest.mark.parametrize(
    ("rule", "yes", "result"),
    [
        (PUPIL, True, "MEETS"),
        (PUPIL, False, "FAILS"),
        (PUPIL, None, "TO_VERIFY"),
        (ORDER, True, "TO_VERIFY"),
        (ORDER, False, "FAILS"),
    ],
)
def test_yes_and_no_are_taken_at_their_word_and_proofs_are_looked_at(
    rule: dict[str, Any], yes: bool | None, result: str
) -> None:
    verdict = check_eligibility(offered(rule), [Answer(rule["code"], yes=yes)])
    assert verdict.result == result
    assert verdict.rules[0].reason.endswith("。")


def test_all_conditions_together_are_as_good_as_the_worst() -> None:
    both = offered(AGE, ORDER)
    yes = Answer("order", yes=True)
    assert check_eligibility(both, [Answer("age", age=70), yes]).result is Eligible.TO_VERIFY
    assert check_eligibility(both, [Answer("age", age=7), yes]).result is Eligible.FAILS
    assert check_eligibility(both, []).result is Eligible.TO_VERIFY


@pytest.mark.parametrize(
    "answers",
    [
        [Answer("other", yes=True)],
        [Answer("age", age=60), Answer("age", age=61)],
        [Answer("age", age=-1)],
        [Answer("age", age=131)],
    ],
)
def test_answers_that_make_no_sense_are_refused(answers: list[Answer]) -> None:
    with pytest.raises(InvalidInput):
        check_eligibility(offered(AGE), answers)


def test_each_condition_has_a_question_and_each_result_a_word() -> None:
    asked = [
        question_of(rule) for rule in offered(AGE, PUPIL, {**PUPIL, "question": "孩子在本社区上学吗？"}).eligibility
    ]
    assert asked == ["请问使用人今年多少周岁？", "使用人是否符合“本社区小学生”？", "孩子在本社区上学吗？"]
    assert set(TEXTS) == set(Eligible)
