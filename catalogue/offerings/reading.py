"""Reading the fields of an offering from documents, each checked: a malformed one is named, not met later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from lifecircle.catalogue.offerings.terms import Blackout, EligibilityRule, Resource

T = TypeVar("T")
Reader = Callable[[Any], Any]


class Unreadable(ValueError):
    """A field of a document is not what it should be."""


def read_fields(document: Mapping[str, Any], readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Every field that the document has. Raises Unreadable, which names the first bad one."""
    values = {}
    for name, reader in readers.items():
        if name in document:
            try:
                values[name] = reader(document[name])
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise Unreadable(f"{name}: {error}") from error
    return values


def readable_fields(document: Mapping[str, Any], readers: Mapping[str, Reader]) -> tuple[dict[str, Any], list[str]]:
    """(the fields that can be read, the names of those that cannot)."""
    values: dict[str, Any] = {}
    bad = []
    for name in readers.keys() & document.keys():
        try:
            values |= read_fields({name: document[name]}, readers)
        except Unreadable:
            bad.append(name)
    return values, sorted(bad)


def exactly(kind: type) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{value!r} is no {kind.__name__}")
        return value

    return read


def whole(least: int) -> Reader:
    def read(value: Any) -> int:
        if type(value) is not int or value < least:
            raise ValueError(f"{value!r} is no whole number from {least}")
        return value

    return read


def maybe(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def each(reader: Callable[[Any], T]) -> Callable[[Any], tuple[T, ...]]:
    def read(values: Any) -> tuple[T, ...]:
        if isinstance(values, (str, Mapping)):
            raise TypeError(f"{values!r} is no list")
        return tuple(reader(value) for value in values)

    return read


text = exactly(str)
flag = exactly(bool)


def instant(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"{value!r} is no aware time")
    return value


def eligibility_rule(row: Mapping[str, Any]) -> EligibilityRule:
    return EligibilityRule(text(row["code"]), text(row["text"]), **read_fields(row, _ELIGIBILITY))


def resource(row: Mapping[str, Any]) -> Resource:
    return Resource(text(row["id"]), text(row["name"]))


def blackout(row: Mapping[str, Any]) -> Blackout:
    return Blackout(date.fromisoformat(row["first"]), date.fromisoformat(row["last"]), text(row["reason"]))


_ELIGIBILITY: Mapping[str, Reader] = {
    "question": maybe(text),
    "min_age": maybe(whole(0)),
    "max_age": maybe(whole(0)),
    "proof": maybe(text),
    "must_declare": flag,
}
RULES: Mapping[str, Reader] = {
    "min_duration_minutes": maybe(whole(5)),
    "max_duration_minutes": maybe(whole(5)),
    "buffer_before_minutes": whole(0),
    "buffer_after_minutes": whole(0),
    "resources": each(resource),
    "one_place_per_party": flag,
    "daily_limit": maybe(whole(1)),
    "weekly_limit": maybe(whole(1)),
    "resident_daily_limit": maybe(whole(1)),
    "resident_weekly_limit": maybe(whole(1)),
    "blackouts": each(blackout),
    "service_radius": maybe(whole(1)),
    "service_areas": each(text),
    "reschedule_before_minutes": maybe(whole(0)),
    "pending_minutes": whole(1),
}
