"""What a resolver may reach: one request's view of the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from graphql import DocumentNode

from lifecircle.assistant.service import Assistant
from lifecircle.catalogue.bookings.occupancy.made import BookingRate
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.certification.service import CertificationDesk
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.editing.service import EditingDesk
from lifecircle.catalogue.errors import NotFound, Unauthenticated
from lifecircle.catalogue.feed.service import ChangeFeed
from lifecircle.catalogue.freshness.service import FreshnessDesk
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import read_merchant
from lifecircle.catalogue.merchants import Merchant
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.offerings.store import read_terms
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.people.rates import Limit
from lifecircle.catalogue.people.service import OTHER_DEVICE, PeopleDesk
from lifecircle.catalogue.privacy.model import AuditAction, Subject
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.requests.service import RequestDesk
from lifecircle.catalogue.reviews.service import ReviewDesk
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.search.service import Searcher
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store
from lifecircle.catalogue.stores.store import read_store


@dataclass(frozen=True)
class Services:
    """What lives as long as the worker; wired once by the gateway."""

    database: Database
    keeper: SnapshotKeeper
    bookings: BookingDesk
    booking_rate: BookingRate
    people: PeopleDesk
    members: MembershipDesk
    privacy: PrivacyDesk
    certification: CertificationDesk
    assistant: Assistant
    keys: KeyRing
    calendar: HolidayCalendar
    freshness: FreshnessDesk
    editing: EditingDesk
    searcher: Searcher
    notices: NoticeDesk
    reviews: ReviewDesk
    requests: RequestDesk
    feed: ChangeFeed
    clock: Clock


@dataclass
class RequestContext:
    """One snapshot, one viewer and one moment for the whole request."""

    services: Services
    snapshot: Snapshot
    viewer: Viewer | None
    now: datetime
    request_id: str
    document: DocumentNode | None = None
    device: str = OTHER_DEVICE
    ended_session: bool = False
    """Whether the viewer has signed out in this request."""
    retry_after: int | None = None
    """Seconds, where something was refused for being asked too often."""
    _roles: Roles | None = None

    def require_viewer(self) -> Viewer:
        """Raises Unauthenticated."""
        if self.viewer is None:
            raise Unauthenticated
        return self.viewer

    async def count(self, limit: Limit, key: str) -> None:
        """Raises RateLimited."""
        async with database_errors_as_refusals():
            await self.services.people.rates.take(limit, key)

    async def note_role_change(self, merchant: str, field: str) -> None:
        """Who changed what a person may do stands in the audit."""
        await self.services.privacy.audit.record(
            AuditAction.ROLE_CHANGED,
            actor=self.require_viewer().resident,
            subject=Subject("Merchant", merchant),
            fields=[field],
            request_id=self.request_id,
        )

    async def roles(self) -> Roles:
        """What the viewer is, read once per request. Raises Unauthenticated."""
        if self._roles is None:
            self._roles = await self.services.people.roles(self.require_viewer(), self.snapshot.areas)
        return self._roles

    def forget_roles(self) -> None:
        """They are read again: what a subscription tells must not outlive a right."""
        self._roles = None

    def renew(self) -> None:
        """A subscription lives long: what it tells next is told of the catalogue as it is now."""
        self.snapshot, self.now = self.services.keeper.current, self.services.clock()

    async def store(self, key: str) -> Store | None:
        """From the snapshot; one that another worker has just made, from the database."""
        found = self.snapshot.store(key)
        if found is None:
            async with database_errors_as_refusals():
                found = await read_store(self.services.database, key)
        return found

    async def offering(self, key: str) -> Offering | None:
        found = self.snapshot.offering(key)
        if found is None:
            async with database_errors_as_refusals():
                terms = await read_terms(self.services.database, key)
            found = terms.offering if terms else None
        return found

    async def merchant(self, key: str) -> Merchant | None:
        """As `store`. Whether the viewer may see it is the caller's question."""
        found = self.snapshot.merchants.get(key)
        if found is None:
            async with database_errors_as_refusals():
                found = await read_merchant(self.services.database, key)
        return found

    async def require_store(self, key: str) -> Store:
        found = await self.store(key)
        if found is None:
            raise NotFound("没有找到这家店，可能已经关闭。")
        return found

    async def require_offering(self, key: str) -> Offering:
        found = await self.offering(key)
        if found is None:
            raise NotFound("没有找到这项服务，可能已经下架。")
        return found


Info = strawberry.Info[RequestContext, Any]
