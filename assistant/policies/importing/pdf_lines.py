"""The printed lines of a PDF that holds text; a scan has none."""

from __future__ import annotations

import re
from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

_MOST_PAGES = 2_000
_FEWEST_LETTERS = 10
"""A page; pictures of pages have none, or a stamp."""
_PAGE_NUMBER = re.compile(r"[\s—–\-·.第共页/\d]*\d[\s—–\-·.第共页/\d]*")


def lines_of_pdf(data: bytes) -> list[str]:
    """Raises ValueError."""
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("is a PDF with a password")
        if len(reader.pages) > _MOST_PAGES:
            raise ValueError(f"has more than {_MOST_PAGES} pages")
        pages = [page.extract_text() for page in reader.pages]
    except (PyPdfError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError("is a damaged PDF") from error
    if sum(len("".join(page.split())) for page in pages) < _FEWEST_LETTERS * len(pages):
        raise ValueError("is a PDF without text, probably a scan: have its text recognised first")
    lines = [line.strip() for page in pages for line in page.splitlines()]
    return [line for line in lines if not _PAGE_NUMBER.fullmatch(line)]
