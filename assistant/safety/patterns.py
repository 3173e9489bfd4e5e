"""The patterns of `patterns.yaml`, compiled once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lifecircle.assistant.safety.firsts import Listener, Pattern, listener
from lifecircle.catalogue.yaml_text import read_yaml

WITHIN_CLAUSE = "[^,。!?;:…]"


@dataclass(frozen=True, slots=True)
class Patterns:
    kinds: tuple[str, ...]
    """The one that is answered first where several fit standing first."""

    dangers: Listener

    harmless: Pattern
    """What only looks like danger; taken out before anything else is read."""

    talk: dict[str, Pattern]
    """What silences a danger of its clause or its text, by reach; see `guard`."""

    scam: dict[str, Pattern]


@lru_cache(maxsize=1)
def patterns() -> Patterns:
    source = files("lifecircle.assistant.safety").joinpath("patterns.yaml").read_text(encoding="utf-8")
    said: dict[str, Any] = read_yaml(source)
    words = _words(said["words"])
    dangers = listener({kind: _source(block, words) for kind, block in said["dangers"].items()})
    harmless = _compiled(said["harmless"], words)
    talk, scam = (_compiled_all(said[name], words) for name in ("talk", "scam"))
    return Patterns(tuple(said["dangers"]), dangers, harmless, talk, scam)


def _words(groups: dict[str, str]) -> dict[str, str]:
    """Each group with the groups before it filled in."""
    filled: dict[str, str] = {}
    for name, text in groups.items():
        filled[name] = _filled(text, filled)
    return filled


def _compiled_all(blocks: dict[str, str], words: dict[str, str]) -> dict[str, Pattern]:
    return {name: _compiled(block, words) for name, block in blocks.items()}


def _compiled(block: str, words: dict[str, str]) -> Pattern:
    return re.compile(_source(block, words))


def _source(block: str, words: dict[str, str]) -> str:
    return _filled("|".join(block.split()), words).replace("~", WITHIN_CLAUSE)


def _filled(text: str, words: dict[str, str]) -> str:
    for name, group in words.items():
        text = text.replace("{" + name + "}", group)
    return text
