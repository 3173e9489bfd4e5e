"""What the records of a merchant may hold: every text, number, place and link. Pure.

Each rule takes what somebody wrote and the path of the field, and gives the one spelling that is stored, or raises
InvalidInput with a Chinese message that says what is wrong and what to write instead. Opening hours: `hours.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from lifecircle.catalogue.areas import AreaLevel, Areas
from lifecircle.catalogue.categories import Categories
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point, is_on_earth
from lifecircle.catalogue.membership.rules import contact_number
from lifecircle.catalogue.stores.model import AccessibilityFeature

MOST_PHOTOS = 9
MOST_PRICE = 1_000_000
"""Fen: ten thousand yuan."""
MOST_STORES = 10_000
MOST_CHAINS = 50
MOST_OFFERINGS = 200
"""Of one store, or of one chain."""

_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn")
_NUMBER = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff_./-]{0,31}")
_FREE_PHONE = re.compile(r"([48]00)-?([0-9]{3})-?([0-9]{4})")
_SHORT_PHONE = re.compile(r"11[0-9]|12[02]|1[012][0-9]{3}|9[56][0-9]{3,4}")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


# --- texts ---


def line(text: str, what: str, least: int, most: int, *field: str) -> str:
    """One line of visible text, single spaces, none at the ends."""
    return _measured(" ".join(_visible(text, what, most, *field, breaks="\n\t").split()), what, least, most, *field)


def paragraph(text: str, what: str, most: int, *field: str) -> str | None:
    """Several lines of visible text; None for one that says nothing."""
    lines = [" ".join(part.split()) for part in _visible(text, what, most, *field, breaks="\n\r\t").splitlines()]
    whole = "\n".join(lines).strip()
    return _measured(whole, what, 1, most, *field) if whole else None


def name(text: str, *field: str) -> str:
    return line(text, "名称", 2, 60, *field)


def address(text: str, *field: str) -> str:
    return line(text, "地址", 2, 100, *field)


def notice(text: str, *field: str) -> str | None:
    return paragraph(text, "公告", 200, *field)


def description(text: str, *field: str) -> str | None:
    return paragraph(text, "服务说明", 500, *field)


def unit(text: str, *field: str) -> str:
    return line(text, "计价单位", 1, 10, *field)


def number(text: str, *field: str) -> str:
    """The merchant's own number of a store."""
    clean = unicodedata.normalize("NFKC", text[:80]).strip()
    if not _NUMBER.fullmatch(clean):
        raise InvalidInput("门店编号应为 1 到 32 个字母、数字、汉字或 - _ . /，不能有空格。", *field)
    return clean


def phone(text: str, *field: str) -> str | None:
    """Mobile, landline, 400 and 800 numbers, short service numbers; None for a blank."""
    narrow = re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", text[:40]))
    if not narrow:
        return None
    free = _FREE_PHONE.fullmatch(narrow)
    if free:
        return "-".join(free.groups())
    if _SHORT_PHONE.fullmatch(narrow):
        return narrow
    try:
        return contact_number(narrow, *field)
    except InvalidInput:
        raise InvalidInput(
            "电话格式不对：请填手机号、带区号的固定电话（0571-88886666）、400 电话或服务短号。", *field
        ) from None


def _visible(text: str, what: str, most: int, *field: str, breaks: str) -> str:
    if len(text) > most * 4:
        raise InvalidInput(f"{what}最多 {most} 个字。", *field)
    if any(unicodedata.category(char) in _HIDDEN and char not in breaks for char in text):
        raise InvalidInput(f"{what}里有看不见的特殊字符，请删除后重新输入。", *field)
    return text


def _measured(text: str, what: str, least: int, most: int, *field: str) -> str:
    if not least <= len(text) <= most:
        raise InvalidInput(f"{what}应为 {least} 到 {most} 个字，现在是 {len(text)} 个。", *field)
    return text


# --- numbers ---


def whole(value: int, what: str, least: int, most: int, *field: str) -> int:
    if not least <= value <= most:
        raise InvalidInput(f"{what}应在 {least} 到 {most} 之间。", *field)
    return value


def price(fen: int, *field: str) -> int:
    if not 0 <= fen <= MOST_PRICE:
        raise InvalidInput(f"价格以分为单位，应在 0 到 {MOST_PRICE}（{MOST_PRICE // 100} 元）之间。", *field)
    return fen


# --- lists ---


def photos(urls: Iterable[str], *field: str) -> list[str]:
    """https only: what residents' phones load must not be read on the way."""
    clean = list(dict.fromkeys(photo(url, *field) for url in urls))
    if len(clean) > MOST_PHOTOS:
        raise InvalidInput(f"照片最多 {MOST_PHOTOS} 张。", *field)
    return clean


def photo(url: str, *field: str) -> str:
    wrong = InvalidInput("照片应为 https:// 开头的完整网址，不超过 500 个字符。", *field)
    clean = url.strip()
    if len(clean) > 500 or not clean.isascii() or any(char <= " " or char in '\\"<>^`{|}\x7f' for char in clean):
        raise wrong
    try:
        parts = urlsplit(clean)
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443):
        raise wrong
    if not _HOST.fullmatch(parts.hostname or ""):
        raise wrong
    return clean


def accessibility(features: Iterable[AccessibilityFeature]) -> list[str]:
    """Each once, in the order of the enumeration."""
    given = set(features)
    return [feature.value for feature in AccessibilityFeature if feature in given]


# --- places and categories ---


@dataclass(frozen=True, slots=True)
class Place:
    """A point inside the city, and the areas that hold it."""

    point: Point
    district: str
    community: str | None


def place(point: Point, areas: Areas, *field: str) -> Place:
    if not is_on_earth(point.longitude, point.latitude):
        raise InvalidInput("位置不正确：经度应在 -180 到 180 之间，纬度应在 -90 到 90 之间。", *field)
    smallest = areas.locate(point)
    if smallest is None:
        raise InvalidInput("这个位置不在服务区域内，请在地图上重新选点；用高德、腾讯地图取的坐标请选 GCJ02。", *field)
    community = smallest.id if smallest.level is AreaLevel.COMMUNITY else None
    return Place(Point(round(point.longitude, 7), round(point.latitude, 7)), areas.path(smallest.id)[-1], community)


def category(code: str, categories: Categories, *field: str) -> str:
    """A leaf of the tree: stores stand only there."""
    found = categories.get(code)
    if found is None:
        raise InvalidInput("没有这个类别，请从类别列表里选择。", *field)
    if categories.children(code):
        below = "、".join(child.name for child in categories.children(code)[:4])
        raise InvalidInput(f"“{found.name}”是大类，请选择更具体的类别，如{below}。", *field)
    return code
