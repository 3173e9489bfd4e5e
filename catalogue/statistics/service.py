"""A store's statistics, for those who look after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Forbidden, InvalidInput
from lifecircle.catalogue.feed.rules import looks_after
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.statistics.model import StoreStatistics
from lifecircle.catalogue.statistics.rules import statistics
from lifecircle.catalogue.statistics.store import StatisticsStore
from lifecircle.catalogue.stores.closing import open_ranges_of
from lifecircle.catalogue.stores.model import Store

MAX_DAYS = 62


@dataclass(frozen=True)
class StatisticsDesk:
    database: Database
    calendar: HolidayCalendar

    async def of_store(self, roles: Roles, snapshot: Snapshot, store: Store, first: date, days: int) -> StoreStatistics:
        """Raises Forbidden, InvalidInput."""
        if not looks_after(roles, store):
            raise Forbidden("只有这家店的成员可以查看统计。")
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"一次可以统计 1 到 {MAX_DAYS} 天。", "days")
        last = first + timedelta(days=days - 1)
        async with database_errors_as_refusals():
            bookings = await StatisticsStore(self.database).between(store.id, first, last)
        schedule = snapshot.schedule_of(store)
        openings = open_ranges_of(store, schedule, self.calendar, first - timedelta(days=1), days + 1)
        once = list({(opening.opens, opening.closes): opening for opening in openings}.values())
        return statistics(bookings, snapshot.offerings_of(store), once, first, days)
