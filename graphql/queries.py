"""The root query."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from lifecircle.catalogue.errors import BadRequest
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import load_booking
from lifecircle.graphql.bookings_waiting import load_waiting_entry
from lifecircle.graphql.circle import CircleQueries
from lifecircle.graphql.context import Info
from lifecircle.graphql.conversations import ConversationQueries, load_conversation
from lifecircle.graphql.enums import StoreSort
from lifecircle.graphql.freshness import FreshnessQueries, load_wrong_info_report
from lifecircle.graphql.handoffs import HandoffQueries, load_handoff
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.imports import ImportQueries
from lifecircle.graphql.learning import LearningQueries
from lifecircle.graphql.merchants import load_chain, load_merchant
from lifecircle.graphql.node import Node, NodeLoaders
from lifecircle.graphql.notices import NoticeQueries
from lifecircle.graphql.offerings import AvailabilityDay, load_offering
from lifecircle.graphql.pension import PensionQueries
from lifecircle.graphql.people import Resident, load_membership, load_resident
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.places import Area, Category, LocationInput, load_area, load_category
from lifecircle.graphql.policies import PolicyConnection, load_policy, policy_page
from lifecircle.graphql.privacy import PrivacyQueries
from lifecircle.graphql.reports import ReportQueries
from lifecircle.graphql.requests import RequestQueries, load_service_request
from lifecircle.graphql.reviews import load_review
from lifecircle.graphql.search import SearchQueries
from lifecircle.graphql.store_lists import StoreFilter, nearby_page
from lifecircle.graphql.stores import Store, StoreConnection, load_store

MAX_NODES = 100

_NODES = NodeLoaders(
    {
        "Area": load_area,
        "Booking": load_booking,
        "Category": load_category,
        "Chain": load_chain,
        "Conversation": load_conversation,
        "Handoff": load_handoff,
        "Membership": load_membership,
        "Merchant": load_merchant,
        "Offering": load_offering,
        "Policy": load_policy,
        "Resident": load_resident,
        "Review": load_review,
        "ServiceRequest": load_service_request,
        "Store": load_store,
        "WaitingListEntry": load_waiting_entry,
        "WrongInfoReport": load_wrong_info_report,
    }
)


@strawberry.type(description="Everything that can be read.")
class Query(
    PrivacyQueries,
    FreshnessQueries,
    CircleQueries,
    ReportQueries,
    ImportQueries,
    SearchQueries,
    NoticeQueries,
    ConversationQueries,
    HandoffQueries,
    LearningQueries,
    RequestQueries,
    PensionQueries,
):
    @root(Needs.SIGN_IN, "Who is signed in.")
    async def viewer(self, info: Info) -> Resident | None:
        context = info.context
        return Resident.of(await context.services.people.resident(context.require_viewer()), context)

    @root(Needs.NOTHING, "Anything by its global id; null for what the viewer may not see.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return await _NODES.load(info.context, id)

    @root(Needs.NOTHING, "Several by global id, in the same order; null for what the viewer may not see.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None] | None:
        if len(ids) > MAX_NODES:
            raise BadRequest(f"一次最多 {MAX_NODES} 个编号。", "ids")
        return [await _NODES.load(info.context, text) for text in ids]

    @root(Needs.NOTHING, "The category tree, flat, parents before children.")
    def categories(self, info: Info) -> list[Category] | None:
        return [Category.of(record) for record in info.context.snapshot.categories]

    @root(Needs.NOTHING, "The smallest area that holds a place; null outside the city.")
    def area(self, info: Info, near: LocationInput) -> Area | None:
        record = info.context.snapshot.areas.locate(near.to_point())
        return Area.of(record) if record else None

    @root(Needs.NOTHING, "Stores around a place. `radius` in metres, at most 50,000.")
    def nearby_stores(
        self,
        info: Info,
        near: LocationInput,
        radius: int = 1000,
        filter: StoreFilter | None = None,
        sort: StoreSort = StoreSort.DISTANCE,
        first: int | None = None,
        after: str | None = None,
    ) -> StoreConnection | None:
        return nearby_page(info.context, near, radius, filter, sort, first, after)

    @root(Needs.NOTHING, "One store.")
    async def store(self, info: Info, id: strawberry.ID) -> Store | None:
        return Store.of(await info.context.require_store(key_of(id, "Store", "id")), info.context)

    @root(Needs.NOTHING, "Free times of an offering by day. At most 62 days.")
    async def availability(
        self,
        info: Info,
        offering: strawberry.ID,
        from_: Annotated[date, strawberry.argument(name="from", description="First day.")],
        days: int = 7,
        party_size: int = 1,
        duration_minutes: int | None = None,
    ) -> list[AvailabilityDay] | None:
        record = await info.context.require_offering(key_of(offering, "Offering", "offering"))
        desk = info.context.services.bookings
        found = await desk.availability(record.id, from_, days, party_size, duration_minutes)
        return [AvailabilityDay.of(day) for day in found]

    @root(Needs.NOTHING, "Policy guides; by relevance where there is a query.")
    def policies(
        self,
        info: Info,
        query: str | None = None,
        topic: str | None = None,
        first: int | None = None,
        after: str | None = None,
        region: str | None = None,
    ) -> PolicyConnection | None:
        return policy_page(info, query, topic, region, first, after)
