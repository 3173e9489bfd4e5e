"""Two workers and one WeChat that drops, delays and repeats: no resident twice, no token lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from servers import Client, Server, running

from lifecircle.catalogue.clock import system_clock
from lifecircle.catalogue.sealing import make_keys_file
from lifecircle.gateway.wechat.fake import FakeWeChat
from lifecircle.gateway.wechat.faults import Fault, FaultKind
from tests.gateway.wechat_helpers import listening

pytestmark = pytest.mark.slow

SIGN_IN = """mutation($c: String!) { signInWithWeChat(input: {code: $c}) {
  session { accessToken } viewer { id } errors { code } } }"""
BIND = "mutation($c: String!) { bindPhone(input: {weChatPhoneCode: $c}) { viewer { phone } errors { code } } }"
SESSION, PHONE, TOKEN = "/sns/jscode2session", "/wxa/business/getuserphonenumber", "/cgi-bin/stable_token"


@pytest.fixture(scope="module")
def wechat() -> Iterator[tuple[FakeWeChat, str]]:
    """The fake on a loop of its own, as it is a machine of its own."""
    fake, loop = FakeWeChat(system_clock), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opened = listening(fake.app())
    address = asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(30)
    yield fake, address
    asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


@pytest.fixture(scope="module")
def workers(wechat: tuple[FakeWeChat, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    (_, address), folder = wechat, tmp_path_factory.mktemp("wechat")
    make_keys_file(folder / "keys.json")
    environment = {
        "LIFECIRCLE_KEYS_FILE": str(folder / "keys.json"),
        "LIFECIRCLE_WECHAT_APP_ID": "wx-fake",
        "LIFECIRCLE_WECHAT_APP_SECRET": "fake-secret",
        "LIFECIRCLE_WECHAT_BASE_URL": address,
        "LIFECIRCLE_WECHAT_TIMEOUT_SECONDS": "1",
    }
    with running(Server(folder / "state", workers=2, demo=False, environment=environment)) as server:
        yield server


def test_no_resident_twice_and_no_token_lost(wechat: tuple[FakeWeChat, str], workers: Server) -> None:
    fake, _ = wechat
    faults = (
        Fault(FaultKind.DROP, worked_on=True),
        Fault(FaultKind.DROP),
        Fault(FaultKind.DELAY, seconds=1.5),
        Fault(FaultKind.BUSY),
        Fault(FaultKind.SERVER_ERROR),
        Fault(FaultKind.NOT_JSON),
    )
    for fault in faults:
        fake.faults.add(SESSION, fault, times=2)
        fake.faults.add(PHONE, fault)
    fake.faults.add(PHONE, Fault(FaultKind.INVALIDATE_TOKEN), times=2)
    fake.faults.add(TOKEN, Fault(FaultKind.DROP))
    fake.faults.add(TOKEN, Fault(FaultKind.REPEAT))
    codes, seen = count(), defaultdict(set)

    def come(person: int) -> None:
        client = Client(workers.url)
        while True:
            payload = client.ask(SIGN_IN, c=f"fake:p{person % 4}#{next(codes)}")["signInWithWeChat"]
            if payload["session"]:
                break
            assert payload["errors"][0]["code"] in {"UPSTREAM_UNAVAILABLE", "CODE_INVALID"}
        client.token = payload["session"]["accessToken"]
        seen[person % 4].add(payload["viewer"]["id"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come, range(16)))
    assert [len(ids) for ids in seen.values()] == [1, 1, 1, 1]

    def bind(person: int) -> str:
        code, client = f"fake:b{person}#0", Client(workers.url)
        client.token = client.ask(SIGN_IN, c=code)["signInWithWeChat"]["session"]["accessToken"]
        deadline = time.monotonic() + 60
        while True:
            payload = client.ask(BIND, c=f"fake:1380000{person:04d}#{next(codes)}")["bindPhone"]
            if payload["viewer"]:
                return str(payload["viewer"]["phone"])
            assert time.monotonic() < deadline, payload["errors"]

    with ThreadPoolExecutor(8) as pool:
        phones = list(pool.map(bind, range(8)))
    assert phones == [f"138****{person:04d}" for person in range(8)]
    assert fake.requests_to(PHONE)
    assert len(fake.requests_to(TOKEN)) < len(fake.requests_to(PHONE))


def test_a_bad_code_is_refused_with_words_for_the_resident(workers: Server) -> None:
    query = "mutation($c: String!) { signInWithWeChat(input: {code: $c}) { errors { code message field } } }"
    client = Client(workers.url)
    error = client.ask(query, c="nonsense")["signInWithWeChat"]["errors"][0]
    assert (error["code"], error["field"]) == ("CODE_INVALID", ["code"])
    assert client.ask(query, c="demo:王老师")["signInWithWeChat"]["errors"][0]["code"] == "CODE_INVALID"
    assert client.ask(SIGN_IN, c="fake:once")["signInWithWeChat"]["session"]
    assert client.ask(SIGN_IN, c="fake:once")["signInWithWeChat"]["errors"] == [{"code": "CODE_INVALID"}]
