"""What the assistant could not answer well, without who asked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trouble(StrEnum):
    UNANSWERED = "UNANSWERED"
    UNSURE = "UNSURE"
    """Answered, with little confidence."""
    UNHELPFUL = "UNHELPFUL"
    """So a resident said."""


@dataclass(frozen=True, slots=True)
class Question:
    """One that went badly."""

    text: str
    """Personal data removed."""
    key: str
    """Of its group."""
    trouble: Trouble
    intent: str | None
    areas: tuple[str, ...]
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions that say about the same."""

    key: str
    samples: tuple[str, ...]
    comments: tuple[str, ...]
    count: int
    unanswered: int
    unsure: int
    unhelpful: int
    intents: tuple[str, ...]
    """What was understood, where something was."""
    last_at: datetime
