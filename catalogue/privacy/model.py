"""What the law on personal data makes us know and remember: consents, the audit, an account that is being deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class PersonalData(Protocol):
    """One part of what is held about residents. A feature that stores such data adds its own to the registry.

    The registry is `PrivacyDesk.holdings`; a test finds every collection that no provider covers.
    """

    @property
    def name(self) -> str:
        """Its section in an export, and its step in a deletion: never renamed."""
        ...

    @property
    def collections(self) -> frozenset[str]: ...

    async def export(self, resident: str) -> Any:
        """Everything held, decrypted, as JSON can say it; no secrets (tokens, hashes)."""
        ...

    async def erase(self, resident: str, now: datetime) -> None:
        """Erase what existed at `now`, so that it can no longer be told whose it was.

        Idempotent: a deletion that was broken off runs it again. Later records belong to a later account.
        """
        ...


class Purpose(StrEnum):
    """What personal data is used for. A consent is to one purpose and never implies another."""

    TERMS = "TERMS"
    PRIVACY = "PRIVACY"
    LOCATION = "LOCATION"
    CONTACT_SHARING = "CONTACT_SHARING"
    """Giving the contact of a booking to its merchant."""
    SENSITIVE_PENSION = "SENSITIVE_PENSION"
    """Pension certification dates."""
    SENSITIVE_HEALTH = "SENSITIVE_HEALTH"
    NOTIFICATIONS = "NOTIFICATIONS"


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """One decision, never changed afterwards."""

    purpose: Purpose
    version: str
    """Of the text that was shown."""
    given: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ConsentState:
    """Where one purpose stands: the text in force, and the latest decision about it."""

    purpose: Purpose
    version: str
    latest: ConsentRecord | None

    @property
    def given(self) -> bool:
        """A new version of the text needs a new consent (PIPL art. 14)."""
        return self.latest is not None and self.latest.given and self.latest.version == self.version


class AuditAction(StrEnum):
    PERSONAL_DATA_READ = "PERSONAL_DATA_READ"
    PERSONAL_DATA_CHANGED = "PERSONAL_DATA_CHANGED"
    DATA_EXPORTED = "DATA_EXPORTED"
    ACCOUNT_DELETED = "ACCOUNT_DELETED"
    CONSENT_GIVEN = "CONSENT_GIVEN"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    ROLE_CHANGED = "ROLE_CHANGED"
    AUDIT_READ = "AUDIT_READ"


class Subject(NamedTuple):
    """What an audit entry is about: the type and the key of a global id."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    id: str
    at: datetime
    actor: str | None
    """A resident's id; the tombstone of one whose account is deleted; None: the system itself."""
    action: AuditAction
    subject: Subject
    fields: tuple[str, ...]
    """Names of what was read or changed, never the values."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Deletion:
    """How far the deletion of an account has come; kept in the resident's document until its end."""

    resident: str
    tombstone: str
    holder: str
    """Which run is at it; each step is marked by compare-and-set on this."""
    requested_at: datetime
    request_id: str | None
    is_checked: bool
    done: frozenset[str]
    """Names of the holdings that are erased."""


def deletion_from_document(document: Mapping[str, Any]) -> Deletion:
    state = document["deletion"]
    return Deletion(
        resident=document["_id"],
        tombstone=document["tombstone"],
        holder=state["holder"],
        requested_at=state["requested_at"],
        request_id=state["request_id"],
        is_checked=state["checked"],
        done=frozenset(state["done"]),
    )


def consent_from_document(document: Mapping[str, Any]) -> ConsentRecord:
    return ConsentRecord(Purpose(document["purpose"]), document["version"], document["given"], document["at"])


def audit_entry_from_document(document: Mapping[str, Any]) -> AuditEntry:
    kind, _, key = document["subject"].partition(":")
    return AuditEntry(
        id=document["_id"],
        at=document["at"],
        actor=document["actor"],
        action=AuditAction(document["action"]),
        subject=Subject(kind, key),
        fields=tuple(document["fields"]),
        request_id=document["request_id"],
    )
