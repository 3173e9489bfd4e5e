"""One record for each change of the catalogue: who, when, and every field before and after."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.database import Document
from lifecircle.catalogue.people.model import MemberRole


class ChangeKind(StrEnum):
    CREATED = "CREATED"
    EDITED = "EDITED"
    CLOSED = "CLOSED"
    """Closed, moved or opened again."""
    HOURS = "HOURS"
    IMPORTED = "IMPORTED"
    ARCHIVED = "ARCHIVED"


@dataclass(frozen=True, slots=True)
class Author:
    """Who changed something: an alias that outlives the account and names nobody afterwards."""

    alias: str
    role: MemberRole


@dataclass(frozen=True, slots=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    id: str
    owner: str
    """The store or chain whose history it stands in, as "stores:s1"."""
    about: str
    """What was changed, for people: the name of the store, chain or offering."""
    kind: ChangeKind
    at: datetime
    author: Author
    changes: tuple[FieldChange, ...]


UNTOLD = frozenset({"_id", "district", "version", "rating", "merchant", "template", "idempotency"})
"""Never set by an editor, or nothing that anybody asks about."""


def owner_of(collection: str, document: Mapping[str, Any]) -> str:
    """Whose history a document's changes belong to: an offering's stand in that of its store or chain."""
    if collection != "offerings":
        return f"{collection}:{document['_id']}"
    return f"stores:{document['store']}" if document["store"] else f"chains:{document['chain']}"


def ids_of(owner: str) -> tuple[str, str]:
    """[from, to): the ids of everything in one history."""
    return f"{owner}@", f"{owner}A"  # the character after @


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[FieldChange]:
    """Field by field, in a stable order; a new document differs in all that it says."""
    held = before or {}
    names = sorted({*held, *after} - UNTOLD)
    changes = (FieldChange(name, held.get(name), after.get(name)) for name in names)
    return [change for change in changes if change.before != change.after and not _both_empty(change)]


def _both_empty(change: FieldChange) -> bool:
    return change.before in (None, [], "") and change.after in (None, [], "")


def history_document(
    collection: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    kind: ChangeKind,
    author: Author,
    now: datetime,
) -> Document:
    """The id begins with whose history it is and when: the collection needs no other index."""
    owner = owner_of(collection, after)
    return {
        "_id": f"{owner}@{int(now.timestamp() * 1000):013d}@{collection}:{after['_id']}@{after['version']}",
        "district": after["district"],
        "owner": owner,
        "about": after.get("name") or "",
        "kind": kind.value,
        "at": now,
        "actor": author.alias,
        "role": author.role.value,
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after}
            for change in differences(before, after)
        ],
    }


def entry_from_document(document: Mapping[str, Any]) -> HistoryEntry:
    return HistoryEntry(
        id=document["_id"],
        owner=document["owner"],
        about=document["about"],
        kind=ChangeKind(document["kind"]),
        at=document["at"],
        author=Author(document["actor"], MemberRole(document["role"])),
        changes=tuple(FieldChange(row["field"], row["before"], row["after"]) for row in document["changes"]),
    )


def value_text(value: Any) -> str | None:
    """A stored value for people who read the history: plain text as it is, anything built of parts as JSON."""
    if value is None or value == []:
        return None
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def masked_name(nickname: str | None) -> str:
    """ "李小明" → "李**": enough to know a colleague by, too little for anybody else."""
    return f"{nickname[0]}**" if nickname else "成员"


def aliases_of(entries: Iterable[HistoryEntry]) -> list[str]:
    return sorted({entry.author.alias for entry in entries})
