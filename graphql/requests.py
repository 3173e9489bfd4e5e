"""Complaints and faults that residents told the assistant: their own list, the staff's list, closing one."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.pages import Page
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.privacy.model import AuditAction, Subject
from lifecircle.catalogue.requests import model
from lifecircle.catalogue.requests.model import RequestCategory
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, page_info, page_size, read_time_cursor, time_cursor
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root

_LIST = "requests"

strawberry.enum(RequestCategory, description="What a complaint or a fault is about.")


@strawberry.type(description="A complaint or a fault for the community's staff. Who told it is never shown to them.")
class ServiceRequest(Node):
    category: RequestCategory = strawberry.field(description="What it is about.")
    text: str = strawberry.field(description="In the resident's words.")
    place: str | None = strawberry.field(description="Where, in the resident's words.")
    made_at: datetime = strawberry.field(description="When it was told.")
    closed_at: datetime | None = strawberry.field(description="Since when it is dealt with; null while it is open.")
    note: str | None = strawberry.field(description="What has been done.")

    @classmethod
    def of(cls, record: model.ServiceRequest) -> Self:
        return cls(
            id=global_id("ServiceRequest", record.id),
            category=record.category,
            text=record.text,
            place=record.place,
            made_at=record.made_at,
            closed_at=record.closed_at,
            note=record.note,
        )


@strawberry.type(description="A request in a page.")
class ServiceRequestEdge:
    node: ServiceRequest = strawberry.field(description="The request.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of requests, the latest first.")
class ServiceRequestConnection:
    edges: list[ServiceRequestEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.input(description="What has been done about a request.")
class CloseServiceRequestInput:
    request: strawberry.ID = strawberry.field(description="The request.")
    note: str = strawberry.field(description="For the resident who told it; 2 to 500 characters.")


@strawberry.type(description="The closed request, or why it is not closed.")
class CloseServiceRequestPayload:
    request: ServiceRequest | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="What residents told the community's staff.")
class RequestQueries:
    @root(Needs.STAFF, "Complaints and faults of an area and what lies below it, the latest first. Reading is audited.")
    async def service_requests(
        self,
        info: Info,
        area: strawberry.ID,
        open: bool = True,
        first: int | None = None,
        after: str | None = None,
    ) -> ServiceRequestConnection | None:
        context, key, size = info.context, key_of(area, "Area", "area"), page_size(first)
        roles = await context.roles()
        page = await context.services.requests.of_area(roles, key, open, size, read_time_cursor(after, _LIST))
        await _note_reading(context, key)
        return _page(page, after)

    @root(Needs.SIGN_IN, "What the viewer told the community's staff, the latest first.")
    async def my_service_requests(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> ServiceRequestConnection | None:
        resident = info.context.require_viewer().resident
        page = await info.context.services.requests.of_resident(
            resident, page_size(first), read_time_cursor(after, _LIST)
        )
        return _page(page, after)


@strawberry.type(description="Dealing with what residents told.")
class RequestMutations:
    @mutation(Needs.STAFF, "Close a complaint or a fault of the staff's own area with a note for the resident.")
    async def close_service_request(self, info: Info, input: CloseServiceRequestInput) -> CloseServiceRequestPayload:
        roles, key = await info.context.roles(), key_of(input.request, "ServiceRequest", "request")
        request = await info.context.services.requests.close(roles, key, input.note)
        return CloseServiceRequestPayload(request=ServiceRequest.of(request), errors=[])


async def load_service_request(context: RequestContext, key: str) -> Node | None:
    if context.viewer is None:
        return None
    record = await context.services.requests.visible(await context.roles(), key)
    return ServiceRequest.of(record) if record else None


async def _note_reading(context: RequestContext, area: str) -> None:
    """What people wrote in their own words may say who they are."""
    await context.services.privacy.audit.record(
        AuditAction.PERSONAL_DATA_READ,
        actor=context.require_viewer().resident,
        subject=Subject("Area", area),
        fields=["serviceRequests"],
        request_id=context.request_id,
    )


def _page(page: Page[model.ServiceRequest], after: str | None) -> ServiceRequestConnection:
    edges = [
        ServiceRequestEdge(node=ServiceRequest.of(r), cursor=time_cursor(_LIST, r.made_at, r.id)) for r in page.items
    ]
    position = page_info(edges, has_next=page.has_more, after=after)
    return ServiceRequestConnection(edges=edges, page_info=position)
