"""Complaints and faults over HTTP: told in the chat, read and closed by the area's staff, exported and erased."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from servers import Client, Server
from talks import CENTER, Talk, a_talk, an_anonymous_talk

from lifecircle.graphql.ids import global_id

OF_AREA = """query($area: ID!, $open: Boolean! = true) {
  serviceRequests(area: $area, open: $open) { edges { node { id category text place note closedAt } } } }"""
MINE = "{ myServiceRequests { edges { node { id note } } } }"
CLOSE = """mutation($input: CloseServiceRequestInput!) {
  closeServiceRequest(input: $input) { request { note } errors { code field } } }"""
NODE = "query($id: ID!) { node(id: $id) { id ... on ServiceRequest { text } } }"
HERE = "query($near: LocationInput!) { area(near: $near) { code } }"
EXPORT = "mutation { exportMyData(input: {confirm: true}) { json } }"
DELETE = "mutation { deleteMyAccount(input: {confirm: true}) { errors { code } } }"


@pytest.fixture(scope="module")
def community(server: Server) -> str:
    return str(Client(server.url).ask(HERE, near=CENTER)["area"]["code"])


def staff(server: Server, area: str) -> Client:
    return Client(server.url).sign_in(f"demo-staff:{area}")


def told(talk: Talk, what: str) -> None:
    talk.say(f"{what}，在青石路12号门口")
    assert talk.say("确认")["intent"] == "request.made"


def listed(client: Client, area: str, **given: Any) -> list[dict[str, Any]]:
    edges = client.ask(OF_AREA, area=global_id("Area", area), **given)["serviceRequests"]["edges"]
    return [edge["node"] for edge in edges]


def one_about(rows: list[dict[str, Any]], mark: str) -> dict[str, Any]:
    (found,) = [row for row in rows if mark in row["text"]]
    return found


def test_staff_read_what_was_told_in_the_chat_and_the_resident_reads_what_was_done(
    server: Server, community: str
) -> None:
    talk, mark, clerk = a_talk(server), secrets.token_hex(3), staff(server, community)
    told(talk, f"路灯不亮了{mark}")
    request = one_about(listed(clerk, community), mark)
    assert (request["category"], request["closedAt"]) == ("LAMP", None)
    given = {"request": request["id"], "note": "已换灯泡"}
    assert clerk.ask(CLOSE, input=given)["closeServiceRequest"] == {"request": {"note": "已换灯泡"}, "errors": []}
    assert mark not in str(listed(clerk, community))
    assert one_about(listed(clerk, community, open=False), mark)["note"] == "已换灯泡"
    (mine,) = [edge["node"] for edge in talk.client.ask(MINE)["myServiceRequests"]["edges"]]
    assert mine == {"id": request["id"], "note": "已换灯泡"}
    assert mark in talk.client.ask(NODE, id=request["id"])["node"]["text"]


def test_nobody_else_reads_or_closes_it(server: Server, community: str) -> None:
    talk, other, mark = a_talk(server), a_talk(server), secrets.token_hex(3)
    told(talk, f"窨井盖没了{mark}")
    request = one_about(listed(staff(server, community), community), mark)
    elsewhere = staff(server, "330199003003" if community != "330199003003" else "330199002002")
    area = global_id("Area", community)
    assert elsewhere.errors(OF_AREA, area=area)[0]["extensions"]["code"] == "NOT_FOUND"
    assert other.client.errors(OF_AREA, area=area)[0]["extensions"]["code"] == "FORBIDDEN"
    assert Client(server.url).errors(OF_AREA, area=area)[0]["extensions"]["code"] == "UNAUTHENTICATED"
    for stranger in (elsewhere, other.client, Client(server.url)):
        assert stranger.ask(NODE, id=request["id"])["node"] is None
        answer = stranger.ask(CLOSE, input={"request": request["id"], "note": "没有的事"})["closeServiceRequest"]
        assert answer["errors"][0]["code"] in ("NOT_FOUND", "FORBIDDEN", "UNAUTHENTICATED")


def test_who_has_not_signed_in_is_asked_to_and_goes_on_then(server: Server) -> None:
    talk = an_anonymous_talk(server)
    talk.say("楼下有人占道停车，在青石路12号门口")
    asked = talk.say("确认")
    assert (asked["kind"], asked["requires"]) == ("FORM", "SIGN_IN")
    talk.client.sign_in(f"demo:住户{secrets.token_hex(6)}")
    assert talk.say("确认")["intent"] == "request.made"


def test_the_resident_takes_it_along_and_away(server: Server, community: str) -> None:
    talk, mark = a_talk(server), secrets.token_hex(3)
    told(talk, f"半夜施工吵得睡不着{mark}")
    data = json.loads(talk.client.ask(EXPORT)["exportMyData"]["json"])
    assert mark in json.dumps(data["serviceRequests"], ensure_ascii=False)
    assert talk.client.ask(DELETE)["deleteMyAccount"]["errors"] == []
    assert mark not in str(listed(staff(server, community), community))
