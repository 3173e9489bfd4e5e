"""What residents say in the words of law."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from lifecircle.catalogue.text import fold

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def legal_words(folded: str) -> str:
    """The words of law for everything in the folded text that has some; may be empty."""
    lines, starts = _known()
    said = {
        number for at, char in enumerate(folded) for word, number in starts.get(char, ()) if folded.startswith(word, at)
    }
    return " ".join(term for number in sorted(said) for term in lines[number])


@cache
def _known() -> tuple[list[tuple[str, ...]], dict[str, list[tuple[str, int]]]]:
    """The words of law by line, and by their first character what is said for them, with the number of the line."""
    text = (resources.files("lifecircle.assistant.policies") / "legal_words.yaml").read_text("utf-8")
    rows = _LOADER(text).get_single_data()
    starts: dict[str, list[tuple[str, int]]] = {}
    for number, (words, _) in enumerate(rows):
        for word in words:
            folded = fold(str(word))
            starts.setdefault(folded[0], []).append((folded, number))
    return [tuple(terms) for _, terms in rows], starts
