"""Telling people: the job that does it, what residents have agreed to, and what could not be delivered."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.freshness.reports import path_of
from lifecircle.catalogue.jobs import Job
from lifecircle.catalogue.notices.credits import Credits
from lifecircle.catalogue.notices.delivery import Delivery
from lifecircle.catalogue.notices.model import DeadLetter, Purpose, dead_letter_from_document
from lifecircle.catalogue.notices.pump import Pump
from lifecircle.catalogue.notices.store import DeadLetterStore, OutboxStore
from lifecircle.catalogue.people.access import Roles, require_staff
from lifecircle.catalogue.ports import NoticeDeliverer
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.stores.closing import why_shut

PERIOD = timedelta(seconds=5)


@dataclass(frozen=True)
class NoticeDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    keeper: SnapshotKeeper
    clock: Clock
    templates: Mapping[Purpose, str] = field(default_factory=dict)
    """Ids of WeChat's templates, as far as some are set up."""
    wechat: NoticeDeliverer | None = None
    sms: NoticeDeliverer | None = None
    spread: Callable[[], float] = random.random

    @cached_property
    def credits(self) -> Credits:
        return Credits(self.database, self.keys, self.clock, frozenset(self.templates.values()))

    @cached_property
    def pump(self) -> Pump:
        delivery = Delivery(self.database, self.keys, self.templates, self.wechat, self.sms)
        stores = OutboxStore(self.database), DeadLetterStore(self.database)
        return Pump(*stores, delivery, self._areas_of, self._why_shut, self.spread, self.clock)

    @property
    def jobs(self) -> Sequence[Job]:
        return (Job("notices", PERIOD, self.pump.run),)

    async def dead_letters(
        self, roles: Roles, area: str, first: int, after: tuple[datetime, str] | None
    ) -> list[DeadLetter]:
        """What could not be delivered about stores of the area, the latest first. Raises NotFound."""
        require_staff(roles, area, "area")
        async with database_errors_as_refusals():
            rows = await DeadLetterStore(self.database).of_area(area, first, after)
        return [dead_letter_from_document(row) for row in rows]

    def _areas_of(self, store_id: str | None) -> list[str]:
        snapshot = self.keeper.current
        store = snapshot.store(store_id) if store_id else None
        return list(path_of(snapshot.areas, store)) if store else []

    def _why_shut(self, store_id: str | None, start: datetime) -> str | None:
        store = self.keeper.current.store(store_id) if store_id else None
        return why_shut(store, local_day(start)) if store else None
