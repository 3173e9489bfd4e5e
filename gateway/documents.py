"""GraphQL documents: parsed and validated once each, then kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

KEPT = 1_000
"""Documents; the least recently used one goes first."""

MAX_KEPT_LENGTH = 20_000
"""Characters; longer ones are prepared anew each time, so that nobody fills the memory with them."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that may be executed, or the errors that say why not."""

    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


class DocumentCache:
    def __init__(self, schema: GraphQLSchema, max_tokens: int) -> None:
        self._schema = schema
        self._max_tokens = max_tokens
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def prepare(self, text: str) -> Prepared:
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
            return found
        prepared = self._prepare(text)
        if len(text) <= MAX_KEPT_LENGTH:
            self._keep(text, prepared)
        return prepared

    def _prepare(self, text: str) -> Prepared:
        try:
            document = parse(text, max_tokens=self._max_tokens)
            return Prepared(document, tuple(validate(self._schema, document, specified_rules, max_errors=10)))
        except GraphQLError as error:
            return Prepared(None, (error,))
        except RecursionError:
            return Prepared(None, (GraphQLError("The document is nested too deeply."),))

    def _keep(self, text: str, prepared: Prepared) -> None:
        self._kept[text] = prepared
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)


def operation_named(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The operation to run; None where the name is missing among several, or unknown."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((node for node in operations if node.name and node.name.value == name), None)
