"""Guides, which say in plain words what to do, and regulations, which are the rules word for word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.freshness.rules import RecordKind, is_stale


class PolicyStatus(StrEnum):
    IN_FORCE = "IN_FORCE"
    REPLACED = "REPLACED"
    ABOLISHED = "ABOLISHED"


@dataclass(frozen=True, slots=True)
class Source:
    title: str
    url: str | None
    section: str | None


@dataclass(frozen=True, slots=True)
class Cited:
    """An article that a guide rests on."""

    document: str
    number: str
    gist: str
    """What it says, in our own words."""


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
    cited: tuple[Cited, ...]
    status: PolicyStatus
    version: int

    def is_stale(self, today: date) -> bool:
        return is_stale(RecordKind.GUIDE, self.checked_on, today)


@dataclass(frozen=True, slots=True)
class PolicyMatch:
    policy: Policy
    confidence: float
    """That this guide is the one that is meant; those of all guides come to 1 at most."""


@dataclass(frozen=True, slots=True)
class Article:
    """The smallest part of a regulation that is cited by a number."""

    number: str
    """第四十五条; of a notice without articles its 一, 二 …; 全文 where it has neither."""
    paragraphs: tuple[str, ...]
    """款, and the 项 below them, word for word."""
    path: tuple[str, ...] = ()
    """The headings above it, the widest first: 编, 章, 节."""

    @property
    def text(self) -> str:
        return "\n".join(self.paragraphs)


@dataclass(frozen=True, slots=True)
class Regulation:
    """One version of a law, a regulation or a notice."""

    id: str
    """The same for the same content."""
    key: str
    """The same for all versions."""
    title: str
    issuer: str | None
    document_number: str | None
    region: str | None
    dated_on: date | None
    """When this version was passed or published."""
    effective_on: date | None
    checked_on: date
    status: PolicyStatus
    version: int
    file: str
    """Name of the file that it was read from."""
    articles: tuple[Article, ...]

    @property
    def short_title(self) -> str:
        return self.title.removeprefix("中华人民共和国")

    def is_stale(self, today: date) -> bool:
        return is_stale(RecordKind.GUIDE, self.checked_on, today)

    def article(self, number: str) -> Article | None:
        return next((article for article in self.articles if article.number == number), None)


@dataclass(frozen=True, slots=True)
class ArticleMatch:
    regulation: Regulation
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
        cited=tuple(Cited(row["document"], row["article"], row["gist"]) for row in document.get("articles", ())),
        status=PolicyStatus(document["status"]),
        version=document["version"],
    )


def regulation_from_document(document: Mapping[str, Any]) -> Regulation:
    return Regulation(
        id=document["_id"],
        key=document["key"],
        title=document["title"],
        issuer=document["issuer"],
        document_number=document["document_number"],
        region=document["region"],
        dated_on=_day(document["dated_on"]),
        effective_on=_day(document["effective_on"]),
        checked_on=date.fromisoformat(document["checked_on"]),
        status=PolicyStatus(document["status"]),
        version=document["version"],
        file=document["file"],
        articles=tuple(
            Article(row["number"], tuple(row["paragraphs"]), tuple(row["path"])) for row in document["articles"]
        ),
    )


def regulation_document(regulation: Regulation) -> dict[str, Any]:
    return {
        "_id": regulation.id,
        "key": regulation.key,
        "title": regulation.title,
        "issuer": regulation.issuer,
        "document_number": regulation.document_number,
        "region": regulation.region,
        "dated_on": _text(regulation.dated_on),
        "effective_on": _text(regulation.effective_on),
        "checked_on": regulation.checked_on.isoformat(),
        "status": regulation.status.value,
        "version": regulation.version,
        "file": regulation.file,
        "articles": [
            {"number": article.number, "paragraphs": list(article.paragraphs), "path": list(article.path)}
            for article in regulation.articles
        ],
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
