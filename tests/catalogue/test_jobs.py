"""Jobs under a lease, against a real database: who runs them, and what a holder that was too slow may still do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from factories import SetClock
from patience import until_told

from lifecircle.catalogue import jobs
from lifecircle.catalogue.database import Database
from lifecircle.catalogue.jobs import LEASE, MARGIN, RETRY, Job, JobRunner, Lease, LeaseLost, jobs_running, new_owner_id

HOUR = timedelta(hours=1)

Runner = Callable[..., JobRunner]


async def nothing(lease: Lease) -> None:
    return


@pytest.fixture
def runner(database: Database, clock: SetClock) -> Runner:
    def make(*registered: Job, clock: SetClock = clock, **options: Any) -> JobRunner:
        made = JobRunner(database, clock, new_owner_id(), **options)
        made.register(*registered)
        return made

    return make


async def taken(runner: JobRunner, job: Job) -> Lease:
    lease = await runner.take(job)
    assert lease is not None
    return lease


async def test_a_job_runs_once_in_its_period_whichever_worker_asks(runner: Runner, clock: SetClock) -> None:
    ran = []

    async def note(lease: Lease) -> None:
        ran.append(lease.fence)

    job = Job("note", HOUR, note)
    one, other = runner(job), runner(job)
    assert (await one.run_due(), await one.run_due(), await other.run_due()) == (["note"], [], [])
    clock.advance(minutes=59, seconds=59)
    assert await other.run_due() == []
    clock.advance(seconds=1)
    assert (await other.run_due(), await one.run_due()) == (["note"], [])
    assert ran == [1, 2]


async def test_of_many_workers_at_once_exactly_one_runs_the_job(runner: Runner) -> None:
    running, most, runs = 0, 0, 0

    async def count(lease: Lease) -> None:
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await asyncio.sleep(0.2)
        running -= 1

    job = Job("count", HOUR, count)
    found = await asyncio.gather(*(runner(job).run_due() for _ in range(12)))
    assert (most, runs, sorted(map(len, found))) == (1, 1, [0] * 11 + [1])


async def test_a_lease_is_taken_over_only_after_its_end_and_the_margin(runner: Runner, clock: SetClock) -> None:
    job = Job("job", HOUR, nothing)
    one, other = runner(job), runner(job)
    lease = await taken(one, job)
    clock.advance(seconds=(LEASE + MARGIN).total_seconds() - 0.001)
    assert await other.take(job) is None
    clock.advance(seconds=0.001)
    assert (await taken(other, job)).fence == lease.fence + 1


async def test_the_margin_covers_clocks_that_differ() -> None:
    assert timedelta(seconds=5) <= MARGIN < LEASE


async def test_a_worker_that_was_killed_is_followed_by_another(runner: Runner, clock: SetClock) -> None:
    ran = []

    async def note(lease: Lease) -> None:
        ran.append(lease.fence)

    job = Job("job", HOUR, note)
    await taken(runner(job), job)  # and never heard of again
    assert await runner(job).run_due() == []
    clock.advance(seconds=(LEASE + MARGIN).total_seconds())
    assert await runner(job).run_due() == ["job"]
    assert ran == [2]


async def test_a_holder_that_slept_notices_before_it_writes(
    runner: Runner, clock: SetClock, database: Database
) -> None:
    async def write(lease: Lease) -> None:
        await lease.guard()
        await database["effects"].insert_one({"by": lease.fence})

    async def sleep_then_write(lease: Lease) -> None:
        clock.advance(hours=9)  # the lid was closed; the other worker's machine stayed awake
        assert await runner(Job("job", HOUR, write)).run_due() == ["job"]
        await write(lease)

    assert await runner(Job("job", HOUR, sleep_then_write)).run_due() == []
    assert [row["by"] for row in await database["effects"].find().to_list(None)] == [2]


async def test_a_holder_that_slept_goes_on_where_nobody_has_followed(runner: Runner, clock: SetClock) -> None:
    job = Job("job", HOUR, nothing)
    lease = await taken(runner(job), job)
    clock.advance(hours=9)
    await lease.guard()
    assert await runner(job).take(job) is None
    assert lease.until == clock.now + LEASE


async def test_guarding_keeps_the_lease(runner: Runner, clock: SetClock) -> None:
    job = Job("job", HOUR, nothing)
    lease = await taken(runner(job), job)
    for _ in range(5):
        clock.advance(seconds=20)
        await lease.guard()
    assert await runner(job).take(job) is None


async def test_what_a_successor_wrote_cannot_be_overwritten(
    runner: Runner, clock: SetClock, database: Database
) -> None:
    job, rows = Job("job", HOUR, nothing), database["effects"]
    await rows.insert_one({"_id": "e", "by": None})
    first = await taken(runner(job), job)
    clock.advance(minutes=1)
    second = await taken(runner(job), job)

    async def write(lease: Lease) -> int:
        change = {"$set": {"by": lease.fence, **lease.stamp()}}
        return int((await rows.update_one(lease.fenced({"_id": "e"}), change)).modified_count)

    assert [await write(first), await write(second), await write(first)] == [1, 1, 0]
    assert await rows.find_one({"_id": "e"}) == {"_id": "e", "by": second.fence, "fence": second.fence}
    with pytest.raises(LeaseLost):
        await first.guard()


async def test_a_condition_of_its_own_stays_in_a_fenced_write(runner: Runner, database: Database) -> None:
    job, rows = Job("job", HOUR, nothing), database["effects"]
    await rows.insert_many([{"_id": "a"}, {"_id": "b"}])
    lease = await taken(runner(job), job)
    where = lease.fenced({"$or": [{"_id": "a"}, {"_id": "none"}]})
    assert (await rows.update_many(where, {"$set": lease.stamp()})).modified_count == 1


async def test_a_job_that_fails_is_tried_again_soon_and_holds_up_no_other(runner: Runner, clock: SetClock) -> None:
    async def fail(lease: Lease) -> None:
        raise ValueError("broken")

    worker = runner(Job("bad", HOUR, fail), Job("good", HOUR, nothing))
    assert await worker.run_due() == ["good"]
    clock.advance(seconds=RETRY.total_seconds() - 1)
    assert await worker.take(Job("bad", HOUR, fail)) is None
    clock.advance(seconds=1)
    assert await worker.take(Job("bad", HOUR, fail)) is not None


async def test_a_clock_that_was_set_back_does_not_stop_a_job(runner: Runner, clock: SetClock) -> None:
    job = Job("job", HOUR, nothing)
    ahead = SetClock(clock.now + timedelta(days=400))
    assert await runner(job, clock=ahead).run_due() == ["job"]
    assert await runner(job).run_due() == ["job"]
    assert await runner(job).run_due() == []


async def test_the_lease_of_a_long_job_is_kept_alive(
    runner: Runner, database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BEAT_SECONDS", 0.02)
    began, end = asyncio.Event(), asyncio.Event()

    async def wait(lease: Lease) -> None:
        began.set()
        await end.wait()

    async def is_renewed() -> bool:
        row = await database["leases"].find_one({"_id": "long"})
        return row is not None and row["until"] == clock() + LEASE

    job = Job("long", HOUR, wait)
    work = asyncio.create_task(runner(job).run_due())
    await began.wait()
    for _ in range(3):
        clock.advance(seconds=20)
        await until_told(is_renewed)
        assert await runner(job).take(job) is None
    end.set()
    assert await work == ["long"]


async def test_a_job_whose_lease_is_lost_while_it_waits_is_broken_off(
    runner: Runner, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_BEAT_SECONDS", 0.02)

    async def wait(lease: Lease) -> None:
        await database["leases"].update_one({"_id": "long"}, {"$set": {"holder": "another"}, "$inc": {"fence": 1}})
        await asyncio.sleep(30)

    async with asyncio.timeout(10):
        assert await runner(Job("long", HOUR, wait)).run_due() == []
    row = await database["leases"].find_one({"_id": "long"})
    assert row is not None
    assert (row["holder"], row["fence"]) == ("another", 2)


async def test_a_runner_that_stops_gives_its_lease_back(runner: Runner) -> None:
    began = asyncio.Event()

    async def wait(lease: Lease) -> None:
        began.set()
        await asyncio.sleep(30)

    job = Job("long", HOUR, wait)
    worker = runner(job, tick_seconds=0.01)
    worker.start()
    await began.wait()
    assert await runner(job).take(job) is None
    await worker.stop()
    assert await runner(job).take(job) is not None


async def test_a_started_runner_runs_what_is_due_again_and_again(runner: Runner, clock: SetClock) -> None:
    fences: asyncio.Queue[int] = asyncio.Queue()

    async def note(lease: Lease) -> None:
        await fences.put(lease.fence)

    worker = runner(Job("note", HOUR, note), tick_seconds=0.01)
    worker.start()
    async with asyncio.timeout(10):
        assert await fences.get() == 1
        await asyncio.sleep(0.3)
        assert fences.empty()
        clock.advance(hours=1)
        assert await fences.get() == 2
    await worker.stop()


async def test_jobs_run_as_long_as_the_application_lives(database: Database, clock: SetClock) -> None:
    fences: asyncio.Queue[int] = asyncio.Queue()

    async def note(lease: Lease) -> None:
        await fences.put(lease.fence)

    async with asyncio.timeout(10), jobs_running(database, clock, [Job("note", HOUR, note)]):
        assert await fences.get() == 1
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "job note"]


def test_two_jobs_of_one_name_are_refused(runner: Runner) -> None:
    with pytest.raises(ValueError, match="note"):
        runner(Job("note", HOUR, nothing), Job("note", HOUR, nothing))
