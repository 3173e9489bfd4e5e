"""An HSDS exchange on disk: a folder with a file for each kind of entity, or one `.json` file with all of them.

One entity a line, so that two exports can be compared line by line. `manifest.json` (or the field `manifest`) says how
many there are: a file that was cut off is noticed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.exchange.writing import PARTS, Entity

FORMAT = {"format": "HSDS", "version": "3.0", "profile": "lifecircle"}
MANIFEST = "manifest"

Parts = dict[str, list[Any]]


class NotAnExchange(LifecircleError):
    """The file or folder cannot be read as an exchange at all."""


class BundleWriter:
    """Takes part after part; nothing is in its place before `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._counts: dict[str, int] = {}
        self._is_file = path.suffix == ".json"
        if not self._is_file:
            path.mkdir(parents=True, exist_ok=True)
        self._file = _partial(path).open("w", encoding="utf-8", newline="\n") if self._is_file else None
        if self._file:
            self._file.write("{\n")

    async def write(self, part: str, entities: AsyncIterator[Entity]) -> None:
        if self._file:
            self._file.write(f"{json.dumps(part)}:")
            self._counts[part] = await _write_array(self._file, entities)
            self._file.write(",\n")
            return
        with _partial(self._path / f"{part}.json").open("w", encoding="utf-8", newline="\n") as file:
            self._counts[part] = await _write_array(file, entities)
            file.write("\n")

    def close(self) -> dict[str, int]:
        """Put everything in its place. How many entities each part has."""
        manifest = json.dumps({**FORMAT, "entities": self._counts}, ensure_ascii=False)
        if self._file:
            self._file.write(f"{json.dumps(MANIFEST)}:{manifest}\n}}\n")
            self._file.close()
            _partial(self._path).replace(self._path)
        else:
            _partial(self._path / f"{MANIFEST}.json").write_text(manifest + "\n", "utf-8")
            for name in (*self._counts, MANIFEST):
                path = self._path / f"{name}.json"
                _partial(path).replace(path)
        return self._counts


def read_bundle(path: Path) -> Parts:
    """Raises NotAnExchange."""
    if not path.exists():
        raise NotAnExchange(f"{path}: there is no such file or folder")
    whole = {p: _json(path / f"{p}.json") for p in (MANIFEST, *PARTS)} if path.is_dir() else _json(path)
    if not isinstance(whole, dict) or not isinstance(whole.get(MANIFEST), dict):
        raise NotAnExchange(f"{path}: there is no manifest, so this is no export of the HSDS form")
    manifest = whole[MANIFEST]
    if any(manifest.get(name) != value for name, value in FORMAT.items()):
        raise NotAnExchange(f"{path}: the manifest names another format than {json.dumps(FORMAT)}")
    return {part: _part(path, part, whole, manifest) for part in PARTS}


def _part(path: Path, part: str, whole: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[Any]:
    entities = whole.get(part)
    if not isinstance(entities, list):
        raise NotAnExchange(f"{path}: {part} is no list")
    counts = manifest.get("entities")
    if not isinstance(counts, dict) or counts.get(part) != len(entities):
        raise NotAnExchange(f"{path}: {part} has {len(entities)} entries, which is not what the manifest says")
    return entities


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise NotAnExchange(f"{path}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise NotAnExchange(f"{path}: no JSON ({error})") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


async def _write_array(file: TextIO, entities: AsyncIterator[Entity]) -> int:
    count = 0
    file.write("[")
    async for entity in entities:
        file.write("\n" if count == 0 else ",\n")
        file.write(json.dumps(entity, ensure_ascii=False, separators=(",", ":")))
        count += 1
    file.write("\n]" if count else "]")
    return count


def _partial(path: Path) -> Path:
    return path.with_name(path.name + ".partial")


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[TextIO]:
    """A text file that takes its place only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _partial(path).open("w", encoding="utf-8", newline="") as file:
        yield file
    _partial(path).replace(path)
