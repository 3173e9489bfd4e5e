"""What editors ask for and what is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.errors import LifecircleError
from lifecircle.catalogue.history.model import Author, ChangeKind

Given = Mapping[str, Any]
"""What somebody said, by field. Absent: leave it as it is. None: empty it, where it can be empty."""

KEYS_KEPT = timedelta(days=7)
"""For how long a repeated request is recognised."""


class Overtaken(LifecircleError):
    """A document is no longer as it was read: nothing was written."""


class Taken(LifecircleError):
    """Something that must be unique is there already: nothing was written."""

    def __init__(self, collection: str) -> None:
        super().__init__(collection)
        self.collection = collection


@dataclass(frozen=True, slots=True)
class Edit:
    """One document before (None: it is new) and after; `after` carries the next version."""

    collection: str
    before: Document | None
    after: Document
    kind: ChangeKind
    told: tuple[Document, Document] | None = None
    """Before and after as the history tells it, where the documents say less: a store's override of its chain."""


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a repeated request the same request."""

    key: str
    hash: str

    def document(self, answer: Document, now: datetime) -> Document:
        return {"_id": self.key, "hash": self.hash, "answer": answer, "expires_at": now + KEYS_KEPT}


@dataclass(frozen=True, slots=True)
class Work:
    """Edits that happen together or not at all, with their history."""

    edits: tuple[Edit, ...]
    author: Author
    at: datetime
    key: Document | None = None


def once(resident: str, key: str | None, action: str, content: Any) -> Once | None:
    """A resident's keys are their own: two residents may choose the same one."""
    if key is None:
        return None
    text = json.dumps([action, content], ensure_ascii=False, sort_keys=True, default=str)
    return Once(_digest(f"{resident}:{key}"), _digest(text))


def edited(before: Document, changes: Mapping[str, Any], collection: str, kind: ChangeKind) -> Edit | None:
    """None where the changes change nothing."""
    after = {**before, **changes}
    if after == before:
        return None
    return Edit(collection, before, {**after, "version": before["version"] + 1}, kind)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
