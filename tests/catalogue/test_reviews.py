"""Reviews: only who came, once, changeable for a while; and a rating that is exactly what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from factories import NOON, SetClock, a_merchant, a_store, an_area
from messages import a_booking

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import (
    ContentRejected,
    Forbidden,
    InvalidInput,
    NotFound,
    NotReviewable,
    Unavailable,
)
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.ports import Verdict
from lifecircle.catalogue.reviews import content
from lifecircle.catalogue.reviews.held import HeldReviews
from lifecircle.catalogue.reviews.model import STARS, TextState
from lifecircle.catalogue.reviews.service import ReviewDesk, with_reviews
from lifecircle.catalogue.reviews.store import ReviewStore
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.stores.model import store_from_document


def member(role: MemberRole = MemberRole.OWNER, *stores: str, merchant: str = "m1") -> Roles:
    return Roles("owner", (Membership("x", merchant, "owner", role, stores),))


@dataclass
class Check:
    """WeChat's content check, with answers to give."""

    answers: list[Verdict | Exception] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def check(self, text: str, openid: str) -> Verdict:
        self.asked.append((text, openid))
        answer = self.answers.pop(0) if self.answers else Verdict.PASS
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Shop:
    database: Database
    desk: ReviewDesk
    keeper: SnapshotKeeper
    check: Check
    clock: SetClock

    async def visit(self, key: str = "b1", status: str = "COMPLETED", **changes: Any) -> str:
        row = a_booking(key, start=NOON - timedelta(hours=2), at=NOON, status=status, **changes)
        await self.database["bookings"].insert_one(row)
        return key

    async def rating(self) -> tuple[int, int]:
        """(stars, reviews) in the store's document; the snapshot holds the same."""
        row = await self.database["stores"].find_one({"_id": "s1"})
        known = self.keeper.current.store("s1")
        assert row is not None
        assert known is not None
        assert (known.rating_sum, known.rating_count) == (row["rating"]["sum"], row["rating"]["count"])
        return row["rating"]["sum"], row["rating"]["count"]

    async def a_round_of_jobs(self) -> None:
        runner = JobRunner(self.database, self.clock, "worker")
        runner.register(*self.desk.jobs)
        self.clock.advance(minutes=1)
        assert await runner.run_due() == ["reviews"]


