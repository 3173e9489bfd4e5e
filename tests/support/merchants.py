"""A town of merchants, and short ways to say who does what in it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any

from bson import json_util
from factories import DISTRICT
from licences import a_licence

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import Refused
from lifecircle.catalogue.membership.model import Application, Invitation
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.sealing import KeyRing

OWNER, MANAGER, CLERK = MemberRole.OWNER, MemberRole.MANAGER, MemberRole.CLERK
STREET, COMMUNITY, OTHER_STREET = f"{DISTRICT}001", f"{DISTRICT}001001", f"{DISTRICT}002"
STAFF = Roles("staff", areas=frozenset([STREET, COMMUNITY]))
PHONE = "13812345678"


@dataclass
class Town:
    """The desk, and short ways to say who does what."""

    database: Database
    keys: KeyRing
    desk: MembershipDesk

    async def roles(self, resident: str) -> Roles:
        return Roles(resident, tuple(await PeopleStore(self.database).memberships(resident)))

    async def invite(
        self, resident: str, phone: str = PHONE, role: MemberRole = CLERK, *stores: str, merchant: str = "m1"
    ) -> Membership:
        return await self.desk.invite(await self.roles(resident), Invitation(merchant, phone, role, stores))

    async def remove(self, resident: str, membership: str) -> Membership:
        return await self.desk.remove(await self.roles(resident), membership)

    async def add(self, resident: str, role: MemberRole, *stores: str, merchant: str = "m1") -> str:
        """A membership as records of old have it: nothing but what it needs."""
        row = {"_id": f"of-{resident}", "merchant": merchant, "resident": resident, "role": role.value}
        await self.database["members"].insert_one({**row, "stores": list(stores)})
        return f"of-{resident}"

    async def bind(self, resident: str, phone: str) -> None:
        """As signing in by SMS does it: the number first, then whoever waits for it."""
        lookup = self.keys.lookup_hash(phone, field="phone")
        await self.database["residents"].update_one(
            {"_id": resident},
            {
                "$set": {"phone_lookup": lookup, "phone": self.keys.seal(phone, field="phone")},
                "$setOnInsert": {"nickname": None, "created_at": self.desk.clock(), "version": 1},
            },
            upsert=True,
        )
        await self.desk.claim_invitations(resident, phone)

    async def members(self, merchant: str = "m1") -> list[dict[str, Any]]:
        return await self.database["members"].find({"merchant": merchant}).sort("_id").to_list(None)

    async def owners(self, merchant: str = "m1") -> list[str]:
        """Who is an owner. What the merchant counts as one always is one."""
        active = [row for row in await self.members(merchant) if row["role"] == OWNER and row["resident"]]
        counted = (await self.merchant(merchant)).get("owners", [])
        assert set(counted) <= {row["_id"] for row in active}
        return [row["resident"] for row in active]

    async def merchant(self, key: str) -> dict[str, Any]:
        found = await self.database["merchants"].find_one({"_id": key})
        assert found
        return found

    async def everything(self) -> str:
        rows = [await self.database[name].find({}).to_list(None) for name in ("merchants", "members", "residents")]
        return json_util.dumps(rows, ensure_ascii=False)


def an_application(**changes: Any) -> Application:
    plain = Application(
        name="桂花里面馆",
        licence_number=a_licence(),
        licence_expires_on=None,
        area=COMMUNITY,
        contact_phone="0571-88886666",
    )
    return replace(plain, **changes)


async def outcome(action: Awaitable[object]) -> str:
    try:
        await action
    except Refused as refusal:
        return refusal.code
    return "DONE"


async def at_once(*actions: Awaitable[object]) -> Counter[str]:
    return Counter(await asyncio.gather(*(outcome(action) for action in actions)))
