"""Reviews as personal data: what the author gets of them, and what stays when the account goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.privacy.store import new_tombstone
from lifecircle.catalogue.reviews.store import REVIEWS, ReviewStore


@dataclass(frozen=True)
class HeldReviews:
    """The stars stay in the store's rating, under a name that leads nowhere; the words go."""

    database: Database
    name: str = "reviews"
    collections: frozenset[str] = frozenset({REVIEWS})

    async def export(self, resident: str) -> list[Document]:
        rows = await ReviewStore(self.database).of_resident(resident)
        names = ("store", "offering", "stars", "text", "reply", "written_at")
        return [{"id": row["_id"], **{name: row.get(name) for name in names}} for row in rows]

    async def erase(self, resident: str, now: datetime) -> None:
        store = ReviewStore(self.database)
        await store.part_with(resident, await store.tombstone_of(resident) or new_tombstone(), now)
