"""Lines into a regulation: its head, and its articles under their headings.

An article begins where its number is the next one; 第四十条 at the beginning of a line that only refers to it is text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lifecircle.assistant.policies.importing.numerals import NUMERALS, numeral_of, value_of
from lifecircle.assistant.policies.importing.reading import Text
from lifecircle.assistant.policies.model import Article

WHOLE = "全文"
"""The number of the only article of a notice that numbers nothing."""
MOST_IN_ARTICLE = 20_000
"""Characters; more means that the articles were not recognised."""

_HASH = re.compile(r"^#+\s*")
_ARTICLE = re.compile(rf"^第\s*([{NUMERALS}]+|\d{{1,4}})\s*条(?:之([{NUMERALS}]+))?([\s：:]*)(.*)$")
_HEADING = re.compile(rf"^第\s*([{NUMERALS}]+|\d{{1,3}})\s*([编章节])\s*(\S.*)?$")
_SECTION = re.compile(rf"^([{NUMERALS}]+)、\s*(.*)$")
_ITEM = re.compile(rf"^(?:[（(][{NUMERALS}\d]+[）)]|\d{{1,2}}[.．、])")
_ENDS = tuple("。；：！？;:!?”》）)")
_BETWEEN = re.compile(r"(?<=[^\x00-\x7f]) +(?=[^\x00-\x7f])")
_LEVELS = "编章节"
_TITLE_WITHIN = 20
_LONGEST_HEADING = 40


class NotRecognised(ValueError):
    """The text has no order that can be cited."""


@dataclass(frozen=True, slots=True)
class Structure:
    title: str | None
    head: tuple[str, ...]
    """What stands between the title and the first article, headings left out."""
    articles: tuple[Article, ...]


def structure_of(text: Text) -> Structure:
    """Raises NotRecognised."""
    title, rest = _title_of(text.lines)
    for number_of in (_article_number, _section_number):
        reading = _Reading(number_of, text.is_wrapped)
        for line in rest:
            reading.take(_HASH.sub("", line))
        articles = reading.finished()
        if articles:
            return Structure(title, tuple(reading.head), tuple(_checked(article) for article in articles))
    if not rest:
        raise NotRecognised("holds nothing below its title")
    return Structure(title, (), (_checked(Article(WHOLE, _joined(rest, text.is_wrapped))),))


def _title_of(lines: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """A marked heading among the first lines, else the first line; none where the text begins with an article."""
    for place, line in enumerate(lines[:_TITLE_WITHIN]):
        if line.startswith("# "):
            return unspaced(_HASH.sub("", line)), [*lines[:place], *lines[place + 1 :]]
    first = _HASH.sub("", lines[0])
    if _HEADING.match(first) or _ARTICLE.match(first) or len(first) > _LONGEST_HEADING:
        return None, lines
    return unspaced(first), lines[1:]


@dataclass(frozen=True, slots=True)
class _Number:
    name: str
    value: tuple[int, int]
    """The number, and the one behind 之."""
    rest: str
    is_apart: bool
    """Whether a space or nothing follows; where a sentence refers to an article, it goes on at once."""


def _article_number(line: str) -> _Number | None:
    found = _ARTICLE.match(line)
    if found is None:
        return None
    number, added, space, rest = found.groups()
    value = (value_of(number), value_of(added) if added else 0)
    name = f"第{numeral_of(value[0])}条" + (f"之{numeral_of(value[1])}" if value[1] else "")
    return _Number(name, value, rest, bool(space) or not rest)


def _section_number(line: str) -> _Number | None:
    found = _SECTION.match(line)
    return _Number(found[1], (value_of(found[1]), 0), found[2], True) if found else None


@dataclass
class _Reading:
    """Where the reading of a text stands."""

    number_of: Callable[[str], _Number | None]
    is_wrapped: bool
    head: list[str] = field(default_factory=list)
    _articles: list[Article] = field(default_factory=list)
    _path: dict[str, str] = field(default_factory=dict)
    _number: _Number | None = None
    _lines: list[str] = field(default_factory=list)
    _is_after_heading: bool = True

    def take(self, line: str) -> None:
        heading = _heading_of(line)
        number = None if heading else self.number_of(line)
        if heading:
            self._close()
            self._path = _entered(self._path, *heading)
        elif number and self._begins(number):
            self._close()
            self._number, self._lines = number, [number.rest] if number.rest else []
        elif self._number is None:
            self.head.append(line)
        else:
            self._lines.append(line)
        self._is_after_heading = heading is not None

    def _begins(self, number: _Number) -> bool:
        """Raises NotRecognised where articles go backwards, as in two texts in one file."""
        last = self._number.value if self._number else (0, 0)
        is_next = number.value in ((last[0] + 1, 0), (last[0], last[1] + 1))
        if number.is_apart and number.value <= last:
            raise NotRecognised(f"has {number.name} behind {self._number.name if self._number else 0}")
        ended = not self._lines or self._lines[-1].endswith(_ENDS) or self._is_after_heading
        return number.is_apart or (is_next and ended)

    def _close(self) -> None:
        if self._number and self._lines:
            path = tuple(self._path[level] for level in _LEVELS if level in self._path)
            self._articles.append(Article(self._number.name, _joined(self._lines, self.is_wrapped), path))
        self._lines = []

    def finished(self) -> list[Article]:
        self._close()
        return self._articles


def _heading_of(line: str) -> tuple[str, str] | None:
    """(level, heading): ("章", "第五章 失业保险")."""
    found = _HEADING.match(line)
    if found is None or len(line) > _LONGEST_HEADING or line.endswith(("。", "；", "，")):
        return None
    number, level, name = found.groups()
    return level, f"第{numeral_of(value_of(number))}{level} {unspaced(name or '')}".strip()


def _entered(path: Mapping[str, str], level: str, heading: str) -> dict[str, str]:
    """What stands below a heading ends where it does."""
    above = _LEVELS[: _LEVELS.index(level)]
    return {known: path[known] for known in above if known in path} | {level: heading}


def _joined(lines: Iterable[str], is_wrapped: bool) -> tuple[str, ...]:
    """Paragraphs: of wrapped lines one ends where a sentence does, and an item begins one."""
    paragraphs: list[str] = []
    for line in lines:
        goes_on = is_wrapped and paragraphs and not paragraphs[-1].endswith(_ENDS) and not _ITEM.match(line)
        if goes_on:
            paragraphs[-1] += line
        else:
            paragraphs.append(line)
    return tuple(paragraphs)


def _checked(article: Article) -> Article:
    if len(article.text) > MOST_IN_ARTICLE:
        raise NotRecognised(f"has more than {MOST_IN_ARTICLE} characters in {article.number}: its parts were not found")
    return article


def unspaced(text: str) -> str:
    """总 则 → 总则: printed headings are spread out."""
    return _BETWEEN.sub("", text.strip())
