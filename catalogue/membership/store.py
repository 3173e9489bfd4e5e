"""All queries and indexes of applications (in `merchants`) and memberships (`members`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING, IndexModel

from lifecircle.catalogue.database import Database, Document, changed_one, ensure_indexes
from lifecircle.catalogue.membership.model import (
    Member,
    MerchantFile,
    member_from_document,
    merchant_file_from_document,
)
from lifecircle.catalogue.merchants import Merchant, MerchantState, merchant_from_document
from lifecircle.catalogue.people.model import MemberRole


def _unique(name: str, *fields: str, where: Document | None = None) -> IndexModel:
    """Unique among the documents that have the last field."""
    keys = [(field, ASCENDING) for field in fields]
    present = where or {fields[-1]: {"$exists": True}}
    return IndexModel(keys, name=name, unique=True, partialFilterExpression=present)


MERCHANT_INDEXES = (
    _unique("licence", "district", "licence_held"),
    _unique("open_applications", "district", "open_slot"),
    _unique("idempotency", "district", "idempotency.key"),
    IndexModel([("applicant.resident", ASCENDING)], name="of_applicant", sparse=True),
)
MEMBER_INDEXES = (
    _unique("person", "district", "merchant", "resident", where={"resident": {"$type": "string"}}),
    _unique("phone", "district", "merchant", "phone_lookup"),
    IndexModel([("phone_lookup", ASCENDING)], name="waiting", sparse=True),
    IndexModel([("merchant", ASCENDING)], name="of_merchant"),
)


async def read_merchant(database: Database, merchant_id: str) -> Merchant | None:
    document = await database["merchants"].find_one({"_id": merchant_id})
    return merchant_from_document(document) if document else None


class MembershipStore:
    def __init__(self, database: Database) -> None:
        self._merchants = database["merchants"]
        self._members = database["members"]

    async def create_indexes(self) -> None:
        await ensure_indexes(self._merchants, MERCHANT_INDEXES)
        await ensure_indexes(self._members, MEMBER_INDEXES)

    # --- merchants ---

    async def insert_merchant(self, document: Document) -> None:
        """Raises DuplicateKeyError for a licence, a place among the open applications or a key that is taken."""
        await self._merchants.insert_one(document)

    async def merchant(self, merchant_id: str) -> MerchantFile | None:
        return await self._merchant_where({"_id": merchant_id})

    async def merchant_of_key(self, key: str) -> MerchantFile | None:
        return await self._merchant_where({"idempotency.key": key})

    async def merchant_of_licence(self, number: str) -> MerchantFile | None:
        """The one that is not rejected."""
        return await self._merchant_where({"licence_held": number})

    async def open_slots(self, resident: str) -> list[str]:
        """The places that the resident's undecided applications take, in whatever district."""
        where = {"applicant.resident": resident, "state": MerchantState.APPLIED.value}
        rows = await self._merchants.find(where, {"open_slot": 1}).to_list(None)
        return [row["open_slot"] for row in rows]

    async def decide(self, merchant_id: str, state: MerchantState, entry: Document) -> Document | None:
        """Compare and set: of two decisions at once, one finds the application undecided. None for the other."""
        freed = {"open_slot": ""} if state is MerchantState.APPROVED else {"open_slot": "", "licence_held": ""}
        return await changed_one(
            self._merchants,
            {"_id": merchant_id, "state": MerchantState.APPLIED.value},
            {"$set": {"state": state.value}, "$push": {"history": entry}, "$unset": freed, "$inc": {"version": 1}},
        )

    async def put_owners(self, file: MerchantFile, owners: Sequence[str]) -> Document | None:
        """Compare and set: only if the merchant is still as it was read, else None."""
        return await changed_one(
            self._merchants,
            {"_id": file.merchant.id, "version": file.merchant.version},
            {"$set": {"owners": list(owners)}, "$inc": {"version": 1}},
        )

    async def _merchant_where(self, where: Document) -> MerchantFile | None:
        document = await self._merchants.find_one(where)
        return merchant_file_from_document(document) if document else None

    # --- members ---

    async def insert_member(self, document: Document) -> None:
        """Raises DuplicateKeyError where the person or the phone is in the merchant already."""
        await self._members.insert_one(document)

    async def put_first_member(self, document: Document) -> None:
        """Does nothing where the membership is there."""
        await self._members.update_one({"_id": document["_id"]}, {"$setOnInsert": document}, upsert=True)

    async def member(self, member_id: str) -> Member | None:
        return await self._member_where({"_id": member_id})

    async def member_of(self, merchant: str, resident: str) -> Member | None:
        return await self._member_where({"merchant": merchant, "resident": resident})

    async def invited(self, merchant: str, lookups: Sequence[str]) -> Member | None:
        """The invitation of a phone that nobody has come for."""
        return await self._member_where({"merchant": merchant, "phone_lookup": {"$in": list(lookups)}})

    async def waiting(self, lookups: Sequence[str]) -> list[Member]:
        """Every merchant's invitations of a phone."""
        return await self._members_where({"phone_lookup": {"$in": list(lookups)}, "resident": None})

    async def active_owners(self, merchant: str) -> list[Member]:
        where = {"merchant": merchant, "role": MemberRole.OWNER.value, "resident": {"$ne": None}}
        return await self._members_where(where)

    async def count(self, merchant: str) -> int:
        return int(await self._members.count_documents({"merchant": merchant}))

    async def touch(self, member: Member) -> Member | None:
        """A new version and nothing else, so that whoever read the old one changes nothing."""
        return await self._update(member, {})

    async def change(self, member: Member, role: MemberRole, stores: Sequence[str]) -> Member | None:
        """Compare and set: only if the member is still as it was read, else None."""
        return await self._update(member, {"$set": {"role": role.value, "stores": list(stores)}})

    async def activate(self, member: Member, resident: str) -> Member | None:
        """The person has come; the phone is of no further use here.

        None where the invitation is no longer as it was read. Raises DuplicateKeyError for somebody who is in already.
        """
        change = {"$set": {"resident": resident}, "$unset": {"phone": "", "phone_lookup": ""}}
        return await self._update(member, change)

    async def remove(self, member: Member) -> bool:
        """Compare and delete."""
        return bool((await self._members.delete_one(_as_read(member))).deleted_count)

    async def _update(self, member: Member, change: Document) -> Member | None:
        document = await changed_one(self._members, _as_read(member), {**change, "$inc": {"version": 1}})
        return member_from_document(document) if document else None

    async def _member_where(self, where: Document) -> Member | None:
        document = await self._members.find_one(where)
        return member_from_document(document) if document else None

    async def _members_where(self, where: Document) -> list[Member]:
        rows = await self._members.find(where).sort("_id").to_list(None)
        return [member_from_document(row) for row in rows]


def _as_read(member: Member) -> dict[str, Any]:
    """No version matches records that have none."""
    return {"_id": member.id, "version": member.version}
