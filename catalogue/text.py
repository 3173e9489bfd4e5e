"""Folding: one spelling for the many ways the same Chinese is typed.

`fold` is what every comparison in the project starts from, so that 養老金, 养老金 and ｙａｎｇ are found alike.
Both it and `bare` are linear in the length of the text and take a few microseconds for a sentence.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import opencc

_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff]")
"""Zero width, soft hyphens, writing directions and variation selectors: nobody sees them, so nobody means them."""

_HALF = re.compile("[\ud800-\udfff]")
"""Half of a character: JSON can carry it, nothing else can."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_NO_WORD = re.compile(r"[^\w]|_")
_SHORT, _REMEMBERED = 64, 512
"""Texts up to so many characters, of which the last few are remembered folded."""


@lru_cache(maxsize=1)
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=1)
def _to_traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def fold(text: str) -> str:
    """Simplified script, half width, lower case, no control or zero-width characters, single spaces."""
    return _folded_lately(text) if len(text) <= _SHORT else _folded(text)


def _folded(text: str) -> str:
    plain = _CONTROL.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))
    return " ".join(simplified(plain).lower().split())


_folded_lately = lru_cache(_REMEMBERED)(_folded)
"""One turn of a conversation folds the same sentence, and the same names and labels, a dozen times."""


def bare(text: str) -> str:
    """Folded, and nothing but letters, digits and single spaces: no punctuation, symbols or emoji."""
    return " ".join(_NO_WORD.sub(" ", fold(text)).split())


def simplified(text: str) -> str:
    """The text in Simplified script; everything else as it was."""
    return str(_to_simplified().convert(_HALF.sub("", text)))


def traditional(text: str) -> str:
    """The text in Traditional script, Taiwan standard characters (為, 裡); everything else as it was."""
    return str(_to_traditional().convert(_HALF.sub("", text)))


def is_traditional(text: str) -> bool:
    """Whether the text holds a character that only Traditional script uses."""
    return simplified(text) != text
