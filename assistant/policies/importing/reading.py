"""A file as lines of text: .md, .txt, .html, .docx and text PDF.

A line is a paragraph where the format knows paragraphs; of a PDF it is what was printed on one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lifecircle.assistant.policies.errors import UnreadableFile
from lifecircle.assistant.policies.importing.html_lines import lines_of_html
from lifecircle.assistant.policies.importing.pdf_lines import lines_of_pdf
from lifecircle.assistant.policies.importing.word_lines import lines_of_word

LARGEST = 20_000_000
"""Bytes; the longest code of law is a hundredth of it."""
_BLANK = re.compile(r"[ \t　\xa0​﻿]+")
_MARKUP = re.compile(r"<!--.*?-->|\*\*|__", re.DOTALL)
_QUOTED = re.compile(r"^(?:>\s*|[-*+]\s+)")


@dataclass(frozen=True, slots=True)
class Text:
    lines: tuple[str, ...]
    is_wrapped: bool = False
    """Whether a paragraph may go on in the next line."""


def _lines_of_plain(data: bytes) -> list[str]:
    return decoded(data).splitlines()


def _lines_of_markdown(data: bytes) -> list[str]:
    return [_QUOTED.sub("", line) for line in _MARKUP.sub("", decoded(data)).splitlines()]


def decoded(data: bytes) -> str:
    """UTF-8, else GB18030, which everything older in Chinese is written in. Raises ValueError."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("is neither UTF-8 nor GB18030")


_READERS: dict[str, Callable[[bytes], list[str]]] = {
    ".md": _lines_of_markdown,
    ".txt": _lines_of_plain,
    ".html": lambda data: lines_of_html(decoded(data)),
    ".htm": lambda data: lines_of_html(decoded(data)),
    ".docx": lines_of_word,
    ".pdf": lines_of_pdf,
}
FORMATS = tuple(_READERS)


def read_text(path: Path) -> Text:
    """Raises UnreadableFile."""
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        raise UnreadableFile(path.name, f"cannot be read; these can: {' '.join(FORMATS)}")
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableFile(path.name, f"is larger than {LARGEST // 1_000_000} MB")
        lines = reader(path.read_bytes())
    except OSError as error:
        raise UnreadableFile(path.name, error.strerror or "cannot be opened") from error
    except ValueError as error:
        raise UnreadableFile(path.name, str(error)) from error
    kept = tuple(line for line in (_BLANK.sub(" ", line).strip() for line in lines) if line)
    if not kept:
        raise UnreadableFile(path.name, "holds no text")
    return Text(kept, is_wrapped=suffix == ".pdf")
