import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from factories import SetClock

from lifecircle.catalogue.database import Database, connect
from lifecircle.catalogue.errors import Unavailable
from lifecircle.catalogue.sealing import KeyRing, make_keys_file, read_key_ring
from lifecircle.gateway.wechat.access_token import AccessToken, TokenCache
from lifecircle.gateway.wechat.fake import STABLE_TOKEN
from lifecircle.gateway.wechat.faults import Fault, FaultKind
from lifecircle.gateway.wechat.store import LEASE_MARGIN, TokenStore
from lifecircle.gateway.wechat.transport import WeChatApp
from tests.gateway.wechat_helpers import HASTY, WeChatStage, Worker, wechat_stage

LATE_IN_LIFE = timedelta(minutes=116)


@pytest.fixture
async def stage(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[WeChatStage]:
    async with wechat_stage(database, keys, clock) as stage:
        yield stage


def is_good(stage: WeChatStage, token: AccessToken) -> bool:
    return stage.fake.tokens.problem(token.value) is None


def app_of(stage: WeChatStage) -> WeChatApp:
    return WeChatApp(stage.fake.app_id, stage.fake.app_secret)


def times_asked(stage: WeChatStage) -> int:
    return len(stage.fake.requests_to(STABLE_TOKEN))


async def renewed(worker: Worker) -> AccessToken:
    """What the worker has after the renewal that goes on beside it."""
    await worker.tokens.current()
    await worker.tokens.aclose()
    return await worker.tokens.current()


async def until_asked(stage: WeChatStage, times: int) -> None:
    async with asyncio.timeout(20):
        while times_asked(stage) < times:
            await asyncio.sleep(0.01)


# --- one token for all ---


async def test_workers_that_start_together_fetch_one_token(stage: WeChatStage):
    first, second = stage.worker(), stage.worker()
    tokens = await asyncio.gather(*(worker.tokens.current() for worker in [first, second] * 10))
    assert len({token.value for token in tokens}) == 1
    assert times_asked(stage) == 1


async def test_a_young_token_needs_neither_wechat_nor_the_database(stage: WeChatStage, database: Database):
    worker = stage.worker()
    token = await worker.tokens.current()
    await database.drop_collection("wechat_tokens")
    assert await worker.tokens.current() == token
    assert times_asked(stage) == 1


async def test_the_token_lies_sealed_in_the_database(stage: WeChatStage, database: Database):
    token = await stage.worker().tokens.current()
    stored = await database["wechat_tokens"].find_one({"_id": stage.fake.app_id})
    assert token.value not in str(stored)
    assert token.value not in repr(token)


async def test_a_token_sealed_under_a_lost_key_is_fetched_anew(
    stage: WeChatStage, database: Database, clock: SetClock, tmp_path: Path
):
    first = stage.worker()
    token = await first.tokens.current()
    make_keys_file(tmp_path / "other.json")
    other = TokenCache(
        app_of(stage),
        first.http,
        database,
        read_key_ring(tmp_path / "other.json"),
        clock,
    )
    assert (await other.current()).value == token.value
    assert times_asked(stage) == 2


# --- renewing in time ---


async def test_an_old_token_is_renewed_beside_the_caller_who_goes_on_with_it(stage: WeChatStage, clock: SetClock):
    worker = stage.worker()
    old = await worker.tokens.current()
    clock.now += LATE_IN_LIFE
    assert await worker.tokens.current() == old
    new = await renewed(worker)
    assert new.value != old.value
    assert is_good(stage, new)
    assert is_good(stage, old)


async def test_others_keep_the_old_token_while_one_renews(stage: WeChatStage, clock: SetClock):
    first, second = stage.worker(), stage.worker()
    old = await first.tokens.current()
    await second.tokens.current()
    clock.now += LATE_IN_LIFE
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DELAY, seconds=0.5))
    await first.tokens.current()
    await until_asked(stage, 2)
    assert [await second.tokens.current() for _ in range(3)] == [old] * 3
    assert await renewed(second) == old  # it looked, and left the renewal to the first
    await first.tokens.aclose()
    assert await renewed(second) == await first.tokens.current()
    assert times_asked(stage) == 2


async def test_a_new_worker_does_not_wait_for_a_renewal_elsewhere(stage: WeChatStage, clock: SetClock):
    first = stage.worker()
    old = await first.tokens.current()
    clock.now += LATE_IN_LIFE
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DELAY, seconds=0.5))
    await first.tokens.current()
    await until_asked(stage, 2)
    assert (await stage.worker().tokens.current()).value == old.value


