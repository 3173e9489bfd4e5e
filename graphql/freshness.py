"""Keeping records true: vouching for a store, reporting what is wrong, answering."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.freshness import model
from lifecircle.catalogue.pages import Page
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.stores import Store

_LIST = "wrong-info"


@strawberry.type(description="What a resident says is wrong with a store. Who said so is never shown.")
class WrongInfoReport(Node):
    field: str | None = strawberry.field(description="What is wrong: phone, openingHours, address …")
    text: str = strawberry.field(description="In the resident's words.")
    reported_at: datetime = strawberry.field(description="When.")
    escalated_at: datetime | None = strawberry.field(description="Since when the community's staff see it too.")
    answered_at: datetime | None = strawberry.field(description="When it was answered.")
    answer: str | None = strawberry.field(description="What was answered.")
    record: strawberry.Private[model.WrongInfoReport]

    @classmethod
    def of(cls, record: model.WrongInfoReport) -> Self:
        return cls(
            id=global_id("WrongInfoReport", record.id),
            field=record.field,
            text=record.text,
            reported_at=record.reported_at,
            escalated_at=record.escalated_at,
            answered_at=record.answered_at,
            answer=record.answer,
            record=record,
        )

    @strawberry.field(description="The store.")
    async def store(self, info: Info) -> Store:
        return Store.of(await info.context.require_store(self.record.store), info.context)


@strawberry.type(description="A report in a page.")
class WrongInfoReportEdge:
    node: WrongInfoReport = strawberry.field(description="The report.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of reports, the latest first.")
class WrongInfoReportConnection:
    edges: list[WrongInfoReportEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="Which store is true as it stands.")
class AssureStoreInput:
    store: strawberry.ID = strawberry.field(description="The store.")
    version: int = strawberry.field(description="The version that was looked at; an old one is STATE_CHANGED.")


@strawberry.type(description="The store, assured today, or why it is not.")
class AssureStorePayload:
    store: Store | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="What is wrong with which store.")
class ReportWrongInfoInput:
    store: strawberry.ID = strawberry.field(description="The store.")
    field: str | None = strawberry.field(
        default=None,
        description="name, category, address, location, phone, openingHours, exceptions, notice, accessibility, "
        "offerings, photos or closed.",
    )
    text: str = strawberry.field(description="What is wrong, and what would be right; 4 to 500 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same report. Same key, other input: IDEMPOTENCY_CONFLICT."
    )

    def to_domain(self) -> model.WrongInfo:
        """Raises NotFound."""
        return model.WrongInfo(key_of(self.store, "Store", "store"), self.field, self.text, self.idempotency_key)


@strawberry.type(description="The report, or why there is none.")
class ReportWrongInfoPayload:
    report: WrongInfoReport | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.input(description="What has been done about a report.")
class AnswerWrongInfoInput:
    report: strawberry.ID = strawberry.field(description="The report.")
    text: str = strawberry.field(description="For the resident who reported; 2 to 500 characters.")


@strawberry.type(description="The answered report, or why it is not answered.")
class AnswerWrongInfoPayload:
    report: WrongInfoReport | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="What has come to the staff.")
class FreshnessQueries:
    @root(Needs.STAFF, "Reports of wrong information that have come to the area's staff, the latest first.")
    async def wrong_info_reports(
        self,
        info: Info,
        area: strawberry.ID,
        open: bool = True,
        first: int | None = None,
        after: str | None = None,
    ) -> WrongInfoReportConnection | None:
        roles, key, size = await info.context.roles(), key_of(area, "Area", "area"), page_size(first)
        page = await info.context.services.freshness.of_area(roles, key, open, size, read_time_cursor(after, _LIST))
        return _page(page, after)


@strawberry.type(description="Keeping records true.")
class FreshnessMutations:
    @mutation(
        Needs.MEMBER_OR_STAFF, "Say that a store's record is true today: its merchant's members, its area's staff."
    )
    async def assure_store(self, info: Info, input: AssureStoreInput) -> AssureStorePayload:
        roles, key = await info.context.roles(), key_of(input.store, "Store", "store")
        store = await info.context.services.freshness.assure(roles, key, input.version)
        return AssureStorePayload(store=Store.of(store, info.context), errors=[])

    @mutation(Needs.SIGN_IN, "Report what is wrong with a store. Its merchant answers; after 7 days the area's staff.")
    async def report_wrong_info(self, info: Info, input: ReportWrongInfoInput) -> ReportWrongInfoPayload:
        viewer = info.context.require_viewer()
        report = await info.context.services.freshness.report(viewer.resident, input.to_domain())
        return ReportWrongInfoPayload(report=WrongInfoReport.of(report), errors=[])

    @mutation(Needs.MEMBER_OR_STAFF, "Answer a report of wrong information.")
    async def answer_wrong_info(self, info: Info, input: AnswerWrongInfoInput) -> AnswerWrongInfoPayload:
        roles, key = await info.context.roles(), key_of(input.report, "WrongInfoReport", "report")
        report = await info.context.services.freshness.answer(roles, key, input.text)
        return AnswerWrongInfoPayload(report=WrongInfoReport.of(report), errors=[])


async def reports_of_merchant(
    info: Info, merchant: str, is_open: bool | None, first: int | None, after: str | None
) -> WrongInfoReportConnection:
    roles, size = await info.context.roles(), page_size(first)
    page = await info.context.services.freshness.of_merchant(
        roles, merchant, is_open, size, read_time_cursor(after, _LIST)
    )
    return _page(page, after)


async def load_wrong_info_report(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None:
        return None
    record = await context.services.freshness.visible(await context.roles(), key)
    return WrongInfoReport.of(record) if record else None


def _page(page: Page[model.WrongInfoReport], after: str | None) -> WrongInfoReportConnection:
    edges = [
        WrongInfoReportEdge(node=WrongInfoReport.of(r), cursor=time_cursor(_LIST, r.reported_at, r.id))
        for r in page.items
    ]
    position = page_info(edges, has_next=page.has_more, after=after)
    return WrongInfoReportConnection(edges=edges, page_info=position)
