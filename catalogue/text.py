"""Folding: one spelling for the many ways the same Chinese is typed.

`fold` is what every comparison in the project starts from, so that 養老金, 养老金 and ｙａｎｇ are found alike.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import opencc

ZERO_WIDTH = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def fold(text: str) -> str:
    """Simplified script, half width, lower case, no control or zero-width characters, single spaces."""
    narrow = unicodedata.normalize("NFKC", text).translate(ZERO_WIDTH)
    plain = "".join(" " if unicodedata.category(char) in ("Cc", "Zs", "Zl", "Zp") else char for char in narrow)
    return " ".join(simplified(plain).lower().split())


def simplified(text: str) -> str:
    """The text in Simplified script; everything else as it was."""
    return str(_to_simplified().convert(text))


def traditional(text: str) -> str:
    """The text in Traditional script, Taiwan standard characters (為, 裡); everything else as it was."""
    return str(_to_traditional().convert(text))


def is_traditional(text: str) -> bool:
    """Whether the text holds a character that only Traditional script uses."""
    return simplified(text) != text
