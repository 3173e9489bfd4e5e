"""What a resolver may reach: one request's view of the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry
from graphql import DocumentNode

from lifecircle.assistant.service import Assistant
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import NotFound, Unauthenticated
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.offerings.store import read_terms
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.people.service import PeopleDesk
from lifecircle.catalogue.sealing import KeyRing
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
    people: PeopleDesk
    assistant: Assistant
    keys: KeyRing
    calendar: HolidayCalendar


@dataclass
class RequestContext:
    """One snapshot, one viewer and one moment for the whole request."""

    services: Services
    snapshot: Snapshot
    viewer: Viewer | None
    now: datetime
    request_id: str
    document: DocumentNode | None = None

    def require_viewer(self) -> Viewer:
        """Raises Unauthenticated."""
        if self.viewer is None:
            raise Unauthenticated
        return self.viewer

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
