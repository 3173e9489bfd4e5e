"""All queries and indexes of residents, sessions, members and staff."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, ReturnDocument

from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, ensure_indexes
from lifecircle.catalogue.people.model import (
    MemberRole,
    Membership,
    Resident,
    membership_from_document,
    resident_from_document,
)


class PeopleStore:
    def __init__(self, database: Database) -> None:
        self._residents = database["residents"]
        self._sessions = database["sessions"]
        self._members = database["members"]
        self._staff = database["staff"]

    async def create_indexes(self) -> None:
        await ensure_indexes(
            self._sessions,
            [IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)],
        )
        await ensure_indexes(self._members, [IndexModel([("resident", ASCENDING)], name="of_resident")])
        await ensure_indexes(self._staff, [IndexModel([("resident", ASCENDING)], name="of_resident")])

    # --- residents ---

    async def resident(self, resident_id: str) -> Resident | None:
        document = await self._residents.find_one({"_id": resident_id})
        return resident_from_document(document) if document else None

    async def resident_of(self, ids: Sequence[str]) -> Resident | None:
        """The resident under any of the ids that one openid has had."""
        document = await self._residents.find_one({"_id": {"$in": list(ids)}})
        return resident_from_document(document) if document else None

    async def add_resident(self, document: Document) -> Resident:
        """The resident as stored; when two sign in at once, both get the first one's."""
        with contextlib.suppress(DuplicateKeyError):
            await self._residents.insert_one(document)
        stored = await self._residents.find_one({"_id": document["_id"]})
        return resident_from_document(stored or document)

    # --- sessions ---

    async def add_session(self, document: Document) -> None:
        await self._sessions.insert_one(document)

    async def session(self, session_id: str) -> Document | None:
        return await self._sessions.find_one({"_id": session_id})

    async def rotate_refresh(self, session_id: str, old: str, new: str, expires_at: datetime) -> bool:
        """Compare and set: only the holder of the current refresh token gets the next one."""
        changed = await self._sessions.find_one_and_update(
            {"_id": session_id, "refresh": old},
            {"$set": {"refresh": new, "expires_at": expires_at}, "$push": {"used": {"$each": [old], "$slice": -50}}},
            return_document=ReturnDocument.AFTER,
        )
        return changed is not None

    async def end_session(self, session_id: str) -> None:
        await self._sessions.delete_one({"_id": session_id})

    # --- roles ---

    async def memberships(self, resident: str) -> list[Membership]:
        rows = await self._members.find({"resident": resident}).sort("_id").to_list(None)
        return [membership_from_document(row) for row in rows]

    async def membership(self, membership_id: str) -> Membership | None:
        row = await self._members.find_one({"_id": membership_id})
        return membership_from_document(row) if row else None

    async def add_membership(self, membership_id: str, merchant: str, resident: str, role: MemberRole) -> bool:
        """False where somebody holds that membership already."""
        try:
            await self._members.insert_one(
                {"_id": membership_id, "merchant": merchant, "resident": resident, "role": role.value, "stores": []}
            )
        except DuplicateKeyError:
            return False
        return True

    async def staff_areas(self, resident: str) -> list[str]:
        rows = await self._staff.find({"resident": resident}).sort("_id").to_list(None)
        return [row["area"] for row in rows]

    async def add_staff(self, resident: str, area: str) -> None:
        await self._staff.update_one(
            {"_id": f"{resident}:{area}"}, {"$setOnInsert": {"resident": resident, "area": area}}, upsert=True
        )
