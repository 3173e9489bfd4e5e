"""Reads and checks the intent files.

A file is a list of `{intent: domain.name, title: …, utterances: […]}`. The one intent called `reject` holds what
belongs to none. A mistake names the file and the intent, since people write these files.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from lifecircle.catalogue.text import bare, fold
from lifecircle.catalogue.yaml_text import read_yaml

REJECT = "reject"
FEWEST = 10
"""Utterances; fewer teach nothing."""
_NAME = re.compile(r"[a-z]+\.[a-z_]+|" + REJECT)
_FIELDS = {"intent", "title", "utterances"}


class IntentsInvalid(ValueError):
    """An intent file breaks a rule; the message says which and where."""


@dataclass(frozen=True, slots=True)
class Intent:
    name: str
    title: str
    """For a resident: what is meant, in a few words."""
    utterances: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Training:
    intents: tuple[Intent, ...]
    reject: tuple[str, ...]

    @property
    def examples(self) -> list[tuple[str, str]]:
        """(text, intent); the title of an intent is the first thing said about it."""
        return [(text, intent.name) for intent in self.intents for text in (intent.title, *intent.utterances)]

    @property
    def titles(self) -> Mapping[str, str]:
        return {intent.name: intent.title for intent in self.intents}

    @property
    def digest(self) -> str:
        """Changes with anything that the matcher learns from."""
        known = hashlib.sha256()
        for text, name in (*self.examples, *((text, REJECT) for text in self.reject)):
            known.update(f"{name}\t{text}\n".encode())
        return known.hexdigest()


@cache
def load_training() -> Training:
    """The project's own. Raises IntentsInvalid."""
    folder = resources.files("lifecircle.assistant.intents")
    files = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}
    return parse_intents(files)


def parse_intents(files: Mapping[str, str]) -> Training:
    """From the contents of files by name. Raises IntentsInvalid."""
    intents = [intent for name in sorted(files) for intent in _of_file(name, files[name])]
    _refuse_twice(intents)
    return Training(
        tuple(intent for intent in intents if intent.name != REJECT),
        tuple(text for intent in intents if intent.name == REJECT for text in intent.utterances),
    )


def _of_file(name: str, text: str) -> list[Intent]:
    try:
        rows = read_yaml(text)
    except yaml.YAMLError as error:
        raise IntentsInvalid(f"{name}: {error}") from error
    if not isinstance(rows, list):
        raise IntentsInvalid(f"{name}: must be a list of intents")
    return [_intent(name, row) for row in rows]


def _intent(file: str, row: Any) -> Intent:
    if not isinstance(row, dict) or set(row) != _FIELDS:
        raise IntentsInvalid(f"{file}: an intent has exactly the fields {', '.join(sorted(_FIELDS))}")
    name, title, utterances = row["intent"], row["title"], row["utterances"]
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise IntentsInvalid(f"{file}: {name!r} is no name; domain.name in small letters is")
    if not isinstance(title, str) or not bare(title):
        raise IntentsInvalid(f"{file}: {name} has no title")
    if not isinstance(utterances, list) or len(utterances) < FEWEST:
        raise IntentsInvalid(f"{file}: {name} has fewer than {FEWEST} utterances")
    for utterance in utterances:
        if not isinstance(utterance, str) or not fold(utterance):
            raise IntentsInvalid(f"{file}: {name}: {utterance!r} is no utterance; numbers and yes or no need quotes")
    return Intent(name, title, tuple(utterances))


def _refuse_twice(intents: Iterable[Intent]) -> None:
    names: set[str] = set()
    said: dict[str, str] = {}
    for intent in intents:
        if intent.name in names:
            raise IntentsInvalid(f"{intent.name} is defined twice")
        names.add(intent.name)
        for utterance in intent.utterances:
            known = said.setdefault(bare(utterance) or fold(utterance), intent.name)
            if known != intent.name:
                raise IntentsInvalid(f"{utterance!r} is under {known} and under {intent.name}")