@pytest.fixture
async def shop(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[Shop]:
    await ReviewStore(database).create_indexes()
    await database["areas"].insert_one(an_area())
    await database["merchants"].insert_one(a_merchant())
    await database["stores"].insert_many([a_store(merchant="m1"), a_store("s2")])
    await database["residents"].insert_one({"_id": "r1", "openid": keys.seal("o-li", field="openid"), "phone": None})
    keeper, check = SnapshotKeeper(database, (), clock), Check()
    await keeper.start()
    yield Shop(database, ReviewDesk(database, keys, keeper, clock, check), keeper, check, clock)
    await keeper.stop()


# --- who, and when ---


@pytest.mark.parametrize("status", ["COMPLETED", "CHECKED_IN"])
async def test_who_came_may_review_and_the_rating_holds_it_at_once(shop: Shop, status: str) -> None:
    review = await shop.desk.review("r1", await shop.visit(status=status), 5, "师傅准时，打扫得很干净")
    assert (review.stars, review.text, review.text_state) == (5, "师傅准时，打扫得很干净", TextState.SHOWN)
    assert await shop.rating() == (5, 1)
    assert await shop.database["reviews"].count_documents({"uncounted": True}) == 0
    assert [found.id for found in await shop.desk.of_store("s1", 10, None)] == ["b1"]


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMED", "CANCELLED", "DECLINED", "NO_SHOW", "EXPIRED"])
async def test_who_did_not_come_may_not(shop: Shop, status: str) -> None:
    with pytest.raises(NotReviewable):
        await shop.desk.review("r1", await shop.visit(status=status), 5, None)
    assert await shop.rating() == (0, 0)


async def test_another_ones_booking_is_not_there(shop: Shop) -> None:
    key = await shop.visit(resident="r2")
    for booking in (key, "nothing"):
        with pytest.raises(NotFound):
            await shop.desk.review("r1", booking, 5, None)


async def test_a_review_can_be_changed_for_seven_days_and_stays_one(shop: Shop) -> None:
    key = await shop.visit()
    await shop.desk.review("r1", key, 5, "很好")
    shop.clock.advance(days=7, seconds=-1)
    changed = await shop.desk.review("r1", key, 2, None)
    assert (changed.stars, changed.text, changed.written_at) == (2, None, NOON)
    assert await shop.rating() == (2, 1)
    shop.clock.advance(seconds=1)
    with pytest.raises(NotReviewable, match="7 天"):
        await shop.desk.review("r1", key, 5, None)
    assert await shop.rating() == (2, 1)


@pytest.mark.parametrize("stars", [0, 6, -1, 100])
async def test_there_are_five_levels(shop: Shop, stars: int) -> None:
    with pytest.raises(InvalidInput, match="1 非常不满意、2 不满意、3 基本满意、4 满意、5 非常满意"):
        await shop.desk.review("r1", await shop.visit(), stars, None)
    assert sorted(STARS) == [1, 2, 3, 4, 5]


async def test_the_same_review_sent_many_times_at_once_is_one(shop: Shop) -> None:
    key = await shop.visit()
    found = await asyncio.gather(*(shop.desk.review("r1", key, 4, None) for _ in range(6)), return_exceptions=True)
    assert any(not isinstance(one, BaseException) for one in found)
    assert await shop.rating() == (4, 1)


async def test_many_residents_at_once_are_all_counted(shop: Shop) -> None:
    visits = [await shop.visit(f"b{number}", resident=f"r{number}") for number in range(12)]
    await asyncio.gather(
        *(shop.desk.review(f"r{number}", key, 1 + number % 5, None) for number, key in enumerate(visits))
    )
    assert await shop.rating() == (sum(1 + number % 5 for number in range(12)), 12)


# --- the counter ---


async def test_what_a_worker_left_uncounted_the_job_counts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(desk: ReviewDesk, store: str) -> bool:
        raise ConnectionError

    key = await shop.visit()
    with monkeypatch.context() as patch:
        patch.setattr(ReviewDesk, "recount", dies)
        with pytest.raises(ConnectionError):
            await shop.desk.review("r1", key, 3, None)
    assert await shop.rating() == (0, 0)
    await shop.a_round_of_jobs()
    assert await shop.rating() == (3, 1)
    assert await shop.database["reviews"].count_documents({"uncounted": True}) == 0


async def test_a_rating_that_came_with_the_record_is_kept_beside_the_reviews(shop: Shop) -> None:
    row = a_store("s1", merchant="m1", rating={"sum": 42, "count": 10}, version=2)
    await shop.database["stores"].replace_one({"_id": "s1"}, row)
    await shop.desk.review("r1", await shop.visit(), 5, None)
    found = await shop.database["stores"].find_one({"_id": "s1"})
    assert found is not None
    assert found["rating"] == {"sum": 47, "count": 11, "reviewed": {"sum": 5, "count": 1}}
    assert found["version"] == 3
    assert with_reviews(found["rating"], 5, 1) == found["rating"]


def test_a_record_that_moved_here_without_its_reviews_keeps_its_rating() -> None:
    moved = {"sum": 45, "count": 10, "reviewed": {"sum": 40, "count": 9}}
    assert with_reviews(moved, 3, 1) == {"sum": 48, "count": 11, "reviewed": {"sum": 3, "count": 1}}


@pytest.mark.parametrize(
    ("stars", "count", "average"), [(0, 0, None), (5, 1, 4.02), (1, 1, 3.58), (500, 100, 4.92), (39, 10, 3.9)]
)
def test_a_few_reviews_weigh_little(stars: int, count: int, average: float | None) -> None:
    assert store_from_document(a_store(rating={"sum": stars, "count": count})).rating == average


# --- the text ---


@pytest.mark.parametrize(
    "text",
    [
        "有事打 13812345678",
        "电话138 1234 5678",
        "电话１３８-１２３４-５６７８",
        "一三八一二三四五六七八",
        "座机0571-88886666",
        "加微信 abc_12345",
        "加我vx:good12345",
        "QQ号：123456",
        "扣扣 88 66 77 55",
        "看 https://example.cn/x",
        "www.example.com",
        "网站是 example . com",
        "邮箱 li@example.org",
    ],
)
async def test_ways_to_reach_somebody_are_refused(shop: Shop, text: str) -> None:
    with pytest.raises(ContentRejected) as refusal:
        await shop.desk.review("r1", await shop.visit(), 5, text)
    assert (refusal.value.field, refusal.value.message) == (("text",), content.NO_CONTACTS)
    assert shop.check.asked == []


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-25 10:00 到的，等了 15 分钟",
        "花了138元，面积 120 平米",
        "微信支付很方便",
        "第三次来，一二三四楼都扫了",
        "师傅姓王，手艺一流！",
        "3号楼2单元1201的服务",
    ],
)
async def test_plain_words_pass(shop: Shop, text: str) -> None:
    assert (await shop.desk.review("r1", await shop.visit(), 5, text)).text == text


