import logging
import traceback
from collections.abc import AsyncIterator

import pytest
from factories import SetClock

from lifecircle.catalogue.database import Database
from lifecircle.catalogue.errors import CodeInvalid, Forbidden, RateLimited, Refused, SettingInvalid, Unavailable
from lifecircle.catalogue.ports import WeChatIdentity, WeChatUser
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.gateway.wechat.errors import AnswerLost, NotReached, WeChatRefused
from lifecircle.gateway.wechat.fake import (
    GET_PHONE_NUMBER,
    JSCODE2SESSION,
    MSG_SEC_CHECK,
    STABLE_TOKEN,
    SUBSCRIBE_SEND,
)
from lifecircle.gateway.wechat.faults import Fault, FaultKind
from lifecircle.gateway.wechat.transport import WeChatHttp
from tests.gateway.wechat_helpers import HASTY, WeChatStage, unused_address, wechat_stage

LOST = [
    Fault(FaultKind.DROP, worked_on=True),
    Fault(FaultKind.DROP),
    Fault(FaultKind.SERVER_ERROR, worked_on=True),
    Fault(FaultKind.NOT_JSON),
    Fault(FaultKind.BUSY),
]
LOST_NAMES = ["answer dropped", "request dropped", "HTTP 500", "not JSON", "busy"]


@pytest.fixture
async def stage(database: Database, keys: KeyRing, clock: SetClock) -> AsyncIterator[WeChatStage]:
    async with wechat_stage(database, keys, clock) as stage:
        yield stage


# --- signing in ---


async def test_a_code_names_the_user(stage: WeChatStage):
    identity: WeChatIdentity = stage.worker().client
    stage.fake.give_code("c1", "o-li")
    assert await identity.identify("c1") == WeChatUser(openid="o-li")


async def test_a_code_works_once(stage: WeChatStage):
    client = stage.worker().client
    await client.identify("fake:li")
    with pytest.raises(CodeInvalid, match="微信登录") as refusal:
        await client.identify("fake:li")
    assert refusal.value.field == ("code",)


async def test_a_code_lives_for_five_minutes(stage: WeChatStage, clock: SetClock):
    stage.fake.give_code("c1", "o-li")
    clock.advance(minutes=5, seconds=1)
    with pytest.raises(CodeInvalid):
        await stage.worker().client.identify("c1")


@pytest.mark.parametrize("code", ["", "x" * 513])
async def test_an_impossible_code_is_refused_without_asking(stage: WeChatStage, code: str):
    with pytest.raises(CodeInvalid):
        await stage.worker().client.identify(code)
    assert stage.fake.received == []


async def test_a_user_whom_wechat_blocks_is_told_so(stage: WeChatStage):
    stage.fake.block("o-fake-mallory")
    with pytest.raises(Forbidden, match="安全风险"):
        await stage.worker().client.identify("fake:mallory")


async def test_too_many_sign_ins_say_when_to_try_again(stage: WeChatStage):
    stage.fake.faults.add(JSCODE2SESSION, Fault(FaultKind.TOO_OFTEN))
    with pytest.raises(RateLimited) as refusal:
        await stage.worker().client.identify("fake:li")
    assert refusal.value.retry_after == 60


@pytest.mark.parametrize("fault", LOST, ids=LOST_NAMES)
async def test_a_code_that_wechat_may_have_seen_is_never_sent_again(stage: WeChatStage, fault: Fault):
    stage.fake.faults.add(JSCODE2SESSION, fault)
    with pytest.raises(Unavailable, match="登录没有完成"):
        await stage.worker().client.identify("fake:li")
    assert len(stage.fake.requests_to(JSCODE2SESSION)) == 1


async def test_nor_after_a_time_out(stage: WeChatStage):
    stage.fake.faults.add(JSCODE2SESSION, Fault(FaultKind.DELAY, seconds=3 * HASTY))
    with pytest.raises(Unavailable) as refusal:
        await stage.worker(timeout_seconds=HASTY).client.identify("fake:li")
    assert isinstance(refusal.value.__cause__, AnswerLost)
    assert len(stage.fake.requests_to(JSCODE2SESSION)) == 1


async def test_a_wechat_that_cannot_be_reached_is_unavailable(stage: WeChatStage):
    with pytest.raises(Unavailable) as refusal:
        await stage.worker(address=unused_address()).client.identify("fake:li")
    assert isinstance(refusal.value.__cause__, NotReached)


async def test_a_wrong_secret_is_the_operators_affair(stage: WeChatStage, caplog: pytest.LogCaptureFixture):
    with pytest.raises(Unavailable):
        await stage.worker(secret="wrong").client.identify("fake:li")
    assert "errcode 40125" in caplog.text


# --- the phone number ---


async def test_a_phone_code_gives_the_number(stage: WeChatStage):
    assert await stage.worker().client.phone_number("fake:13800000001") == "13800000001"


async def test_a_foreign_number_keeps_its_country(stage: WeChatStage):
    stage.fake.give_phone_code("p1", "61234567", country="852")
    assert await stage.worker().client.phone_number("p1") == "+85261234567"


async def test_a_phone_code_works_once(stage: WeChatStage):
    client = stage.worker().client
    await client.phone_number("fake:13800000001")
    with pytest.raises(CodeInvalid, match="获取手机号") as refusal:
        await client.phone_number("fake:13800000001")
    assert refusal.value.field == ("weChatPhoneCode",)


