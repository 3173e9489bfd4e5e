"""Reads the voices as the guard hears them: folded, and with what is often mistyped in its right place."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from typing import Any

import yaml

from lifecircle.assistant.intents import load_training
from lifecircle.assistant.policies.wordings.reading import guide_wordings, shipped_wordings, unknown_of
from lifecircle.assistant.safety.spelling import respelled
from lifecircle.catalogue.text import fold

HARMLESS = "none"
"""The kind of a sentence that tells of no danger."""

_OF_DANGER = re.compile("violence|protection|emergency|scam")
"""In the names of guides."""
_NEAR_MISSES = "near_misses"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Told = list[tuple[str, str]]
"""Sentences with their kinds."""


def voices() -> dict[str, Told]:
    """By writer. The first is who wrote the patterns too, and so is no stranger to them."""
    safety = resources.files("lifecircle.assistant.safety")
    first = _told(safety / "cries.yaml") + [(text, HARMLESS) for text, _ in _told(safety / "near_misses.yaml")]
    files = sorted((file for file in (safety / "voices").iterdir() if file.name.endswith(".yaml")), key=_name)
    return {"first": first, **{file.name.removesuffix(".yaml"): _told(file) for file in files}}


def everyday() -> list[str]:
    """Utterances of intents and questions about policies, but for those that tell of danger or swindles: no cries for
    help, however sad the story that is told with them."""
    said = {text for intent in load_training().intents if "scam" not in intent.name for text in intent.utterances}
    wordings = shipped_wordings()
    asked = {
        text for guide, texts in guide_wordings(wordings).items() if not _OF_DANGER.search(guide) for text in texts
    }
    return sorted({respelled(fold(text)) for text in {*said, *asked, *unknown_of(wordings)}})


def voices_digest() -> str:
    """Of everything that is read here, without reading it as YAML."""
    known = hashlib.sha256()
    safety, policies = (resources.files(f"lifecircle.assistant.{name}") for name in ("safety", "policies"))
    intents = resources.files("lifecircle.assistant.intents")
    for folder in (safety, safety / "voices", intents, policies / "wordings"):
        for file in sorted(folder.iterdir(), key=_name):
            if file.name.endswith(".yaml") or file.name in ("spelling.py", "reading.py"):
                known.update(file.read_bytes())
    return known.hexdigest()


def _told(file: Any) -> Told:
    blocks: dict[str, str] = _LOADER(file.read_text("utf-8")).get_single_data()
    return [
        (respelled(fold(line)), HARMLESS if name == _NEAR_MISSES else name)
        for name, block in blocks.items()
        for line in block.splitlines()
        if line.strip()
    ]


def _name(file: Any) -> str:
    return str(file.name)
