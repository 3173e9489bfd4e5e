"""How large a GraphQL document may be. Everything here runs before validation and needs no schema.

In order: `parse_within` (which begins with `check_text`), then `check_document`, then graphql-core's own validation,
whose rules take far more than linear time on documents that are not limited first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from lifecircle.gateway.limits.errors import DocumentInvalid, OperationUnclear, TooComplex
from lifecircle.gateway.limits.measure import Size, fragment_totals, outline, total
from lifecircle.gateway.limits.overlaps import overlapping_pairs


@dataclass(frozen=True)
class DocumentLimits:
    """Counts are of what would run, fragments spelled out, unless said otherwise."""

    characters: int = 50_000
    """Length of the text; 2,000 tokens of ordinary GraphQL are about 20,000 characters."""
    tokens: int = 2_000
    """Lexical tokens, comments among them, as written."""
    word_characters: int = 100
    """Length of one name or number, as written; error messages repeat names."""
    nesting: int = 40
    """Brackets of any kind inside one another; keeps everything that recurses away from Python's limit."""
    depth: int = 12
    """Fields inside one another. viewer > bookings > edges > node > store > offerings > edges > node > price is 9."""
    introspection_depth: int = 16
    """Fields inside one another from `__schema` or `__type` on; the standard query has 15."""
    selections: int = 1_000
    """Fields and inline fragments of all operations together."""
    aliases: int = 100
    """Fields with an alias; each can run the same costly field once more."""
    root_fields: int = 20
    """Fields of the root type."""
    directives: int = 100
    """Directives on anything."""
    fragments: int = 50
    """Fragment definitions."""
    fragment_spreads: int = 200
    """Uses of fragments."""
    operations: int = 10
    """Operations in one document."""
    overlaps: int = 2_000
    """Pairs of fields that answer under the same name at the same place: validation compares each pair."""
    list_input_items: int = 100
    """Items of one list or fields of one input object, written out or in the variables."""
    input_values: int = 200
    """Values written out in one argument, a long string counting once more for every 50 characters: each validation
    error inside the argument prints all of it."""


_NAMES = {
    "characters": "字符数",
    "tokens": "词法单元数",
    "word_characters": "名称或数字的长度",
    "nesting": "括号嵌套层数",
    "depth": "字段嵌套层数",
    "introspection_depth": "自省查询嵌套层数",
    "selections": "字段总数",
    "aliases": "别名数",
    "root_fields": "根字段数",
    "directives": "指令数",
    "fragments": "片段数",
    "fragment_spreads": "片段引用次数",
    "operations": "操作数",
    "overlaps": "同名字段的重复次数",
    "list_input_items": "一个列表或输入对象的元素数",
    "input_values": "一个参数里的值的总数",
}

_OF_ONE_ROOT = (
    "nesting",
    "depth",
    "introspection_depth",
    "aliases",
    "root_fields",
    "directives",
    "fragment_spreads",
    "list_input_items",
    "input_values",
)

# Possessive, and closing quotes are optional: every character is looked at once, also in a string that never ends.
_LEXEME = (
    r'"""(?:\\"""|[^"]|"(?!""))*+(?:""")?'
    r'|"(?:[^"\\\n\r]|\\.)*+"?'
    r"|#[^\n\r]*+"
    r"|[\s,\ufeff]++"
    r"|[_A-Za-z][_0-9A-Za-z]*+"
    r"|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
    r"|\.\.\."
    r"|."
)
_FREE_TEXT = '"#'
_STEP = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}


def check_text(text: str, limits: DocumentLimits) -> None:
    """One pass over the text, given up at the first limit that is passed. Raises TooComplex."""
    _check("characters", len(text), limits)
    nesting = 0
    for tokens, (start, end) in enumerate(_lexemes(text), start=1):
        nesting += _STEP.get(text[start], 0)
        _check("tokens", tokens, limits)
        _check("nesting", nesting, limits)
        if text[start] not in _FREE_TEXT:
            _check("word_characters", end - start, limits)


