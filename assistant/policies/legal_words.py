"""What residents say in the words of law."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from lifecircle.catalogue.text import fold

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def legal_words(text: str) -> str:
    """The words of law for everything in the text that has some; may be empty."""
    said = fold(text)
    return " ".join(term for words, terms in _pairs() if any(word in said for word in words) for term in terms)


@cache
def _pairs() -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    text = (resources.files("lifecircle.assistant.policies") / "legal_words.yaml").read_text("utf-8")
    rows = _LOADER(text).get_single_data()
    return tuple((tuple(fold(str(word)) for word in words), tuple(terms)) for words, terms in rows)
