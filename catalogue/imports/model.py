"""What an import found in a sheet, and what it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lifecircle.catalogue.database import Document

MOST_ROWS = 5_000
"""Of one import: what one transaction takes well."""
MOST_ERRORS_TOLD = 500
"""A sheet with more has one mistake made often; all of them are counted."""


@dataclass(frozen=True, slots=True)
class RowError:
    row: int
    """As the spreadsheet counts: the headers are row 1."""
    column: str | None
    """Chinese header."""
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row in domain terms; what stands in `given` is said, the rest is left as it is."""

    row: int
    number: str
    given: Mapping[str, Any]
    """Document values of the columns that were filled in, already checked."""


@dataclass(slots=True)
class Sheet:
    """Every row that can be read, and every error of those that cannot."""

    rows: list[ImportRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class StoreImport:
    rows: int
    created: int
    updated: int
    unchanged: int
    failed: int
    row_errors: tuple[RowError, ...]

    def document(self) -> Document:
        counts = {name: getattr(self, name) for name in ("rows", "created", "updated", "unchanged", "failed")}
        errors = [{"row": e.row, "column": e.column, "code": e.code, "message": e.message} for e in self.row_errors]
        return {**counts, "row_errors": errors}


def import_from_document(document: Mapping[str, Any]) -> StoreImport:
    return StoreImport(**{**document, "row_errors": tuple(RowError(**row) for row in document["row_errors"])})
