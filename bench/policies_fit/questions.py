"""What is learned from: the guides, and what each writer asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from lifecircle.assistant.policies.importing.parsing import Given, parse
from lifecircle.assistant.policies.model import Policy, Regulation, policy_from_document
from lifecircle.assistant.policies.wordings.reading import ArticleKey, Wordings, shipped_wordings
from lifecircle.seeds.policy_files import read_policies

ROOT = Path(__file__).parents[2]
LAWS = ROOT.parent / "shared" / "data" / "laws"

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    writer: str
    guides: tuple[str, ...] = ()
    """Those that answer, the first of them learned; empty: none does."""
    articles: tuple[ArticleKey, ...] = ()


def bare_guides() -> list[Policy]:
    """The guides without the questions that stand in the wordings too: those are left out in turn."""
    known = {text for one in shipped_wordings() for texts in one.guides.values() for text in texts}
    policies = (policy_from_document(row) for row in read_policies(district="330199"))
    return [replace(p, questions=tuple(text for text in p.questions if text not in known)) for p in policies]


def regulations() -> list[Regulation]:
    return list(parse(LAWS, Given(date(2026, 11, 22))).regulations)


def about_guides() -> list[Question]:
    """With those that nothing answers."""
    return [
        question
        for one in shipped_wordings()
        for question in (
            *(Question(text, one.writer, guides=right) for text, right in _answered_by(one.guides)),
            *(Question(text, one.writer) for text in one.unknown),
        )
    ]


def about_articles() -> list[Question]:
    return [
        Question(text, one.writer, articles=right)
        for one in shipped_wordings()
        for text, right in _answered_by(one.articles)
    ]


def as_wordings(guides: Iterable[Question], articles: Iterable[Question] = ()) -> tuple[Wordings, ...]:
    asked: dict[str, list[str]] = {}
    ruled: dict[ArticleKey, list[str]] = {}
    unknown = []
    for question in guides:
        if not question.guides:
            unknown.append(question.text)
        for guide in question.guides:
            asked.setdefault(guide, []).append(question.text)
    for question in articles:
        for article in question.articles:
            ruled.setdefault(article, []).append(question.text)
    return (Wordings("kept", _frozen(asked), _frozen(ruled), tuple(unknown)),)


def _answered_by(texts: Mapping[Key, Sequence[str]]) -> Iterable[tuple[str, tuple[Key, ...]]]:
    right: dict[str, tuple[Key, ...]] = {}
    for key, held in texts.items():
        for text in held:
            right[text] = (*right.get(text, ()), key)
    return right.items()


def _frozen(texts: Mapping[Key, list[str]]) -> dict[Key, tuple[str, ...]]:
    return {key: tuple(held) for key, held in texts.items()}
