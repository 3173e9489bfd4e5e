"""What a worker knows without asking the database, and whether it is fresh enough to be shown and booked by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from lifecircle.catalogue.bookings.occupancy.index import OccupancyIndex
from lifecircle.catalogue.offerings.store import Listing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

FRESH_SECONDS = 1.5
"""What was unbookable two seconds ago is never shown: a stream that has not answered for so long is not believed."""


LOST_SECONDS = 15.0
"""A stream that has not answered for so long has broken off."""


@dataclass(frozen=True)
class Live:
    keeper: SnapshotKeeper
    index: OccupancyIndex
    districts: dict[str, str] = field(default_factory=dict)
    """Of stores that were booked at before. A store never leaves its district, and a snapshot does not tell it."""

    def is_fresh(self, now: datetime) -> bool:
        return self.keeper.age_seconds <= FRESH_SECONDS and not self.index.is_behind(now)

    def is_following(self) -> bool:
        """Whether it is told of what happens, if late."""
        return self.keeper.age_seconds <= LOST_SECONDS

    def listing(self, offering_id: str) -> Listing | None:
        snapshot = self.keeper.current
        offering = snapshot.offering(offering_id)
        store = snapshot.store(offering.store) if offering and offering.store else None
        return Listing(offering, store, snapshot.schedule_of(store)) if offering and store else None
