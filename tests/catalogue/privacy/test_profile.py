"""What residents say of themselves."""

from __future__ import annotations

import pytest
from accounts import Enrol, exported, holders

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.privacy.service import PrivacyDesk, ProfileChange


@pytest.mark.parametrize("nickname", ["", "  ", "名" * 21, "小\n明", "小\x00明", "\u202e明小", "明\u200b"])
async def test_a_nickname_that_cannot_be_shown_is_refused(
    desk: PrivacyDesk, enrol: Enrol, database: Database, nickname: str
) -> None:
    resident = await enrol()
    with pytest.raises(InvalidInput) as refused:
        await desk.update_profile(resident, ProfileChange(nickname=nickname))
    assert refused.value.field == ("nickname",)
    assert [row["nickname"] for row in await database["residents"].find().to_list(None)] == ["ming"]


@pytest.mark.parametrize(("nickname", "kept"), [("  小明 ", "小明"), ("名" * 20, "名" * 20), ("👨‍👩‍👧", "👨‍👩‍👧")])
async def test_a_nickname_is_kept_as_it_was_meant(
    desk: PrivacyDesk, enrol: Enrol, database: Database, nickname: str, kept: str
) -> None:
    await desk.update_profile(await enrol(), ProfileChange(nickname=nickname))
    (row,) = await database["residents"].find().to_list(None)
    assert (row["nickname"], row["version"]) == (kept, 2)


async def test_the_home_is_sealed_shown_in_the_export_and_forgotten_on_wish(
    desk: PrivacyDesk, enrol: Enrol, database: Database
) -> None:
    resident = await enrol()
    await desk.update_profile(resident, ProfileChange(home=Point(120.2019, 30.2926)))
    assert await holders(database, "120.2019", "30.2926") == set()
    home = (await exported(desk, resident))["profile"]["home"]
    assert home == {"longitude": 120.2019, "latitude": 30.2926, "system": "WGS84"}
    await desk.update_profile(resident, ProfileChange(forget_home=True))
    assert (await exported(desk, resident))["profile"]["home"] is None
    assert "home" not in (await database["residents"].find_one({"_id": resident}) or {"home": 1})
