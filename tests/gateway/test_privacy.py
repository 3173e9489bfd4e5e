"""A resident's own data over HTTP: consent, profile, export, deletion, and the auditor's trail."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, free_starts
from bson import json_util
from pymongo import MongoClient
from pymongo.database import Database
from servers import Client, Server

from lifecircle.catalogue.sealing import read_key_ring

CONSENTS = "{ myConsents { purpose version given isSensitive explanation decidedAt decidedVersion } }"
GIVE = """
mutation($purpose: ConsentPurpose!, $version: String!) {
  giveConsent(input: {purpose: $purpose, version: $version}) { consents { purpose given } errors { code field } }
}
"""
WITHDRAW = """
mutation($purpose: ConsentPurpose!) {
  withdrawConsent(input: {purpose: $purpose}) { consents { purpose given } errors { code } }
}
"""
PROFILE = """
mutation($input: UpdateProfileInput!) {
  updateProfile(input: $input) { viewer { nickname } errors { code field message } }
}
"""
EXPORT = "mutation($c: Boolean!) { exportMyData(input: {confirm: $c}) { json errors { code field } } }"
DELETE = "mutation($c: Boolean!) { deleteMyAccount(input: {confirm: $c}) { deletedAt errors { code field message } } }"
SIGN_IN = "mutation($c: String!) { signInWithWeChat(input: {code: $c}) { viewer { id } errors { code message } } }"
TRAIL = """
query($subject: ID!, $first: Int, $after: String) {
  auditTrail(subject: $subject, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } edges { node { id at actor action subject fields requestId } }
  }
}
"""
CHAT = 'mutation { chat(input: {text: "我想预约理发"}) { conversation errors { code } } }'

Rows = Database[dict[str, Any]]


@pytest.fixture
def rows(server: Server) -> Iterator[Rows]:
    with MongoClient[dict[str, Any]](server.database_uri(), tz_aware=True) as client:
        yield client["lifecircle"]


@pytest.fixture
def code() -> str:
    return f"demo:住户{secrets.token_hex(6)}"


@pytest.fixture
def resident(server: Server, code: str) -> Client:
    return Client(server.url).sign_in(code)


def key_of(server: Server, code: str) -> str:
    return read_key_ring(server.state / "keys.json").lookup_hash(code, field="openid")


def viewer_id(client: Client) -> str:
    return str(client.ask("{ viewer { id } }")["viewer"]["id"])


def an_auditor(server: Server, rows: Rows) -> Client:
    code = f"demo:审计{secrets.token_hex(6)}"
    auditor, key = Client(server.url).sign_in(code), key_of(server, code)
    rows["staff"].insert_one({"_id": f"{key}:audit", "resident": key, "area": None, "role": "AUDITOR"})
    return auditor


def holders(rows: Rows, trace: str) -> set[str]:
    names = rows.list_collection_names()
    return {name for name in names if trace in json_util.dumps(list(rows[name].find()), ensure_ascii=False)}


def booked(client: Client) -> tuple[dict[str, Any], str, str]:
    """The booking, and the offering and start that it took."""
    offering = an_offering_for_one(client)["id"]
    start = free_starts(client, offering)[-1]
    contact = {"contactName": "王小明", "contactPhone": "13812345678", "address": {"text": "文澜路1号"}}
    made = client.ask(CREATE, input={"offering": offering, "start": start, **contact})["createBooking"]
    assert made["errors"] == []
    return made["booking"], offering, start


# --- who may ---


@pytest.mark.parametrize(
    ("document", "variables", "name"),
    [
        (GIVE, {"purpose": "TERMS", "version": "1"}, "giveConsent"),
        (WITHDRAW, {"purpose": "TERMS"}, "withdrawConsent"),
        (PROFILE, {"input": {"nickname": "小明"}}, "updateProfile"),
        (EXPORT, {"c": True}, "exportMyData"),
        (DELETE, {"c": True}, "deleteMyAccount"),
    ],
)
def test_an_anonymous_viewer_changes_nothing(
    server: Server, document: str, variables: dict[str, Any], name: str
) -> None:
    answer = Client(server.url).ask(document, **variables)[name]
    assert [error["code"] for error in answer.pop("errors")] == ["UNAUTHENTICATED"]
    assert set(answer.values()) == {None}


def test_an_anonymous_viewer_has_no_consents(server: Server) -> None:
    answer = Client(server.url).post(CONSENTS).json()
    assert answer["data"] == {"myConsents": None}
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


# --- consent ---


def test_a_consent_is_given_to_the_version_that_was_shown_and_withdrawn(resident: Client) -> None:
    before = {consent["purpose"]: consent for consent in resident.ask(CONSENTS)["myConsents"]}
    assert not any(consent["given"] for consent in before.values())
    assert {purpose for purpose, consent in before.items() if consent["isSensitive"]} == {
        "SENSITIVE_PENSION",
        "SENSITIVE_HEALTH",
    }
    given = resident.ask(GIVE, purpose="LOCATION", version=before["LOCATION"]["version"])["giveConsent"]
    assert [consent["purpose"] for consent in given["consents"] if consent["given"]] == ["LOCATION"]
    after = {consent["purpose"]: consent for consent in resident.ask(CONSENTS)["myConsents"]}
    assert after["LOCATION"]["decidedVersion"] == before["LOCATION"]["version"]
    assert after["LOCATION"]["decidedAt"].endswith("+08:00")
    withdrawn = resident.ask(WITHDRAW, purpose="LOCATION")["withdrawConsent"]
    assert not any(consent["given"] for consent in withdrawn["consents"])


def test_a_consent_to_another_version_is_refused(resident: Client) -> None:
    answer = resident.ask(GIVE, purpose="LOCATION", version="1999-01")["giveConsent"]
    assert answer == {"consents": None, "errors": [{"code": "STATE_CHANGED", "field": ["version"]}]}


# --- profile ---


def test_the_profile_changes_only_in_what_is_said(resident: Client, server: Server, code: str, rows: Rows) -> None:
    home = {"longitude": 120.2019, "latitude": 30.2926}
    resident.ask(PROFILE, input={"home": home})
    answer = resident.ask(PROFILE, input={"nickname": " 小明 "})["updateProfile"]
    assert answer == {"viewer": {"nickname": "小明"}, "errors": []}
    row = rows["residents"].find_one({"_id": key_of(server, code)}) or {}
    assert row["home"]
    assert "120.2019" not in str(row)
    resident.ask(PROFILE, input={"home": None})
    row = rows["residents"].find_one({"_id": key_of(server, code)}) or {}
    assert ("home" in row, row["nickname"]) == (False, "小明")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nickname": "名" * 21}, "nickname"),
        ({"nickname": ""}, "nickname"),
        ({"nickname": "a\tb"}, "nickname"),
        ({"home": {"longitude": 500, "latitude": 30}}, "home"),
    ],
)
def test_a_bad_profile_is_refused(resident: Client, change: dict[str, Any], field: str) -> None:
    answer = resident.ask(PROFILE, input=change)["updateProfile"]
    assert answer["viewer"] is None
    assert [(error["code"], error["field"]) for error in answer["errors"]] == [("INVALID_INPUT", [field])]


# --- export ---


def test_an_export_is_json_with_everything_in_clear(resident: Client, code: str) -> None:
    booking, _, _ = booked(resident)
    resident.ask(CHAT)
    data = json.loads(resident.ask(EXPORT, c=True)["exportMyData"]["json"])
    assert data["profile"]["wechatOpenid"] == code
    assert [(one["code"], one["contact"]["phone"]) for one in data["bookings"]] == [(booking["code"], "13812345678")]
    assert len(data["sessions"]) == 1
    assert [set(one) for one in data["conversations"]] == [{"updated_at", "expires_at", "memory", "messages"}]
    assert data["conversations"][0]["memory"]
    said, answered = data["conversations"][0]["messages"]
    assert (said["author"], said["body"]["text"]) == ("RESIDENT", "我想预约理发")
    assert answered["body"]["reply"]["kind"] == "FORM"
    assert "refresh" not in json.dumps(data)


@pytest.mark.parametrize(("document", "name"), [(EXPORT, "exportMyData"), (DELETE, "deleteMyAccount")])
def test_without_confirming_nothing_happens(resident: Client, document: str, name: str) -> None:
    answer = resident.ask(document, c=False)[name]
    assert [(error["code"], error["field"]) for error in answer["errors"]] == [("INVALID_INPUT", ["confirm"])]
    assert viewer_id(resident)


# --- deletion ---


def test_a_deleted_account_is_gone_its_place_free_and_its_owner_a_newcomer(
    server: Server, resident: Client, code: str, rows: Rows
) -> None:
    booking, offering, start = booked(resident)
    assert start not in free_starts(resident, offering)
    consents = {consent["purpose"]: consent["version"] for consent in resident.ask(CONSENTS)["myConsents"]}
    resident.ask(GIVE, purpose="TERMS", version=consents["TERMS"])
    resident.ask(PROFILE, input={"nickname": "小明", "home": {"longitude": 120.2, "latitude": 30.3}})
    resident.ask(CHAT)
    key = key_of(server, code)
    assert {"residents", "sessions", "bookings", "consents", "conversations"} <= holders(rows, key)

    deleted = resident.ask(DELETE, c=True)["deleteMyAccount"]
    assert deleted["errors"] == []
    assert deleted["deletedAt"].endswith("+08:00")
    assert holders(rows, key) == set()
    assert start in free_starts(Client(server.url), offering)
    left = rows["bookings"].find_one({"code": booking["code"]}) or {}
    assert (left["status"], left["contact"]) == ("CANCELLED", None)

    again = Client(server.url).sign_in(code)
    fresh = again.ask("{ viewer { nickname bookings { totalCount } } }")["viewer"]
    assert fresh["bookings"]["totalCount"] == 0
    assert not any(consent["given"] for consent in again.ask(CONSENTS)["myConsents"])


def test_the_tokens_of_a_deleted_account_open_nothing(resident: Client) -> None:
    resident.ask(DELETE, c=True)
    answer = resident.post("{ viewer { id } }").json()
    assert (answer.get("data") or {}).get("viewer") is None
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    twice = resident.post(DELETE, {"c": True}).json()
    codes = [error["extensions"]["code"] for error in twice.get("errors", ())]
    codes += [error["code"] for error in (twice.get("data") or {}).get("deleteMyAccount", {}).get("errors", ())]
    assert codes == ["UNAUTHENTICATED"]


def test_the_owner_of_a_merchant_is_told_what_to_do_first(server: Server) -> None:
    owner = Client(server.url).sign_in(f"demo-merchant:{secrets.token_hex(6)}")
    (error,) = owner.ask(DELETE, c=True)["deleteMyAccount"]["errors"]
    assert error["code"] == "STATE_CHANGED"
    assert "邀请另一位负责人" in error["message"]
    assert viewer_id(owner)


def test_nobody_signs_in_to_half_an_account(server: Server, resident: Client, code: str, rows: Rows) -> None:
    """Also not with the tokens of before; the account is left as a killed server would leave it."""
    later, key = datetime.now(UTC) + timedelta(days=4000), key_of(server, code)  # so the server's own job leaves it
    state = {"holder": "dead", "touched_at": later, "requested_at": later, "request_id": None}
    half = {"state": "DELETING", "deletion": {**state, "checked": True, "done": []}}
    tombstone = {"tombstone": f"gone-{secrets.token_hex(8)}"}
    rows["residents"].update_one({"_id": key}, {"$set": {**half, **tombstone}})
    answer = Client(server.url).ask(SIGN_IN, c=code)["signInWithWeChat"]
    assert answer["viewer"] is None
    assert [error["code"] for error in answer["errors"]] == ["STATE_CHANGED"]
    assert resident.post("{ viewer { id } }").json()["data"]["viewer"] is None


# --- audit ---


def test_an_auditor_reads_who_did_what_page_by_page_and_is_recorded(
    server: Server, resident: Client, rows: Rows
) -> None:
    subject = viewer_id(resident)
    for nickname in ("一", "二", "三"):
        resident.ask(PROFILE, input={"nickname": nickname})
    auditor = an_auditor(server, rows)
    first = auditor.ask(TRAIL, subject=subject, first=2)["auditTrail"]
    assert [edge["node"]["action"] for edge in first["edges"]] == ["PERSONAL_DATA_CHANGED"] * 2
    assert first["pageInfo"]["hasNextPage"]
    entry = first["edges"][0]["node"]
    assert (entry["actor"], entry["subject"], entry["fields"]) == (subject, subject, ["nickname"])
    assert entry["requestId"]
    rest = auditor.ask(TRAIL, subject=subject, first=2, after=first["pageInfo"]["endCursor"])["auditTrail"]
    assert len(rest["edges"]) == 1
    (latest,) = auditor.ask(TRAIL, subject=subject, first=1)["auditTrail"]["edges"]
    assert (latest["node"]["action"], latest["node"]["actor"]) == ("AUDIT_READ", viewer_id(auditor))


@pytest.mark.parametrize("who", ["demo:住户", "demo-staff:330199"])
def test_only_an_auditor_reads_the_trail(server: Server, resident: Client, who: str) -> None:
    client = Client(server.url).sign_in(who)
    (error,) = client.errors(TRAIL, subject=viewer_id(resident))
    assert error["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"subject": "nonsense"}, "NOT_FOUND"),
        ({"first": 101}, "BAD_REQUEST"),
        ({"after": "nonsense"}, "INVALID_CURSOR"),
    ],
)
def test_a_trail_that_cannot_be_read_says_why(server: Server, rows: Rows, arguments: dict[str, Any], code: str) -> None:
    auditor = an_auditor(server, rows)
    (error,) = auditor.errors(TRAIL, **{"subject": viewer_id(a_resident(server.url)), **arguments})
    assert error["extensions"]["code"] == code
