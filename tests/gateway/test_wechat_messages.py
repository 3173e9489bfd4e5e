"""Subscribe messages and the content check against a WeChat that keeps the documented limits."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import SetClock, at
from messages import a_booking

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import SettingInvalid, Unavailable
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.notices.store import create_notice_indexes
from lifecircle.catalogue.ports import DeliveryResult, NoticeWords, OutboundNotice, Verdict
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.gateway.wechat.fake import MSG_SEC_CHECK, SUBSCRIBE_SEND
from lifecircle.gateway.wechat.faults import Fault, FaultKind
from lifecircle.gateway.wechat.messages import (
    Template,
    WeChatContentCheck,
    WeChatMessages,
    fitted,
    read_templates,
)
from tests.gateway.wechat_helpers import WeChatStage, wechat_stage

FIELDS = {"thing1": "offering", "thing2": "store", "phrase3": "status", "time4": "time", "thing5": "hint"}
WORDS = NoticeWords(
    status="预约已确认",
    offering="深度保洁（四小时，含厨房油烟机与卫生间）三室两厅",
    store="好邻居",
    time="2026年11月26日 10:00",
    hint="请按时\n到场",
)


def a_notice(**changes: Any) -> OutboundNotice:
    given = {"id": "b1:1", "purpose": "BOOKING_RESULT", "subject": "b1", "to": "o-li", "words": WORDS, **changes}
    return OutboundNotice(**given)


def messages(stage: WeChatStage, **changes: Any) -> WeChatMessages:
    template = Template(**{"id": "t1", "fields": FIELDS, **changes})
    return WeChatMessages(stage.worker().client, {Purpose.BOOKING_RESULT: template})


@pytest.fixture
async def stage(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[WeChatStage]:
    async with wechat_stage(database, keys, clock) as stage:
        stage.fake.add_template("t1", *FIELDS)
        yield stage


async def test_a_message_fits_its_template_and_names_its_notice(stage: WeChatStage) -> None:
    stage.fake.accept("o-li", "t1")
    assert await messages(stage).deliver(a_notice()) is DeliveryResult.SENT
    (sent,) = stage.fake.sent
    assert sent["data"]["thing1"]["value"] == "深度保洁（四小时，含厨房油烟机与卫生间…"
    assert sent["data"]["phrase3"]["value"] == "预约已确认"
    assert sent["data"]["thing5"]["value"] == "请按时 到场"
    assert stage.fake.told == {"b1:1": 1}


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("thing1", "字" * 20, "字" * 20),
        ("thing1", "字" * 21, "字" * 19 + "…"),
        ("thing1", " \n\t", "无"),
        ("phrase2", "预约已确认了", "预约已确认"),
        ("phrase2", "OK", "无"),
        ("character_string3", "A" * 40, "A" * 32),
        ("time4", "2026年11月26日 10:00", "2026年11月26日 10:00"),
    ],
)
def test_values_are_cut_to_what_a_field_may_hold(field: str, text: str, expected: str) -> None:
    assert fitted(field, text) == expected


async def test_each_refusal_of_wechat_has_its_consequence(stage: WeChatStage) -> None:
    assert await messages(stage).deliver(a_notice()) is DeliveryResult.NO_ADDRESS  # 40003
    stage.fake.accept("o-li", "t2")
    assert await messages(stage, id="t9").deliver(a_notice()) is DeliveryResult.INVALID  # 40037
    assert await messages(stage).deliver(a_notice()) is DeliveryResult.REFUSED  # 43101
    stage.fake.accept("o-li", "t1")
    assert await messages(stage, fields={"thing1": "offering"}).deliver(a_notice()) is DeliveryResult.INVALID  # 47003
    assert await messages(stage, page="/pages/x").deliver(a_notice()) is DeliveryResult.INVALID  # 41030
    assert await messages(stage).deliver(a_notice(purpose="REMINDER")) is DeliveryResult.INVALID  # no template
    assert stage.fake.sent == []


@pytest.mark.parametrize("kind", [FaultKind.BUSY, FaultKind.TOO_OFTEN, FaultKind.SERVER_ERROR, FaultKind.DROP])
async def test_what_may_pass_is_tried_again_but_not_at_once(stage: WeChatStage, kind: FaultKind) -> None:
    stage.fake.accept("o-li", "t1")
    stage.fake.faults.add(SUBSCRIBE_SEND, Fault(kind))
    assert await messages(stage).deliver(a_notice()) is DeliveryResult.TRY_AGAIN
    assert len(stage.fake.requests_to(SUBSCRIBE_SEND)) == 1
    assert await messages(stage).deliver(a_notice()) is DeliveryResult.SENT


@pytest.mark.parametrize(
    ("text", "verdict"), [("手艺很好", Verdict.PASS), ("一起赌", Verdict.RISKY), ("代办包过", Verdict.RISKY)]
)
async def test_the_content_check_decides(stage: WeChatStage, text: str, verdict: Verdict) -> None:
    stage.fake.risky_words, stage.fake.review_words = {"赌"}, {"包过"}
    stage.fake.accept("o-li", "t1")
    assert await WeChatContentCheck(stage.worker().client).check(text, "o-li") is verdict


async def test_the_content_check_says_when_it_cannot_tell(stage: WeChatStage, clock: SetClock) -> None:
    check = WeChatContentCheck(stage.worker().client)
    assert await check.check("手艺很好", "o-nobody") is Verdict.UNKNOWN
    stage.fake.accept("o-li", "t1")
    clock.advance(hours=2, seconds=1)
    assert await check.check("手艺很好", "o-li") is Verdict.UNKNOWN
    stage.fake.faults.add(MSG_SEC_CHECK, Fault(FaultKind.SERVER_ERROR), times=2)
    with pytest.raises(Unavailable):
        await check.check("手艺很好", "o-li")


def test_a_file_of_templates_is_read_and_a_wrong_one_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "templates.json"
    path.write_text(json.dumps({"REMINDER": {"id": "t1", "fields": {"thing1": "offering"}}}), "utf-8")
    assert read_templates(path) == {Purpose.REMINDER: Template("t1", {"thing1": "offering"})}
    for wrong in ('{"LOTTERY": {}}', '{"REMINDER": {"id": "t1", "fields": {"thing1": "phone"}}}', "[]", "{"):
        path.write_text(wrong, "utf-8")
        with pytest.raises(SettingInvalid, match="LIFECIRCLE_WECHAT_TEMPLATES_FILE"):
            read_templates(path)


WORKER = """
import asyncio, sys
from datetime import datetime
from pathlib import Path
from lifecircle.catalogue.database import connect, open_database
from lifecircle.catalogue.notices.model import Purpose
from lifecircle.catalogue.notices.service import NoticeDesk
from lifecircle.catalogue.sealing import read_key_ring
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.jobs import JobRunner
from lifecircle.gateway.wechat.client import open_wechat
from lifecircle.gateway.wechat.messages import Template, WeChatMessages
from lifecircle.gateway.wechat.transport import WeChatApp

