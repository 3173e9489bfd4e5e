"""When somebody is told, and how often it is tried. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.model import Actor, BookingStatus
from lifecircle.catalogue.clock import at_minute, local_day
from lifecircle.catalogue.database import Document
from lifecircle.catalogue.notices.model import (
    REMINDER_EVENING,
    REMINDER_HOURS,
    REMINDERS,
    WAITING_OFFER,
    Channel,
    Notice,
    Purpose,
    Subject,
    notice_from_document,
    subject_from_document,
)
from lifecircle.catalogue.quiet import is_quiet, next_loud

REMIND_EVENING = 19 * 60
REMIND_BEFORE = timedelta(hours=2)

TOO_LATE = timedelta(hours=2)
"""After the start: from then on a message would only puzzle."""

CLAIM = timedelta(seconds=60)
"""How long a notice under way is left alone; a worker that was killed meanwhile is followed after that."""

MOST_ATTEMPTS = 8
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Drop:
    """Nobody needs to hear of it any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class Defer:
    until: datetime


@dataclass(frozen=True, slots=True)
class Show:
    """Only in the app."""


@dataclass(frozen=True, slots=True)
class Send:
    purpose: Purpose
    is_urgent: bool
    """Cannot wait until the resident opens the app."""


Step = Drop | Defer | Show | Send


@dataclass(frozen=True, slots=True)
class Settled:
    """An outbox in which nothing is due any more but what has to be sent, which is claimed for as long as CLAIM."""

    notices: list[Document]
    sends: list[tuple[Notice, Send]]


def settled(document: Document, now: datetime) -> Settled:
    """The outbox with its reminders planned, and whatever is due and needs no sending done with."""
    notices, sends = planned(document, now), list[tuple[Notice, Send]]()
    subject = subject_from_document(document)
    for place, told in enumerate(notices):
        notice = notice_from_document(told)
        if not notice.is_open or notice.due_at > now:
            continue
        match step_for(subject, notice, now):
            case Drop(reason):
                notices[place] = {**told, "delivered_at": now, "dropped": reason}
            case Show():
                notices[place] = {**told, "delivered_at": now, "channel": Channel.IN_APP.value}
            case Defer(until):
                notices[place] = {**told, "due_at": until}
            case Send() as step:
                notices[place] = {**told, "due_at": now + CLAIM, "attempts": notice.attempts + 1}
                sends.append((notice_from_document(notices[place]), step))
    return Settled(notices, sends)


def first_outbox(document: Document, now: datetime) -> Document:
    """What a new document says of its notices. Where nothing is to be sent, it needs no second write to say so."""
    done = settled(document, now)
    notices = planned(document, now) if done.sends else done.notices
    due = next_due(notices)
    return {"notices": notices, **({"notify_at": due} if due else {})}


def step_for(subject: Subject, notice: Notice, now: datetime) -> Step:
    """What is to be done with a notice that is due."""
    if notice.kind in REMINDERS and not _still_reminds(subject, notice, now):
        return Drop("the booking has changed or begun")
    if notice.kind == WAITING_OFFER and not (subject.offered_until and now < subject.offered_until):
        return Drop("the offer is over")
    purpose = notice.purpose
    is_own_act = notice.kind not in REMINDERS and subject.actor(notice) == Actor.RESIDENT
    if purpose is None or is_own_act:
        return Show()  # what residents did themselves they have seen, and a credit is worth keeping
    if now >= subject.start + TOO_LATE:
        return Show()
    is_urgent = is_change_of_the_day(subject, notice, now)
    if is_quiet(now) and not is_urgent:
        return Defer(next_loud(now))
    return Send(purpose, is_urgent)


def is_change_of_the_day(subject: Subject, notice: Notice, now: datetime) -> bool:
    """A change by the store or the system to something today, or that begins before anybody may be told again.

    A place that is kept for somebody they must hear of while it is: at night only if it will be gone by morning.
    """
    if notice.kind == WAITING_OFFER:
        return not is_quiet(now) or (subject.offered_until or now) <= next_loud(now)
    if notice.purpose is not Purpose.BOOKING_CHANGE and notice.kind != BookingStatus.EXPIRED:
        return False
    return _is_close(subject.start, now)


def backoff(attempts: int, spread: float) -> timedelta:
    """30 s, doubled with each attempt up to an hour; `spread` of 0 … 1 takes half of it away or adds half to it."""
    doublings = min(max(0, attempts - 1), 10)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT) * (0.5 + spread)


def planned(document: Document, now: datetime) -> list[Document]:
    """The notices with the reminders that the booking needs as it stands, and without those of another start.

    A reminder's id names the start, so planning twice changes nothing and a reschedule plans anew.
    """
    wanted = {row["id"]: row for row in _reminders(document, now)}
    kept = [
        row
        for row in document.get("notices", ())
        if row["kind"] not in REMINDERS or not notice_from_document(row).is_open or _is_current(document, row)
    ]
    known = {row["id"] for row in kept}
    return [*kept, *(row for key, row in wanted.items() if key not in known)]


def next_due(notices: Iterable[Document]) -> datetime | None:
    waiting = (notice_from_document(row) for row in notices)
    return min((notice.due_at for notice in waiting if notice.is_open), default=None)


def _reminders(document: Document, now: datetime) -> list[Document]:
    """Of a confirmed booking, as far as they lie ahead."""
    start = document["start"]
    if document["status"] != BookingStatus.CONFIRMED or start <= now:
        return []
    evening = at_minute(local_day(start) - timedelta(days=1), REMIND_EVENING)
    hours = next_loud(start - REMIND_BEFORE)
    found = []
    if now < evening:
        found.append(_reminder(document, REMINDER_EVENING, evening, now))
    if now < hours < start:
        found.append(_reminder(document, REMINDER_HOURS, hours, now))
    return found


def _reminder(document: Document, kind: str, due: datetime, now: datetime) -> Document:
    return {"id": _reminder_id(document, kind), "kind": kind, "at": now, "due_at": due, "delivered_at": None}


def _reminder_id(document: Document, kind: str) -> str:
    return f"{document['_id']}:{kind}:{int(document['start'].timestamp())}"


def _is_current(document: Document, row: Document) -> bool:
    return bool(document["status"] == BookingStatus.CONFIRMED and row["id"] == _reminder_id(document, row["kind"]))


def _still_reminds(subject: Subject, notice: Notice, now: datetime) -> bool:
    same_start = notice.id.endswith(f":{int(subject.start.timestamp())}")
    return subject.status == BookingStatus.CONFIRMED and same_start and now < subject.start


def _is_close(start: datetime, now: datetime) -> bool:
    return local_day(start) == local_day(now) or now <= start < next_loud(now) + REMIND_BEFORE