async def test_a_refused_token_is_renewed_and_the_code_still_works(stage: WeChatStage):
    stage.fake.faults.add(GET_PHONE_NUMBER, Fault(FaultKind.INVALIDATE_TOKEN))
    assert await stage.worker().client.phone_number("fake:13800000001") == "13800000001"
    assert stage.fake.tokens.issued == 2


async def test_a_token_that_keeps_being_refused_is_given_up(stage: WeChatStage):
    stage.fake.faults.add(GET_PHONE_NUMBER, Fault(FaultKind.INVALIDATE_TOKEN), times=9)
    with pytest.raises(Unavailable):
        await stage.worker().client.phone_number("fake:13800000001")
    assert len(stage.fake.requests_to(GET_PHONE_NUMBER)) == 2


@pytest.mark.parametrize("fault", LOST, ids=LOST_NAMES)
async def test_a_phone_code_that_wechat_may_have_seen_is_never_sent_again(stage: WeChatStage, fault: Fault):
    stage.fake.faults.add(GET_PHONE_NUMBER, fault)
    with pytest.raises(Unavailable, match="手机号没有取到"):
        await stage.worker().client.phone_number("fake:13800000001")
    assert len(stage.fake.requests_to(GET_PHONE_NUMBER)) == 1


# --- anything else under the token ---

MESSAGE = {"touser": "o-li", "template_id": "t1", "data": {"thing1": {"value": "理发预约"}}}
CHECK = {"content": "今天理发师手艺很好", "version": 2, "scene": 2, "openid": "o-li"}


async def test_one_accept_is_one_message(stage: WeChatStage):
    client = stage.worker().client
    stage.fake.add_template("t1", "thing1")
    stage.fake.accept("o-li", "t1")
    await client.call(SUBSCRIBE_SEND, MESSAGE)
    with pytest.raises(WeChatRefused) as refusal:
        await client.call(SUBSCRIBE_SEND, MESSAGE)
    assert refusal.value.errcode == 43101
    assert stage.fake.sent == [MESSAGE]


async def test_chinese_is_sent_as_it_is(stage: WeChatStage):
    stage.fake.accept("o-li", "t1")
    await stage.worker().client.call(MSG_SEC_CHECK, CHECK)
    assert "手艺".encode() in stage.fake.requests_to(MSG_SEC_CHECK)[0].raw


@pytest.mark.parametrize("fault", LOST, ids=LOST_NAMES)
async def test_what_may_be_repeated_is_asked_twice(stage: WeChatStage, fault: Fault):
    stage.fake.accept("o-li", "t1")
    stage.fake.faults.add(MSG_SEC_CHECK, fault)
    answer = await stage.worker().client.call(MSG_SEC_CHECK, CHECK, repeatable=True)
    assert answer["result"]["suggest"] == "pass"


async def test_and_not_three_times(stage: WeChatStage):
    stage.fake.faults.add(MSG_SEC_CHECK, Fault(FaultKind.SERVER_ERROR), times=9)
    with pytest.raises(Unavailable):
        await stage.worker().client.call(MSG_SEC_CHECK, CHECK, repeatable=True)
    assert len(stage.fake.requests_to(MSG_SEC_CHECK)) == 2


async def test_a_message_is_not_sent_twice_and_the_caller_learns_that_it_may_have_arrived(stage: WeChatStage):
    stage.fake.add_template("t1", "thing1")
    stage.fake.accept("o-li", "t1")
    stage.fake.faults.add(SUBSCRIBE_SEND, Fault(FaultKind.DROP, worked_on=True))
    with pytest.raises(Unavailable) as refusal:
        await stage.worker().client.call(SUBSCRIBE_SEND, MESSAGE)
    assert isinstance(refusal.value.__cause__, AnswerLost)
    assert stage.fake.sent == [MESSAGE]


async def test_too_many_calls_say_when_to_try_again(stage: WeChatStage):
    stage.fake.faults.add(MSG_SEC_CHECK, Fault(FaultKind.TOO_OFTEN))
    with pytest.raises(RateLimited):
        await stage.worker().client.call(MSG_SEC_CHECK, CHECK)


# --- secrets ---


def test_secrets_never_travel_in_clear():
    with pytest.raises(SettingInvalid, match="LIFECIRCLE_WECHAT_BASE_URL"):
        WeChatHttp("http://api.weixin.qq.com", 5)


async def test_no_secret_reaches_a_log_or_an_exception(stage: WeChatStage, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    client, faults, told = stage.worker().client, stage.fake.faults, ""
    for path in (JSCODE2SESSION, GET_PHONE_NUMBER, STABLE_TOKEN):
        for fault in [*LOST, Fault(FaultKind.TOO_OFTEN), Fault(FaultKind.INVALIDATE_TOKEN)]:
            faults.add(path, fault)
    for turn in range(12):
        for ask, code in ((client.identify, f"fake:li-code#{turn}"), (client.phone_number, f"fake:13800000001#{turn}")):
            try:
                await ask(code)
            except Refused as refusal:
                told += "".join(traceback.format_exception(refusal))
    # The fake's own server writes addresses to its log, as servers do; that is WeChat's side.
    told += "".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert "errcode" in told
    assert "lifecircle.wechat" in {record.name for record in caplog.records}
    token = stage.fake.tokens.newest or ""
    for secret in (stage.fake.app_secret, "li-code", "o-fake-li", "13800000001", token, "fake-token", "session_key"):
        assert secret not in told
