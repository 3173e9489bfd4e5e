"""All queries and indexes of residents, sessions, members and staff."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, ReturnDocument

from lifecircle.catalogue.database import (
    Database,
    Document,
    DuplicateKeyError,
    changed_one,
    ensure_indexes,
    violated_index,
)
from lifecircle.catalogue.people.model import (
    DeviceSession,
    MemberRole,
    Membership,
    Resident,
    device_session_from_document,
    membership_from_document,
    resident_from_document,
)

_EXPIRY = IndexModel([("expires_at", ASCENDING)], name="expiry", expireAfterSeconds=0)


class PeopleStore:
    def __init__(self, database: Database) -> None:
        self._residents = database["residents"]
        self._sessions = database["sessions"]
        self._sms_codes = database["sms_codes"]
        self._rates = database["rates"]
        self._members = database["members"]
        self._staff = database["staff"]

    async def create_indexes(self) -> None:
        by_resident = IndexModel([("resident", ASCENDING)], name="of_resident")
        by_phone = IndexModel(
            [("phone_lookup", ASCENDING)],
            name="phone",
            unique=True,
            partialFilterExpression={"phone_lookup": {"$type": "string"}},
        )
        await ensure_indexes(self._residents, [by_phone])
        await ensure_indexes(self._sessions, [_EXPIRY, by_resident])
        await ensure_indexes(self._sms_codes, [_EXPIRY])
        await ensure_indexes(self._rates, [_EXPIRY])
        demo = IndexModel(
            [("demo_merchant", ASCENDING)],
            name="demo",
            unique=True,
            partialFilterExpression={"demo_merchant": {"$type": "string"}},
        )
        await ensure_indexes(self._members, [by_resident, demo])
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

    async def resident_with_phone(self, lookups: Sequence[str]) -> Resident | None:
        document = await self._residents.find_one({"phone_lookup": {"$in": list(lookups)}})
        return resident_from_document(document) if document else None

    async def set_phone(self, resident_id: str, sealed: str, lookup: str) -> Resident | None:
        """Raises DuplicateKeyError where the number belongs to somebody else."""
        document = await changed_one(
            self._residents,
            {"_id": resident_id},
            {"$set": {"phone": sealed, "phone_lookup": lookup}, "$inc": {"version": 1}},
        )
        return resident_from_document(document) if document else None

    # --- SMS codes and rates ---

    async def put_sms_code(self, document: Document) -> None:
        await self._sms_codes.replace_one({"_id": document["_id"]}, document, upsert=True)

    async def try_sms_code(self, key: str, most_tries: int, now: datetime) -> Document | None:
        """The pending code, with this try counted; None when it is gone, too old or tried too often."""
        return await self._sms_codes.find_one_and_update(
            {"_id": key, "tries": {"$lt": most_tries}, "expires_at": {"$gt": now}},
            {"$inc": {"tries": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def use_up_sms_code(self, key: str, code: str) -> bool:
        """Of two that redeem the same code at once, one wins."""
        return bool((await self._sms_codes.delete_one({"_id": key, "code": code})).deleted_count)

    async def count(self, key: str, number: int, most: int, expires_at: datetime) -> bool:
        """So many more under the key, in one command; False where that would be more than `most`."""
        more, room = {"$inc": {"count": number}, "$setOnInsert": {"expires_at": expires_at}}, most - number
        for _ in range(5):
            with contextlib.suppress(DuplicateKeyError):  # it is full, or two upserts of a new key met
                await self._rates.update_one({"_id": key, "count": {"$lte": room}}, more, upsert=True, hint="_id_")
                return True
            row = await self._rates.find_one({"_id": key})
            if row and row["count"] > room:
                return False
        return True

    # --- sessions ---

    async def add_session(self, document: Document) -> None:
        await self._sessions.insert_one(document)

    async def session(self, session_id: str) -> Document | None:
        return await self._sessions.find_one({"_id": session_id})

    async def rotate_refresh(
        self, session_id: str, old: str, new: str, *, seen_at: datetime, expires_at: datetime
    ) -> bool:
        """Compare and set: only the holder of the current refresh token gets the next one."""
        changed = await self._sessions.update_one(
            {"_id": session_id, "refresh": old},
            {
                "$set": {"refresh": new, "seen_at": seen_at, "expires_at": expires_at},
                "$push": {"used": {"$each": [old], "$slice": -50}},
            },
            hint="_id_",
        )
        return changed.matched_count == 1

    async def end_session(self, session_id: str) -> None:
        await self._sessions.delete_one({"_id": session_id})

    async def end_sessions(self, resident: str) -> None:
        await self._sessions.delete_many({"resident": resident})

    async def sessions(self, resident: str, now: datetime) -> list[DeviceSession]:
        rows = self._sessions.find({"resident": resident, "expires_at": {"$gt": now}}).sort("created_at", -1)
        return [device_session_from_document(row) for row in await rows.to_list(100)]

    # --- roles ---

    async def memberships(self, resident: str) -> list[Membership]:
        rows = await self._members.find({"resident": resident}).sort("_id").to_list(None)
        return [membership_from_document(row) for row in rows]

    async def membership(self, membership_id: str) -> Membership | None:
        row = await self._members.find_one({"_id": membership_id})
        return membership_from_document(row) if row else None

    async def add_demo_owner(self, resident: str, merchant: str) -> bool:
        """False where the merchant has been taken; a resident who holds one already keeps that."""
        document = {
            "_id": f"demo:{resident}",
            "merchant": merchant,
            "demo_merchant": merchant,
            "resident": resident,
            "role": MemberRole.OWNER.value,
            "stores": [],
        }
        try:
            await self._members.insert_one(document)
        except DuplicateKeyError as error:
            return violated_index(error) == {"_id"}
        return True

    async def has_real_owner(self, merchant: str) -> bool:
        """Whether somebody has applied for the merchant, or was invited, rather than signed in as its demo owner."""
        where = {"merchant": merchant, "role": MemberRole.OWNER.value, "demo_merchant": {"$exists": False}}
        return await self._members.find_one(where, {"_id": 1}) is not None

    async def staff_areas(self, resident: str) -> list[str]:
        rows = await self._staff.find({"resident": resident, "role": "STAFF"}).sort("_id").to_list(None)
        return [row["area"] for row in rows]

    async def is_auditor(self, resident: str) -> bool:
        return await self._staff.find_one({"resident": resident, "role": "AUDITOR"}) is not None

    async def add_auditor(self, resident: str) -> None:
        await self._staff.update_one(
            {"_id": f"{resident}:auditor"},
            {"$setOnInsert": {"resident": resident, "area": None, "role": "AUDITOR"}},
            upsert=True,
        )

    async def add_staff(self, resident: str, area: str) -> None:
        await self._staff.update_one(
            {"_id": f"{resident}:{area}"},
            {"$setOnInsert": {"resident": resident, "area": area, "role": "STAFF"}},
            upsert=True,
        )
