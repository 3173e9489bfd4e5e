"""A town with two merchants and their stores."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from factories import DISTRICT, SetClock, a_merchant, a_store, an_area
from merchants import COMMUNITY, OTHER_STREET, STREET, Town

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@pytest.fixture
async def town(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Town]:
    await PeopleStore(database).create_indexes()
    await MembershipStore(database).create_indexes()
    areas = [
        an_area(),
        an_area(STREET, level="SUBDISTRICT", parent=DISTRICT),
        an_area(COMMUNITY, level="COMMUNITY", parent=STREET),
        an_area(OTHER_STREET, level="SUBDISTRICT", parent=DISTRICT),
    ]
    await database["areas"].insert_many(areas)
    await database["merchants"].insert_many([a_merchant("m1"), a_merchant("m2", name="别家")])
    own = [a_store(key, merchant="m1") for key in ("s1", "s2", "s3")]
    await database["stores"].insert_many([*own, a_store("x1", merchant="m2"), a_store("public")])
    keeper = SnapshotKeeper(database, [], clock)
    await keeper.start()
    yield Town(database, keys, MembershipDesk(database, keys, keeper, clock))
    await keeper.stop()