def _lexemes(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of all that graphql-core makes a token of, comments among them."""
    for lexeme in re.finditer(_LEXEME, text):
        first = text[lexeme.start()]
        if not first.isspace() and first not in ",\ufeff":
            yield lexeme.span()


def parse_within(text: str, limits: DocumentLimits) -> DocumentNode:
    """Raises TooComplex, or DocumentInvalid for a syntax error."""
    check_text(text, limits)
    try:
        # check_text has counted; the parser's own count stands behind it should the two ever disagree.
        return parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.tokens)
    except GraphQLSyntaxError as error:
        raise DocumentInvalid(_syntax_message(error)) from None


def _syntax_message(error: GraphQLSyntaxError) -> str:
    line, column = error.locations[0] if error.locations else (1, 1)
    return f"查询语法有误（第 {line} 行第 {column} 列）：{error.message[:200]}"


def check_document(document: DocumentNode, limits: DocumentLimits, operation_name: str | None) -> None:
    """Raises TooComplex, OperationUnclear, or DocumentInvalid for circular fragments."""
    operations, fragments = _definitions(document)
    _check("operations", len(operations), limits)
    _check("fragments", len(fragments), limits)
    _check_operation_name(operations, operation_name)
    by_name = {fragment.name.value: fragment for fragment in fragments}
    if len(by_name) < len(fragments):
        raise DocumentInvalid("片段名重复。")
    _check_sizes(operations, by_name, limits)


def _definitions(
    document: DocumentNode,
) -> tuple[list[OperationDefinitionNode], list[FragmentDefinitionNode]]:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    if len(operations) + len(fragments) < len(document.definitions):
        raise DocumentInvalid("查询里不能有类型定义。")
    return operations, fragments


def _check_operation_name(operations: Sequence[OperationDefinitionNode], wanted: str | None) -> None:
    names = [operation.name.value if operation.name else None for operation in operations]
    if not names:
        raise OperationUnclear("查询里没有可执行的操作。")
    if wanted is None and len(names) > 1:
        raise OperationUnclear("查询里有多个操作，请用 operationName 指明要执行哪一个。")
    if wanted is not None and wanted not in names:
        raise OperationUnclear(f"查询里没有名为 {wanted[:60]} 的操作（operationName）。")


def _check_sizes(
    operations: Sequence[OperationDefinitionNode],
    fragments: Mapping[str, FragmentDefinitionNode],
    limits: DocumentLimits,
) -> None:
    """Fragments that nothing spreads count as operations do: validation walks through them all the same."""
    totals = fragment_totals(fragments)
    used = {name for size in totals.values() for name, _ in size.spreads}
    sizes = [total(outline(operation), totals) for operation in operations]
    used.update(name for size in sizes for name, _ in size.spreads)
    unused = [name for name in fragments if name not in used]
    _check_counts([*sizes, *(totals[name] for name in unused)], limits)
    roots = [*operations, *(fragments[name] for name in unused)]
    _check("overlaps", sum(overlapping_pairs(root.selection_set, fragments) for root in roots), limits)


def _check_counts(sizes: Sequence[Size], limits: DocumentLimits) -> None:
    for size in sizes:
        for name in _OF_ONE_ROOT:
            _check(name, getattr(size, name), limits)
    _check("selections", sum(size.selections for size in sizes), limits)


def check_variables(variables: Mapping[str, Any], limits: DocumentLimits) -> None:
    """`list_input_items` for what json.loads made of the variables, however deep. Raises TooComplex."""
    to_visit: list[Any] = [dict(variables)]
    while to_visit:
        value = to_visit.pop()
        if isinstance(value, list | dict):
            _check("list_input_items", len(value), limits)
            to_visit.extend(value.values() if isinstance(value, dict) else value)


def _check(name: str, measured: int, limits: DocumentLimits) -> None:
    value: int = getattr(limits, name)
    if measured > value:
        raise TooComplex(name, value, _NAMES[name])
