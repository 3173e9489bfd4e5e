"""A notice desk with a mailbox at the end of each channel."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from factories import SetClock, a_merchant, a_store, an_area
from messages import PHONE, TEMPLATES, Mailbox, Post

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper


@pytest.fixture
async def post(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Post]:
    await create_notice_indexes(database)
    community = an_area("330199001001", name="桂花社区", level="COMMUNITY", parent="330199")
    await database["areas"].insert_many([an_area(), community])
    await database["stores"].insert_one(a_store(community="330199001001", merchant="m1"))
    await database["merchants"].insert_one(a_merchant())
    openid, phone = keys.seal("o-li", field="openid"), keys.seal(PHONE, field="phone")
    resident = {"_id": keys.lookup_hash("o-li", field="openid"), "openid": openid, "phone": None}
    await database["residents"].insert_many([{"_id": "r1", "openid": openid, "phone": phone}, resident])
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    wechat, sms = Mailbox(), Mailbox()
    desk = NoticeDesk(database, keys, keeper, clock, TEMPLATES, wechat, sms, spread=lambda: 0.5)
    yield Post(database, keys, desk, wechat, sms, clock)
    await keeper.stop()