async def test_after_a_long_idle_time_the_caller_waits_for_a_good_token(stage: WeChatStage, clock: SetClock):
    worker = stage.worker()
    await worker.tokens.current()
    clock.advance(hours=3)
    assert is_good(stage, await worker.tokens.current())


async def test_asked_a_moment_too_early_wechat_gives_the_same_token_and_is_not_pestered(
    stage: WeChatStage, clock: SetClock
):
    worker = stage.worker()
    old = await worker.tokens.current()
    stage.fake.tokens.shift(timedelta(milliseconds=400))  # WeChat's clock is behind ours
    clock.advance(minutes=115)
    assert (await renewed(worker)).value == old.value
    for _ in range(5):
        await renewed(worker)
    assert times_asked(stage) == 2
    clock.advance(seconds=10)
    assert (await renewed(worker)).value != old.value


# --- when WeChat fails ---


@pytest.mark.parametrize(
    "fault",
    [
        Fault(FaultKind.DROP),
        Fault(FaultKind.DROP, worked_on=True),
        Fault(FaultKind.BUSY),
        Fault(FaultKind.SERVER_ERROR, worked_on=True),
        Fault(FaultKind.NOT_JSON, worked_on=True),
        Fault(FaultKind.DELAY, seconds=3 * HASTY),
    ],
    ids=lambda fault: f"{fault.kind.name} {fault.worked_on}",
)
async def test_a_lost_answer_is_asked_for_again_and_no_token_is_lost(stage: WeChatStage, fault: Fault):
    stage.fake.faults.add(STABLE_TOKEN, fault)
    token = await stage.worker(timeout_seconds=HASTY).tokens.current()
    assert is_good(stage, token)
    assert stage.fake.tokens.issued == 1


async def test_a_failed_renewal_leaves_the_old_token_and_is_tried_again_later(stage: WeChatStage, clock: SetClock):
    worker = stage.worker()
    old = await worker.tokens.current()
    clock.now += LATE_IN_LIFE
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.SERVER_ERROR), times=2)
    for _ in range(5):
        assert (await renewed(worker)).value == old.value
    assert times_asked(stage) == 3
    clock.advance(seconds=16)
    assert (await renewed(worker)).value != old.value


async def test_without_any_token_a_failure_is_told_and_the_next_caller_tries_at_once(stage: WeChatStage):
    worker = stage.worker()
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.SERVER_ERROR), times=2)
    with pytest.raises(Unavailable, match="微信"):
        await worker.tokens.current()
    assert is_good(stage, await worker.tokens.current())


async def test_a_repeated_answer_does_no_lasting_harm(stage: WeChatStage, clock: SetClock):
    worker = stage.worker()
    old = await worker.tokens.current()
    clock.now += LATE_IN_LIFE
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.REPEAT))
    assert (await renewed(worker)).value == old.value  # with two hours more, or so the repeated answer claims
    clock.advance(minutes=30)
    assert not is_good(stage, await worker.tokens.current())
    assert await worker.client.phone_number("fake:13800000001") == "13800000001"


async def test_a_caller_who_leaves_does_not_stop_the_renewal(stage: WeChatStage):
    worker = stage.worker()
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DELAY, seconds=0.3))
    caller = asyncio.create_task(worker.tokens.current())
    await until_asked(stage, 1)
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    assert is_good(stage, await worker.tokens.current())
    assert times_asked(stage) == 1


async def test_a_lost_database_is_unavailable(stage: WeChatStage, keys: KeyRing, clock: SetClock):
    worker = stage.worker()
    client = connect("mongodb://127.0.0.1:9", server_selection_ms=100)
    tokens = TokenCache(app_of(stage), worker.http, client["lost"], keys, clock)
    with pytest.raises(Unavailable):
        await tokens.current()
    client.close()


# --- tokens that WeChat refuses ---


async def test_a_refused_token_is_replaced_by_one_worker_only(stage: WeChatStage):
    first, second = stage.worker(), stage.worker()
    old = await first.tokens.current()
    stage.fake.tokens.invalidate()
    tokens = await asyncio.gather(*(worker.tokens.instead_of(old) for worker in [first, second] * 5))
    assert len({token.value for token in tokens}) == 1
    assert is_good(stage, tokens[0])
    assert times_asked(stage) == 2


async def test_who_learns_of_it_late_takes_what_another_fetched(stage: WeChatStage):
    first, second = stage.worker(), stage.worker()
    old = await second.tokens.current()
    stage.fake.tokens.invalidate()
    new = await first.tokens.instead_of(old)
    assert await second.tokens.instead_of(old) == new
    assert await second.tokens.current() == new
    assert times_asked(stage) == 2


