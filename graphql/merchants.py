"""Merchants and chains."""

from __future__ import annotations

from typing import Self

import strawberry

from lifecircle.catalogue import merchants
from lifecircle.catalogue.people.access import may_see_merchant
from lifecircle.graphql.context import RequestContext
from lifecircle.graphql.enums import MerchantState
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.node import Node


@strawberry.type(description="A brand with several stores.")
class Chain(Node):
    name: str = strawberry.field(description="Brand name.")
    version: int = strawberry.field(description="Rises with every edit; pass it back when editing.")

    @classmethod
    def of(cls, record: merchants.Chain) -> Self:
        return cls(id=global_id("Chain", record.id), name=record.name, version=record.version)


@strawberry.type(description="Who runs stores.")
class Merchant(Node):
    name: str = strawberry.field(description="Registered name.")
    state: MerchantState = strawberry.field(description="Where the application stands.")

    @classmethod
    def of(cls, record: merchants.Merchant) -> Self:
        return cls(id=global_id("Merchant", record.id), name=record.name, state=record.state)


async def load_chain(context: RequestContext, key: str) -> Node | None:
    record = context.snapshot.chains.get(key)
    return Chain.of(record) if record else None


async def load_merchant(context: RequestContext, key: str) -> Node | None:
    record = await context.merchant(key)
    if record is None:
        return None
    ask_roles = context.viewer is not None and not may_see_merchant(None, record)
    return Merchant.of(record) if may_see_merchant(await context.roles() if ask_roles else None, record) else None
