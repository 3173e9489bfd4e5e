"""A certification desk over a database, and a resident who has agreed to it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from certified import a_rule_row, day
from factories import PlainCalendar, SetClock, a_store, an_area, an_offering, at
from messages import TEMPLATES, Mailbox, a_booking

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.certification.model import Standing
from lifecircle.catalogue.certification.rulebook import RuleShelf
from lifecircle.catalogue.certification.service import CertificationDesk, Given
from lifecircle.catalogue.certification.store import create_certification_indexes
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.notices.model import Purpose as Template
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.notices.store import CREDITS, create_notice_indexes, credit_id
from lifecircle.catalogue.privacy.model import Purpose
from lifecircle.catalogue.privacy.rules import TEXT_VERSIONS
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.privacy.store import create_privacy_indexes
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

COMMUNITY = "330199001001"
VISIT = {"offering": "visit", "merchant": None, "store": "station", "offering_name": "养老金领取资格认证上门服务"}
FOR_PENSIONERS = [{"code": "pension-recipient", "text": "领取养老金的人员"}]
RULES = [
    a_rule_row(also=["企业退休"]),
    a_rule_row(scheme="城乡居民", also=["居民养老"]),
    a_rule_row("海口市", "城乡居民", cycle_months=6),
    a_rule_row("青岛市", "企业职工", warning_months=3),
]


@dataclass
class Office:
    """Everything around the desk, and shorter ways to it."""

    database: Database
    keys: KeyRing
    desk: CertificationDesk
    notices: NoticeDesk
    clock: SetClock
    wechat: Mailbox = field(default_factory=Mailbox)

    async def agree(self, resident: str = "r1") -> None:
        version = TEXT_VERSIONS[Purpose.SENSITIVE_PENSION]
        await self.desk.privacy.give_consent(resident, Purpose.SENSITIVE_PENSION, version)

    async def record(self, certified_on: str | date, resident: str = "r1", **given: str) -> Standing:
        on = day(certified_on) if isinstance(certified_on, str) else certified_on
        said = Given(given.get("region", "全国"), given.get("scheme", "企业职工"), on)
        return await self.desk.record(resident, said)

    async def standing(self, resident: str = "r1") -> Standing:
        return await self.desk.standing(resident, self.clock())

    async def rows(self, collection: str, **where: Any) -> list[Document]:
        return await self.database[collection].find(where).sort("_id").to_list(None)

    async def reminders(self) -> list[tuple[str, int]]:
        """(due date, days), whether sent or not."""
        return sorted((row["due_on"], row["days"]) for row in await self.rows("certification_reminders"))

    async def next_day(self, text: str) -> list[str]:
        """The job at that time, and then the pump, each by a worker of its own. Ids of what was sent."""
        self.clock.now = at(text)
        before = len(self.wechat.received)
        await self.run(*self.desk.jobs)
        await self.run(*self.notices.jobs)
        return [notice.id for notice in self.wechat.received[before:]]

    async def run(self, *jobs: Any) -> None:
        runner = JobRunner(self.database, self.clock, "worker")
        runner.register(*jobs)
        await runner.run_due()

    async def book_visit(self, key: str = "b1", start: str = "2026-11-25 09:00", **changes: Any) -> None:
        row = a_booking(key, start=at(start), at=at("2026-11-20 09:00"), **{**VISIT, **changes})
        await self.database["bookings"].insert_one(row)


@contextlib.asynccontextmanager
async def open_office(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Office]:
    for prepare in (create_certification_indexes, create_notice_indexes, create_privacy_indexes):
        await prepare(database)
    community = an_area(COMMUNITY, name="桂花社区", level="COMMUNITY", parent="330199")
    await database["areas"].insert_many([an_area(), community])
    place = {"community": COMMUNITY, "merchant": None, "chain": None}
    await database["stores"].insert_many([a_store("station", category="community-station", **place)])
    visit = an_offering("visit", store="station", name="上门认证", eligibility=FOR_PENSIONERS)
    await database["offerings"].insert_many([visit, an_offering("cleaning", store="station")])
    await database["certification_rules"].insert_many(RULES)
    for name in ("r1", "r2", "staff"):
        row = {"openid": keys.seal(f"o-{name}", field="openid"), "phone": None, "created_at": clock(), "version": 1}
        await database["residents"].insert_one({"_id": name, "nickname": name, **row})
    shelf, wechat = RuleShelf(database), Mailbox()
    keeper = SnapshotKeeper(database, (), clock, [shelf])
    await keeper.start()
    privacy = PrivacyDesk(database, keys, clock, MembershipDesk(database, keys, keeper, clock))
    bookings = BookingDesk(database, keys, PlainCalendar(), clock)
    desk = CertificationDesk(database, keys, keeper, privacy, bookings, shelf, clock)
    notices = NoticeDesk(database, keys, keeper, clock, TEMPLATES, wechat, None, spread=lambda: 0.5)
    made = Office(database, keys, desk, notices, clock, wechat)
    await made.agree()
    await database[CREDITS].insert_one(_credits("r1"))
    yield made
    await keeper.stop()


def _credits(resident: str) -> Document:
    """Has agreed to nine messages."""
    template = TEMPLATES[Template.CERTIFICATION]
    lists: Document = {"spent": [], "unpaired": [], "events": []}
    return {
        "_id": credit_id(resident, template),
        "resident": resident,
        "template": template,
        "left": 9,
        **lists,
        "version": 0,
    }
