"""Signing in, staying signed in, and the demo roles, against a real database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import json_util
from factories import DISTRICT, SetClock, a_merchant, a_snapshot, a_store, an_area, at

from lifecircle.catalogue.database import Database, connect, open_database
from lifecircle.catalogue.errors import CodeInvalid, RateLimited, Refused, Unauthenticated, Unavailable
from lifecircle.catalogue.people.ahead import CountsAhead
from lifecircle.catalogue.people.model import MemberRole, SignedIn, Viewer
from lifecircle.catalogue.people.rates import Limit, RateCounter, RateLimits
from lifecircle.catalogue.people.service import SESSION_DAYS, PeopleDesk
from lifecircle.catalogue.people.sms import SmsCodes
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.ports import WeChatUser
from lifecircle.catalogue.sealing import KeyRing, Keys
from lifecircle.catalogue.snapshot.model import Snapshot

CITY = a_snapshot(
    areas=[an_area()],
    merchants=[a_merchant(key) for key in ("small", "large", "middle", "none")],
    stores=[
        *(a_store(f"l{number}", merchant="large") for number in range(3)),
        *(a_store(f"m{number}", merchant="middle") for number in range(2)),
        a_store("s", merchant="small"),
    ],
)


class Identity:
    """`who` or `who/merchant:name` or `who/area:code`; a code that begins with "bad" is none."""

    async def identify(self, code: str) -> WeChatUser:
        if code.startswith("bad"):
            raise CodeInvalid("登录失败，请重试。", "code")
        who, _, role = code.partition("/")
        kind, _, name = role.partition(":")
        return WeChatUser(
            f"openid-of-{who}",
            nickname=who,
            demo_merchant=name if kind == "merchant" else None,
            demo_area=name if kind == "area" else None,
        )

    async def phone_number(self, code: str) -> str:
        return code


class Sms:
    async def send_code(self, phone: str, code: str) -> None:
        """Nobody reads it here."""


class Tokens:
    def issue(self, resident: str, session: str, now: datetime) -> tuple[str, datetime]:
        return f"access of {resident} in {session}", now + timedelta(minutes=15)


@pytest.fixture
async def people(database: Database, keys: KeyRing, clock: SetClock) -> PeopleDesk:
    await PeopleStore(database).create_indexes()
    clock.now = at("2090-05-01 12:00")  # the database removes expired sessions by its own clock
    rates, limits = RateCounter(database, clock), RateLimits()
    identity, codes = Identity(), SmsCodes(database, keys, Sms(), rates, limits, clock)
    return PeopleDesk(database, keys, identity, Tokens(), clock, codes, identity, rates, limits)


async def sign_in(people: PeopleDesk, code: str = "xiaoming", snapshot: Snapshot = CITY) -> SignedIn:
    return await people.sign_in_with_wechat(code, snapshot)


def viewer(signed_in: SignedIn) -> Viewer:
    return Viewer(signed_in.resident.id, signed_in.tokens.refresh_token.partition(".")[0])


async def merchants_of(people: PeopleDesk, *codes: str) -> list[list[str]]:
    """Who holds which merchants after signing in one after the other."""
    held = []
    for code in codes:
        memberships = await people.memberships(viewer(await sign_in(people, code)))
        assert {membership.role for membership in memberships} <= {MemberRole.OWNER}
        held.append([membership.merchant for membership in memberships])
    return held


async def raw(database: Database, *collections: str) -> str:
    rows = [row for name in collections for row in await database[name].find().to_list(None)]
    assert rows
    return str(json_util.dumps(rows, ensure_ascii=False))


# --- signing in ---


async def test_signing_in_makes_a_resident_and_a_session(people: PeopleDesk, clock: SetClock) -> None:
    signed_in = await sign_in(people)
    assert signed_in.resident.nickname == "xiaoming"
    assert signed_in.resident.created_at == clock.now
    assert signed_in.tokens.expires_at == clock.now + timedelta(minutes=15)
    assert signed_in.tokens.access_token.startswith(f"access of {signed_in.resident.id}")
    assert await people.resident(viewer(signed_in)) == signed_in.resident


async def test_signing_in_twice_is_one_resident_with_two_sessions(people: PeopleDesk, database: Database) -> None:
    first, second = await sign_in(people), await sign_in(people)
    assert first.resident == second.resident
    assert viewer(first).session != viewer(second).session
    assert await database["residents"].count_documents({}) == 1
    assert await database["sessions"].count_documents({}) == 2


async def test_signing_in_many_times_at_once_is_one_resident(people: PeopleDesk, database: Database) -> None:
    signed_in = await asyncio.gather(*(sign_in(people) for _ in range(12)))
    assert len({one.resident.id for one in signed_in}) == 1
    assert len({viewer(one).session for one in signed_in}) == 12
    assert await database["residents"].count_documents({}) == 1


async def test_two_people_are_two_residents(people: PeopleDesk) -> None:
    assert (await sign_in(people, "a")).resident.id != (await sign_in(people, "b")).resident.id


async def test_after_a_rotation_of_the_keys_a_resident_is_still_the_same(people: PeopleDesk, keys: KeyRing) -> None:
    before = await sign_in(people)
    lookup = Keys("k2", {**keys.lookup.by_id, "k2": b"2" * 32})
    rotated = replace(people, keys=KeyRing(keys.sealing, lookup, keys.tokens))
    assert (await sign_in(rotated)).resident == before.resident
    assert (await sign_in(rotated, "new")).resident.id.startswith("k2.")


async def test_a_bad_code_signs_nobody_in(people: PeopleDesk, database: Database) -> None:
    with pytest.raises(CodeInvalid):
        await sign_in(people, "bad")
    assert await database["residents"].count_documents({}) == 0
    assert await database["sessions"].count_documents({}) == 0


async def test_neither_openid_nor_refresh_token_can_be_read_in_the_database(
    people: PeopleDesk, database: Database, keys: KeyRing
) -> None:
    signed_in = await sign_in(people)
    refreshed = await people.refresh(signed_in.tokens.refresh_token)
    content = await raw(database, "residents", "sessions")
    for tokens in (signed_in.tokens, refreshed.tokens):
        assert tokens.refresh_token.partition(".")[2] not in content
    assert "openid-of-xiaoming" not in content
    (row,) = await database["residents"].find().to_list(None)
    assert keys.unseal(row["openid"], field="openid") == "openid-of-xiaoming"


async def test_an_account_that_is_gone_must_sign_in_again(people: PeopleDesk, database: Database) -> None:
    signed_in = await sign_in(people)
    await database["residents"].delete_many({})
    with pytest.raises(Unauthenticated):
        await people.resident(viewer(signed_in))
    with pytest.raises(Unauthenticated):
        await people.refresh(signed_in.tokens.refresh_token)


# --- staying signed in ---


async def test_refreshing_gives_new_tokens_of_the_same_session(people: PeopleDesk, clock: SetClock) -> None:
    first = await sign_in(people)
    clock.advance(minutes=20)
    second = await people.refresh(first.tokens.refresh_token)
    third = await people.refresh(second.tokens.refresh_token)
    assert len({one.tokens.refresh_token for one in (first, second, third)}) == 3
    assert len({viewer(one) for one in (first, second, third)}) == 1
    assert second.resident == first.resident
    assert second.tokens.expires_at == clock.now + timedelta(minutes=15)


async def test_a_refresh_token_that_comes_a_second_time_ends_the_session(
    people: PeopleDesk, database: Database
) -> None:
    first = await sign_in(people)
    elsewhere = await sign_in(people)
    second = await people.refresh(first.tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await people.refresh(first.tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await people.refresh(second.tokens.refresh_token)
    assert [row["_id"] for row in await database["sessions"].find().to_list(None)] == [viewer(elsewhere).session]
    assert (await people.refresh(elsewhere.tokens.refresh_token)).resident == first.resident


async def test_an_old_token_is_known_as_used_after_many_refreshes(people: PeopleDesk) -> None:
    first = await sign_in(people)
    latest = first
    for _ in range(5):
        latest = await people.refresh(latest.tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await people.refresh(first.tokens.refresh_token)
    with pytest.raises(Unauthenticated):
        await people.refresh(latest.tokens.refresh_token)


async def test_a_guessed_token_ends_no_session(people: PeopleDesk) -> None:
    signed_in = await sign_in(people)
    session = viewer(signed_in).session
    for guess in (f"{session}.guess", f"{session}.", session, "", ".", "unknown.guess", "$where.x"):
        with pytest.raises(Unauthenticated) as refused:
            await people.refresh(guess)
        assert refused.value.field == ("refreshToken",)
    assert (await people.refresh(signed_in.tokens.refresh_token)).resident == signed_in.resident


async def test_one_refresh_token_many_times_at_once_is_used_once(people: PeopleDesk) -> None:
    signed_in = await sign_in(people)
    answers = await asyncio.gather(
        *(people.refresh(signed_in.tokens.refresh_token) for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, Unauthenticated) for answer in answers) == 7


async def test_a_session_ends_after_its_days_and_a_refresh_prolongs_it(people: PeopleDesk, clock: SetClock) -> None:
    left, kept = await sign_in(people), await sign_in(people)
    clock.advance(days=SESSION_DAYS, seconds=-1)
    kept = await people.refresh(kept.tokens.refresh_token)
    clock.advance(seconds=1)
    with pytest.raises(Unauthenticated):
        await people.refresh(left.tokens.refresh_token)
    clock.advance(days=SESSION_DAYS, seconds=-2)
    assert (await people.refresh(kept.tokens.refresh_token)).resident == left.resident


# --- demo roles ---


async def test_demo_merchants_take_the_largest_that_is_free_and_never_share_one(people: PeopleDesk) -> None:
    held = await merchants_of(people, "a/merchant:甲", "b/merchant:乙", "c/merchant:丙")
    assert held == [["large"], ["middle"], ["small"]]


async def test_a_demo_merchant_who_comes_back_keeps_the_same(people: PeopleDesk) -> None:
    assert await merchants_of(people, "a/merchant:甲", "a/merchant:甲", "a/merchant:别的", "a") == [["large"]] * 4


async def test_a_demo_merchant_named_like_a_merchant_gets_that_one_while_it_is_free(people: PeopleDesk) -> None:
    held = await merchants_of(people, "a/merchant:small", "b/merchant:small", "c/merchant:none")
    assert held == [["small"], ["large"], ["none"]]


async def test_when_all_merchants_are_taken_the_next_is_told_so(people: PeopleDesk) -> None:
    await merchants_of(people, *(f"{name}/merchant:{name}" for name in "abcd"))
    with pytest.raises(CodeInvalid, match="占用"):
        await sign_in(people, "e/merchant:e")
    assert await merchants_of(people, "b/merchant:b") == [["middle"]]


async def test_demo_merchants_who_sign_in_at_once_never_share_one(people: PeopleDesk) -> None:
    signed_in = await asyncio.gather(*(sign_in(people, f"{name}/merchant:{name}") for name in "abcd"))
    held = [await people.memberships(viewer(one)) for one in signed_in]
    assert sorted(membership.merchant for memberships in held for membership in memberships) == [
        *("large", "middle", "none", "small")
    ]
    assert [len(memberships) for memberships in held] == [1, 1, 1, 1]


async def test_a_membership_is_shown_to_its_holder_only(people: PeopleDesk) -> None:
    owner, other = viewer(await sign_in(people, "a/merchant:a")), viewer(await sign_in(people, "b"))
    (membership,) = await people.memberships(owner)
    assert await people.membership(owner, membership.id) == membership
    assert await people.membership(other, membership.id) is None
    assert await people.membership(owner, "nothing") is None
    assert await people.memberships(other) == []


async def test_demo_staff_hold_their_area_once(people: PeopleDesk) -> None:
    for _ in range(2):
        staff = viewer(await sign_in(people, f"a/area:{DISTRICT}"))
    assert await people.staff_areas(staff) == [DISTRICT]
    assert await people.staff_areas(viewer(await sign_in(people, "b"))) == []


@pytest.mark.parametrize("code", ["999999", "330199999", "文澜区"])
async def test_an_unknown_area_code_signs_nobody_in(people: PeopleDesk, database: Database, code: str) -> None:
    with pytest.raises(CodeInvalid, match=code) as refused:
        await sign_in(people, f"a/area:{code}")
    assert refused.value.field == ("code",)
    assert await database["residents"].count_documents({}) == 0


# --- without a database ---


async def test_a_lost_database_is_told_as_unavailable(people: PeopleDesk) -> None:
    client = connect("mongodb://127.0.0.1:1/", server_selection_ms=100)
    lost = replace(people, database=open_database(client, "nothing"))
    nobody = Viewer("r1", "s1")
    attempts: Sequence[Any] = (sign_in(lost), lost.refresh("s1.x"), lost.resident(nobody), lost.staff_areas(nobody))
    for attempt in attempts:
        with pytest.raises(Refused) as refused:
            await attempt
        assert isinstance(refused.value, Unavailable)
    client.close()


# --- how often ---


async def test_as_many_as_the_limit_says_are_let_through_however_many_come_at_once(
    people: PeopleDesk, database: Database
) -> None:
    limit, workers = Limit("try", 5, 3_600), [RateCounter(database, people.clock) for _ in range(3)]
    tries = [workers[number % 3].take(limit, "r1") for number in range(12)]
    told = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in told if each is not None]
    assert len(refused) == 7
    assert all(isinstance(each, RateLimited) and 0 < each.retry_after <= 3_600 for each in refused)
    await workers[0].take(limit, "r2")


async def test_a_new_window_counts_anew(people: PeopleDesk, database: Database, clock: SetClock) -> None:
    limit, counter = Limit("try", 1, 60), RateCounter(database, clock)
    await counter.take(limit, "r1")
    with pytest.raises(RateLimited):
        await counter.take(limit, "r1")
    clock.now += timedelta(seconds=60)
    await counter.take(limit, "r1")


LARGE = Limit("chat", 30, 60, ahead=5)


async def let_through(workers: Sequence[RateCounter], limit: Limit, tries: int) -> int:
    """Of so many tries, each at the next worker."""
    told = []
    for number in range(tries):
        with contextlib.suppress(RateLimited):
            await workers[number % len(workers)].take(limit, "r1")
            told.append(number)
    return len(told)


async def test_whoever_stays_with_one_worker_has_the_whole_limit_for_few_commands(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, count = [], PeopleStore.count

    async def counting(store: PeopleStore, key: str, number: int, most: int, expires_at: datetime) -> bool:
        counted.append(number)
        return await count(store, key, number, most, expires_at)

    monkeypatch.setattr(PeopleStore, "count", counting)
    counter = RateCounter(database, clock)
    assert await let_through([counter], LARGE, 17) == 17
    assert counted == [1, 1, 2, 4, 5, 5]
    assert await let_through([counter], LARGE, 20) == 13


async def test_counting_ahead_never_lets_more_through_and_refuses_nobody_before_half_of_the_limit(
    database: Database, clock: SetClock
) -> None:
    workers = [RateCounter(database, clock) for _ in range(4)]
    assert 15 <= await let_through(workers, LARGE, 60) <= 30
    assert await let_through([RateCounter(database, clock) for _ in range(40)], replace(LARGE, name="all"), 60) >= 15


async def test_what_was_counted_ahead_is_not_good_for_the_next_window(database: Database, clock: SetClock) -> None:
    counter = RateCounter(database, clock)
    assert await let_through([counter], LARGE, 9) == 9
    clock.now += timedelta(seconds=60)
    assert await let_through([counter], LARGE, 40) == 30


def test_a_small_limit_is_not_counted_ahead() -> None:
    assert Limit("chat", 5, 60, ahead=5).at_once == 0
    assert Limit("chat", 12, 60, ahead=5).at_once == 2


def test_counts_that_are_not_used_are_forgotten_first() -> None:
    counts = CountsAhead(most=2)
    for name in ("a", "b", "c"):
        counts.put(name, 2)
    assert [counts.spend(name) for name in ("a", "b", "c", "c")] == [False, True, True, False]