async def test_wechat_is_forced_only_when_it_hands_out_the_refused_token_again(stage: WeChatStage):
    worker = stage.worker()
    old = await worker.tokens.current()
    stage.fake.tokens.disown()
    assert is_good(stage, await worker.tokens.instead_of(old))
    assert [request.body["force_refresh"] for request in stage.fake.requests_to(STABLE_TOKEN)] == [False, False, True]


async def test_a_forced_token_whose_answer_got_lost_is_fetched_without_forcing_again(stage: WeChatStage):
    worker = stage.worker()
    old = await worker.tokens.current()
    stage.fake.tokens.disown()
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DELAY))
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DROP, worked_on=True))
    assert is_good(stage, await worker.tokens.instead_of(old))
    assert stage.fake.tokens.issued == 2


async def test_wechat_is_not_forced_twice_within_a_minute(stage: WeChatStage, clock: SetClock):
    worker = stage.worker()
    for _ in range(2):
        token = await worker.tokens.current()
        stage.fake.tokens.disown()
        clock.advance(seconds=61)
        await worker.tokens.instead_of(token)
    last = await worker.tokens.current()
    stage.fake.tokens.disown()
    with pytest.raises(Unavailable):
        await worker.tokens.instead_of(last)
    forced = [request for request in stage.fake.requests_to(STABLE_TOKEN) if request.body["force_refresh"]]
    assert len(forced) == 2


# --- the lease ---


async def test_a_worker_that_died_holding_the_lease_is_replaced_after_it_ends_and_not_before(
    stage: WeChatStage, database: Database, clock: SetClock
):
    store = TokenStore(database, stage.fake.app_id)
    ends = clock() + timedelta(seconds=30)
    assert await store.take_lease(await store.record(), clock(), ends) == 1
    worker = stage.worker(timeout_seconds=HASTY)
    clock.now = ends + LEASE_MARGIN - timedelta(milliseconds=1)
    with pytest.raises(Unavailable):
        await worker.tokens.current()
    assert times_asked(stage) == 0
    clock.advance(seconds=1)
    assert is_good(stage, await worker.tokens.current())


async def test_a_worker_that_lost_the_lease_changes_nothing(stage: WeChatStage, database: Database, clock: SetClock):
    store, ends = TokenStore(database, stage.fake.app_id), clock() + timedelta(seconds=30)
    stale = await store.take_lease(await store.record(), clock(), ends)
    assert stale is not None
    clock.now = ends + LEASE_MARGIN
    await stage.worker().tokens.current()
    kept = await store.record()
    assert not await store.save(stale, "sealed", ends, ends)
    assert not await store.give_up(stale, ends)
    assert not await store.note_forced(stale, ends)
    assert await store.record() == kept


async def test_a_slow_worker_takes_the_token_of_its_successor(stage: WeChatStage, clock: SetClock):
    slow, quick = stage.worker(), stage.worker()
    stage.fake.faults.add(STABLE_TOKEN, Fault(FaultKind.DELAY, seconds=1))
    waiting = asyncio.create_task(slow.tokens.current())
    await until_asked(stage, 1)
    clock.advance(minutes=1)
    theirs = await quick.tokens.current()
    assert await waiting == theirs


async def test_who_looked_during_a_renewal_does_not_get_the_lease_after_it(database: Database, clock: SetClock):
    store, now = TokenStore(database, "wx-fake"), clock()
    fence = await store.take_lease(await store.record(), now, now + timedelta(seconds=30))
    assert fence is not None
    seen = await store.record()
    await store.save(fence, "sealed", now, now)
    assert await store.take_lease(seen, now, now + timedelta(seconds=30)) is None
    assert await store.take_lease(await store.record(), now, now + timedelta(seconds=30)) == fence + 1


async def test_through_days_of_faults_every_token_is_good_and_one_worker_asks_at_a_time(
    stage: WeChatStage, clock: SetClock
):
    workers = [stage.worker(), stage.worker()]
    nuisances = [
        Fault(FaultKind.DROP, worked_on=True),
        Fault(FaultKind.DELAY, seconds=0.1),
        Fault(FaultKind.BUSY),
        Fault(FaultKind.DROP),
        Fault(FaultKind.SERVER_ERROR, worked_on=True),
    ]
    for round_number in range(15):
        stage.fake.faults.add(STABLE_TOKEN, nuisances[round_number % len(nuisances)])
        tokens = await asyncio.gather(*(worker.tokens.current() for worker in workers * 5))
        await asyncio.gather(*(worker.tokens.aclose() for worker in workers))
        assert all(is_good(stage, token) for token in tokens)
        clock.advance(minutes=(116, 121, 130)[round_number % 3])
    assert stage.fake.most_at_once[STABLE_TOKEN] == 1
    assert stage.fake.tokens.issued <= 15