@pytest.mark.parametrize("text", ["你是傻逼", "傻 逼 店", "王、八、蛋", "他媽的"])
async def test_abuse_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises(ContentRejected, match="不文明"):
        await shop.desk.review("r1", await shop.visit(), 1, text)


async def test_what_wechat_finds_risky_is_refused(shop: Shop) -> None:
    shop.check.answers = [Verdict.RISKY]
    with pytest.raises(ContentRejected):
        await shop.desk.review("r1", await shop.visit(), 1, "看起来没事的话")
    assert shop.check.asked == [("看起来没事的话", "o-li")]
    assert await shop.rating() == (0, 0)


@pytest.mark.parametrize(("verdict", "state"), [(Verdict.PASS, TextState.SHOWN), (Verdict.RISKY, TextState.REFUSED)])
async def test_while_wechat_cannot_be_asked_the_stars_count_and_the_text_waits(
    shop: Shop, verdict: Verdict, state: TextState
) -> None:
    shop.check.answers = [Unavailable(), Unavailable(), verdict]
    review = await shop.desk.review("r1", await shop.visit(), 4, "服务周到")
    assert review.text_state is TextState.HELD
    assert (review.text_for(None), review.text_for("r2"), review.text_for("r1")) == (None, None, "服务周到")
    assert await shop.rating() == (4, 1)
    await shop.a_round_of_jobs()
    assert (await shop.desk.find("b1") or review).text_state is TextState.HELD
    await shop.a_round_of_jobs()
    found = await shop.desk.find("b1")
    assert found is not None
    assert found.text_state is state
    assert found.text_for("r1") == "服务周到"
    assert await shop.rating() == (4, 1)


async def test_an_edit_of_the_stars_alone_does_not_ask_again(shop: Shop) -> None:
    key = await shop.visit()
    shop.check.answers = [Unavailable()]
    await shop.desk.review("r1", key, 4, "服务周到")
    assert (await shop.desk.review("r1", key, 5, "服务周到")).text_state is TextState.HELD
    assert len(shop.check.asked) == 1


# --- the reply ---


async def test_the_store_answers_once_and_may_change_it_for_seven_days(shop: Shop) -> None:
    await shop.desk.review("r1", await shop.visit(), 2, "迟到了半小时")
    assert (await shop.desk.reply(member(), "b1", "非常抱歉，已提醒师傅。")).reply == "非常抱歉，已提醒师傅。"
    shop.clock.advance(days=6)
    assert (await shop.desk.reply(member(MemberRole.MANAGER, "s1"), "b1", "抱歉，已改进。")).reply == "抱歉，已改进。"
    shop.clock.advance(days=1)
    with pytest.raises(NotReviewable):
        await shop.desk.reply(member(), "b1", "再改一次")
    with pytest.raises(ContentRejected):
        await shop.desk.reply(member(), "b1", "请加微信 shop12345")


@pytest.mark.parametrize(
    "roles", [member(MemberRole.CLERK), member(MemberRole.MANAGER, "s9"), member(merchant="m2"), Roles("nobody")]
)
async def test_nobody_else_answers_for_the_store(shop: Shop, roles: Roles) -> None:
    await shop.desk.review("r1", await shop.visit(), 2, None)
    with pytest.raises(Forbidden):
        await shop.desk.reply(roles, "b1", "我们的服务很好")
    with pytest.raises(NotFound):
        await shop.desk.reply(roles, "nothing", "我们的服务很好")


async def test_an_author_who_leaves_takes_the_words_and_leaves_the_stars(shop: Shop) -> None:
    await shop.desk.review("r1", await shop.visit(), 5, "师傅准时")
    held = HeldReviews(shop.database)
    assert [row["text"] for row in await held.export("r1")] == ["师傅准时"]
    await held.erase("r1", shop.clock())
    assert await held.export("r1") == []
    (left,) = await shop.desk.of_store("s1", 10, None)
    assert (left.stars, left.text) == (5, None)
    assert left.resident != "r1"
    assert await shop.desk.recount("s1")
    assert await shop.rating() == (5, 1)


async def test_reviews_come_in_pages_the_latest_first(shop: Shop) -> None:
    for number in range(5):
        await shop.desk.review("r1", await shop.visit(f"b{number}"), 5, None)
        shop.clock.advance(hours=1)
    first = await shop.desk.of_store("s1", 2, None)
    second = await shop.desk.of_store("s1", 10, (first[-1].written_at, first[-1].id))
    assert [review.id for review in [*first, *second]] == ["b4", "b3", "b2", "b1", "b0"]
    assert await shop.desk.count_of_store("s1") == 5
