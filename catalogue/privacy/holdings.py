"""The registry of what is held about residents: one provider a feature, in the order in which a deletion takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lifecircle.catalogue.certification.store import RECORDS, REMINDERS, SEALED_AS
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.notices.store import CREDITS
from lifecircle.catalogue.privacy.audit import AuditLog
from lifecircle.catalogue.privacy.model import AuditEntry, PersonalData, Purpose
from lifecircle.catalogue.privacy.roles import Applications, Memberships, PhoneCodes, opened_text
from lifecircle.catalogue.privacy.rows import HeldBookings, HeldRows
from lifecircle.catalogue.privacy.store import AccountStore
from lifecircle.catalogue.requests.store import COLLECTION as REQUESTS
from lifecircle.catalogue.requests.store import SEALED_AS as REQUEST
from lifecircle.catalogue.reviews.held import HeldReviews
from lifecircle.catalogue.sealing import KeyRing

CERTIFICATION, CERTIFICATION_REMINDERS = "certification", "certificationReminders"

ENDS_WITH_CONSENT: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.SENSITIVE_PENSION: (CERTIFICATION, CERTIFICATION_REMINDERS)
}
"""Names of the holdings for which a consent is the only ground: they go when it is withdrawn (PIPL art. 47)."""


@dataclass(frozen=True)
class Rows:
    """Plain rows with a `resident`: shown as far as named, deleted outright."""

    database: Database
    keys: KeyRing
    name: str
    collection: str
    shown: tuple[str, ...]
    sealed: Mapping[str, str] = field(default_factory=dict)
    """Field → the name under which it is sealed; what is inside is JSON."""
    born: str | None = None
    """The field that says since when a row exists."""
    lists: Mapping[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    """Field that holds a list → what of each item is shown, and the name under which its `body` is sealed."""

    @property
    def collections(self) -> frozenset[str]:
        return frozenset({self.collection})

    async def export(self, resident: str) -> list[Document]:
        return [self._row(row) for row in await HeldRows(self.database, self.collection).of(resident)]

    async def erase(self, resident: str, now: datetime) -> None:
        await HeldRows(self.database, self.collection).erase(resident, self.born, now)

    def _row(self, row: Document) -> Document:
        opened = {name: _opened(self.keys, row.get(name), sealed_as) for name, sealed_as in self.sealed.items()}
        listed = {name: [self._item(item, *how) for item in row.get(name, ())] for name, how in self.lists.items()}
        return {**{name: row.get(name) for name in self.shown}, **opened, **listed}

    def _item(self, item: Document, shown: tuple[str, ...], sealed_as: str) -> Document:
        return {**{name: item.get(name) for name in shown}, "body": _opened(self.keys, item.get("body"), sealed_as)}


@dataclass(frozen=True)
class Profile:
    """The resident's own document. Its end is the tombstone, which the deletion puts there last."""

    database: Database
    keys: KeyRing
    name: str = "profile"
    collections: frozenset[str] = frozenset({"residents"})

    async def export(self, resident: str) -> Document:
        row = await AccountStore(self.database).profile(resident) or {}
        plain = {"id": resident, "nickname": row.get("nickname"), "createdAt": row.get("created_at")}
        sealed = {"wechatOpenid": opened_text(self.keys, row.get("openid"), "openid")}
        sealed["phone"] = opened_text(self.keys, row.get("phone"), "phone")
        return {**plain, **sealed, "home": _opened(self.keys, row.get("home"), "home")}

    async def erase(self, resident: str, now: datetime) -> None:
        await AccountStore(self.database).strip_profile(resident)


