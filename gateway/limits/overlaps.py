"""How many pairs of fields answer under the same name at the same place.

graphql-core's OverlappingFieldsCanBeMergedRule compares them all, pair by pair and level by level: `viewer { id }`
written 490 times took it 1.4 s. Pairs are counted here by spelling the fragments out, so the number of selections
has to be limited first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode


def overlapping_pairs(root: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """Takes time linear in the selections with fragments spelled out; fragments must not be circular."""
    pairs = 0
    to_visit = [[root]]
    while to_visit:
        for fields in _grouped(to_visit.pop(), fragments):
            pairs += len(fields) * (len(fields) - 1) // 2
            below = [node.selection_set for node in fields if node.selection_set]
            if below:
                to_visit.append(below)
    return pairs


def _grouped(
    selection_sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterable[list[FieldNode]]:
    groups: dict[str, list[FieldNode]] = {}
    for node in _fields(selection_sets, fragments):
        groups.setdefault((node.alias or node.name).value, []).append(node)
    return groups.values()


def _fields(
    selection_sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields right inside the selection sets, also those in fragments there."""
    to_visit = list(selection_sets)
    while to_visit:
        for selection in to_visit.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            elif isinstance(selection, InlineFragmentNode):
                to_visit.append(selection.selection_set)
            elif isinstance(selection, FragmentSpreadNode) and selection.name.value in fragments:
                to_visit.append(fragments[selection.name.value].selection_set)
