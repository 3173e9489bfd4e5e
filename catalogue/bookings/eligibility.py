"""Whether somebody may use an offering, from what they say. Pure: nothing of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.offerings.terms import EligibilityRule

OLDEST = 130


class Eligible(StrEnum):
    MEETS = "MEETS"
    FAILS = "FAILS"
    TO_VERIFY = "TO_VERIFY"


TEXTS = {Eligible.MEETS: "符合", Eligible.FAILS: "不符合", Eligible.TO_VERIFY: "需核实"}

_WORST_FIRST = (Eligible.FAILS, Eligible.TO_VERIFY, Eligible.MEETS)


@dataclass(frozen=True, slots=True)
class Answer:
    """To the rule of the code: an age, or yes or no; None: not known."""

    code: str
    yes: bool | None = None
    age: int | None = None


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    rule: EligibilityRule
    result: Eligible
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    result: Eligible
    rules: tuple[RuleVerdict, ...]


def asks_age(rule: EligibilityRule) -> bool:
    return rule.min_age is not None or rule.max_age is not None


def question_of(rule: EligibilityRule) -> str:
    if rule.question:
        return rule.question
    return "请问使用人今年多少周岁？" if asks_age(rule) else f"使用人是否符合“{rule.text}”？"


def check_eligibility(offering: Offering, answers: Sequence[Answer]) -> Verdict:
    """Each rule on its own; together as the worst of them. Raises InvalidInput."""
    known = {rule.code for rule in offering.eligibility}
    given = {answer.code: answer for answer in answers}
    if len(given) < len(answers) or not known >= given.keys():
        raise InvalidInput("每个条件请只回答一次，且只回答这项服务的条件。", "answers")
    verdicts = tuple(_judged(rule, given.get(rule.code, Answer(rule.code))) for rule in offering.eligibility)
    results = {verdict.result for verdict in verdicts} or {Eligible.MEETS}
    return Verdict(next(result for result in _WORST_FIRST if result in results), verdicts)


def _judged(rule: EligibilityRule, answer: Answer) -> RuleVerdict:
    if asks_age(rule):
        return _judged_by_age(rule, answer.age)
    if answer.yes is None:
        return RuleVerdict(rule, Eligible.TO_VERIFY, f"还不清楚是否{rule.text}，可以先预约，由工作人员核实。")
    if not answer.yes:
        return RuleVerdict(rule, Eligible.FAILS, f"这项服务的对象是：{rule.text}。")
    if rule.proof:
        return RuleVerdict(rule, Eligible.TO_VERIFY, f"请带上{rule.proof}，现场核实。")
    return RuleVerdict(rule, Eligible.MEETS, f"符合：{rule.text}。")


def _judged_by_age(rule: EligibilityRule, age: int | None) -> RuleVerdict:
    if age is None:
        return RuleVerdict(rule, Eligible.TO_VERIFY, f"还不知道年龄，要求是：{rule.text}。")
    if not 0 <= age <= OLDEST:
        raise InvalidInput(f"年龄应在 0 到 {OLDEST} 之间。", "answers", "age")
    too_young = rule.min_age is not None and age < rule.min_age
    too_old = rule.max_age is not None and age > rule.max_age
    if too_young or too_old:
        return RuleVerdict(rule, Eligible.FAILS, f"{age} 岁不符合要求：{rule.text}。")
    return RuleVerdict(rule, Eligible.MEETS, f"{age} 岁符合要求：{rule.text}。")
