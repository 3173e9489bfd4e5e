"""A policy guide: what it says in plain words, and where that was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lifecircle.catalogue.freshness.rules import RecordKind, is_stale


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str | None
    section: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    id: str
    title: str
    issuer: str
    document_number: str | None
    topic: str
    region: str | None
    """None: the whole country."""
    summary: str
    body: str
    steps: tuple[str, ...]
    questions: tuple[str, ...]
    only_if: tuple[str, ...]
    """A guide about an exception answers only who says one of these words; empty: everybody."""
    local_rules_differ: bool
    phone: str | None
    effective_on: date | None
    checked_on: date
    sources: tuple[Source, ...]
    status: str
    version: int

    def is_stale(self, today: date) -> bool:
        return is_stale(RecordKind.GUIDE, self.checked_on, today)


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    policy: Policy
    score: float
    """How much of the question the guide speaks of: about 1 where it holds all of it, more for its own questions."""
    confidence: float
    """How often a guide that fits so well is the right one."""


@dataclass(frozen=True, slots=True)
class Article:
    """An article of a law or regulation, word for word."""

    document: str
    """Title of the document that it stands in."""
    number: str
    """第四十五条."""
    text: str


@dataclass(frozen=True, slots=True)
class ArticleMatch:
    article: Article
    score: float


def policy_from_document(document: Mapping[str, Any]) -> Policy:
    return Policy(
        id=document["_id"],
        title=document["title"],
        issuer=document["issuer"],
        document_number=document["document_number"],
        topic=document["topic"],
        region=document["region"],
        summary=document["summary"],
        body=document["body"],
        steps=tuple(document["steps"]),
        questions=tuple(document["questions"]),
        only_if=tuple(document.get("only_if", ())),
        local_rules_differ=document["local_rules_differ"],
        phone=document["phone"],
        effective_on=_day(document["effective_on"]),
        checked_on=date.fromisoformat(document["checked_on"]),
        sources=tuple(Source(row["title"], row.get("url"), row.get("section")) for row in document["source"]),
        status=document["status"],
        version=document["version"],
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
