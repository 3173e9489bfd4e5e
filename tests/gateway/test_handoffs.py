"""Handing over through the API: the resident, the staff of their area, the staff of another."""

from __future__ import annotations

import json
import random
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from servers import Client, Server
from sockets import Socket, socket_of

from lifecircle.graphql.ids import split_id

CENTER = {"longitude": 120.2019, "latitude": 30.2926}
CHAT = """mutation($t: String!, $c: ID, $n: LocationInput, $k: String) {
  chat(input: {text: $t, conversation: $c, near: $n, idempotencyKey: $k}) {
    conversation errors { code field } reply { id kind text cards { ... on Hotline { number } } }
  }
}"""
CONVERSATION = """query($c: ID!, $first: Int, $after: String) { conversation(id: $c) {
  id handoff { id closedAt conversation { id } }
  messages(first: $first, after: $after) {
    edges { cursor node { id author text at reply { id kind suggestions } } } pageInfo { hasNextPage endCursor }
  }
} }"""
HANDOFFS = """query($a: ID!, $open: Boolean!, $first: Int, $after: String) {
  handoffs(area: $a, open: $open, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      id reason openedAt closedAt area { code } conversation { id messages(first: 10) { edges { node { text } } } }
    } }
  }
}"""
REPLY = """mutation($h: ID!, $t: String!) {
  replyToHandoff(input: {handoff: $h, text: $t}) { handoff { id } errors { code field message } }
}"""
CLOSE = """mutation($h: ID!, $n: String) {
  closeHandoff(input: {handoff: $h, note: $n}) { handoff { id closedAt } errors { code } }
}"""
RATE = """mutation($r: ID!, $h: Boolean!, $c: String) {
  rateReply(input: {reply: $r, helpful: $h, comment: $c}) { reply { id text } errors { code field } }
}"""
ADDED = "subscription($c: ID!) { messageAdded(conversation: $c) { author text reply { kind } } }"
UNANSWERED = "query($a: ID) { unansweredQuestions(area: $a, first: 100) { key samples count unhelpful } }"
AREA = "query($n: LocationInput!) { area(near: $n) { id code parent { id code parent { id code } } } }"

Rows = Any


class Place:
    """Where the resident is, from the community up, and a community of another street."""

    def __init__(self, client: Client) -> None:
        area = client.ask(AREA, n=CENTER)["area"]
        self.path = [area, area["parent"], area["parent"]["parent"]]
        streets = client.ask(
            "query($d: ID!) { node(id: $d) { ... on Area { children { code children { id code } } } } }",
            d=self.path[2]["id"],
        )["node"]["children"]
        self.other = next(street for street in streets if street["code"] != self.path[1]["code"])["children"][0]


@pytest.fixture(scope="module")
def place(server: Server) -> Place:
    return Place(Client(server.url))


@pytest.fixture(scope="module")
def staff(server: Server, place: Place) -> Client:
    return Client(server.url).sign_in(f"demo-staff:{place.path[0]['code']}")


@pytest.fixture(scope="module")
def other_staff(server: Server, place: Place) -> Client:
    return Client(server.url).sign_in(f"demo-staff:{place.other['code']}")


@pytest.fixture(scope="module")
def rows(server: Server) -> Iterator[Rows]:
    client = MongoClient[dict[str, Any]](server.database_uri())
    yield client["lifecircle"]
    client.close()


def a_resident(server: Server) -> Client:
    return Client(server.url).sign_in(f"demo:住户{secrets.token_hex(6)}")


def say(client: Client, text: str, conversation: str | None = None) -> dict[str, Any]:
    payload = client.ask(CHAT, t=text, c=conversation, n=CENTER)["chat"]
    assert not payload["errors"]
    return dict(payload)


def texts(client: Client, conversation: str) -> list[str]:
    edges = client.ask(CONVERSATION, c=conversation)["conversation"]["messages"]["edges"]
    return [edge["node"]["text"] for edge in edges]


