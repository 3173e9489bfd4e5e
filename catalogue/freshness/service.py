"""Keeping records true: vouching for them again, and reports of what is wrong."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import (
    Database,
    Document,
    DuplicateKeyError,
    database_errors_as_refusals,
    violated_index,
)
from lifecircle.catalogue.errors import Forbidden, IdempotencyConflict, NotFound, StateChanged
from lifecircle.catalogue.freshness import reports
from lifecircle.catalogue.freshness.model import WrongInfo, WrongInfoReport, report_from_document
from lifecircle.catalogue.freshness.rules import RecordKind, oldest_fresh_day
from lifecircle.catalogue.freshness.store import FreshnessStore
from lifecircle.catalogue.jobs import Job, Lease
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.pages import Page, PageKey
from lifecircle.catalogue.people.access import Roles, require_staff
from lifecircle.catalogue.people.rates import RateCounter
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change
from lifecircle.catalogue.stores.model import Store, store_from_document

ESCALATION_PERIOD = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StorePage:
    stores: list[Store]
    has_more: bool
    count: Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class FreshnessDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keeper: SnapshotKeeper
    rates: RateCounter
    clock: Clock

    @property
    def _store(self) -> FreshnessStore:
        return FreshnessStore(self.database)

    @property
    def jobs(self) -> Sequence[Job]:
        return (Job("wrong-info", ESCALATION_PERIOD, self._escalate),)

    # --- vouching ---

    async def assure(self, roles: Roles, store_id: str, version: int) -> Store:
        """Say that all of a store's record is true today. Raises NotFound, Forbidden, StateChanged."""
        async with database_errors_as_refusals():
            _, store = await self._require_store(store_id)
            if not reports.may_assure(roles, store, self._path(store)):
                raise Forbidden("只有这家店的商户成员和所在社区的工作人员可以确认信息。", "store")
            changed = await self._store.assure(store_id, version, local_day(self.clock()))
        if changed is None:
            raise StateChanged("这家店的信息刚刚有人改过，请刷新看过之后再确认。", "version")
        self.keeper.apply([Change("stores", store_id, changed)])
        return store_from_document(changed)

    async def stores_of(
        self, roles: Roles | None, merchant: str, stale: bool | None, first: int, after: str | None
    ) -> StorePage:
        """A merchant's stores by id: for its members those they reach, for everybody else what is not closed.

        Raises Forbidden: who is late with what is the merchant's own business.
        """
        member = roles.membership(merchant) if roles else None
        if stale is not None and member is None:
            raise Forbidden("只有这个商户的成员可以查看哪些门店信息需要更新。", "stale")
        today, reach = local_day(self.clock()), member.stores if member else ()
        wanted = _listed(today) if member is None else _as_fresh(stale, today)
        async with database_errors_as_refusals():
            found = await self._store.stores_of(merchant, wanted, reach, first + 1, after)
        return StorePage(found[:first], len(found) > first, lambda: self._count(merchant, wanted, reach))

    async def _count(self, merchant: str, wanted: Document, stores: Sequence[str]) -> int:
        async with database_errors_as_refusals():
            return await self._store.count_stores_of(merchant, wanted, stores)

    # --- reporting ---

    async def report(self, resident: str, given: WrongInfo) -> WrongInfoReport:
        """Raises InvalidInput, NotFound, IdempotencyConflict, RateLimited."""
        reports.checked(given)
        mark = reports.idempotency(resident, given)
        async with database_errors_as_refusals():
            earlier = await self._earlier(mark, given)
            if earlier:
                return earlier
            row, store = await self._require_store(given.store)
            await self.rates.take(reports.REPORT_LIMIT, resident)
            document = {**self._document(given, store, row["district"]), "resident": resident, **mark}
            try:
                await self._store.insert(document)
            except DuplicateKeyError as error:
                if violated_index(error) != {"_id"}:  # the same request, a moment ago
                    return await self._earlier(mark, given) or report_from_document(document)
            return report_from_document(document)

    def _document(self, given: WrongInfo, store: Store, district: str) -> Document:
        now = self.clock()
        plain = reports.report_document(secrets.token_hex(12), given, store, district, self._path(store))
        if store.merchant is None:
            return {**plain, "reported_at": now, "escalated_at": now}
        return {**plain, "reported_at": now, "escalated_at": None, "waiting": True}

    async def _earlier(self, mark: Document, given: WrongInfo) -> WrongInfoReport | None:
        """Raises IdempotencyConflict."""
        found = await self._store.of_key(mark["idempotency"]["key"]) if mark else None
        if found and found.request_hash != reports.request_hash(given):
            raise IdempotencyConflict
        return found

    # --- answering ---

    async def answer(self, roles: Roles, report_id: str, text: str) -> WrongInfoReport:
        """Raises NotFound, also for whom it is none of their business; InvalidInput, StateChanged."""
        clean = plain_text(text, "答复", 2, 500, "text")
        async with database_errors_as_refusals():
            report = await self._store.find(report_id)
            if report is None or not reports.may_answer(roles, report):
                raise NotFound("没有找到这条纠错。", "report")
            by = "MERCHANT" if report.merchant and roles.membership(report.merchant) else "STAFF"
            answered = await self._store.answer(report_id, clean, by, self.clock())
        if answered is None:
            raise StateChanged("这条纠错已经有人答复了，请刷新查看。", "report")
        return answered

    async def visible(self, roles: Roles, report_id: str) -> WrongInfoReport | None:
        async with database_errors_as_refusals():
            report = await self._store.find(report_id)
        return report if report and reports.may_see(roles, report) else None

    async def of_merchant(
        self, roles: Roles, merchant: str, is_open: bool | None, first: int, after: PageKey | None
    ) -> Page[WrongInfoReport]:
        """Those about stores that the member reaches. Raises Forbidden."""
        member = roles.membership(merchant)
        if member is None:
            raise Forbidden("只有这个商户的成员可以查看纠错。")
        async with database_errors_as_refusals():
            found = await self._store.of_merchant(merchant, member.stores, is_open, first + 1, after)
        return Page.of(found, first)

    async def of_area(
        self, roles: Roles, area: str, is_open: bool | None, first: int, after: PageKey | None
    ) -> Page[WrongInfoReport]:
        """What has come to the area's staff. Raises NotFound."""
        require_staff(roles, area, "area")
        async with database_errors_as_refusals():
            found = await self._store.of_area(area, is_open, first + 1, after)
        return Page.of(found, first)

    # --- helpers ---

    async def _escalate(self, lease: Lease) -> None:
        now = self.clock()
        async for report_id in self._store.overdue(now - reports.PATIENCE):
            await lease.guard()
            await self._store.escalate(lease, report_id, now)

    async def _require_store(self, store_id: str) -> tuple[Document, Store]:
        row = await self._store.store_document(store_id)
        if row is None:
            raise NotFound("没有找到这家店，可能已经下架。", "store")
        return row, store_from_document(row)

    def _path(self, store: Store) -> tuple[str, ...]:
        return reports.path_of(self.keeper.current.areas, store)


def _listed(today: date) -> Document:
    """As `stores.closing.is_listed`, for the database."""
    reopened = {"state": "CLOSED", "closed_until": {"$ne": None, "$lte": today.isoformat()}}
    return {"$or": [{"state": "OPEN"}, reopened]}


def _as_fresh(stale: bool | None, today: date) -> Document:
    oldest = oldest_fresh_day(RecordKind.STORE, today).isoformat()
    return {} if stale is None else {"assured_on": {"$lt" if stale else "$gte": oldest}}
