"""The fake keeps WeChat's documented limits, so that what passes against it has a chance against WeChat."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import plain_http
import pytest
from factories import SetClock

from lifecircle.gateway.wechat.fake import (
    GET_PHONE_NUMBER,
    JSCODE2SESSION,
    MSG_SEC_CHECK,
    STABLE_TOKEN,
    SUBSCRIBE_SEND,
    FakeWeChat,
)
from tests.gateway.wechat_helpers import listening


@pytest.fixture
def fake(clock: SetClock) -> FakeWeChat:
    return FakeWeChat(clock)


@pytest.fixture
async def http(fake: FakeWeChat) -> AsyncIterator[httpx2.AsyncClient]:
    async with listening(fake.app()) as address, plain_http.AsyncClient(base_url=address, trust_env=False) as http:
        yield http


async def sign_in(http: httpx2.AsyncClient, code: str, **changes: str) -> dict[str, Any]:
    query = {"appid": "wx-fake", "secret": "fake-secret", "js_code": code, "grant_type": "authorization_code"}
    return (await http.get(JSCODE2SESSION, params={**query, **changes})).json()


async def token(http: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    body = {"grant_type": "client_credential", "appid": "wx-fake", "secret": "fake-secret", **changes}
    return (await http.post(STABLE_TOKEN, json=body)).json()


async def post(http: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    access_token = (await token(http))["access_token"]
    return (await http.post(path, params={"access_token": access_token}, json=body)).json()


def message(**values: str) -> dict[str, Any]:
    data = {name: {"value": value} for name, value in {"thing1": "理发", "number2": "1", **values}.items()}
    return {"touser": "o-li", "template_id": "t1", "data": data}


async def test_a_success_carries_no_errcode_and_a_failure_does(http: httpx2.AsyncClient):
    assert (await sign_in(http, "fake:li")).keys() == {"openid", "session_key"}
    assert (await sign_in(http, "fake:li"))["errcode"] == 40163
    assert (await sign_in(http, "unknown"))["errcode"] == 40029
    assert (await sign_in(http, "fake:li#2", secret="wrong"))["errcode"] == 40125
    assert (await sign_in(http, "fake:li#2", appid="wrong"))["errcode"] == 40013


async def test_two_codes_of_one_name_are_one_person(http: httpx2.AsyncClient):
    assert (await sign_in(http, "fake:li"))["openid"] == (await sign_in(http, "fake:li#2"))["openid"]


async def test_a_token_stays_until_its_last_five_minutes_and_both_are_good_at_the_change(
    http: httpx2.AsyncClient, fake: FakeWeChat, clock: SetClock
):
    first = await token(http)
    assert first["expires_in"] == 7_200
    clock.advance(minutes=114)
    assert (await token(http)) == {"access_token": first["access_token"], "expires_in": 360}
    clock.advance(minutes=2)
    second = await token(http)
    assert second["access_token"] != first["access_token"]
    assert fake.tokens.problem(first["access_token"]) is None
    clock.advance(minutes=5)
    assert fake.tokens.problem(first["access_token"]) is not None


async def test_force_ends_the_old_token_but_not_twice_in_half_a_minute(
    http: httpx2.AsyncClient, fake: FakeWeChat, clock: SetClock
):
    first = await token(http)
    second = await token(http, force_refresh=True)
    assert fake.tokens.problem(first["access_token"]) is not None
    assert await token(http, force_refresh=True) == second
    clock.advance(seconds=30)
    assert (await token(http, force_refresh=True))["access_token"] != second["access_token"]


async def test_without_a_good_token_nothing_is_answered(http: httpx2.AsyncClient):
    assert (await http.post(GET_PHONE_NUMBER, json={"code": "fake:13800000001"})).json()["errcode"] == 41001
    wrong = await http.post(GET_PHONE_NUMBER, params={"access_token": "x"}, json={"code": "fake:13800000001"})
    assert wrong.json()["errcode"] == 40001


@pytest.mark.parametrize(
    ("values", "errcode"),
    [
        ({"thing1": "二" * 20, "number2": "9" * 32}, 0),
        ({"number2": "3.5"}, 0),
        ({"thing1": "二" * 21}, 47003),
        ({"thing1": ""}, 47003),
        ({"number2": "9" * 33}, 47003),
        ({"number2": "三"}, 47003),
        ({"thing3": "不在模板里"}, 47003),
    ],
)
async def test_a_message_keeps_to_its_template(
    http: httpx2.AsyncClient, fake: FakeWeChat, values: dict[str, str], errcode: int
):
    fake.add_template("t1", "thing1", "number2")
    fake.accept("o-li", "t1")
    assert (await post(http, SUBSCRIBE_SEND, message(**values)))["errcode"] == errcode


async def test_a_message_needs_a_known_user_a_template_a_page_and_a_credit(http: httpx2.AsyncClient, fake: FakeWeChat):
    assert (await post(http, SUBSCRIBE_SEND, message()))["errcode"] == 40003
    fake.accept("o-li", "t2")
    assert (await post(http, SUBSCRIBE_SEND, message()))["errcode"] == 40037
    fake.add_template("t1", "thing1", "number2")
    assert (await post(http, SUBSCRIBE_SEND, message() | {"page": "/pages/x"}))["errcode"] == 41030
    assert (await post(http, SUBSCRIBE_SEND, message()))["errcode"] == 43101


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "pass"),
        ({"content": "加微信赌一把"}, "risky"),
        ({"content": "代办包过"}, "review"),
        ({"content": "长" * 2_500}, "pass"),
        ({"content": "长" * 2_501}, 47001),
        ({"content": ""}, 44002),
        ({"scene": 5}, 40129),
        ({"openid": "o-nobody"}, 40003),
    ],
)
async def test_the_content_check_answers_as_documented(
    http: httpx2.AsyncClient, fake: FakeWeChat, changes: dict[str, Any], expected: str | int
):
    fake.risky_words, fake.review_words = {"赌"}, {"包过"}
    await sign_in(http, "fake:li")
    body = {"content": "手艺很好", "version": 2, "scene": 2, "openid": "o-fake-li", **changes}
    answer = await post(http, MSG_SEC_CHECK, body)
    assert expected in (answer["errcode"], answer.get("result", {}).get("suggest"))


async def test_the_content_check_wants_a_user_of_the_last_two_hours(http: httpx2.AsyncClient, clock: SetClock):
    await sign_in(http, "fake:li")
    clock.advance(hours=2, seconds=1)
    body = {"content": "手艺很好", "version": 2, "scene": 2, "openid": "o-fake-li"}
    assert (await post(http, MSG_SEC_CHECK, body))["errcode"] == 61010
