"""A form as JSON, and back. What cannot be read, of an older version say, is no form: the resident begins it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from lifecircle.assistant.dialogue.model import (
    BookingForm,
    Doubt,
    Errand,
    Form,
    Option,
    OwnForm,
    RequestForm,
    Step,
    Task,
    Wish,
)

Json = dict[str, Any]

_KINDS: Mapping[str, type[BookingForm] | type[OwnForm] | type[RequestForm]] = {
    "booking": BookingForm,
    "own": OwnForm,
    "request": RequestForm,
}

_FIELDS: Mapping[type, tuple[str, ...]] = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (BookingForm, OwnForm, RequestForm, Doubt, Wish, Option)
}

_LEAVES = frozenset({str, int, float, bool, type(None)})


def form_to_json(form: Form | None) -> Json | None:
    """Only what JSON knows: times as text, tuples as lists."""
    if form is None:
        return None
    return {
        "task": _task_to_json(form.task),
        "aside": _task_to_json(form.aside),
        "doubt": _fields(form.doubt) if form.doubt else None,
        "misses": form.misses,
    }


def form_from_json(data: Mapping[str, Any] | None) -> Form | None:
    if not data:
        return None
    try:
        doubt = data["doubt"]
        return Form(
            task=_task(data["task"]),
            aside=_task(data["aside"]),
            doubt=Doubt(str(doubt["said"]), tuple(doubt["choices"])) if doubt else None,
            misses=int(data["misses"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def _task_to_json(task: Task | None) -> Json | None:
    if task is None:
        return None
    kind = next(name for name, made in _KINDS.items() if isinstance(task, made))
    return {"kind": kind, **_fields(task)}


def _plain(value: Any) -> Any:
    """Much cheaper than `asdict`, which copies every leaf; most values are plain."""
    if type(value) in _LEAVES:
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return _fields(value) if isinstance(value, (Wish, Option)) else value


def _fields(record: Any) -> Json:
    return {name: _plain(getattr(record, name)) for name in _FIELDS[type(record)]}


def _task(data: Json | None) -> Task | None:
    """Raises KeyError, TypeError, ValueError."""
    if data is None:
        return None
    told = {name: _READERS[name](part) if name in _READERS else part for name, part in data.items() if name != "kind"}
    return _KINDS[data["kind"]](**told)


def _wish(data: Json | None) -> Wish | None:
    if data is None:
        return None
    return Wish(_instant(data["start"]), _instant(data["end"]) if data["end"] else None, bool(data["is_point"]))


def _option(data: Json) -> Option:
    return Option(**{**data, "start": _instant(data["start"]), "end": _instant(data["end"])})


def _instant(text: str) -> datetime:
    """Raises ValueError for a time without an offset: it could be compared with none."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


_READERS: Mapping[str, Any] = {
    "step": Step,
    "errand": Errand,
    "wish": _wish,
    "options": lambda rows: tuple(_option(row) for row in rows),
    "chosen": lambda row: _option(row) if row else None,
    "names": tuple,
    "shown": tuple,
    "refused": tuple,
}
"""How the fields of the tasks are read that JSON does not know."""
