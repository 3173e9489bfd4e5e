"""How well policy questions are answered that were written by others, from the plan and the facts alone.

`python -m bench.policies` prints totals only: the questions are held out and are never shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from lifecircle.assistant.matcher.shipped import project_matcher
from lifecircle.assistant.policies.answering import Found, PolicyAnswers
from lifecircle.assistant.policies.importing.numerals import numeral_of
from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.model import policy_from_document
from lifecircle.seeds.policy_files import read_policies

ROOT = Path(__file__).parent.parent
HELD_OUT = ROOT / "bench" / "judged" / "policy_questions.yaml"
LAWS = ROOT.parent / "shared" / "data" / "laws"
TIMED = 3
"""Rounds; the quickest counts."""


def main() -> None:
    if not LAWS.is_dir():
        print("the ten laws are not here")
        return
    rows = yaml.safe_load(HELD_OUT.read_text("utf-8"))
    matcher = project_matcher(ROOT / ".state")
    started = time.perf_counter()
    answers = PolicyAnswers(
        [policy_from_document(row) for row in read_policies(district="330199")],
        parse(LAWS, Given(date(2026, 11, 22))).regulations,
        matcher,
    )
    print(f"made in {time.perf_counter() - started:.2f} s")
    _guides(answers, rows["guides"])
    _articles(answers, rows["laws"])
    _unanswerable(answers, rows["unanswerable"])
    _speed(answers, [row["text"] for part in ("guides", "laws", "unanswerable") for row in rows[part]])


def _guides(answers: PolicyAnswers, rows: Sequence[Mapping[str, Any]]) -> None:
    found = [answers.find(row["text"]) for row in rows]
    right = [{row["guide"]} if isinstance(row["guide"], str) else set(row["guide"]) for row in rows]
    pairs = list(zip(found, right, strict=True))
    first = _share(pairs, lambda found, right: found.matches[0].policy.id in right)
    three = _share(pairs, lambda found, right: bool({match.policy.id for match in found.matches[:3]} & right))
    answered = _share(pairs, lambda found, _: found.is_good)
    rightly = _share(
        pairs, lambda found, right: found.is_good and not found.by_article and found.matches[0].policy.id in right
    )
    print(f"guides, {len(rows)} questions: right guide first {first:.3f} (goal 0.90), in three {three:.3f} (0.97)")
    print(f"  answered {answered:.3f}, with the right guide {rightly:.3f}")


def _articles(answers: PolicyAnswers, rows: Sequence[Mapping[str, Any]]) -> None:
    pairs = [(answers.find(row["text"]), _right_articles(row)) for row in rows]
    shares = {
        k: _share(
            pairs,
            lambda found, right, k=k: (
                not right.isdisjoint((one.regulation.short_title, one.article.number) for one in found.articles[:k])
            ),
        )
        for k in (1, 3, 5)
    }
    said = ", ".join(f"in {k} {share:.3f}" for k, share in shares.items())
    answered = _share(pairs, lambda found, _: found.is_good)
    print(f"laws, {len(rows)} questions: right article {said} (goal in 5: 0.85); answered {answered:.3f}")


def _right_articles(row: Mapping[str, Any]) -> set[tuple[str, str]]:
    numbers = row["article"] if isinstance(row["article"], list) else [row["article"]]
    laws = row["law"] if isinstance(row["law"], list) else [row["law"]]
    return {(law, f"第{numeral_of(int(number))}条") for law in laws for number in numbers}


def _unanswerable(answers: PolicyAnswers, rows: Sequence[Mapping[str, Any]]) -> None:
    found = [answers.find(row["text"]) for row in rows]
    answered, by_article = (sum(one.is_good for one in found), sum(one.by_article for one in found))
    share = answered / len(rows)
    print(f"unanswerable, {len(rows)}: {share:.3f} got an answer (goal at most 0.05), {by_article} by an article")


def _speed(answers: PolicyAnswers, texts: Sequence[str]) -> None:
    rounds = []
    for _ in range(TIMED):
        started = time.perf_counter()
        for text in texts:
            answers.find(text)
        rounds.append((time.perf_counter() - started) / len(texts))
    print(f"{min(rounds) * 1e3:.2f} ms a question")


def _share(pairs: Sequence[tuple[Found, Any]], holds: Callable[[Found, Any], bool]) -> float:
    return sum(holds(found, right) for found, right in pairs) / len(pairs)


if __name__ == "__main__":
    main()