def listed(staff: Client, area: str, *, is_open: bool = True) -> list[dict[str, Any]]:
    """All of them, page by page: other tests leave some open."""
    found, after = list[dict[str, Any]](), None
    while True:
        page = staff.ask(HANDOFFS, a=area, open=is_open, first=20, after=after)["handoffs"]
        found += [edge["node"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            assert page["totalCount"] >= len(found)
            return found


def waiting(staff: Client, area: str, conversation: str) -> dict[str, Any]:
    """The open hand-over of the conversation."""
    return next(one for one in listed(staff, area) if one["conversation"]["id"] == conversation)


def test_a_resident_is_handed_over_answered_and_given_back(server: Server, place: Place, staff: Client) -> None:
    resident = a_resident(server)
    key = say(resident, "养老金多久认证一次")["conversation"]
    opened = say(resident, "转人工", key)["reply"]
    assert (opened["kind"], opened["cards"]) == ("HANDOFF", [{"number": "12345"}])
    handoff = waiting(staff, place.path[0]["id"], key)
    assert handoff["area"]["code"] == place.path[0]["code"]
    assert "养老金多久认证一次" in [edge["node"]["text"] for edge in handoff["conversation"]["messages"]["edges"]]
    assert say(resident, "没人理我吗", key)["reply"]["kind"] == "HANDOFF"
    answered = staff.ask(REPLY, h=handoff["id"], t="您好，请讲")["replyToHandoff"]
    assert (answered["handoff"]["id"], answered["errors"]) == (handoff["id"], [])
    assert texts(resident, key)[-2:] == ["没人理我吗", "您好，请讲"]
    assert texts(staff, key)[-1] == "您好，请讲"
    closed = [staff.ask(CLOSE, h=handoff["id"], n="办好了")["closeHandoff"] for _ in range(2)]
    assert closed[0] == closed[1]
    assert closed[0]["handoff"]["closedAt"]
    assert say(resident, "谢谢", key)["reply"]["kind"] == "ANSWER"
    shown = resident.ask(CONVERSATION, c=key)["conversation"]
    assert (shown["handoff"]["id"], shown["handoff"]["conversation"]["id"]) == (handoff["id"], key)
    assert staff.post(CONVERSATION, {"c": key}).json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    kept = next(one for one in listed(staff, place.path[0]["id"], is_open=False) if one["id"] == handoff["id"])
    assert kept["conversation"]["messages"]["edges"] == []


def test_the_staff_of_another_area_and_other_residents_see_nothing_of_it(
    server: Server, place: Place, staff: Client, other_staff: Client
) -> None:
    key = say(a_resident(server), "转人工")["conversation"]
    handoff = waiting(staff, place.path[0]["id"], key)["id"]
    node = "query($i: ID!) { node(id: $i) { id } }"
    for stranger in (other_staff, a_resident(server), Client(server.url)):
        assert stranger.errors(CONVERSATION, c=key)[0]["extensions"]["code"] == "NOT_FOUND"
        assert stranger.ask(node, i=key)["node"] is None
        assert stranger.ask(node, i=handoff)["node"] is None
        assert stranger.ask(CLOSE, h=handoff)["closeHandoff"]["errors"][0]["code"] in ("NOT_FOUND", "UNAUTHENTICATED")
    assert other_staff.ask(REPLY, h=handoff, t="你好")["replyToHandoff"]["errors"][0]["code"] == "NOT_FOUND"
    assert other_staff.errors(HANDOFFS, a=place.path[0]["id"], open=True)[0]["extensions"]["code"] == "NOT_FOUND"
    assert a_resident(server).errors(HANDOFFS, a=place.path[0]["id"], open=True)[0]["extensions"]["code"] == "FORBIDDEN"
    assert staff.ask(node, i=handoff)["node"] == {"id": handoff}
    assert staff.ask(node, i=key)["node"] == {"id": key}


def test_messages_come_in_pages_and_a_bad_cursor_is_refused(server: Server) -> None:
    resident = a_resident(server)
    key = say(resident, "你好")["conversation"]
    for _ in range(2):
        say(resident, "谢谢", key)
    seen, after = [], None
    for _ in range(3):
        page = resident.ask(CONVERSATION, c=key, first=2, after=after)["conversation"]["messages"]
        seen += [edge["node"]["author"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
    assert (seen, page["pageInfo"]["hasNextPage"]) == (["RESIDENT", "ASSISTANT"] * 3, False)
    for bad in ("x", "WyJtZXNzYWdlIiwgIm5vdGhpbmciXQ"):
        assert resident.errors(CONVERSATION, c=key, after=bad)[0]["extensions"]["code"] == "INVALID_CURSOR"


def test_a_conversation_without_an_owner_is_read_by_its_id(server: Server) -> None:
    nobody = Client(server.url)
    key = say(nobody, "你好")["conversation"]
    assert texts(nobody, key)[0] == "你好"


def test_staff_reading_is_told_to_the_resident_in_their_export(server: Server, place: Place, staff: Client) -> None:
    resident = a_resident(server)
    key = say(resident, "转人工")["conversation"]
    texts(staff, key)
    export = "mutation { exportMyData(input: {confirm: true}) { json } }"
    data = json.loads(resident.ask(export)["exportMyData"]["json"])
    assert ("staff", "PERSONAL_DATA_READ", ["messages"]) in [
        (entry["by"], entry["action"], entry["fields"]) for entry in data["audit"]
    ]
    assert [one["area"] for one in data["handoffs"]] == [place.path[0]["code"]]


def test_a_deleted_account_leaves_neither_conversation_nor_hand_over(server: Server, rows: Rows) -> None:
    resident = a_resident(server)
    key = (split_id(say(resident, "转人工")["conversation"]) or ("", ""))[1]
    deleted = resident.ask("mutation { deleteMyAccount(input: {confirm: true}) { deletedAt errors { code } } }")
    assert deleted["deleteMyAccount"]["deletedAt"]
    assert rows["conversations"].find_one({"_id": key}) is None
    assert rows["handoffs"].find_one({"conversation": key}) is None


# --- rating and learning ---


def test_what_did_not_help_comes_to_the_staff_of_the_district(server: Server, place: Place, staff: Client) -> None:
    resident, word = a_resident(server), "".join(random.sample("星月山川江湖海风雨雪霜露", 6))
    replied = say(resident, f"我叫王小明，{word}是什么")
    rated = resident.ask(RATE, r=replied["reply"]["id"], h=False, c="没回答")["rateReply"]
    assert (rated["reply"]["id"], rated["errors"]) == (replied["reply"]["id"], [])
    assert a_resident(server).ask(RATE, r=replied["reply"]["id"], h=True)["rateReply"]["errors"][0] == {
        "code": "NOT_FOUND",
        "field": ["reply"],
    }
    district = Client(server.url).sign_in(f"demo-staff:{place.path[2]['code']}")
    groups = district.ask(UNANSWERED)["unansweredQuestions"]
    (group,) = [group for group in groups if any(word in sample for sample in group["samples"])]
    assert (group["count"] >= 1, group["unhelpful"]) == (True, 1)
    assert "王小明" not in str(groups)
    assert district.ask(UNANSWERED, a=place.path[0]["id"])["unansweredQuestions"]
    assert staff.errors(UNANSWERED)[0]["extensions"]["code"] == "FORBIDDEN"


# --- messageAdded ---


def next_message(socket: Socket) -> dict[str, Any]:
    told = socket.read()
    assert told["type"] == "next", told
    return dict(told["payload"]["data"]["messageAdded"])


def subscribed(socket: Socket, conversation: str) -> None:
    """Subscribes, and gives it time to begin: nothing is told when it has."""
    socket.subscribe(ADDED, c=conversation)
    with pytest.raises(TimeoutError):
        socket.read(1.5)


def test_both_sides_are_told_what_is_said_until_it_is_closed(server: Server, place: Place, staff: Client) -> None:
    resident = a_resident(server)
    key = say(resident, "转人工")["conversation"]
    handoff = waiting(staff, place.path[0]["id"], key)["id"]
    with socket_of(resident) as mine, socket_of(staff) as theirs:
        subscribed(mine, key)
        subscribed(theirs, key)
        say(resident, "在吗", key)
        staff.ask(REPLY, h=handoff, t="在的")
        for socket in (mine, theirs):
            assert [next_message(socket)["text"] for _ in range(2)] == ["在吗", "在的"]
        staff.ask(CLOSE, h=handoff)
        assert "已经结束" in next_message(mine)["text"]
        told = theirs.read()
        assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")
        say(resident, "谢谢", key)
        assert [next_message(mine)["author"] for _ in range(2)] == ["RESIDENT", "ASSISTANT"]


def test_staff_who_are_dismissed_are_told_nothing_more(server: Server, place: Place, rows: Rows) -> None:
    clerk, resident = Client(server.url).sign_in(f"demo-staff:{place.path[1]['code']}"), a_resident(server)
    key = say(resident, "转人工")["conversation"]
    with socket_of(clerk) as socket:
        subscribed(socket, key)
        account = (split_id(clerk.ask("{ viewer { id } }")["viewer"]["id"]) or ("", ""))[1]
        assert rows["staff"].delete_many({"resident": account}).deleted_count
        time.sleep(2.1)
        say(resident, "在吗", key)
        told = socket.read()
        assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "NOT_FOUND")


def test_strangers_are_refused_at_once(server: Server, other_staff: Client) -> None:
    key = say(a_resident(server), "转人工")["conversation"]
    for stranger in (other_staff, a_resident(server)):
        with socket_of(stranger) as socket:
            assert socket.refusal(ADDED, c=key)["extensions"]["code"] == "NOT_FOUND"
            assert socket.refusal(ADDED, c="bm90aGluZzox")["extensions"]["code"] == "NOT_FOUND"
