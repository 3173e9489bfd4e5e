"""A store or public facility, as one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lifecircle.catalogue.freshness.rules import RecordKind, is_stale
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.model import (
    OpeningException,
    Schedule,
    exceptions_from_document,
    schedule_from_document,
)

RATING_PRIOR_MEAN, RATING_PRIOR_COUNT = 3.9, 8
"""Every rating begins as if eight people had been as content as people are on average."""


class AccessibilityFeature(StrEnum):
    STEP_FREE = "STEP_FREE"
    ACCESSIBLE_TOILET = "ACCESSIBLE_TOILET"
    LIFT = "LIFT"
    PARKING = "PARKING"
    SIGN_LANGUAGE = "SIGN_LANGUAGE"
    LARGE_PRINT = "LARGE_PRINT"


@dataclass(frozen=True, slots=True)
class Store:
    id: str
    name: str
    category: str
    merchant: str | None
    chain: str | None
    number: str | None
    operator_name: str
    part_of: str | None
    station_of: str | None
    location: Point
    address: str
    phone: str | None
    community: str | None
    hours: Schedule | None
    """None: the chain's hours hold."""
    exceptions: tuple[OpeningException, ...]
    accessibility: tuple[AccessibilityFeature, ...]
    notice: str | None
    assured_on: date
    floor_area: int | None
    """Square metres."""
    rating_sum: int
    rating_count: int
    state: str
    """OPEN, CLOSED (for a while or for good) or MOVED."""
    closed_until: date | None
    """First day on which it opens again; None while closed: for good."""
    moved_to: str | None
    """The store that carries on in another place."""
    photos: tuple[str, ...]
    """https addresses."""
    version: int

    @property
    def rating(self) -> float | None:
        """Drawn towards the middle while there are few reviews (docs/reviews.md); None without any."""
        if not self.rating_count:
            return None
        prior = RATING_PRIOR_MEAN * RATING_PRIOR_COUNT
        return round((self.rating_sum + prior) / (self.rating_count + RATING_PRIOR_COUNT), 2)

    def is_stale(self, today: date) -> bool:
        return is_stale(RecordKind.STORE, self.assured_on, today)


def store_from_document(
    document: Mapping[str, Any], schedule_of: Callable[[dict[str, Any]], Schedule] = schedule_from_document
) -> Store:
    """`schedule_of` reads the hours; whoever reads many stores passes one that shares equal weeks."""
    lng, lat = document["location"]["coordinates"]
    return Store(
        id=document["_id"],
        name=document["name"],
        category=document["category"],
        merchant=document["merchant"],
        chain=document["chain"],
        number=document["number"],
        operator_name=document["operator_name"],
        part_of=document["part_of"],
        station_of=document["station_of"],
        location=Point(lng, lat),
        address=document["address"],
        phone=document["phone"],
        community=document["community"],
        hours=schedule_of(document["hours"]) if document["hours"] else None,
        exceptions=exceptions_from_document(document["exceptions"]),
        accessibility=tuple(AccessibilityFeature(feature) for feature in document["accessibility"]),
        notice=document["notice"],
        assured_on=date.fromisoformat(document["assured_on"]),
        floor_area=document["floor_area"],
        rating_sum=document["rating"]["sum"],
        rating_count=document["rating"]["count"],
        state=document["state"],
        closed_until=date.fromisoformat(until) if (until := document.get("closed_until")) else None,
        moved_to=document.get("moved_to"),
        photos=tuple(document.get("photos", ())),
        version=document["version"],
    )
