"""Questions that people may ask, with the guide or the article of law that answers, and some that nothing answers.

A file for each writer, so that what was learned from some can be tried on another. A guide that a city wrote itself
stands in none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from lifecircle.assistant.policies.importing.numerals import numeral_of

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

ArticleKey = tuple[str, str]
"""Short title of the regulation, number of the article: 劳动法, 第十五条."""


@dataclass(frozen=True, slots=True)
class Wordings:
    """What one writer asks. A text that stands under two guides or articles is answered by both."""

    writer: str
    """Name of the file."""
    guides: Mapping[str, tuple[str, ...]]
    """By the id of the guide."""
    articles: Mapping[ArticleKey, tuple[str, ...]]
    unknown: tuple[str, ...]
    """Matters that no guide and no article speaks of."""


@cache
def shipped_wordings() -> tuple[Wordings, ...]:
    folder = resources.files("lifecircle.assistant.policies.wordings")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return tuple(_read(file.name.removesuffix(".yaml"), file.read_text("utf-8")) for file in files)


def guide_wordings(all_wordings: Iterable[Wordings]) -> dict[str, list[str]]:
    """Of all writers together."""
    together: dict[str, list[str]] = {}
    for one in all_wordings:
        for guide, texts in one.guides.items():
            together.setdefault(guide, []).extend(texts)
    return together


def article_wordings(all_wordings: Iterable[Wordings]) -> dict[ArticleKey, list[str]]:
    """Of all writers together."""
    together: dict[ArticleKey, list[str]] = {}
    for one in all_wordings:
        for article, texts in one.articles.items():
            together.setdefault(article, []).extend(texts)
    return together


def unknown_of(all_wordings: Iterable[Wordings]) -> tuple[str, ...]:
    """Of all writers together."""
    return tuple(text for one in all_wordings for text in one.unknown)


def _read(writer: str, text: str) -> Wordings:
    held = _LOADER(text).get_single_data()
    return Wordings(
        writer,
        {guide: tuple(texts or ()) for guide, texts in held["guides"].items()},
        {
            (law, f"第{numeral_of(number)}条"): tuple(texts or ())
            for law, articles in held["laws"].items()
            for number, texts in articles.items()
        },
        tuple(held["unknown"] or ()),
    )
