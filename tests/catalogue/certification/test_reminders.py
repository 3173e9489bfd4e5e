"""Reminders 60, 30 and 7 days before: once each, never of what holds no more."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from factories import SetClock, at
from killed import Killed
from office import Office

from lifecircle.catalogue.certification.reminders import Reminders
from lifecircle.catalogue.certification.store import RecordStore, ReminderStore
from lifecircle.catalogue.jobs import LEASE, MARGIN, JobRunner
from lifecircle.catalogue.ports import DeliveryResult
from lifecircle.catalogue.privacy import rules as privacy_rules
from lifecircle.catalogue.privacy.model import Purpose

SIXTY, THIRTY, SEVEN = "2027-01-09 11:00", "2027-02-08 11:00", "2027-03-03 11:00"
"""Before 2027-03-10."""


async def test_residents_are_reminded_three_times(office: Office) -> None:
    await office.record("2026-03-10")
    sent = {}
    for text in ("01-08", "01-09", "01-10", "02-07", "02-08", "02-09", "03-02", "03-03", "03-04", "03-10", "03-11"):
        sent[text] = len(await office.next_day(f"2027-{text} 11:00"))
    assert {text for text, count in sent.items() if count} == {"01-09", "02-08", "03-03"}
    assert await office.reminders() == [("2027-03-10", 7), ("2027-03-10", 30), ("2027-03-10", 60)]
    assert len(office.wechat.received) == 3


async def test_a_reminder_says_what_until_when_and_what_to_do(office: Office) -> None:
    await office.record("2026-03-10")
    await office.next_day(SIXTY)
    (notice,) = office.wechat.received
    assert (notice.purpose, notice.to) == ("CERTIFICATION", "o-r1")
    words = notice.words
    assert (words.status, words.offering, words.time) == ("认证快到期", "养老金领取资格认证", "2027年3月10日")
    assert "r1" not in notice.id + notice.subject


async def test_nobody_is_disturbed_at_night(office: Office) -> None:
    await office.record("2026-03-10")
    assert await office.next_day("2027-01-09 00:30") == []
    office.clock.now = at("2027-01-09 09:59")
    await office.run(*office.notices.jobs)
    assert office.wechat.received == []
    office.clock.now = at("2027-01-09 10:00")
    await office.run(*office.notices.jobs)
    assert len(office.wechat.received) == 1


async def test_a_reminder_made_late_in_the_evening_waits_for_the_morning(office: Office) -> None:
    await office.record("2026-03-10")
    assert await office.next_day("2027-01-09 21:30") == []
    assert len(await office.next_day("2027-01-10 10:00")) == 1


async def test_running_again_sends_nothing_again(office: Office) -> None:
    await office.record("2026-03-10")
    assert len(await office.next_day(SIXTY)) == 1
    for text in (SIXTY, "2027-01-10 11:00", "2027-01-20 11:00"):
        assert await office.next_day(text) == []


async def test_a_clock_that_goes_back_sends_nothing_again(office: Office) -> None:
    await office.record("2026-03-10")
    for text in (SIXTY, THIRTY):
        assert len(await office.next_day(text)) == 1
    assert await office.next_day("2027-01-20 11:00") == []
    assert await office.next_day(THIRTY) == []


async def test_who_was_away_makes_up_for_the_latest_only(office: Office) -> None:
    await office.record("2026-03-10")
    assert len(await office.next_day("2027-02-20 11:00")) == 1
    assert await office.reminders() == [("2027-03-10", 30)]


async def test_nobody_is_reminded_after_the_due_date(office: Office) -> None:
    await office.record("2026-03-10")
    assert await office.next_day("2027-03-11 11:00") == []
    assert await office.reminders() == []


async def test_after_certifying_again_the_old_date_is_forgotten(office: Office) -> None:
    await office.record("2026-03-10")
    await office.next_day("2027-01-09 03:00")  # written, to be sent at ten
    await office.record("2027-01-09")
    for text in (SIXTY, THIRTY, SEVEN):
        assert await office.next_day(text) == []
    assert len(await office.next_day("2027-11-10 11:00")) == 1


async def test_correcting_there_and_back_sends_nothing_twice(office: Office) -> None:
    await office.record("2026-03-10")
    assert len(await office.next_day(SIXTY)) == 1
    await office.record("2026-12-10")
    await office.record("2026-03-10")
    assert await office.next_day("2027-01-10 11:00") == []


async def test_a_record_that_changes_while_the_job_looks_is_not_reminded_of(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.record("2026-03-10")
    add = ReminderStore.add

    async def slow(store: ReminderStore, reminder: dict[str, Any]) -> bool:
        await office.record("2027-01-09")
        return await add(store, reminder)

    monkeypatch.setattr(ReminderStore, "add", slow)
    assert await office.next_day(SIXTY) == []
    assert await office.reminders() == []


async def test_an_account_that_goes_while_the_job_looks_is_not_reminded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.record("2026-03-10")
    add = ReminderStore.add

    async def slow(store: ReminderStore, reminder: dict[str, Any]) -> bool:
        await office.desk.privacy.delete_account("r1", confirm=True)
        return await add(store, reminder)

    monkeypatch.setattr(ReminderStore, "add", slow)
    assert await office.next_day(SIXTY) == []
    assert await office.rows("certification_reminders") == []


@pytest.mark.parametrize("after_writing", [False, True])
async def test_a_job_that_dies_half_way_is_followed_by_another(
    office: Office, monkeypatch: pytest.MonkeyPatch, after_writing: bool
) -> None:
    """Three residents, dead at the second: in the end each has heard once."""
    for name in ("r1", "r2", "r3"):
        await office.agree(name)
        await office.record("2026-03-10", name)
    office.clock.now, calls, add = at(SIXTY), list[str](), ReminderStore.add

    async def dying(store: ReminderStore, reminder: dict[str, Any]) -> bool:
        calls.append(reminder["resident"])
        if len(calls) == 2 and not after_writing:
            raise Killed
        added = await add(store, reminder)
        if len(calls) == 2:
            raise Killed
        return added

    with monkeypatch.context() as patch:
        patch.setattr(ReminderStore, "add", dying)
        runner = JobRunner(office.database, office.clock, "first")
        runner.register(*office.desk.jobs)
        with pytest.raises(Killed):
            await runner.run_due()
    office.clock.advance(seconds=(LEASE + MARGIN).total_seconds() + 1)
    await office.run(*office.desk.jobs)
    rows = await office.rows("certification_reminders")
    assert sorted(row["resident"] for row in rows) == ["r1", "r2", "r3"]
    await office.run(*office.notices.jobs)
    assert all(row["notices"][0]["delivered_at"] for row in await office.rows("certification_reminders"))


async def test_what_a_dead_job_left_behind_is_swept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It died between writing and looking again, and the record had changed in between."""
    await office.record("2026-03-10")

    async def dying(store: RecordStore, resident: str) -> int | None:
        raise Killed

    office.clock.now = at("2027-01-09 03:00")
    stale = (await office.standing()).record
    assert stale is not None
    await office.record("2027-01-08")
    with monkeypatch.context() as patch:
        patch.setattr(RecordStore, "version_of", dying)
        patch.setattr(RecordStore, "opened", lambda *_: stale)
        runner = JobRunner(office.database, office.clock, "first")
        runner.register(*office.desk.jobs)
        with pytest.raises(Killed):
            await runner.run_due()
    assert await office.reminders() == [("2027-03-10", 60)]
    assert await office.next_day(SIXTY) == []
    assert await office.reminders() == []


