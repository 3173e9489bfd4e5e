"""What the matcher answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """`intent` is None for what belongs to no intent."""

    intent: str | None
    confidence: float
    """0 … 1, calibrated: of the matches with 0.8, four in five are right."""
