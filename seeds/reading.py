"""Seed files into typed records that remember where they stand, so that a mistake can be pointed at."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lifecircle.seeds.errors import SeedError

Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Record(Generic[Row]):
    file: str
    line: int
    row: Row

    def error(self, column: str, reason: str) -> SeedError:
        return SeedError(self.file, self.line, column, reason)


def read_csv(folder: Traversable, file: str, model: type[Row]) -> list[Record[Row]]:
    reader = csv.DictReader(io.StringIO(_text(folder, file)), restkey="(surplus cell)", restval="")
    records = []
    for cells in reader:
        if "(surplus cell)" in cells:
            raise SeedError(file, reader.line_num, "(surplus cell)", "the row has more cells than the header")
        # An empty cell means "not given": the model's default, or an error where there is none.
        given = {column: cell for column, cell in cells.items() if cell != ""}
        records.append(_record(file, reader.line_num, model, given, from_strings=True))
    return records


def read_yaml(folder: Traversable, file: str, model: type[Row]) -> list[Record[Row]]:
    return [_record(file, line, model, value) for line, value in _yaml_items(file, _text(folder, file))]


def _record(file: str, line: int, model: type[Row], value: Any, *, from_strings: bool = False) -> Record[Row]:
    try:
        row = model.model_validate_strings(value) if from_strings else model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        column = ".".join(str(part) for part in first["loc"]) or "(record)"
        raise SeedError(file, line, column, first["msg"]) from error
    return Record(file, line, row)


def _text(folder: Traversable, file: str) -> str:
    try:
        return folder.joinpath(file).read_text(encoding="utf-8-sig")
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise SeedError(file, 0, "(file)", f"cannot be read as UTF-8 text: {type(error).__name__}") from error


_PLAIN_VALUES = (
    ("null", re.compile(r"^(?:null|~|)$"), ("n", "~", "")),
    ("bool", re.compile(r"^(?:true|false)$"), ("t", "f")),
    ("int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), tuple("-0123456789")),
    ("float", re.compile(r"^-?[0-9]+\.[0-9]+$"), tuple("-0123456789")),
)


class _Loader(yaml.CSafeLoader):
    """YAML without its surprises: 14:00 is no number in base 60, `no` is no boolean, 2026-01-01 is no date."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - declared by PyYAML
        first: [(f"tag:yaml.org,2002:{tag}", pattern) for tag, pattern, firsts in _PLAIN_VALUES if first in firsts]
        for first in ("n", "~", "", "t", "f", *"-0123456789")
    }


def _yaml_items(file: str, text: str) -> Iterator[tuple[int, Any]]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.SequenceNode):
            raise SeedError(file, 1, "(file)", "the file must be a list of records")
        for node in root.value:
            _refuse_double_keys(file, node)
            yield node.start_mark.line + 1, loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SeedError(file, mark.line + 1 if mark else 0, "(file)", f"is not YAML: {error}") from error
    finally:
        loader.dispose()


def _refuse_double_keys(file: str, node: yaml.Node) -> None:
    if not isinstance(node, yaml.MappingNode):
        return
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise SeedError(file, node.start_mark.line + 1, str(key), "is given twice in one record")
