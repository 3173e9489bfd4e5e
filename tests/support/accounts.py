"""Accounts, what they leave behind, and short ways to delete them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from bson import json_util
from factories import at
from killed import Killed

from lifecircle.catalogue.bookings.model import Booking, BookingRequest, Contact
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.privacy.service import PrivacyDesk

TEN = at("2026-11-26 10:00")
CONTACT = Contact(name="王小明", phone="13812345678", address="文澜路1号2幢301")
REQUEST = "req-1"


class Breaks:
    """A holding at which the process is killed, `times` times."""

    name = "breaks"
    collections = frozenset[str]()

    def __init__(self, error: type[BaseException] = Killed, times: int = 1) -> None:
        self.error, self.times = error, times

    async def export(self, resident: str) -> list[Document]:
        return []

    async def erase(self, resident: str, now: datetime) -> None:
        if self.times:
            self.times -= 1
            raise self.error


Enrol = Callable[..., Awaitable[str]]
Put = Callable[..., Awaitable[None]]


async def holders(database: Database, *traces: str) -> set[str]:
    """The collections in which any of the texts stands."""
    found = set()
    for name in await database.list_collection_names():
        content = json_util.dumps(await database[name].find().to_list(None), ensure_ascii=False)
        if any(trace in content for trace in traces):
            found.add(name)
    return found


async def delete(desk: PrivacyDesk, resident: str) -> datetime:
    return await desk.delete_account(resident, confirm=True, request_id=REQUEST)


async def exported(desk: PrivacyDesk, resident: str) -> dict[str, Any]:
    return dict(json.loads(await desk.export(resident, confirm=True)))


async def run_jobs(desk: PrivacyDesk) -> list[str]:
    runner = JobRunner(desk.database, desk.clock, secrets.token_hex(4))
    runner.register(*desk.jobs)
    return list(await runner.run_due())


async def book(bookings: BookingDesk, resident: str, start: datetime = TEN, **changes: Any) -> Booking:
    return await bookings.create(resident, BookingRequest("o1", start, contact=CONTACT, **changes))


def staff_row(resident: str) -> Document:
    return {"_id": f"{resident}:3301", "resident": resident, "area": "3301", "role": "STAFF"}


async def audit_rows(database: Database) -> list[Document]:
    return await database["audit"].find().sort("at").to_list(None)
