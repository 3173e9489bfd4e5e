"""What residents call the matter of an article: beside its text when articles are searched, never shown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

from lifecircle.assistant.policies.importing.numerals import numeral_of
from lifecircle.assistant.policies.model import Regulation

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain_words(regulation: Regulation) -> Mapping[str, str]:
    """By the number of the article; none for a version with other numbers than the one that was read."""
    dated_on, words = _known().get(regulation.short_title, (None, {}))
    return words if dated_on is not None and dated_on == regulation.dated_on else {}


@cache
def _known() -> dict[str, tuple[Any, dict[str, str]]]:
    text = (resources.files("lifecircle.assistant.policies") / "plain_words.yaml").read_text("utf-8")
    return {
        row["regulation"]: (
            row["dated_on"],
            {f"第{numeral_of(number)}条": words for number, words in row["articles"].items()},
        )
        for row in _LOADER(text).get_single_data()
    }
