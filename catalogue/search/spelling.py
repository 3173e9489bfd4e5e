"""The one spelling of a search: Simplified, half width, lower case, variants made alike, nothing but words.

It goes character by character through a table (`bench/make_characters.py` writes it), so that names by the hundred
thousand are spelt in one step and exactly as a query is. 著 and 着 are one: the way to Traditional script and back
joins them.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from lifecircle.catalogue.text import fold

Array = npt.NDArray[Any]

_RARE = re.compile("[\U00010000-\U0010ffff]")

OTHER = 0xFFFF
"""Stands for the rare characters beyond the first 65,536; none of them is spelt so."""


@cache
def spelling_table() -> Array:
    """By code point; 0: no part of a word."""
    raw = (resources.files("lifecircle.catalogue.search") / "spelling.npz").read_bytes()
    with np.load(BytesIO(raw)) as stored:
        return np.asarray(stored["table"])


@cache
def _translation() -> dict[int, str]:
    table = spelling_table()
    odd = np.flatnonzero(table != np.arange(len(table))).tolist()
    return {code: chr(table[code]) if table[code] else "" for code in odd}


def spelling(text: str) -> str:
    """A query's or a word's."""
    folded = fold(text).translate(_translation())
    return folded if not folded or ord(max(folded)) <= OTHER else _RARE.sub("", folded)


def spelt_codes(text: str) -> Array:
    """The spelling of many texts in one piece, as code points; 0 where something fell away."""
    codes = np.frombuffer(text.encode("utf-32-le", "ignore"), np.uint32)
    return spelling_table()[np.minimum(codes, OTHER)]
