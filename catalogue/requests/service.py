"""Complaints and faults: taken down for the community's staff, listed by them, closed with a note."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, DuplicateKeyError, database_errors_as_refusals
from lifecircle.catalogue.errors import NotFound, StateChanged
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.pages import Page, PageKey
from lifecircle.catalogue.people.access import Roles, require_staff
from lifecircle.catalogue.people.rates import RateCounter
from lifecircle.catalogue.requests import rules
from lifecircle.catalogue.requests.model import Draft, ServiceRequest
from lifecircle.catalogue.requests.store import RequestStore
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@dataclass(frozen=True)
class RequestDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    keeper: SnapshotKeeper
    rates: RateCounter
    clock: Clock

    @property
    def _store(self) -> RequestStore:
        return RequestStore(self.database, self.keys)

    async def take_down(self, resident: str, draft: Draft) -> ServiceRequest:
        """Raises InvalidInput, IdempotencyConflict, RateLimited."""
        areas = self.keeper.current.areas
        draft = rules.checked(draft, areas)
        path = areas.path(draft.area)
        request = ServiceRequest(
            id=rules.request_id(resident, draft.idempotency_key),
            category=draft.category,
            text=draft.text,
            place=draft.place,
            areas=path,
            resident=resident,
            made_at=self.clock(),
            closed_at=None,
            note=None,
        )
        async with database_errors_as_refusals():
            earlier = await self._store.find(request.id)
            if earlier:
                return rules.the_same(earlier, draft)
            await self.rates.take(rules.REQUEST_LIMIT, resident)
            try:
                await self._store.insert(request, district=path[-1])
            except DuplicateKeyError:  # the same request, a moment ago
                return rules.the_same(await self._store.find(request.id) or request, draft)
        return request

    async def of_area(
        self, roles: Roles, area: str, is_open: bool | None, first: int, after: PageKey | None
    ) -> Page[ServiceRequest]:
        """The latest first. Raises NotFound for an area that the viewer is not staff of."""
        require_staff(roles, area, "area")
        async with database_errors_as_refusals():
            found = await self._store.of_area(area, is_open, first + 1, after)
        return Page.of(found, first)

    async def of_resident(self, resident: str, first: int, after: PageKey | None) -> Page[ServiceRequest]:
        async with database_errors_as_refusals():
            found = await self._store.of_resident(resident, first + 1, after)
        return Page.of(found, first)

    async def close(self, roles: Roles, request_id: str, note: str) -> ServiceRequest:
        """Closing with the same note twice is closing once. Raises InvalidInput, NotFound, StateChanged."""
        clean, now = plain_text(note, "处理说明", 2, rules.LONGEST_NOTE, "note"), self.clock()
        async with database_errors_as_refusals():
            request = await self._store.find(request_id)
            if request is None or not rules.is_business_of(roles, request):
                raise NotFound("没有找到这条诉求。", "request")
            if await self._store.close(request_id, clean, now, now + rules.KEPT):
                return replace(request, closed_at=now, note=clean)
            closed = await self._store.find(request_id)
        if closed is None or closed.note != clean:
            raise StateChanged("这条诉求已经有人办结了，请刷新查看。", "request")
        return closed

    async def visible(self, roles: Roles, request_id: str) -> ServiceRequest | None:
        """To the resident who told it, and to the staff of its areas."""
        async with database_errors_as_refusals():
            request = await self._store.find(request_id)
        if request and (request.resident == roles.resident or rules.is_business_of(roles, request)):
            return request
        return None
