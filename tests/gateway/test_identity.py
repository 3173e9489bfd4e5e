"""Signing in by SMS, devices, signing out, and keys that change while the server runs."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import lifecircle
from servers import Client, Server, running

REQUEST = (
    "mutation($p: String!) { requestSmsCode(input: {phone: $p}) { resendAfterSeconds errors { code field message } } }"
)
BIND = "mutation($c: String!) { bindPhone(input: {weChatPhoneCode: $c}) { viewer { phone } errors { code field } } }"
BOOK = 'mutation { createBooking(input: {offering: "x", start: "2026-12-01T10:00:00+08:00"}) { errors { code } } }'
SIGN_IN = """mutation($p: String!, $c: String!) { signInWithSms(input: {phone: $p, code: $c}) {
  session { accessToken refreshToken } viewer { id phone } errors { code field message } } }"""
SIGN_OUT = "mutation($e: Boolean!) { signOut(input: {everywhere: $e}) { done errors { code } } }"


def a_phone() -> str:
    return f"139{secrets.randbelow(10**8):08d}"


def request_code(client: Client, phone: str) -> tuple[dict[str, Any], str | None]:
    answer = client.post(REQUEST, {"p": phone}).json()
    return answer["data"]["requestSmsCode"], answer.get("extensions", {}).get("demoSmsCode")


def sign_in(client: Client, phone: str, code: str) -> dict[str, Any]:
    return dict(client.ask(SIGN_IN, p=phone, c=code)["signInWithSms"])


def a_signed_in(server: Server, phone: str) -> Client:
    client = Client(server.url)
    _, code = request_code(client, phone)
    assert code
    client.token = sign_in(client, phone, code)["session"]["accessToken"]
    return client


def test_a_code_signs_in_once_and_the_phone_is_masked(server: Server) -> None:
    client, phone = Client(server.url), a_phone()
    payload, code = request_code(client, phone)
    assert payload == {"resendAfterSeconds": 60, "errors": []}
    assert code
    assert len(code) == 6
    done = sign_in(client, f"+86 {phone[:3]} {phone[3:]}", code)
    assert done["viewer"]["phone"] == f"{phone[:3]}****{phone[-4:]}"
    assert sign_in(client, phone, code)["errors"][0]["code"] == "CODE_EXPIRED"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, seeded: Path) -> Iterator[Server]:
    """Limits that a test can reach."""
    environment = {
        "LIFECIRCLE_RATE_SMS_GAP_SECONDS": "1",
        "LIFECIRCLE_RATE_SMS_HOUR": "2",
        "LIFECIRCLE_RATE_BOOKING_HOUR": "2",
        "LIFECIRCLE_RATE_CHAT_MINUTE": "3",
        "LIFECIRCLE_ACCOUNT_RATE": "1",
        "LIFECIRCLE_ACCOUNT_BURST": "20",
    }
    state = tmp_path_factory.mktemp("strict") / "state"
    with running(Server(state, environment=environment, seeded=seeded)) as started:
        yield started


def test_one_number_is_one_resident(strict: Server) -> None:
    client, phone, seen = Client(strict.url), a_phone(), set()
    for _ in range(2):
        time.sleep(1.05)
        _, code = request_code(client, phone)
        seen.add(sign_in(client, phone, str(code))["viewer"]["id"])
    assert len(seen) == 1
    time.sleep(1.05)
    payload, _ = request_code(client, phone)
    assert payload["errors"][0]["code"] == "RATE_LIMITED"


def test_five_wrong_tries_end_a_code(server: Server) -> None:
    client, phone = Client(server.url), a_phone()
    _, code = request_code(client, phone)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        assert sign_in(client, phone, wrong)["errors"][0]["code"] == "CODE_INVALID"
    assert sign_in(client, phone, str(code))["errors"][0]["code"] == "CODE_EXPIRED"


def test_a_second_code_within_a_minute_is_refused_and_says_when(server: Server) -> None:
    client, phone = Client(server.url), a_phone()
    request_code(client, phone)
    answer = client.post(REQUEST, {"p": phone})
    assert answer.json()["data"]["requestSmsCode"]["errors"][0]["code"] == "RATE_LIMITED"
    assert 1 <= int(answer.headers["retry-after"]) <= 60


def test_a_known_and_an_unknown_number_answer_alike(server: Server) -> None:
    known, unknown = a_phone(), a_phone()
    a_signed_in(server, known)
    first = Client(server.url).post(REQUEST, {"p": unknown}).json()["data"]
    assert first == {"requestSmsCode": {"resendAfterSeconds": 60, "errors": []}}
    wrong = [sign_in(Client(server.url), phone, "12345x")["errors"][0]["code"] for phone in (a_phone(), unknown)]
    assert wrong == ["CODE_EXPIRED", "CODE_INVALID"]


@pytest.mark.parametrize("phone", ["", "12345", "1380013800", "138001380001", "abc", "00000000000", "1" * 5_000])
def test_a_number_that_is_none_is_refused(server: Server, phone: str) -> None:
    payload, _ = request_code(Client(server.url), phone)
    assert (payload["errors"][0]["code"], payload["errors"][0]["field"]) == ("INVALID_INPUT", ["phone"])


def test_signing_out_here_leaves_the_other_device(server: Server) -> None:
    name = f"demo:住户{secrets.token_hex(4)}"
    here, there = Client(server.url).sign_in(name), Client(server.url).sign_in(name)
    sessions = here.ask("{ viewer { sessions { isCurrent device } } }")["viewer"]["sessions"]
    assert sorted(s["isCurrent"] for s in sessions) == [False, True]
    assert here.ask(SIGN_OUT, e=False)["signOut"] == {"done": True, "errors": []}
    assert here.post("{ viewer { id } }").status_code == 401
    assert there.ask("{ viewer { id } }")["viewer"]["id"]


def test_signing_out_everywhere_ends_every_session(server: Server) -> None:
    name = f"demo:住户{secrets.token_hex(4)}"
    here, there = Client(server.url).sign_in(name), Client(server.url).sign_in(name)
    there.ask("{ viewer { id } }")
    assert here.ask(SIGN_OUT, e=True)["signOut"]["done"] is True
    deadline = time.monotonic() + 20
    while there.post("{ viewer { id } }").status_code != 401:
        assert time.monotonic() < deadline, "the other device stayed signed in"
        time.sleep(0.2)


def test_a_stolen_refresh_token_ends_the_access_token_too(server: Server) -> None:
    client = Client(server.url)
    first = client.ask(
        "mutation($c: String!) { signInWithWeChat(input: {code: $c}) { session { accessToken refreshToken } } }",
        c=f"demo:住户{secrets.token_hex(4)}",
    )["signInWithWeChat"]["session"]
    refresh = "mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { session { accessToken } } }"
    second = client.ask(refresh, t=first["refreshToken"])["refreshSession"]["session"]
    client.ask(refresh, t=first["refreshToken"])
    client.token = second["accessToken"]
    deadline = time.monotonic() + 20
    while client.post("{ viewer { id } }").status_code != 401:
        assert time.monotonic() < deadline, "the family lived on"
        time.sleep(0.2)


def test_a_phone_is_bound_once(server: Server) -> None:
    phone = a_phone()
    first = Client(server.url).sign_in(f"demo:住户{secrets.token_hex(4)}")
    second = Client(server.url).sign_in(f"demo:住户{secrets.token_hex(4)}")
    bound = first.ask(BIND, c=f"demo:{phone}")["bindPhone"]
    assert bound == {"viewer": {"phone": f"{phone[:3]}****{phone[-4:]}"}, "errors": []}
    refused = second.ask(BIND, c=f"demo:{phone}")["bindPhone"]
    assert refused == {"viewer": None, "errors": [{"code": "DUPLICATE", "field": ["weChatPhoneCode"]}]}


def test_keys_rotate_without_a_restart(two_workers: Server) -> None:
    old = Client(two_workers.url).sign_in("demo:王老师")
    path = two_workers.state / "keys.json"
    keys = json.loads(path.read_text())
    for purpose in keys.values():
        purpose["keys"]["k2"] = base64.b64encode(secrets.token_bytes(32)).decode()
    path.write_text(json.dumps(keys))
    time.sleep(6)  # every worker knows the new keys before one of them uses them
    for purpose in keys.values():
        purpose["active"] = "k2"
    path.write_text(json.dumps(keys))
    deadline = time.monotonic() + 30
    while _key_of(new := Client(two_workers.url).sign_in("demo:王老师")) != "k2":
        assert time.monotonic() < deadline, "the new key was not used"
        time.sleep(0.5)
    for client in (old, new) * 5:
        with_fresh_connection = Client(two_workers.url, client.token)
        assert with_fresh_connection.ask("{ viewer { nickname } }")["viewer"]["nickname"] == "王老师"
    ids = {client.ask("{ viewer { id } }")["viewer"]["id"] for client in (old, new)}
    assert len(ids) == 1


def _key_of(client: Client) -> str:
    assert client.token
    header = client.token.split(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])


def test_booking_and_chat_are_limited_per_account(strict: Server) -> None:
    client = Client(strict.url).sign_in("demo:王老师")
    codes = [client.ask(BOOK)["createBooking"]["errors"][0]["code"] for _ in range(4)]
    assert codes[-1] == "RATE_LIMITED"
    talk = 'mutation { chat(input: {text: "你好"}) { errors { code } } }'
    said = [client.post(talk) for _ in range(8)]
    assert said[-1].json()["data"]["chat"]["errors"] == [{"code": "RATE_LIMITED"}]
    assert int(said[-1].headers["retry-after"]) >= 1


def test_one_account_cannot_flood_a_worker(strict: Server) -> None:
    flooding, other = Client(strict.url).sign_in("demo:赵老师"), Client(strict.url).sign_in("demo:李老师")
    answers = [flooding.post("{ categories { code } }") for _ in range(40)]
    assert answers[-1].status_code == 429
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert other.post("{ categories { code } }").status_code == 200


def test_staff_and_auditors_are_appointed_by_number(server: Server) -> None:
    phone = a_phone()
    client = a_signed_in(server, phone)
    uri = {"LIFECIRCLE_MONGODB_URI": server.database_uri(), "LIFECIRCLE_KEYS_FILE": str(server.state / "keys.json")}

    def appoint(*arguments: str) -> subprocess.CompletedProcess[str]:
        return lifecircle("appoint", *arguments, **uri)

    assert appoint(phone, "--area", "330199001").returncode == 0
    assert appoint(phone, "--auditor").returncode == 0
    assert client.ask("{ viewer { staffAreas { code } } }")["viewer"]["staffAreas"] == [{"code": "330199001"}]
    unknown = appoint(a_phone(), "--auditor")
    assert (unknown.returncode, "Traceback" in unknown.stderr) == (1, False)
    assert "no area" in appoint(phone, "--area", "1").stderr


def test_an_operation_that_takes_too_long_is_stopped_and_says_so(tmp_path: Path, seeded: Path) -> None:
    hurried = {"LIFECIRCLE_OPERATION_SECONDS": "0.0001"}
    with running(Server(tmp_path / "state", environment=hurried, seeded=seeded)) as server:
        answer = Client(server.url).post('mutation { chat(input: {text: "养老金怎么认证"}) { conversation } }').json()
        assert answer["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
