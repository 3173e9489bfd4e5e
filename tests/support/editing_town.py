"""A merchant with a chain of stores, its members, and the desk they edit with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from factories import SetClock, a_category, a_chain, a_merchant, a_store, an_area, an_offering

from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.editing.service import EditingDesk
from lifecircle.catalogue.editing.store import EditingStore
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.imports.store import UploadStore
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper

INSIDE = Point(120.2019, 30.2926)
COMMUNITY = "330199001001"
NEW_STORE = {"name": "好邻居桂花店", "category": "convenience-store", "address": "桂花路12号", "location": INSIDE}


def member(role: MemberRole = MemberRole.OWNER, *stores: str, merchant: str = "m1", resident: str = "r1") -> Roles:
    return Roles(resident, (Membership(f"{resident}-{merchant}", merchant, resident, role, stores),))


OWNER = member()


@dataclass
class Town:
    database: Database
    desk: EditingDesk
    keeper: SnapshotKeeper
    clock: SetClock

    async def row(self, collection: str, key: str) -> dict[str, Any]:
        found = await self.database[collection].find_one({"_id": key})
        assert found is not None
        return found

    async def history(self, owner: str) -> list[dict[str, Any]]:
        return await self.database["history"].find({"owner": owner}).sort("_id", 1).to_list(None)

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        """The catalogue and its history as they stand."""
        names = ("merchants", "chains", "stores", "offerings", "history", "edit_keys")
        return {name: await self.database[name].find().sort("_id", 1).to_list(None) for name in names}


def a_town_of(stores: int) -> dict[str, list[dict[str, Any]]]:
    """Merchant m1 with chain c1, `stores` stores of it, one offering for all of them; and a stranger's m2."""
    ring = [[120.19, 30.28], [120.22, 30.28], [120.22, 30.31], [120.19, 30.31], [120.19, 30.28]]
    community = an_area(COMMUNITY, name="桂花社区", level="COMMUNITY", parent="330199001")
    community["polygon"] = {"type": "Polygon", "coordinates": [ring]}
    mine = {"merchant": "m1", "chain": "c1", "hours": None, "community": COMMUNITY}
    return {
        "areas": [
            an_area(),
            an_area("330199001", name="桂花街道", level="SUBDISTRICT", parent="330199"),
            community,
        ],
        "categories": [
            a_category("basic", name="基本保障类", order=0),
            a_category(parent="basic"),
            a_category("pharmacy", name="药店", parent="basic", order=2),
        ],
        "merchants": [a_merchant(), a_merchant("m2", name="别家商贸"), a_merchant("m3", state="APPLIED")],
        "chains": [a_chain(), a_chain("c2", merchant="m2")],
        "stores": [
            *(a_store(f"s{number}", number=f"N{number}", **mine) for number in range(1, stores + 1)),
            a_store("other", merchant="m2", chain="c2"),
            a_store("public"),
        ],
        "offerings": [
            an_offering("wash", chain="c1", store=None, name="洗衣", price=3000),
            an_offering("own", store="s1", name="改衣服", price=2000),
            an_offering("theirs", chain="c2", store=None),
        ],
        "residents": [
            {"_id": key, "nickname": name, "phone": None, "created_at": SetClock().now, "version": 1}
            for key, name in (("r1", "李小明"), ("r2", "王芳"))
        ],
    }


async def settle(database: Database, clock: SetClock, stores: int) -> Town:
    for collection, rows in a_town_of(stores).items():
        await database[collection].insert_many(rows)
    for store in (EditingStore(database), UploadStore(database)):
        await store.create_indexes()
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    return Town(database, EditingDesk(database, keeper, clock), keeper, clock)


def bookings_of(town: Town, keys: Any, calendar: Any) -> BookingDesk:
    return BookingDesk(town.database, keys, calendar, town.clock)
