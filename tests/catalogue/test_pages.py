"""Places in lists that are ordered by time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from factories import NOON

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.pages import Page, PageKey, beyond


@pytest.mark.parametrize("latest_first", [True, False])
async def test_pages_of_any_size_hold_everything_once_also_where_moments_are_shared(
    database: Database, latest_first: bool
) -> None:
    rows = [{"_id": f"k{number}", "at": NOON + timedelta(minutes=number // 3)} for number in range(10)]
    await database["things"].insert_many(rows)
    way = -1 if latest_first else 1
    expected = [row["_id"] for row in (reversed(rows) if latest_first else rows)]
    for size in (1, 2, 4):
        seen: list[str] = []
        after: PageKey | None = None
        while True:
            where = dict(beyond(after, "at", latest_first=latest_first))
            found = await database["things"].find(where).sort([("at", way), ("_id", way)]).to_list(size + 1)
            page = Page.of(found, size)
            seen += [row["_id"] for row in page.items]
            after = (page.items[-1]["at"], page.items[-1]["_id"])
            if not page.has_more:
                break
        assert seen == expected


def test_the_first_page_has_no_condition() -> None:
    assert beyond(None, "at") == {}


@pytest.mark.parametrize(("count", "shown", "has_more"), [(0, 0, False), (2, 2, False), (3, 2, True)])
def test_one_more_than_was_asked_for_says_that_there_is_more(count: int, shown: int, has_more: bool) -> None:
    page = Page.of(list(range(count)), 2)
    assert (len(page.items), page.has_more) == (shown, has_more)