async def test_two_workers_at_once_write_it_once(office: Office) -> None:
    await office.record("2026-03-10")
    office.clock.now = at(SIXTY)
    job = Reminders(office.database, office.keys, office.desk.privacy, office.desk.shelf, office.clock)
    runner = JobRunner(office.database, office.clock, "worker")
    lease = await runner.take(office.desk.jobs[0])
    assert lease is not None
    await asyncio.gather(*(job.run(lease) for _ in range(4)))
    assert await office.reminders() == [("2027-03-10", 60)]


async def test_without_a_consent_in_force_nobody_is_reminded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.record("2026-03-10")
    newer = {**privacy_rules.TEXT_VERSIONS, Purpose.SENSITIVE_PENSION: "2027-01"}
    monkeypatch.setattr(privacy_rules, "TEXT_VERSIONS", newer)
    assert await office.next_day(SIXTY) == []


async def test_one_record_that_cannot_be_read_holds_up_no_other(office: Office) -> None:
    broken = {"details": "k0.lost", "recorded_at": office.clock(), "version": 1}
    await office.database["certifications"].insert_one({"_id": "a-broken", "resident": "a-broken", **broken})
    await office.record("2026-03-10")
    assert len(await office.next_day(SIXTY)) == 1


async def test_without_leave_for_a_message_only_the_app_shows_it(office: Office) -> None:
    await office.agree("r2")
    await office.record("2026-03-10", "r2")
    assert await office.next_day(SIXTY) == []
    (row,) = await office.rows("certification_reminders")
    assert row["notices"][0]["channel"] == "IN_APP"


async def test_a_failure_is_tried_again_under_the_same_id(office: Office) -> None:
    await office.record("2026-03-10")
    office.wechat.answers = [DeliveryResult.TRY_AGAIN]
    assert await office.next_day(SIXTY) == []
    office.clock.advance(minutes=2)
    await office.run(*office.notices.jobs)
    assert len(office.wechat.received) == 1


async def test_what_was_sent_is_kept_no_longer_than_it_is_needed(office: Office, clock: SetClock) -> None:
    await office.record("2026-03-10")
    await office.next_day(SIXTY)
    (row,) = await office.rows("certification_reminders")
    assert row["expires_at"] == at("2027-04-10 00:00")
    clock.now = at("2027-04-11 00:00")
    await office.run(*office.desk.privacy.jobs)
    assert await office.rows("certification_reminders") == []
