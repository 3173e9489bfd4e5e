"""What a worker remembers of the conversations whose last turn was its own, so that the next need not be read again."""

from __future__ import annotations

from collections import OrderedDict

from lifecircle.catalogue.database import Document

MOST = 1_000
"""Conversations; about 2 kB each. The one not spoken in for longest goes first."""


class RememberedRows:
    """Rows as they were saved, the memory sealed as it is in the database.

    A row may be out of date: it is used only where the database says that it still holds the same. One with a hand-over
    is not kept, since closing changes it beside the turns.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._rows: OrderedDict[str, Document] = OrderedDict()

    def get(self, key: str) -> Document | None:
        return self._rows.get(key)

    def put(self, key: str, row: Document) -> None:
        self._rows.pop(key, None)
        if row["handoff"] is not None:
            return
        self._rows[key] = {**row, "_id": key}
        if len(self._rows) > self._most:
            self._rows.popitem(last=False)

    def forget(self, key: str) -> None:
        self._rows.pop(key, None)
