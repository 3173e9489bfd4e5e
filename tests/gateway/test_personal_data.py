"""Every phone and ID number of a run, searched for in the state folder, the logs and a backup: none found in clear."""

from __future__ import annotations

import secrets
from pathlib import Path

import bson
import pytest
from booking_client import CREATE, an_offering_for_one, free_starts
from licences import a_licence
from pymongo import MongoClient
from servers import Client, Server

pytestmark = pytest.mark.slow

SMS = "mutation($p: String!) { requestSmsCode(input: {phone: $p}) { errors { code } } }"
SIGN_IN = """mutation($p: String!, $c: String!) { signInWithSms(input: {phone: $p, code: $c}) {
  session { accessToken } viewer { phone } errors { code } } }"""
BIND = "mutation($c: String!) { bindPhone(input: {weChatPhoneCode: $c}) { viewer { phone } errors { code } } }"
APPLY = "mutation($i: ApplyAsMerchantInput!) { applyAsMerchant(input: $i) { merchant { id } errors { code message } } }"
INVITE = "mutation($i: InviteMemberInput!) { inviteMember(input: $i) { membership { id } errors { code message } } }"
CHAT = """mutation($t: String!, $c: ID) { chat(input: {text: $t, conversation: $c}) {
  conversation reply { kind suggestions } errors { code } } }"""
ME = "{ viewer { memberships { merchant { id } } } area(near: {longitude: 120.2, latitude: 30.29}) { id } }"


def a_phone() -> str:
    return f"137{secrets.randbelow(10**8):08d}"


def an_id_number() -> str:
    """The shape of a resident ID number of somebody born in 1945."""
    return f"3301021945010{secrets.randbelow(10**5):05d}"


def backup(uri: str, path: Path) -> None:
    """All documents of all collections, as a dump would write them."""
    with MongoClient(uri) as client, path.open("wb") as file:
        for name in client["lifecircle"].list_collection_names():
            for row in client["lifecircle"][name].find():
                file.write(bson.encode(row))


def test_no_phone_and_no_id_number_is_found_in_clear(tmp_path: Path, two_workers: Server) -> None:
    personal: list[str] = []

    def used(number: str) -> str:
        personal.append(number)
        return number

    by_sms = Client(two_workers.url)
    phone = used(a_phone())
    code = by_sms.post(SMS, {"p": phone}).json()["extensions"]["demoSmsCode"]
    by_sms.token = by_sms.ask(SIGN_IN, p=phone, c=code)["signInWithSms"]["session"]["accessToken"]
    owner = Client(two_workers.url).sign_in("demo-merchant:王老板")
    assert owner.ask(BIND, c=f"demo:{used(a_phone())}")["bindPhone"]["errors"] == []
    me = owner.ask(ME)
    applied = {"name": "月牙面馆", "licenceNumber": a_licence(), "area": me["area"]["id"]}
    assert by_sms.ask(APPLY, i={**applied, "contactPhone": used(a_phone())})["applyAsMerchant"]["errors"] == []
    merchant = me["viewer"]["memberships"][0]["merchant"]["id"]
    invited = {"merchant": merchant, "phone": used(a_phone()), "role": "CLERK", "stores": []}
    assert owner.ask(INVITE, i=invited)["inviteMember"]["errors"] == []
    offering = an_offering_for_one(by_sms)["id"]
    start = free_starts(by_sms, offering)[0]
    asked = {
        "offering": offering,
        "start": start,
        "contactName": "王小明",
        "contactPhone": used(a_phone()),
        "note": f"身份证 {used(an_id_number())}",
        "address": {"text": f"青石路12号3幢502，电话{used(a_phone())}"},
    }
    assert by_sms.ask(CREATE, input=asked)["createBooking"]["errors"] == []
    said = by_sms.ask(CHAT, t="后天上午十点约保洁")["chat"]
    by_sms.ask(CHAT, t=f"地址是青石路12号3幢502，电话{used(a_phone())}", c=said["conversation"])
    by_sms.ask(CHAT, t=f"我的身份证号是{used(an_id_number())}", c=said["conversation"])
    backup(two_workers.database_uri(), tmp_path / "backup.bson")
    folders = tmp_path, two_workers.state.parent
    searched = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert {"state.log", "backup.bson", "keys.json"} <= {path.name for path in searched}
    found = [(path.name, number) for path in searched for number in personal if number.encode() in path.read_bytes()]
    assert found == []
    assert b"lifecircle" in two_workers.log.read_bytes()
