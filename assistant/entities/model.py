"""What is found in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    CATEGORY = "CATEGORY"
    OFFERING = "OFFERING"
    STORE = "STORE"
    CHAIN = "CHAIN"
    PLACE = "PLACE"
    """An area of the catalogue, by its code; or a road with its house number, as it was said."""
    PERSON = "PERSON"
    """For whom: the relation to the speaker."""
    PRICE_LIMIT = "PRICE_LIMIT"
    """Fen, at most."""
    PARTY_SIZE = "PARTY_SIZE"
    ORDINAL = "ORDINAL"
    """1-based; -1 for the last."""
    PHONE = "PHONE"
    """Never to be logged or answered as it is."""


@dataclass(frozen=True, slots=True)
class Entity:
    kind: Kind
    text: str
    """What was said, as it is compared; a phone's digits."""
    start: int
    end: int
    """Characters of the folded sentence."""
    keys: tuple[str, ...] = ()
    """Ids or codes in the catalogue; several where a name is shared."""
    value: int | None = None
    likeness: float = 1.0
    """Below 1: a guess, to be asked about."""
