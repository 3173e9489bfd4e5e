"""How much work an operation asks for, before it is run.

An object costs 1 point, a leaf a tenth, a field in `COSTS` what stands there. What is below a list is multiplied by
its length: `first` for the edges of a connection, an argument (`SIZED_BY`) or the table `LIST_SIZES` for others. Of
an interface or union the dearest possible type counts. `@skip` and `@include` are not believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
)

from lifecircle.gateway.limits.errors import TooComplex
from lifecircle.gateway.limits.measure import SATURATED
from lifecircle.gateway.limits.prices import (
    COSTS,
    DEFAULT_FIRST,
    DEFAULT_LIST,
    INTROSPECTION_SHARE,
    LEAVES_PER_POINT,
    LIST_SIZES,
    MAX_FIRST,
    MUTATION_COST,
    SIZED_BY,
    Counted,
)

CEILING = 5_000

_FIRST = Counted("first", DEFAULT_FIRST, MAX_FIRST)


def check_cost(
    document: DocumentNode,
    schema: GraphQLSchema,
    operation_name: str | None,
    variables: Mapping[str, Any],
    *,
    ceiling: int = CEILING,
) -> int:
    """The cost in points. Raises TooComplex above the ceiling."""
    return within(cost_of(document, schema, operation_name, variables), ceiling)


def within(cost: int, ceiling: int) -> int:
    """The same cost. Raises TooComplex above the ceiling."""
    if cost > ceiling:
        raise TooComplex("cost", ceiling, f"估算开销 {cost} 点，")
    return cost


def fixed_cost_of(document: DocumentNode, schema: GraphQLSchema, operation_name: str | None) -> int | None:
    """As `cost_of`, where the cost is the same whatever the variables; None where they say how long a list is."""
    estimates = _estimates(document, schema, operation_name, {})
    cost = max([estimate.points() for estimate in estimates], default=0)
    return None if any(estimate.asked_variables for estimate in estimates) else cost


def cost_of(
    document: DocumentNode, schema: GraphQLSchema, operation_name: str | None, variables: Mapping[str, Any]
) -> int:
    """In points, of a document that passed check_document. Unknown fields cost nothing: validation speaks of them.

    Where no operation is named, the dearest counts.
    """
    return max([one.points() for one in _estimates(document, schema, operation_name, variables)], default=0)


def _estimates(
    document: DocumentNode, schema: GraphQLSchema, operation_name: str | None, variables: Mapping[str, Any]
) -> list[_Estimate]:
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    return [
        _Estimate(schema, fragments, operation, variables)
        for operation in document.definitions
        if isinstance(operation, OperationDefinitionNode)
        and (operation_name is None or (operation.name is not None and operation.name.value == operation_name))
    ]


class _Estimate:
    """Of one operation. Counts in leaves, so that all arithmetic is on whole numbers."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._operation = operation
        self._variables = variables
        self._defaults = {
            each.variable.name.value: each.default_value
            for each in operation.variable_definitions or ()
            if each.default_value
        }
        self.asked_variables = False
        """Whether a variable has decided how long something is."""
        # By selection set, type and length of the page around it: a fragment is priced once, however often spread.
        self._known: dict[tuple[int, str, int], int] = {}

    def points(self) -> int:
        root = self._schema.get_root_type(self._operation.operation)
        if root is None:
            return 0
        leaves = self._of_set(self._operation.selection_set, root, DEFAULT_FIRST)
        return -(-leaves // LEAVES_PER_POINT)

    def _of_set(self, selection_set: SelectionSetNode, parent: GraphQLObjectType, page: int) -> int:
        key = (id(selection_set), parent.name, page)
        if key not in self._known:
            self._known[key] = 0  # what a circle of fragments finds, should one ever come here
            self._known[key] = min(SATURATED, sum(self._of(each, parent, page) for each in selection_set.selections))
        return self._known[key]

    def _of(self, selection: object, parent: GraphQLObjectType, page: int) -> int:
        if isinstance(selection, FieldNode):
            return self._of_field(selection, parent, page)
        if isinstance(selection, FragmentSpreadNode):
            selection = self._fragments.get(selection.name.value)
        if not isinstance(selection, InlineFragmentNode | FragmentDefinitionNode):
            return 0
        condition = selection.type_condition
        if condition and not self._applies(condition.name.value, parent):
            return 0
        return self._of_set(selection.selection_set, parent, page)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        wanted = self._schema.get_type(condition)
        return wanted is parent or (is_abstract_type(wanted) and self._schema.is_sub_type(wanted, parent))

    def _of_field(self, node: FieldNode, parent: GraphQLObjectType, page: int) -> int:
        definition = self._schema.get_field(parent, node.name.value)
        if definition is None:
            return 0
        coordinate = f"{parent.name}.{node.name.value}"
        inner = get_named_type(definition.type)
        base = self._base(coordinate, inner, parent)
        if is_leaf_type(inner):
            return base
        one = LEAVES_PER_POINT + self._below(node, inner, self._page(node, inner))
        extra = max(0, base - LEAVES_PER_POINT)
        cost = extra + one * self._length(node, definition, coordinate, page)
        return cost // INTROSPECTION_SHARE if node.name.value in ("__schema", "__type") else cost

    def _base(self, coordinate: str, inner: GraphQLNamedType, parent: GraphQLObjectType) -> int:
        if coordinate in COSTS:
            return COSTS[coordinate] * LEAVES_PER_POINT
        if parent is self._schema.mutation_type:
            return MUTATION_COST * LEAVES_PER_POINT
        return 1 if is_leaf_type(inner) else LEAVES_PER_POINT

    def _below(self, node: FieldNode, inner: GraphQLNamedType, page: int) -> int:
        if node.selection_set is None:
            return 0
        selection_set = node.selection_set
        return max((self._of_set(selection_set, each, page) for each in self._possible(inner)), default=0)

    def _possible(self, inner: GraphQLNamedType) -> list[GraphQLObjectType]:
        if isinstance(inner, GraphQLObjectType):
            return [inner]
        return list(self._schema.get_possible_types(inner)) if is_abstract_type(inner) else []

    def _page(self, node: FieldNode, inner: GraphQLNamedType) -> int:
        """The length of the `edges` right below a field."""
        return self._counted(node, _FIRST) if inner.name.endswith("Connection") else DEFAULT_FIRST

    def _length(self, node: FieldNode, definition: GraphQLField, coordinate: str, page: int) -> int:
        if not is_list_type(get_nullable_type(definition.type)):
            return 1
        if coordinate.endswith("Connection.edges"):
            return page
        if coordinate in SIZED_BY:
            return self._counted(node, SIZED_BY[coordinate])
        if "first" in definition.args:
            return self._counted(node, _FIRST)
        return LIST_SIZES.get(coordinate, DEFAULT_LIST)

    def _counted(self, node: FieldNode, counted: Counted) -> int:
        value = next((each.value for each in node.arguments or () if each.name.value == counted.argument), None)
        if value is None:
            return counted.default
        return max(1, min(counted.most, self._number(value, counted)))

    def _number(self, value: ValueNode, counted: Counted) -> int:
        if isinstance(value, VariableNode):
            return self._of_variable(value.name.value, counted)
        if isinstance(value, IntValueNode):
            return _parsed(value.value, counted.most)
        if isinstance(value, ListValueNode):
            return len(value.values)
        return counted.default if isinstance(value, NullValueNode) else _worst(counted)

    def _of_variable(self, name: str, counted: Counted) -> int:
        self.asked_variables = True
        if name not in self._variables:
            default = self._defaults.get(name)
            return self._number(default, counted) if default else _worst(counted)
        value = self._variables[name]
        if value is None:
            return counted.default
        if isinstance(value, list):
            return len(value)
        return value if isinstance(value, int) and not isinstance(value, bool) else _worst(counted)


def _parsed(digits: str, most: int) -> int:
    """Python refuses to read thousands of digits; nobody means them either."""
    return int(digits) if len(digits) <= len(str(SATURATED)) else most


def _worst(counted: Counted) -> int:
    """Where a number cannot be told: validation or the resolver will refuse it, or it is the longest page."""
    return min(counted.most, MAX_FIRST)
