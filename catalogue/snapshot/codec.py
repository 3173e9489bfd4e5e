"""Records as plain JSON values, by the types of their fields: a field that is added needs no word here."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

Convert = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Codec:
    """Both ways for one type. None stands where a value is the same on both sides."""

    encode: Convert | None
    decode: Convert | None


def _tagged(value: Any) -> Any:
    """Times inside a document that is kept as it is."""
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    raise TypeError(f"a snapshot cannot hold {value!r}")


def _untagged(row: dict[str, Any]) -> Any:
    return datetime.fromisoformat(row["$at"]) if row.keys() == {"$at"} else row


_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_tagged)
_READER = json.JSONDecoder(object_hook=_untagged)


def to_text(value: Any) -> str:
    return _WRITER.encode(value)


def from_text(text: str) -> Any:
    return _READER.decode(text)


@cache
def codec(kind: Any) -> Codec:
    """Raises TypeError for a type that has no plain form yet."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind in (str, int, float, bool, Any):
        return Codec(None, None)
    if origin in (Union, types.UnionType):
        return _optional(arguments)
    if origin is tuple:
        return _sequence(arguments)
    if origin in (dict, Mapping) and codec(arguments[1]).decode is None:
        return Codec(dict, None)
    if isinstance(kind, type):
        return _plain_class(kind)
    raise TypeError(f"a snapshot cannot hold a field of type {kind!r} yet: teach catalogue/snapshot/codec.py")


def record_codecs(kind: type) -> dict[str, Codec]:
    """The codec of every field of a dataclass, in order."""
    hints = get_type_hints(kind)
    return {field.name: codec(hints[field.name]) for field in dataclasses.fields(kind)}


def _plain_class(kind: type) -> Codec:
    if issubclass(kind, Enum):
        return Codec(_value, kind)
    if issubclass(kind, datetime):
        return Codec(datetime.isoformat, datetime.fromisoformat)
    if issubclass(kind, date):
        return Codec(date.isoformat, date.fromisoformat)
    if dataclasses.is_dataclass(kind):
        return _record(kind)
    raise TypeError(f"a snapshot cannot hold a {kind.__name__} yet: teach catalogue/snapshot/codec.py")


def _value(member: Enum) -> Any:
    return member.value


def _optional(arguments: tuple[Any, ...]) -> Codec:
    real = [argument for argument in arguments if argument is not type(None)]
    if len(real) != 1:
        raise TypeError(f"a snapshot cannot hold a field that is one of {arguments} yet")
    inner = codec(real[0])
    return Codec(_unless_none(inner.encode), _unless_none(inner.decode))


def _unless_none(convert: Convert | None) -> Convert | None:
    return None if convert is None else lambda value: None if value is None else convert(value)


def _sequence(arguments: tuple[Any, ...]) -> Codec:
    if len(arguments) != 2 or arguments[1] is not ...:
        return _fixed(tuple(codec(argument) for argument in arguments))
    inner = codec(arguments[0])
    encode, decode = inner.encode, inner.decode
    return Codec(
        list if encode is None else lambda values: [encode(value) for value in values],
        tuple if decode is None else lambda values: tuple(decode(value) for value in values),
    )


def _fixed(inner: tuple[Codec, ...]) -> Codec:
    encode, decode = [one.encode or _same for one in inner], [one.decode or _same for one in inner]
    return Codec(
        lambda values: [convert(value) for convert, value in zip(encode, values, strict=True)],
        lambda values: tuple(convert(value) for convert, value in zip(decode, values, strict=True)),
    )


def _record(kind: type) -> Codec:
    fields = record_codecs(kind)
    encode = [(name, one.encode or _same) for name, one in fields.items()]
    decode = [(place, one.decode) for place, one in enumerate(fields.values()) if one.decode]

    def build(values: list[Any]) -> Any:
        for place, convert in decode:
            values[place] = convert(values[place])
        return kind(*values)

    return Codec(lambda record: [convert(getattr(record, name)) for name, convert in encode], build)


def _same(value: Any) -> Any:
    return value
