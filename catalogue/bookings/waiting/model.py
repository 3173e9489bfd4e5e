"""A place in the waiting list of one time of one offering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.bookings.claims import day_keys, keys_of, place_claims
from lifecircle.catalogue.bookings.documents import notice
from lifecircle.catalogue.bookings.model import BookingDate, Interval, date_document
from lifecircle.catalogue.bookings.moves import OFFERED
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.offerings.store import OfferingTerms
from lifecircle.catalogue.quiet import next_loud

OFFER_LASTS = timedelta(minutes=30)
"""How long a freed place is kept for the next in line, once they can hear of it."""

KEPT = timedelta(days=30)
"""How long after its time an entry is remembered."""

MOST_ENTRIES = 10
"""That one resident may have at a time."""


class WaitingStatus(StrEnum):
    WAITING = "WAITING"
    OFFERED = "OFFERED"
    """A place is kept until `offered_until`."""
    TAKEN = "TAKEN"
    LAPSED = "LAPSED"
    LEFT = "LEFT"
    OVER = "OVER"
    """The time came and no place had become free."""


ACTIVE = frozenset({WaitingStatus.WAITING, WaitingStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class JoinRequest:
    offering: str
    start: datetime
    party_size: int = 1
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    id: str
    district: str
    offering: str
    resident: str
    interval: Interval
    keys: tuple[str, ...]
    """Under what the places stand that would do."""
    party_size: int
    status: WaitingStatus
    joined_at: datetime
    offered_until: datetime | None
    offer: str | None
    """The document that keeps the place."""
    request_hash: str | None
    request_key: str | None
    version: int

    @property
    def order(self) -> tuple[datetime, str]:
        return self.joined_at, self.id

    def is_offered(self, now: datetime) -> bool:
        return self.status is WaitingStatus.OFFERED and self.offered_until is not None and now < self.offered_until

    def as_of(self, now: datetime) -> WaitingStatus:
        """What it is by now, whether or not somebody has written it down."""
        if self.status is WaitingStatus.OFFERED and not self.is_offered(now):
            return WaitingStatus.LAPSED
        in_vain = self.status is WaitingStatus.WAITING and self.interval.start <= now
        return WaitingStatus.OVER if in_vain else self.status


def entry_from_document(row: Mapping[str, Any]) -> WaitingEntry:
    return WaitingEntry(
        id=row["_id"],
        district=row["district"],
        offering=row["offering"],
        resident=row["resident"],
        interval=Interval(row["start"], row["end"]),
        keys=tuple(row["keys"]),
        party_size=row["party_size"],
        status=WaitingStatus(row["status"]),
        joined_at=row["joined_at"],
        offered_until=row.get("offered_until"),
        offer=row.get("offer"),
        request_hash=row.get("request_hash"),
        request_key=row.get("request_key"),
        version=row["version"],
    )


def entry_document(
    key: str, resident: str, terms: OfferingTerms, interval: Interval, request: JoinRequest, now: datetime
) -> Document:
    return {
        "_id": key,
        "district": terms.district,
        "resident": resident,
        "store": terms.store.id,
        "store_name": terms.store.name,
        "merchant": terms.store.merchant,
        "offering": terms.offering.id,
        "offering_name": terms.offering.name,
        "start": interval.start,
        "end": interval.end,
        "keys": keys_of(terms.offering),
        "party_size": request.party_size,
        "status": WaitingStatus.WAITING.value,
        "joined_at": now,
        "expires_at": interval.end + KEPT,
        "notices": [],
        "version": 1,
    }


def offered_until(start: datetime, now: datetime) -> datetime:
    """A place that becomes free at night is kept until the morning's half hour, unless its time comes before that."""
    heard = next_loud(now)
    return min((heard if heard + OFFER_LASTS <= start else now) + OFFER_LASTS, start)


def step(entry: WaitingEntry, status: WaitingStatus, now: datetime, *, told: bool, **sets: Any) -> Document:
    """The update that makes it so. `told`: whether the resident must hear of it."""
    kind = "WAITING_OFFER" if status is WaitingStatus.OFFERED else f"WAITING_{status.value}"
    values: Document = {"status": status.value, **sets, **({"notify_at": now} if told else {})}
    update: Document = {"$set": values, "$inc": {"version": 1}}
    if told:
        update["$push"] = {"notices": notice(entry.id, entry.version + 1, kind, now)}
    return update


def offer_document(key: str, entry: WaitingEntry, date: BookingDate, until: datetime, now: datetime) -> Document:
    """Keeps a place. No store, no resident: whoever lists bookings does not meet it."""
    claims = list(place_claims(date.holds))
    return {
        "_id": key,
        "district": entry.district,
        "status": OFFERED,
        "waiting_entry": entry.id,
        "dates": [date_document(date)],
        "claims": claims,
        "lookup": day_keys(claims),
        "expires_at": until,
        "due_at": until,
        "created_at": now,
        "version": 1,
    }
