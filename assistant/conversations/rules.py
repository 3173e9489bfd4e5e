"""How long a conversation lives, how long a turn may take, who may read it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from lifecircle.assistant.conversations.model import Conversation, HandoffMark, Transcript
from lifecircle.catalogue.people.access import Roles

KEPT = timedelta(hours=24)
"""A conversation is forgotten this long after its last turn."""

KEPT_AFTER_HANDOFF = timedelta(days=7)

LEASE = timedelta(seconds=10)
"""How long a turn holds its conversation; one that dies frees it so."""

MOST_MESSAGES = 100
"""Of one conversation; the oldest go."""


class Access(Enum):
    OWN = "own"
    STAFF = "staff"


def expiry(conversation: Conversation, now: datetime) -> datetime | None:
    """None: never, while people are at it."""
    if conversation.is_handed_over:
        return None
    kept = now + KEPT
    return max(kept, conversation.keep_until) if conversation.keep_until else kept


def is_own(owner: str | None, viewer: str | None) -> bool:
    """One that nobody has signed in to belongs to whoever has its id, which cannot be guessed."""
    return owner is None or owner == viewer


def access(transcript: Transcript, viewer: str | None, roles: Roles | None, *, by_handoff: bool) -> Access | None:
    """Residents read their own; the staff of an area what has been handed over to them, until it is closed.

    `by_handoff`: it was asked for by its hand-over, which is no proof of owning it.
    """
    if not by_handoff and is_own(transcript.resident, viewer):
        return Access.OWN
    return Access.STAFF if is_with_staff(transcript.handoff, roles) else None


def is_with_staff(handoff: HandoffMark | None, roles: Roles | None) -> bool:
    return handoff is not None and handoff.is_open and roles is not None and handoff.area in roles.areas
