"""Merchants and chains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from lifecircle.catalogue import merchants
from lifecircle.catalogue.people.access import may_see_merchant
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import MerchantState
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.node import Node

if TYPE_CHECKING:
    from lifecircle.graphql.freshness import WrongInfoReportConnection
    from lifecircle.graphql.history import HistoryConnection
    from lifecircle.graphql.offerings import OfferingConnection
    from lifecircle.graphql.stores import OpeningHours, StoreConnection


@strawberry.type(description="A brand with several stores.")
class Chain(Node):
    name: str = strawberry.field(description="Brand name.")
    version: int = strawberry.field(description="Rises with every edit; pass it back when editing.")
    record: strawberry.Private[merchants.Chain]

    @classmethod
    def of(cls, record: merchants.Chain) -> Self:
        return cls(id=global_id("Chain", record.id), name=record.name, version=record.version, record=record)

    @strawberry.field(description="The plain week of every store that has none of its own.")
    def opening_hours(self) -> list[Annotated[OpeningHours, strawberry.lazy("lifecircle.graphql.stores")]]:
        from lifecircle.graphql.stores import hours_rows

        return hours_rows(self.record.hours)

    @strawberry.field(description="What every store of it offers, unless the store does something differently.")
    async def offerings(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Annotated[OfferingConnection, strawberry.lazy("lifecircle.graphql.offerings")]:
        from lifecircle.graphql.offerings import offering_page

        found = await info.context.services.editing.offerings.of_chain(self.record.id)
        return offering_page(found, first, after)

    @strawberry.field(description="Who changed what and when, the latest first; for members and the area's staff.")
    async def history(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Annotated[HistoryConnection, strawberry.lazy("lifecircle.graphql.history")] | None:
        from lifecircle.graphql.history import history_page

        owner = info.context.snapshot.merchants.get(self.record.merchant)
        area = owner.area if owner else None
        return await history_page(info, f"chains:{self.record.id}", self.record.merchant, None, area, first, after)


@strawberry.type(description="Who runs stores.")
class Merchant(Node):
    name: str = strawberry.field(description="Registered name.")
    state: MerchantState = strawberry.field(description="Where the application stands.")
    record: strawberry.Private[merchants.Merchant]

    @classmethod
    def of(cls, record: merchants.Merchant) -> Self:
        return cls(id=global_id("Merchant", record.id), name=record.name, state=record.state, record=record)

    @strawberry.field(description="Its stores by id. `stale`, for members only: those that need vouching for, or not.")
    async def stores(
        self, info: Info, stale: bool | None = None, first: int | None = None, after: str | None = None
    ) -> Annotated[StoreConnection, strawberry.lazy("lifecircle.graphql.stores")] | None:
        from lifecircle.graphql.store_lists import stores_of_merchant

        return await stores_of_merchant(info.context, self.record.id, stale, first, after)

    @strawberry.field(description="What residents report as wrong, the latest first; for members, `open` null: all.")
    async def wrong_info_reports(
        self, info: Info, open: bool | None = True, first: int | None = None, after: str | None = None
    ) -> Annotated[WrongInfoReportConnection, strawberry.lazy("lifecircle.graphql.freshness")] | None:
        from lifecircle.graphql.freshness import reports_of_merchant

        return await reports_of_merchant(info, self.record.id, open, first, after)


async def load_chain(context: RequestContext, key: str) -> Node | None:
    record = context.snapshot.chains.get(key)
    return Chain.of(record) if record else None


async def load_merchant(context: RequestContext, key: str) -> Node | None:
    record = await context.merchant(key)
    if record is None:
        return None
    ask_roles = context.viewer is not None and not may_see_merchant(None, record)
    return Merchant.of(record) if may_see_merchant(await context.roles() if ask_roles else None, record) else None
