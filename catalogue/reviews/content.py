"""What must not stand in a public text: ways to reach somebody, and abuse. Pure, by patterns and a list of words.

Everything is looked at folded (half width, Simplified, lower case), and for numbers also with the tricks undone that
are used to hide them: spaces and dots between digits, Chinese numerals.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

from lifecircle.catalogue.errors import ContentRejected
from lifecircle.catalogue.text import bare, fold

_NUMERALS = str.maketrans("零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖幺", "001234567891234567891")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-–—_.·・,，、*()（）]+(?=\d)")

_MOBILE = re.compile(r"(?<!\d)(?:\+?86)?1[3-9]\d{9}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)(?:0\d{2,3}\d{7,8}|[48]00\d{7})(?!\d)")
_LONG_NUMBER = re.compile(r"\d{7,}")
_ACCOUNT = re.compile(
    r"(?:微信|薇信|威信|微❤|v信|vx|wx|wechat|weixin|加我?v|加微|加薇|qq|扣扣|企鹅|抖音|小红书)"
    r"(?:号码?|群|id)?[\s:：是为=\-]*[a-z0-9][a-z0-9_\-]{4,19}"
)
_ADDRESS = re.compile(
    r"https?:|www\.|[a-z0-9._%+-]+@[a-z0-9-]+\.[a-z]{2,}"
    r"|(?<![a-z0-9])[a-z0-9-]{2,}\s?[.。]\s?(?:com|cn|net|org|top|xyz|vip|cc|io|me|shop|site|club|info|link|online)(?![a-z])"
)

NO_CONTACTS = "公开内容里不能留电话、微信、QQ 或网址，请去掉后再提交。"
NO_ABUSE = "内容里有不文明用语，请换一种说法再提交。"
NOT_SUITABLE = "内容可能不适合公开，请修改后再提交。"


def check_text(text: str, field: str) -> None:
    """Raises ContentRejected."""
    if holds_contact(text):
        raise ContentRejected(NO_CONTACTS, field)
    if holds_abuse(text):
        raise ContentRejected(NO_ABUSE, field)


def holds_contact(text: str) -> bool:
    plain = fold(text)
    joined = _BETWEEN_DIGITS.sub("", plain.translate(_NUMERALS))
    if _MOBILE.search(joined) or _LANDLINE.search(joined) or _LONG_NUMBER.search(plain):
        return True
    return bool(_ACCOUNT.search(plain) or _ACCOUNT.search(joined) or _ADDRESS.search(plain))


def holds_abuse(text: str) -> bool:
    squeezed = bare(text).replace(" ", "")
    return any(word in squeezed for word in _words())


@lru_cache(maxsize=1)
def _words() -> tuple[str, ...]:
    lines = files("lifecircle.catalogue.reviews").joinpath("abuse.txt").read_text("utf-8").splitlines()
    return tuple(word for line in lines if (word := line.partition("#")[0].strip()))
