"""What residents say, read from `synonyms.yaml` and from an operator's own file of the same form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from lifecircle.catalogue.errors import SettingInvalid
from lifecircle.catalogue.yaml_text import read_yaml

_SECTIONS = {"categories", "services", "also", "same", "fillers"}


@dataclass(frozen=True, slots=True)
class Service:
    """One service inside a category: any of the words means it."""

    category: str
    words: tuple[str, ...]
    is_usual: bool
    """Whether every store of the category does this as a rule."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    categories: Mapping[str, tuple[str, ...]]
    services: tuple[Service, ...]
    also: Mapping[str, tuple[str, ...]]
    same: Mapping[str, str]
    """Another word for somebody → the word that it is read as."""
    fillers: frozenset[str]

    def joined(self, other: Synonyms) -> Synonyms:
        return Synonyms(
            _united(self.categories, other.categories),
            (*self.services, *other.services),
            _united(self.also, other.also),
            {**self.same, **other.same},
            self.fillers | other.fillers,
        )


NONE = Synonyms({}, (), {}, {}, frozenset())


def read_synonyms(own: Path | None = None) -> Synonyms:
    """The project's, and the operator's over them. Raises SettingInvalid."""
    text = (resources.files("lifecircle.catalogue.search") / "synonyms.yaml").read_text("utf-8")
    found = _synonyms(read_yaml(text))
    return found.joined(_read_own(own)) if own else found


def _read_own(path: Path) -> Synonyms:
    try:
        return _synonyms(read_yaml(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"LIFECIRCLE_SYNONYMS_FILE: {path} cannot be read: {error}") from None
    except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise SettingInvalid(f"LIFECIRCLE_SYNONYMS_FILE: {path} is not of the form of synonyms.yaml: {error}") from None


def _synonyms(document: Mapping[str, Any]) -> Synonyms:
    unknown = set(document) - _SECTIONS
    if unknown:
        raise ValueError(f"unknown sections {sorted(unknown)}")
    services = document.get("services") or []
    return Synonyms(
        categories={code: _words(words) for code, words in (document.get("categories") or {}).items()},
        services=tuple(map(_service, services)),
        also={str(word): _words(codes) for word, codes in (document.get("also") or {}).items()},
        same={str(word): str(group[0]) for group in document.get("same") or [] for word in group[1:]},
        fillers=frozenset(_words(document.get("fillers") or [])),
    )


def _service(row: Mapping[str, Any]) -> Service:
    return Service(row["in"], _words([row["name"], *row["words"]]), bool(row.get("usual")))


def _words(values: Sequence[Any]) -> tuple[str, ...]:
    if isinstance(values, str):
        raise TypeError(f"{values!r} is one word where a list is wanted")
    return tuple(dict.fromkeys(str(value) for value in values))


def _united(mine: Mapping[str, tuple[str, ...]], theirs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {key: (*mine.get(key, ()), *theirs.get(key, ())) for key in {**mine, **theirs}}
