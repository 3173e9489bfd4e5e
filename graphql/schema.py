"""The schema, put together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from lifecircle.graphql.mutations import Mutation
from lifecircle.graphql.queries import Query
from lifecircle.graphql.scalars import SCALARS
from lifecircle.graphql.subscriptions import Subscription


class PreparedDocument(SchemaExtension):
    """The gateway parses and validates once per document; what it prepared is used here."""

    def on_parse(self) -> Iterator[None]:
        self.execution_context.graphql_document = self.execution_context.context.document
        yield

    def on_validate(self) -> Iterator[None]:
        self.execution_context.pre_execution_errors = []
        yield


class QuietSchema(strawberry.Schema):
    """Errors are logged once, by the gateway, with the request id."""

    def process_errors(self, *_: object, **__: object) -> None:
        return


@cache
def build_schema() -> strawberry.Schema:
    return QuietSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        extensions=[PreparedDocument],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
