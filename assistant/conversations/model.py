"""What is kept of a conversation between two turns, and what was said in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lifecircle.assistant.dialogue.model import Form
from lifecircle.catalogue.geo import Point

Json = Mapping[str, Any]


class MessageAuthor(StrEnum):
    RESIDENT = "RESIDENT"
    ASSISTANT = "ASSISTANT"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True)
class Message:
    id: str
    """Unique in its conversation: "3.said" and "3" of the third turn."""
    author: MessageAuthor
    text: str
    at: datetime
    reply: Json | None = None
    """Of the assistant's: the rest of the reply, see `codec.py`."""
    helpful: bool | None = None
    """What the resident said of it."""


@dataclass(frozen=True, slots=True)
class HandoffMark:
    """The latest hand-over, as far as the conversation needs to know it."""

    id: str
    area: str
    """The smallest area whose staff have it."""
    is_open: bool


@dataclass(frozen=True, slots=True)
class LastTurn:
    """Enough to answer a turn that was sent twice."""

    key: str
    said: str
    """Hash of the text."""
    form: Form | None
    """As it was before the turn."""
    reply: Json
    """What was answered."""
    resident: str | None
    """Who was signed in."""


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    resident: str | None
    form: Form | None = None
    near: Point | None = None
    """Where the resident last said to be."""
    is_traditional: bool = False
    last: LastTurn | None = None
    """Only of a turn that came with an idempotency key."""
    version: int = 0
    handoff: HandoffMark | None = None
    keep_until: datetime | None = None
    """After a hand-over it is kept longer than a turn alone would keep it."""

    @property
    def is_handed_over(self) -> bool:
        return self.handoff is not None and self.handoff.is_open


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation as it is read."""

    id: str
    resident: str | None
    handoff: HandoffMark | None
    messages: tuple[Message, ...]
    """The earliest first; the oldest of a very long conversation are gone."""
