"""The policy guides: one YAML file per topic, read into the shape of the `policies` collection.

The limits below are the editor's: a guide is read aloud to a retired teacher, so its parts stay short.
"""

from collections.abc import Iterable
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from lifecircle.seeds.errors import SeedError
from lifecircle.seeds.reading import Record, read_yaml

BODY_PARAGRAPHS = range(2, 5)
BODY_PARAGRAPH_LENGTH = 120

Topic = Literal[
    "community",
    "disability",
    "elder-care",
    "family",
    "hotlines",
    "housing-fund",
    "labour",
    "legal-aid",
    "medical-insurance",
    "pension-certification",
    "relief",
    "social-insurance",
    "unemployment",
    "work-injury",
]


def _one_sentence(text: str) -> str:
    if not text.endswith("。") or text.count("。") != 1:
        raise ValueError("must be one sentence that ends with 。")
    return text


def _short_paragraphs(text: str) -> str:
    paragraphs = text.split("\n\n")
    if len(paragraphs) not in BODY_PARAGRAPHS:
        raise ValueError(f"must have 2 to 4 paragraphs, not {len(paragraphs)}")
    for number, paragraph in enumerate(paragraphs, 1):
        if paragraph != paragraph.strip() or "\n" in paragraph or not 0 < len(paragraph) <= BODY_PARAGRAPH_LENGTH:
            raise ValueError(f"paragraph {number} must be one line of at most {BODY_PARAGRAPH_LENGTH} characters")
    return text


def _calendar_date(text: str) -> str:
    if date.fromisoformat(text).isoformat() != text:
        raise ValueError("must be a date like 2026-11-22")
    return text


def _no_repeats(texts: list[str]) -> list[str]:
    if len(set(texts)) != len(texts):
        raise ValueError("must not repeat an entry")
    return texts


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=64)]
Line = Annotated[str, StringConstraints(pattern=r"^\S([^\n]*\S)?$", max_length=200)]
Summary = Annotated[Line, StringConstraints(max_length=80), AfterValidator(_one_sentence)]
Body = Annotated[str, AfterValidator(_short_paragraphs)]
Step = Annotated[Line, StringConstraints(max_length=80)]
Question = Annotated[Line, StringConstraints(max_length=40)]
Word = Annotated[Line, StringConstraints(max_length=10)]
CalendarDate = Annotated[str, AfterValidator(_calendar_date)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)]


class StrictRow(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class SourceRow(StrictRow):
    """Where a fact of the guide was read."""

    title: Line
    url: Url | None
    section: Line | None


class ArticleRow(StrictRow):
    """A rule that the guide rests on; the gist is in our own words."""

    document: Line
    article: Annotated[str, StringConstraints(pattern=r"^第[一二三四五六七八九十百零]+条$")]
    gist: Line


class GuideRow(StrictRow):
    id: Annotated[Slug, Field(alias="_id")]
    title: Annotated[Line, StringConstraints(max_length=40)]
    issuer: Line
    document_number: Line | None
    topic: Topic
    region: Line | None
    summary: Summary
    body: Body
    steps: list[Step]
    questions: Annotated[list[Question], Field(min_length=8, max_length=30), AfterValidator(_no_repeats)]
    only_if: Annotated[list[Word], AfterValidator(_no_repeats)] = []
    """For an exception to the rule: the guide answers only who says one of these words."""
    local_rules_differ: bool
    phone: Annotated[str, StringConstraints(pattern=r"^\d{3,5}$")] | None
    effective_on: CalendarDate | None
    checked_on: CalendarDate
    source: Annotated[list[SourceRow], Field(min_length=1)]
    articles: list[ArticleRow]
    status: Literal["IN_FORCE"]


def read_policies(folder: Path | Traversable | None = None, *, district: str) -> list[dict[str, Any]]:
    """Every guide as a document, in the order of the files; nothing is returned when one of them is wrong."""
    guides = [guide for file in _topic_files(folder) for guide in _read_topic(*file)]
    _refuse_repeats((guide, "_id", guide.row.id) for guide in guides)
    _refuse_repeats((guide, "questions", question) for guide in guides for question in guide.row.questions)
    return [_document(guide.row, district) for guide in guides]


def _topic_files(folder: Path | Traversable | None) -> list[tuple[Traversable, str]]:
    source = folder if folder is not None else files("lifecircle.seeds.policies")
    names = sorted(entry.name for entry in source.iterdir() if entry.name.endswith(".yaml")) if source.is_dir() else []
    if not names:
        raise SeedError(str(source), 0, "(file)", "holds no policy guides")
    return [(source, name) for name in names]


def _read_topic(folder: Traversable, file: str) -> list[Record[GuideRow]]:
    guides = read_yaml(folder, file, GuideRow)
    for guide in guides:
        if f"{guide.row.topic}.yaml" != file:
            raise guide.error("topic", f"{guide.row.topic} belongs into {guide.row.topic}.yaml")
    return guides


def _refuse_repeats(entries: Iterable[tuple[Record[GuideRow], str, str]]) -> None:
    first: dict[str, Record[GuideRow]] = {}
    for guide, column, text in entries:
        earlier = first.setdefault(text, guide)
        if earlier is not guide:
            raise guide.error(column, f"{text} stands already in {earlier.row.id}")


def _document(guide: GuideRow, district: str) -> dict[str, Any]:
    return guide.model_dump(mode="json", by_alias=True) | {"district": district, "version": 1}
