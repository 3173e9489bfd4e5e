"""Files and folders into regulations; all or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from lifecircle.assistant.policies.errors import CannotImport, UnreadableFile
from lifecircle.assistant.policies.importing.heads import head_of
from lifecircle.assistant.policies.importing.reading import FORMATS, read_text
from lifecircle.assistant.policies.importing.structure import NotRecognised, structure_of
from lifecircle.assistant.policies.model import Regulation
from lifecircle.catalogue.text import bare

_DIGEST_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Parsed:
    regulations: tuple[Regulation, ...]
    skipped: tuple[tuple[str, str], ...]
    """(file, reason)."""


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever imports knows better than the files, for those that do not say it."""

    checked_on: date
    issuer: str | None = None
    region: str | None = None


def parse(path: Path, given: Given) -> Parsed:
    """Raises CannotImport, with every bad file in its message."""
    files, skipped = _files(path)
    read: list[Regulation] = []
    problems: list[str] = []
    for file in files:
        try:
            read.append(parse_file(file, given))
        except UnreadableFile as error:
            problems += error.problems
    if not files:
        problems.append(f"{path}: holds no file that can be read; these can: {' '.join(FORMATS)}")
    if problems:
        raise CannotImport(problems)
    return Parsed(tuple(read), tuple(skipped))


def parse_file(file: Path, given: Given) -> Regulation:
    """Raises UnreadableFile."""
    try:
        structure = structure_of(read_text(file))
    except NotRecognised as error:
        raise UnreadableFile(file.name, str(error)) from error
    head = head_of(structure, file)
    regulation = Regulation(
        id="",
        key=key_of(head.title, head.region or given.region),
        title=head.title,
        issuer=head.issuer or given.issuer,
        document_number=head.document_number,
        region=head.region or given.region,
        dated_on=head.dated_on,
        effective_on=head.effective_on,
        checked_on=given.checked_on,
        status=head.status,
        version=0,
        file=file.name,
        articles=structure.articles,
    )
    return _identified(regulation)


def key_of(title: str, region: str | None) -> str:
    """What all versions share: the title, however long it is printed, and the place where it holds."""
    return f"{region or ''}:{bare(title).removeprefix('中华人民共和国')}"


def _identified(regulation: Regulation) -> Regulation:
    articles = [(article.number, article.path, article.paragraphs) for article in regulation.articles]
    head = (regulation.issuer, regulation.document_number, str(regulation.dated_on), str(regulation.effective_on))
    content = json.dumps([regulation.key, head, regulation.status, articles], ensure_ascii=False)
    return replace(regulation, id=hashlib.sha256(content.encode()).hexdigest()[:_DIGEST_LENGTH])


def _files(path: Path) -> tuple[list[Path], list[tuple[str, str]]]:
    """A file that is named must be readable; in a folder, what is of another kind is skipped. Raises CannotImport."""
    if not path.exists():
        raise CannotImport([f"{path}: there is no such file or folder"])
    if not path.is_dir():
        return [path], []
    found = sorted(file for file in _below(path) if file.is_file())
    readable = [file for file in found if file.suffix.lower() in FORMATS]
    return readable, [(file.name, "of another kind") for file in found if file not in readable]


def _below(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if not file.name.startswith((".", "~$")))
