"""The category tree: basic, quality and public services of a 15-minute life circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class CategoryLevel(StrEnum):
    BASIC = "BASIC"
    QUALITY = "QUALITY"
    PUBLIC = "PUBLIC"


@dataclass(frozen=True, slots=True)
class Category:
    code: str
    name: str
    level: CategoryLevel
    parent: str | None
    order: int
    aliases: tuple[str, ...]
    version: int


class Categories:
    def __init__(self, categories: Iterable[Category] = ()) -> None:
        ordered = sorted(categories, key=lambda category: (category.order, category.code))
        self._by_code = {category.code: category for category in ordered}
        self._children: dict[str, list[Category]] = {}
        for category in ordered:
            if category.parent:
                self._children.setdefault(category.parent, []).append(category)

    def __iter__(self) -> Iterator[Category]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Category | None:
        return self._by_code.get(code)

    def children(self, code: str) -> list[Category]:
        return self._children.get(code, [])

    def descendants(self, code: str) -> frozenset[str]:
        """The category and everything below it."""
        below = frozenset[str]().union(*(self.descendants(child.code) for child in self.children(code)))
        return below | {code}


def category_from_document(document: Mapping[str, Any]) -> Category:
    return Category(
        code=document["_id"],
        name=document["name"],
        level=CategoryLevel(document["level"]),
        parent=document["parent"],
        order=document["order"],
        aliases=tuple(document["aliases"]),
        version=document["version"],
    )