@dataclass(frozen=True)
class Bookings:
    database: Database
    keys: KeyRing
    name: str = "bookings"
    collections: frozenset[str] = frozenset({"bookings"})

    async def export(self, resident: str) -> list[Document]:
        return [self._shown(row) for row in await HeldBookings(self.database).of(resident)]

    async def erase(self, resident: str, now: datetime) -> None:
        await HeldBookings(self.database).let_go(resident, now)

    def _shown(self, row: Document) -> Document:
        names = ("code", "store_name", "offering_name", "status", "start", "end", "party_size", "price", "created_at")
        contact = _opened(self.keys, row["contact"], "contact")
        return {"id": row["_id"], **{name: row[name] for name in names}, "contact": contact, "events": row["events"]}


@dataclass(frozen=True)
class AuditEntries:
    """Shown to whom they are about; kept afterwards, under an alias that names nobody any more."""

    log: AuditLog
    name: str = "audit"
    collections: frozenset[str] = frozenset({"audit"})

    async def export(self, resident: str) -> list[Document]:
        bookings = await HeldBookings(self.log.database).of(resident)
        entries = await self.log.about(resident, [row["_id"] for row in bookings])
        return [_audit_row(entry, resident) for entry in entries]

    async def erase(self, resident: str, now: datetime) -> None:
        """Nothing: the alias outlives the account as its tombstone, and nothing leads back from it."""


def standard_holdings(
    database: Database, keys: KeyRing, clock: Clock, members: MembershipDesk
) -> Sequence[PersonalData]:
    """Memberships first, as leaving may still be refused; then the ways in, so that nobody acts in the account any
    more; the profile, where the phone is looked up, last.
    """
    of_sessions, of_conversations = ("device", "created_at", "seen_at", "expires_at"), ("updated_at", "expires_at")
    memory, messages = {"memory": "conversation"}, {"messages": (("author", "at", "helpful"), "message")}
    of_handoffs = ("area", "reason", "opened_at", "closed_at")
    of_waiting = ("offering", "start", "party_size", "status", "joined_at")
    of_reports = ("store", "field", "text", "reported_at", "answered_at", "answer")
    of_requests = ("category", "made_at", "closed_at", "note")
    return (
        Memberships(members),
        Rows(database, keys, "sessions", "sessions", of_sessions, born="created_at"),
        Rows(database, keys, "conversations", "conversations", of_conversations, sealed=memory, lists=messages),
        Rows(database, keys, "handoffs", "handoffs", of_handoffs, born="opened_at"),
        Bookings(database, keys),
        Rows(database, keys, "consents", "consents", ("purpose", "version", "given", "at"), born="at"),
        Applications(database, keys),
        HeldReviews(database),
        Rows(database, keys, "messageCredits", CREDITS, ("template", "left")),
        Rows(database, keys, "waitingEntries", "waiting_entries", of_waiting, born="joined_at"),
        Rows(database, keys, "wrongInfoReports", "wrong_info_reports", of_reports, born="reported_at"),
        Rows(database, keys, "serviceRequests", REQUESTS, of_requests, sealed={"said": REQUEST}, born="made_at"),
        Rows(
            database, keys, CERTIFICATION, RECORDS, ("recorded_at",), sealed={"details": SEALED_AS}, born="recorded_at"
        ),
        Rows(database, keys, CERTIFICATION_REMINDERS, REMINDERS, ("due_on", "days")),
        Rows(database, keys, "staffAreas", "staff", ("area", "role")),
        PhoneCodes(database, keys),
        AuditEntries(AuditLog(database, clock)),
        Profile(database, keys),
    )


def _audit_row(entry: AuditEntry, resident: str) -> Document:
    """Other people stay out of it: that staff looked is the resident's to know, which of them is the auditor's."""
    by = "self" if entry.actor == resident else "system" if entry.actor is None else "staff"
    subject = f"{entry.subject.kind}:{entry.subject.key}"
    return {"at": entry.at, "by": by, "action": entry.action.value, "subject": subject, "fields": list(entry.fields)}


def _opened(keys: KeyRing, sealed: str | None, sealed_as: str) -> Any:
    text = opened_text(keys, sealed, sealed_as)
    return json.loads(text) if text else None
