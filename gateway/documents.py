"""GraphQL documents: measured, parsed and validated once each, then kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from graphql import DocumentNode, GraphQLError, GraphQLSchema, specified_rules, validate

from lifecircle.gateway.limits.cost import fixed_cost_of
from lifecircle.gateway.limits.document import DocumentLimits, check_document, parse_within
from lifecircle.gateway.limits.errors import LimitExceeded

KEPT = 1_000
"""Documents; the least recently used one goes first."""

MAX_KEPT_LENGTH = 20_000
"""Characters; longer ones are prepared anew each time, so that nobody fills the memory with them."""

MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be executed, or why not: what it measures, or the validation errors."""

    document: DocumentNode | None = None
    errors: tuple[GraphQLError, ...] = ()
    exceeded: LimitExceeded | None = None
    fixed_cost: int | None = None
    """In points; None where it depends on the variables."""


class DocumentCache:
    """By the text and the operation that is wanted of it."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self._schema = schema
        self._limits = limits
        self._kept: OrderedDict[tuple[str, str | None], Prepared] = OrderedDict()

    def prepare(self, text: str, operation_name: str | None) -> Prepared:
        key = (text, operation_name)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        prepared = self._prepare(text, operation_name)
        if len(text) + len(operation_name or "") <= MAX_KEPT_LENGTH:
            self._keep(key, prepared)
        return prepared

    def _prepare(self, text: str, operation_name: str | None) -> Prepared:
        """The limits come first: graphql-core's own rules take exponential time on what they refuse."""
        try:
            document = parse_within(text, self._limits)
            check_document(document, self._limits, operation_name)
        except LimitExceeded as error:
            return Prepared(exceeded=error)
        errors = validate(self._schema, document, specified_rules, max_errors=MAX_ERRORS)
        if errors:
            return Prepared(document, tuple(errors))
        return Prepared(document, fixed_cost=fixed_cost_of(document, self._schema, operation_name))

    def _keep(self, key: tuple[str, str | None], prepared: Prepared) -> None:
        self._kept[key] = prepared
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
