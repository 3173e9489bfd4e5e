"""The paragraphs of a Word file: a zip with one XML part that holds the text."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

_PART = "word/document.xml"
_LARGEST_PART = 50_000_000
"""Bytes once unpacked: a small file can hold an endless one."""
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_AUTOMATIC = (
    "numbers its paragraphs automatically, so that the text has no article numbers: "
    "save it as PDF or with the numbers as text"
)


def lines_of_word(data: bytes) -> list[str]:
    """Raises ValueError."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            if packed.getinfo(_PART).file_size > _LARGEST_PART:
                raise ValueError("is too large once unpacked")
            body = fromstring(packed.read(_PART))
    except KeyError as error:
        raise ValueError("is no Word file: it holds no document") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError("is no Word file, or a damaged or encrypted one") from error
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("is a Word file with a damaged document") from error
    lines = [_text(paragraph) for paragraph in body.iter(f"{_W}p")]
    if body.find(f".//{_W}numPr") is not None and not any(line.strip().startswith("第") for line in lines):
        raise ValueError(_AUTOMATIC)
    return [part for line in lines for part in line.split("\n")]


def _text(paragraph: Any) -> str:
    marks = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n"}
    return "".join((node.text or "") if node.tag == f"{_W}t" else marks.get(node.tag, "") for node in paragraph.iter())
