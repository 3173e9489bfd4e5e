"""What needs no catalogue: for whom, how much at most, how many, which one, a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lifecircle.assistant.entities.model import Entity, Kind
from lifecircle.assistant.when.numerals import DIGITS, PLACES, number

_COUNT = rf"[{''.join(DIGITS)}{''.join(PLACES)}]{{1,6}}|\d{{1,6}}"
_PARTY = rf"(?P<n>{_COUNT})(?:个|位|口)?(?:大人|人|位|口人)(?!份|民|行|工|才|性|次)"
_PEOPLE = {
    "mother": "妈妈|母亲|老妈|我妈|俺娘|老娘",
    "father": "爸爸|父亲|老爸|我爸|俺爹|老爹",
    "parents": "爸妈|父母|爹妈|二老",
    "grandmother": "奶奶|外婆|姥姥|阿婆|阿嬷",
    "grandfather": "爷爷|外公|姥爷|阿公",
    "spouse": "老伴|老婆|老公|爱人|妻子|丈夫|媳妇",
    "child": "儿子|女儿|闺女|孩子|小孩|宝宝|娃娃|我娃",
    "grandchild": "孙子|孙女|外孙女|外孙",
    "elder": "老人家|老人|老爷子|老太太",
    "neighbour": "邻居|隔壁大爷|隔壁大妈",
    "self": "我自己|本人|自个儿",
}


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: Kind
    expression: re.Pattern[str]
    value: Callable[[str], int]


def _fen(text: str) -> int:
    return round(float(text) * 100) if "." in text else _whole(text) * 100


def _whole(text: str) -> int:
    return number(text) if text.isdecimal() or set(text) <= DIGITS.keys() | PLACES.keys() else 0


def _last(_: str) -> int:
    return -1


_PATTERNS = (
    _Pattern(
        Kind.PRICE_LIMIT,
        re.compile(
            rf"(?:不超过|不要超过|别超过|最多|低于|少于|不高于|预算)(?P<n>\d{{1,6}}(?:\.\d{{1,2}})?|{_COUNT})(?:元|块钱|块|圆)?"
            rf"|(?P<m>\d{{1,6}}(?:\.\d{{1,2}})?|{_COUNT})(?:元|块钱|块|圆)(?:钱)?(?:以内|以下|之内|内|封顶|左右)"
        ),
        _fen,
    ),
    _Pattern(Kind.PARTY_SIZE, re.compile(_PARTY), _whole),
    _Pattern(Kind.PARTY_SIZE, re.compile(rf"(?:一共|总共|共|我们)(?P<n>{_COUNT})个"), _whole),
    _Pattern(Kind.ORDINAL, re.compile(rf"第(?P<n>{_COUNT})(?:个|家|项|种|位|号)?(?!天|次|人民|季度|周|年|代)"), _whole),
    _Pattern(Kind.ORDINAL, re.compile(r"最后(?P<n>一)?(?:个|家|项|种)|倒数第一(?:个|家)?"), _last),
)
_PHONE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8})(?!\d)")
_PERSON = re.compile("|".join(f"(?P<{key}>{words})" for key, words in _PEOPLE.items()))
_ROAD = re.compile(r"[一-鿿]{2,4}?(?:路|街|巷|弄|大道)(?:\d{1,4}[号弄])(?:\d{1,4}[号室])?")


def phones_in(folded: str) -> Iterator[Entity]:
    for found in _PHONE.finditer(folded):
        digits = "".join(char for char in found[1] if char.isdigit())
        yield Entity(Kind.PHONE, digits, found.start(), found.end(), (digits,))


def numbers_in(folded: str, free: list[bool]) -> Iterator[Entity]:
    for pattern in _PATTERNS:
        for found in pattern.expression.finditer(folded):
            said = next((group for group in found.groups() if group), "")
            value = pattern.value(said)
            if value and all(free[found.start() : found.end()]):
                yield Entity(pattern.kind, found[0], found.start(), found.end(), value=value)


def people_in(folded: str) -> Iterator[Entity]:
    for found in _PERSON.finditer(folded):
        yield Entity(Kind.PERSON, found[0], found.start(), found.end(), (str(found.lastgroup),))


def roads_in(folded: str, free: list[bool]) -> Iterator[Entity]:
    for found in _ROAD.finditer(folded):
        if all(free[found.start() : found.end()]):
            yield Entity(Kind.PLACE, found[0], found.start(), found.end())