async def main(uri, name, keys_file, address, now):
    database = open_database(connect(uri), name)
    keys, clock = read_key_ring(Path(keys_file)), lambda: datetime.fromisoformat(now)
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    app = WeChatApp("wx-fake", "fake-secret")
    async with open_wechat(app, database, keys, clock, base_url=address, timeout_seconds=60) as client:
        fields = {"thing1": "offering", "thing2": "store", "phrase3": "status", "time4": "time", "thing5": "hint"}
        deliverer = WeChatMessages(client, {Purpose.BOOKING_RESULT: Template("t1", fields)})
        desk = NoticeDesk(database, keys, keeper, clock, {Purpose.BOOKING_RESULT: "t1"}, deliverer)
        runner = JobRunner(database, clock, "doomed")
        runner.register(*desk.jobs)
        await runner.run_due()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
async def test_kill_9_between_the_sending_and_the_marking_tells_again_under_the_same_id(
    stage: WeChatStage, database: Database, keys: KeyRing, clock: SetClock, mongodb_uri: str, tmp_path: Path
) -> None:
    await create_notice_indexes(database)
    await database["residents"].insert_one({"_id": "r1", "openid": keys.seal("o-li", field="openid"), "phone": None})
    await database["bookings"].insert_one(a_booking(start=at("2026-11-28 10:00"), at=clock()))
    for _ in range(2):
        stage.fake.accept("o-li", "t1")
    keeper = SnapshotKeeper(database, (), clock)
    await keeper.start()
    deliverer = messages(stage)
    desk = NoticeDesk(database, keys, keeper, clock, {Purpose.BOOKING_RESULT: "t1"}, deliverer)
    await desk.credits.record_consent("r1", ["t1"], [])
    stage.fake.faults.add(SUBSCRIBE_SEND, Fault(FaultKind.DELAY, worked_on=True, seconds=8))  # taken, not answered

    given = (mongodb_uri, database.name, str(tmp_path / "keys.json"), stage.address, clock().isoformat())
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", WORKER, *given)
    async with asyncio.timeout(60):
        while not stage.fake.told:
            assert worker.returncode is None, "the worker ended by itself"
            await asyncio.sleep(0.05)
    os.kill(worker.pid, signal.SIGKILL)
    await worker.wait()
    row = await database["bookings"].find_one({"_id": "b1"})
    assert row is not None
    assert row["notices"][0]["delivered_at"] is None

    runner = JobRunner(database, clock, "successor")
    runner.register(*desk.jobs)
    clock.advance(minutes=2)  # past the lease and the claim
    assert await runner.run_due() == ["notices"]
    row = await database["bookings"].find_one({"_id": "b1"})
    assert row is not None
    assert (row["notices"][0]["channel"], row["notices"][0]["attempts"]) == ("WECHAT", 2)
    assert dict(stage.fake.told) == {"b1:1": 2}, "at least once, and one notice by its id"
    assert await desk.credits.left("r1") == {"t1": 0}
    clock.advance(minutes=2)
    await runner.run_due()
    assert stage.fake.told.total() == 2
    await keeper.stop()


def test_the_claim_outlasts_a_call_to_wechat() -> None:
    from lifecircle.catalogue.notices.rules import CLAIM

    assert timedelta(seconds=4 * 4) < CLAIM  # the longest time limit, for a token and a message, each asked twice
