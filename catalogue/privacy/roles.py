"""What a resident is to merchants, and the traces that it leaves: memberships, invitations, applications, SMS codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import NotFound, StateChanged
from lifecircle.catalogue.membership.documents import history_entry
from lifecircle.catalogue.membership.model import Member
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.privacy.rows import HeldMemberships, HeldMerchants, HeldRows
from lifecircle.catalogue.privacy.store import AccountStore, AuditStore
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing


@dataclass(frozen=True)
class Memberships:
    """Leaving goes through the desk, which never lets an approved merchant lose its last owner."""

    members: MembershipDesk
    name: str = "memberships"
    collections: frozenset[str] = frozenset({"members"})

    async def export(self, resident: str) -> list[Document]:
        rows = await HeldRows(self.members.database, "members").of(resident)
        return [{name: row[name] for name in ("merchant", "role", "stores")} for row in rows]

    async def erase(self, resident: str, now: datetime) -> None:
        """Raises StateChanged for the last owner of an approved merchant."""
        held = HeldMemberships(self.members.database)
        for member in await held.of(resident):
            await self._leave(member, resident)
        await held.drop_invitations(await self._phone_lookups(resident))

    async def _leave(self, member: Member, resident: str) -> None:
        try:
            await self.members.remove(Roles(resident), member.id)
        except NotFound:  # removed meanwhile
            return
        except StateChanged:
            file = await MembershipStore(self.members.database).merchant(member.merchant)
            if file and file.merchant.state is MerchantState.APPROVED:
                raise
            await HeldMemberships(self.members.database).drop(member)

    async def _phone_lookups(self, resident: str) -> list[str]:
        phone = await phone_of(self.members.database, self.members.keys, resident)
        return self.members.keys.lookup_hashes(phone, field="phone") if phone else []


@dataclass(frozen=True)
class Applications:
    """A merchant's file names who applied and who decided; afterwards it names their tombstones."""

    database: Database
    keys: KeyRing
    name: str = "merchantApplications"
    collections: frozenset[str] = frozenset({"merchants"})

    async def export(self, resident: str) -> list[Document]:
        return [self._shown(row) for row in await HeldMerchants(self.database).applied_for_by(resident)]

    async def erase(self, resident: str, now: datetime) -> None:
        await self._withdraw(resident, now)
        await HeldMerchants(self.database).rename(resident, await AuditStore(self.database).alias(resident))

    async def _withdraw(self, resident: str, now: datetime) -> None:
        """Nobody is there to become the owner."""
        for row in await HeldMerchants(self.database).applied_for_by(resident):
            if row["state"] == MerchantState.APPLIED.value:
                reason, before, after = "申请人已注销账号", MerchantState.APPLIED, MerchantState.REJECTED
                entry = history_entry(resident, before, after, reason, now)
                await MembershipStore(self.database).decide(row["_id"], after, entry)

    def _shown(self, row: Document) -> Document:
        names = ("name", "state", "area", "licence_number", "licence_expires_on", "created_at")
        steps = [{name: step[name] for name in ("at", "from", "to", "reason")} for step in row["history"]]
        phone = opened_text(self.keys, row.get("contact_phone"), "phone")
        return {"id": row["_id"], **{name: row.get(name) for name in names}, "contact_phone": phone, "history": steps}


@dataclass(frozen=True)
class PhoneCodes:
    """A code under way lives five minutes; it goes with the account all the same."""

    database: Database
    keys: KeyRing
    name: str = "smsCodes"
    collections: frozenset[str] = frozenset({"sms_codes"})

    async def export(self, resident: str) -> list[Document]:
        """Nothing: what is held is a keyed hash of the number and one of the code."""
        return []

    async def erase(self, resident: str, now: datetime) -> None:
        phone = await phone_of(self.database, self.keys, resident)
        if phone:
            await HeldRows(self.database, "sms_codes").drop(self.keys.lookup_hashes(phone, field="sms-phone"))


async def phone_of(database: Database, keys: KeyRing, resident: str) -> str | None:
    row = await AccountStore(database).profile(resident)
    return opened_text(keys, row.get("phone"), "phone") if row else None


def opened_text(keys: KeyRing, sealed: str | None, field: str) -> str | None:
    try:
        return keys.unseal(sealed, field=field) if sealed else None
    except CannotUnseal:  # its key has been retired: nobody can read it any more
        return None
