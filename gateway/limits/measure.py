"""How large a document is, fragments spelled out, without spelling them out.

Every definition is walked once; what a fragment adds is then computed from its totals, so that fragments spread twice
in each other (2^25 fields in 25 lines) cost 25 additions. Nothing here recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from graphql import (
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from lifecircle.gateway.limits.errors import DocumentInvalid

# Counts stop here: far above every limit, and small enough to add up for ever.
SATURATED = 1_000_000_000

# A long string written out counts as several values.
CHARACTERS_PER_VALUE = 50

_INTROSPECTION = frozenset({"__schema", "__type"})

Definition = OperationDefinitionNode | FragmentDefinitionNode


class Place(NamedTuple):
    """Where a selection set stands: ordinary fields above it, introspection fields above it, braces around it."""

    depth: int
    inside: int
    nesting: int

    def below(self, name: str) -> Place:
        """Where the selection set of a field at this place stands."""
        if self.inside or name in _INTROSPECTION:
            return Place(self.depth, self.inside + 1, self.nesting + 1)
        return Place(self.depth + 1, 0, self.nesting + 1)


@dataclass(slots=True)
class Size:
    """Of one definition; the fragments that it spreads are counted in once `add_spread` has been told of them."""

    selections: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    fragment_spreads: int = 0
    depth: int = 0
    introspection_depth: int = 0
    nesting: int = 0
    list_input_items: int = 0
    input_values: int = 0
    spreads: list[tuple[str, Place]] = field(default_factory=list)

    def add_field(self, node: FieldNode, place: Place) -> Place:
        below = place.below(node.name.value)
        self.aliases += node.alias is not None
        self.root_fields += place.depth == place.inside == 0
        self.depth = max(self.depth, below.depth)
        self.introspection_depth = max(self.introspection_depth, below.inside)
        return below

    def add_value(self, value: ValueNode) -> None:
        values = 0
        to_visit = [value]
        while to_visit:
            node = to_visit.pop()
            items = _items(node)
            values += 1 + (len(node.value) // CHARACTERS_PER_VALUE if isinstance(node, StringValueNode) else 0)
            self.list_input_items = max(self.list_input_items, len(items))
            to_visit.extend(items)
        self.input_values = max(self.input_values, values)

    def add_spread(self, place: Place, other: Size) -> None:
        self.selections = min(SATURATED, self.selections + other.selections)
        self.aliases = min(SATURATED, self.aliases + other.aliases)
        self.directives = min(SATURATED, self.directives + other.directives)
        self.fragment_spreads = min(SATURATED, self.fragment_spreads + other.fragment_spreads)
        if place.depth == place.inside == 0:
            self.root_fields = min(SATURATED, self.root_fields + other.root_fields)
        self.nesting = max(self.nesting, place.nesting + other.nesting)
        self.list_input_items = max(self.list_input_items, other.list_input_items)
        self.input_values = max(self.input_values, other.input_values)
        self._deepen(place, other)

    def _deepen(self, place: Place, other: Size) -> None:
        deepest = max(other.depth, other.introspection_depth)
        if place.inside:
            self.introspection_depth = max(self.introspection_depth, place.inside + deepest)
        else:
            self.depth = max(self.depth, place.depth + other.depth)
            self.introspection_depth = max(self.introspection_depth, other.introspection_depth)


def outline(definition: Definition) -> Size:
    """The size of a definition on its own."""
    size = Size()
    _add_head(size, definition)
    to_visit = [(definition.selection_set, Place(0, 0, 1))]
    while to_visit:
        selection_set, place = to_visit.pop()
        size.nesting = max(size.nesting, place.nesting)
        for selection in selection_set.selections:
            _add_directives(size, selection.directives)
            to_visit.extend(_entered(size, selection, place))
    return size


def _add_head(size: Size, definition: Definition) -> None:
    _add_directives(size, definition.directives)
    for variable in definition.variable_definitions or ():
        _add_directives(size, variable.directives)
        if variable.default_value:
            size.add_value(variable.default_value)


def _add_directives(size: Size, directives: Iterable[DirectiveNode] | None) -> None:
    for directive in directives or ():
        size.directives += 1
        _add_arguments(size, directive.arguments)


def _add_arguments(size: Size, arguments: Iterable[ArgumentNode] | None) -> None:
    for argument in arguments or ():
        size.add_value(argument.value)


def _entered(size: Size, selection: SelectionNode, place: Place) -> Iterator[tuple[SelectionSetNode, Place]]:
    """Count a selection; yields the selection set below it, where it has one."""
    if isinstance(selection, FragmentSpreadNode):
        size.fragment_spreads += 1
        size.spreads.append((selection.name.value, place))
        return
    size.selections += 1
    below = place._replace(nesting=place.nesting + 1)
    if isinstance(selection, FieldNode):
        _add_arguments(size, selection.arguments)
        below = size.add_field(selection, place)
    selection_set: SelectionSetNode | None = getattr(selection, "selection_set", None)
    if selection_set:
        yield selection_set, below


def _items(value: ValueNode) -> Sequence[ValueNode]:
    if isinstance(value, ListValueNode):
        return value.values
    return [each.value for each in value.fields] if isinstance(value, ObjectValueNode) else ()


def fragment_totals(fragments: Mapping[str, FragmentDefinitionNode]) -> dict[str, Size]:
    """The size of every fragment with those that it spreads. Raises DocumentInvalid for a circle."""
    outlines = {name: outline(fragment) for name, fragment in fragments.items()}
    totals: dict[str, Size] = {}
    for name in _inner_first(outlines):
        totals[name] = total(outlines[name], totals)
    return totals


def total(size: Size, totals: Mapping[str, Size]) -> Size:
    """`size` with its spreads counted in. Unknown fragments add nothing: validation speaks of them."""
    for name, place in size.spreads:
        if name in totals:
            size.add_spread(place, totals[name])
    return size


def _inner_first(outlines: Mapping[str, Size]) -> Iterator[str]:
    """Every fragment after all those that it spreads."""
    done: set[str] = set()
    for root in outlines:
        if root not in done:
            yield from _visited(root, outlines, done)


def _visited(root: str, outlines: Mapping[str, Size], done: set[str]) -> Iterator[str]:
    path = {root: _spread_names(outlines[root], outlines)}
    while path:
        name = next(reversed(path))
        inner = next((each for each in path[name] if each not in done), None)
        if inner is None:
            del path[name]
            done.add(name)
            yield name
        elif inner in path:
            raise DocumentInvalid(f"片段 {inner[:60]} 循环引用了自己。")
        else:
            path[inner] = _spread_names(outlines[inner], outlines)


def _spread_names(size: Size, outlines: Mapping[str, Size]) -> Iterator[str]:
    return (name for name, _ in size.spreads if name in outlines)
