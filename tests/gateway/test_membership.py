"""Merchants' applications and members over HTTP: who may see and do what."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from licences import a_licence
from servers import Client, Server

from lifecircle.graphql.ids import global_id

DISTRICT, STREET, COMMUNITY, OTHER_STREET = "330199", "330199001", "330199001001", "330199002"

APPLY = """mutation($input: ApplyAsMerchantInput!) {
  applyAsMerchant(input: $input) { merchant { id name state } errors { code field message } } }"""
APPROVE = """mutation($input: ApproveMerchantInput!) {
  approveMerchant(input: $input) { merchant { id name state } errors { code field message } } }"""
REJECT = """mutation($input: RejectMerchantInput!) {
  rejectMerchant(input: $input) { merchant { id name state } errors { code field message } } }"""
INVITE = """mutation($input: InviteMemberInput!) {
  inviteMember(input: $input) {
    membership { id role merchant { id } stores { id } } errors { code field message } } }"""
REMOVE = """mutation($input: RemoveMemberInput!) {
  removeMember(input: $input) { membership { id role merchant { id } } errors { code field message } } }"""
ROLES = "{ viewer { memberships { id role merchant { id state } stores { id } } } }"
NODE = "query($id: ID!) { node(id: $id) { id ... on Merchant { name state } ... on Membership { role } } }"
STORES = """query($near: LocationInput!) {
  nearbyStores(near: $near, radius: 20000, first: 100) { edges { node { id merchant { id } } } } }"""
CENTER = {"longitude": 120.2019, "latitude": 30.2926}


def a_resident(server: Server) -> Client:
    return Client(server.url).sign_in(f"demo:住户{secrets.token_hex(6)}")


def staff(server: Server, area: str) -> Client:
    return Client(server.url).sign_in(f"demo-staff:{area}")


def do(client: Client, mutation: str, **given: Any) -> dict[str, Any]:
    """The payload, its one object under `it` and the code of its one error under `code`."""
    (payload,) = client.ask(mutation, input=given).values()
    errors = payload.pop("errors")
    (it,) = payload.values()
    assert (it is None) == bool(errors)
    return {"it": it, "code": errors[0]["code"] if errors else None, "error": errors[0] if errors else None}


def an_application(**changes: Any) -> dict[str, Any]:
    plain = {"name": "桂花里面馆", "licenceNumber": a_licence(), "contactPhone": "13812345678"}
    return {**plain, "area": global_id("Area", COMMUNITY), **changes}


def apply(client: Client, **changes: Any) -> str:
    answer = do(client, APPLY, **an_application(**changes))
    assert answer["code"] is None, answer["error"]
    return str(answer["it"]["id"])


def a_phone() -> str:
    return f"139{secrets.randbelow(10**8):08d}"


def node(client: Client, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = client.ask(NODE, id=key)["node"]
    return found


def sign_in_by_sms(server: Server, phone: str) -> Client:
    client = Client(server.url)
    ask = "mutation($p: String!) { requestSmsCode(input: {phone: $p}) { errors { code } } }"
    code = client.post(ask, {"p": phone}).json()["extensions"]["demoSmsCode"]
    enter = """mutation($p: String!, $c: String!) {
      signInWithSms(input: {phone: $p, code: $c}) { session { accessToken } errors { code } } }"""
    client.token = client.ask(enter, p=phone, c=code)["signInWithSms"]["session"]["accessToken"]
    return client


@pytest.fixture
def merchant(server: Server) -> tuple[Client, str]:
    """An approved merchant and its owner."""
    owner = a_resident(server)
    key = apply(owner)
    assert do(staff(server, STREET), APPROVE, merchant=key)["it"]["state"] == "APPROVED"
    return owner, key


def test_an_application_is_seen_by_its_owner_and_the_areas_staff_until_it_is_approved(server: Server) -> None:
    owner, anonymous, neighbour = a_resident(server), Client(server.url), a_resident(server)
    key = apply(owner)
    seen = {"id": key, "name": "桂花里面馆", "state": "APPLIED"}
    assert [node(who, key) for who in (owner, staff(server, DISTRICT), staff(server, COMMUNITY))] == [seen] * 3
    assert [node(who, key) for who in (anonymous, neighbour, staff(server, OTHER_STREET))] == [None] * 3
    (role,) = owner.ask(ROLES)["viewer"]["memberships"]
    assert (role["role"], role["merchant"], role["stores"]) == ("OWNER", {"id": key, "state": "APPLIED"}, [])
    assert do(staff(server, STREET), APPROVE, merchant=key)["it"] == {**seen, "state": "APPROVED"}
    assert [node(who, key) for who in (anonymous, neighbour)] == [{**seen, "state": "APPROVED"}] * 2


def test_a_rejected_merchant_stays_hidden(server: Server) -> None:
    owner = a_resident(server)
    key = apply(owner)
    assert do(staff(server, STREET), REJECT, merchant=key, reason="证照看不清")["it"]["state"] == "REJECTED"
    assert node(Client(server.url), key) is None
    assert (node(owner, key) or {})["state"] == "REJECTED"
    assert do(staff(server, STREET), APPROVE, merchant=key)["code"] == "STATE_CHANGED"


def test_only_the_areas_staff_decide(server: Server) -> None:
    owner = a_resident(server)
    key = apply(owner)
    assert do(owner, APPROVE, merchant=key)["code"] == "FORBIDDEN"
    elsewhere = staff(server, OTHER_STREET)
    unknown = do(elsewhere, APPROVE, merchant=global_id("Merchant", "nothing"))["error"]
    assert unknown["code"] == "NOT_FOUND"
    assert do(elsewhere, APPROVE, merchant=key)["error"] == unknown
    assert do(elsewhere, REJECT, merchant=key, reason="不是我的")["error"] == unknown
    assert do(staff(server, STREET), REJECT, merchant=key, reason="短")["error"]["field"] == ["reason"]
    assert (node(owner, key) or {})["state"] == "APPLIED"


def test_nobody_signed_in_changes_nothing(server: Server) -> None:
    some = {"merchant": global_id("Merchant", "linli")}
    asked: list[tuple[str, dict[str, Any]]] = [
        (APPLY, an_application()),
        (APPROVE, some),
        (REJECT, {**some, "reason": "证照看不清"}),
        (INVITE, {**some, "phone": a_phone(), "role": "CLERK"}),
        (REMOVE, {"membership": global_id("Membership", "demo:linli")}),
    ]
    for mutation, given in asked:
        assert do(Client(server.url), mutation, **given)["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": "面"}, "INVALID_INPUT", "name"),
        ({"name": "面\u202e馆"}, "INVALID_INPUT", "name"),
        ({"licenceNumber": "91350100M000100Y44"}, "INVALID_INPUT", "licenceNumber"),
        ({"licenceExpiresOn": "2020-01-01"}, "INVALID_INPUT", "licenceExpiresOn"),
        ({"contactPhone": "110"}, "INVALID_INPUT", "contactPhone"),
        ({"area": global_id("Area", "999999")}, "NOT_FOUND", "area"),
        ({"area": global_id("Store", COMMUNITY)}, "NOT_FOUND", "area"),
        ({"idempotencyKey": "k\u202e"}, "INVALID_INPUT", "idempotencyKey"),
        ({"idempotencyKey": "k" * 200}, "INVALID_INPUT", "idempotencyKey"),
    ],
)
def test_an_application_that_does_not_hold_says_which_field(
    server: Server, changes: dict[str, str], code: str, field: str
) -> None:
    error = do(a_resident(server), APPLY, **an_application(**changes))["error"]
    assert (error["code"], error["field"]) == (code, [field])
    assert any("\u4e00" <= char <= "\u9fff" for char in error["message"])


@pytest.mark.parametrize("field", ["name", "idempotencyKey"])
def test_half_a_character_is_refused_and_breaks_nothing(server: Server, field: str) -> None:
    client = a_resident(server)
    body = json.dumps({"query": APPLY, "variables": {"input": an_application(**{field: "面\ud800馆"})}})
    headers = {"authorization": f"Bearer {client.token}", "content-type": "application/json"}
    answer = client.http.post(f"{server.url}/graphql", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    assert "INTERNAL" not in answer.text
    assert client.ask(ROLES)["viewer"]["memberships"] == []


def test_the_same_key_gives_the_same_merchant_and_the_licence_is_taken(server: Server) -> None:
    owner, asked = a_resident(server), an_application(idempotencyKey="申请-1")
    first = do(owner, APPLY, **asked)["it"]
    assert do(owner, APPLY, **asked)["it"] == first
    assert do(owner, APPLY, **{**asked, "name": "别的面馆"})["code"] == "IDEMPOTENCY_CONFLICT"
    assert do(a_resident(server), APPLY, **asked)["error"]["field"] == ["licenceNumber"]
    assert do(a_resident(server), APPLY, **asked)["code"] == "DUPLICATE"


def test_an_owner_invites_changes_and_removes(server: Server, merchant: tuple[Client, str]) -> None:
    owner, key = merchant
    phone = a_phone()
    clerk = do(owner, INVITE, merchant=key, phone=phone, role="CLERK")["it"]
    assert clerk == {"id": clerk["id"], "role": "CLERK", "merchant": {"id": key}, "stores": []}
    manager = do(owner, INVITE, merchant=key, phone=f"+86 {phone}", role="MANAGER")["it"]
    assert (manager["id"], manager["role"]) == (clerk["id"], "MANAGER")
    assert node(owner, clerk["id"]) is None
    assert do(owner, REMOVE, membership=clerk["id"])["it"]["role"] == "MANAGER"
    assert do(owner, REMOVE, membership=clerk["id"])["code"] == "NOT_FOUND"
    (own,) = owner.ask(ROLES)["viewer"]["memberships"]
    assert do(owner, REMOVE, membership=own["id"])["code"] == "STATE_CHANGED"


def test_whoever_signs_in_with_the_invited_phone_is_the_member(server: Server, merchant: tuple[Client, str]) -> None:
    owner, key = merchant
    phone = a_phone()
    invited = do(owner, INVITE, merchant=key, phone=phone, role="MANAGER")["it"]
    manager = sign_in_by_sms(server, phone)
    (role,) = manager.ask(ROLES)["viewer"]["memberships"]
    assert (role["id"], role["role"], role["merchant"]["id"]) == (invited["id"], "MANAGER", key)
    clerk = do(manager, INVITE, merchant=key, phone=a_phone(), role="CLERK")["it"]
    assert set(clerk) == set(invited)
    assert do(manager, INVITE, merchant=key, phone=a_phone(), role="OWNER")["code"] == "FORBIDDEN"
    (own,) = owner.ask(ROLES)["viewer"]["memberships"]
    assert do(manager, REMOVE, membership=own["id"])["code"] == "NOT_FOUND"
    known = do(owner, INVITE, merchant=key, phone=phone, role="OWNER")["it"]
    assert known == {**invited, "role": "OWNER"}
    assert do(owner, REMOVE, membership=own["id"])["code"] is None
    assert owner.ask(ROLES)["viewer"]["memberships"] == []
    assert do(manager, REMOVE, membership=known["id"])["code"] == "STATE_CHANGED"


def test_members_of_one_merchant_are_nothing_to_those_of_another(server: Server, merchant: tuple[Client, str]) -> None:
    owner, key = merchant
    invited = do(owner, INVITE, merchant=key, phone=a_phone(), role="CLERK")["it"]
    outsider = a_resident(server)
    assert do(outsider, REMOVE, membership=invited["id"])["code"] == "FORBIDDEN"  # a member of nothing at all
    hidden = apply(outsider)
    unknown = do(outsider, REMOVE, membership=global_id("Membership", "nothing"))["error"]
    assert unknown["code"] == "NOT_FOUND"
    assert do(outsider, REMOVE, membership=invited["id"])["error"] == unknown
    assert do(outsider, INVITE, merchant=key, phone=a_phone(), role="OWNER")["code"] == "FORBIDDEN"
    assert do(owner, INVITE, merchant=hidden, phone=a_phone(), role="OWNER")["code"] == "NOT_FOUND"
    assert do(owner, REMOVE, membership=invited["id"])["code"] is None


def test_stores_of_others_are_not_found(server: Server, merchant: tuple[Client, str]) -> None:
    owner, key = merchant
    edges = owner.ask(STORES, near=CENTER)["nearbyStores"]["edges"]
    foreign = next(edge["node"]["id"] for edge in edges if edge["node"]["merchant"])
    for store in (foreign, global_id("Store", "nothing"), "?"):
        error = do(owner, INVITE, merchant=key, phone=a_phone(), role="CLERK", stores=[store])["error"]
        assert (error["code"], error["field"]) == ("NOT_FOUND", ["stores"])


def test_a_clerk_is_invited_for_one_of_the_merchants_own_stores(server: Server) -> None:
    owner = Client(server.url).sign_in("demo-merchant:linli")
    key = owner.ask(ROLES)["viewer"]["memberships"][0]["merchant"]["id"]
    edges = owner.ask(STORES, near=CENTER)["nearbyStores"]["edges"]
    own = next(edge["node"]["id"] for edge in edges if edge["node"]["merchant"] == {"id": key})
    invited = do(owner, INVITE, merchant=key, phone=a_phone(), role="CLERK", stores=[own, own])["it"]
    assert invited["stores"] == [{"id": own}]
    assert do(owner, REMOVE, membership=invited["id"])["code"] is None


@pytest.mark.parametrize("phone", ["", "110", "0571-88886666", "+1 212 555 0100"])
def test_only_mobile_numbers_are_invited(merchant: tuple[Client, str], phone: str) -> None:
    error = do(merchant[0], INVITE, merchant=merchant[1], phone=phone, role="CLERK")["error"]
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["phone"])
