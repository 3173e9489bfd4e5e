"""The booking life over HTTP: what each person sees and may do, through the contract's names."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, free_starts, offerings
from servers import Client, Server

BOOKING = "id code status start end partySize canCancelUntil canRescheduleUntil resources dates { start status }"


def do(client: Client, name: str, of: str = f"booking {{ {BOOKING} }}", **given: Any) -> dict[str, Any]:
    kind = name[0].upper() + name[1:] + "Input"
    query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {of} errors {{ code field message }} }} }}"
    return dict(client.ask(query, input=given)[name])


def done(client: Client, name: str, **given: Any) -> dict[str, Any]:
    payload = do(client, name, **given)
    assert payload["errors"] == []
    return dict(payload["booking"])


def refused(client: Client, name: str, **given: Any) -> str:
    payload = do(client, name, **given)
    assert payload["booking"] is None
    return str(payload["errors"][0]["code"])


@pytest.fixture(scope="module")
def merchant(server: Server) -> tuple[Client, dict[str, Any]]:
    """An owner, and something of theirs that can be booked. Each name signs in as the owner of another merchant."""
    for _ in range(20):
        client = Client(server.url).sign_in(f"demo-merchant:店主{secrets.token_hex(4)}")
        offering = of_members(client)
        if offering:
            return client, offering
    pytest.fail("no demo merchant has anything that can be booked")


@pytest.fixture
def resident(server: Server) -> Client:
    return a_resident(server.url)


@pytest.fixture
def offering(resident: Client) -> dict[str, Any]:
    return an_offering_for_one(resident)


def of_members(merchant: Client) -> dict[str, Any] | None:
    """A bookable offering of a store that the merchant's member looks after."""
    query = """{ viewer { memberships { merchant { stores(first: 20) { edges { node {
      id offerings(first: 10) { edges { node { id kind capacity bookable } } } } } } } } } }"""
    for membership in merchant.ask(query)["viewer"]["memberships"]:
        for edge in membership["merchant"]["stores"]["edges"]:
            for found in edge["node"]["offerings"]["edges"]:
                node = found["node"]
                if node["bookable"] and node["kind"] == "APPOINTMENT" and free_starts(merchant, node["id"]):
                    return {**node, "store": edge["node"]["id"]}
    return None


def test_a_resident_moves_and_cancels_a_booking(resident: Client, offering: dict[str, Any]) -> None:
    first, *_, last = free_starts(resident, offering["id"])
    booking = done(resident, "createBooking", offering=offering["id"], start=first)
    moved = done(resident, "rescheduleBooking", booking=booking["id"], start=last)
    assert (moved["id"], moved["start"], moved["status"]) == (booking["id"], last, "CONFIRMED")
    assert first in free_starts(resident, offering["id"])
    assert last not in free_starts(resident, offering["id"])
    assert done(resident, "cancelBooking", booking=booking["id"])["status"] == "CANCELLED"
    assert refused(resident, "rescheduleBooking", booking=booking["id"], start=first) == "STATE_CHANGED"


def test_the_store_sees_its_day_and_the_end_of_the_code(
    merchant: tuple[Client, dict[str, Any]], resident: Client
) -> None:
    owner, offering = merchant
    start = free_starts(resident, offering["id"])[3]
    booking = done(resident, "createBooking", offering=offering["id"], start=start)
    day = """query($id: ID!, $on: Date!) { store(id: $id) { bookings(on: $on, first: 100) {
      totalCount edges { node { id code status } } } } }"""
    shown = owner.ask(day, id=offering["store"], on=start[:10])["store"]["bookings"]
    (mine,) = [edge["node"] for edge in shown["edges"] if edge["node"]["id"] == booking["id"]]
    assert mine["code"] == "******" + booking["code"][-2:]
    (error,) = resident.errors(day, id=offering["store"], on=start[:10])
    assert error["extensions"]["code"] == "FORBIDDEN"
    node = "query($id: ID!) { node(id: $id) { id ... on Booking { code } } }"
    assert owner.ask(node, id=booking["id"])["node"]["code"] == mine["code"]
    assert resident.ask(node, id=booking["id"])["node"]["code"] == booking["code"]
    assert a_resident(resident.url).ask(node, id=booking["id"])["node"] is None
    assert refused(owner, "checkInBooking", code=booking["code"]) == "TOO_SOON"
    assert refused(owner, "completeBooking", booking=booking["id"]) == "TOO_SOON"
    declined = done(owner, "declineBooking", booking=booking["id"], reason="临时停业")
    assert (declined["id"], declined["status"]) == (booking["id"], "DECLINED")


def test_the_store_sees_where_to_come_while_it_needs_to_and_every_look_is_recorded(
    merchant: tuple[Client, dict[str, Any]], resident: Client
) -> None:
    owner, offering = merchant
    given = {
        "contactName": "陈阿姨",
        "contactPhone": "13800001234",
        "note": "家里有狗",
        "address": {"text": "青石路12号3幢502"},
    }
    start = free_starts(resident, offering["id"])[5]
    booking = done(resident, "createBooking", offering=offering["id"], start=start, **given)
    look = "query($id: ID!) { node(id: $id) { ... on Booking { contact { name phone address note } } } }"
    seen = {"name": "陈阿姨", "phone": "13800001234", "address": "青石路12号3幢502", "note": "家里有狗"}
    assert owner.ask(look, id=booking["id"])["node"]["contact"] == seen
    assert resident.ask(look, id=booking["id"])["node"]["contact"] == seen
    assert a_resident(resident.url).ask(look, id=booking["id"])["node"] is None
    export = "mutation { exportMyData(input: {confirm: true}) { json errors { code } } }"
    told = json.loads(resident.ask(export)["exportMyData"]["json"])["audit"]
    assert [entry["fields"] for entry in told if entry["action"] == "PERSONAL_DATA_READ"] == [["contact"]]
    assert done(resident, "cancelBooking", booking=booking["id"])["status"] == "CANCELLED"
    assert owner.ask(look, id=booking["id"])["node"]["contact"] is None
    assert resident.ask(look, id=booking["id"])["node"]["contact"] == seen


@pytest.mark.parametrize("phone", ["123", '{"$gt":""}', "一三八"])
def test_a_number_that_nobody_can_call_is_refused(resident: Client, offering: dict[str, Any], phone: str) -> None:
    start = free_starts(resident, offering["id"])[1]
    given = {"offering": offering["id"], "start": start, "contactPhone": phone}
    assert refused(resident, "createBooking", **given) == "INVALID_INPUT"


def test_a_reason_that_nobody_can_see_is_none(merchant: tuple[Client, dict[str, Any]], resident: Client) -> None:
    owner, offering = merchant
    start = free_starts(resident, offering["id"])[6]
    booking = done(resident, "createBooking", offering=offering["id"], start=start, contactName="\u202e王\u200b")
    assert refused(owner, "declineBooking", booking=booking["id"], reason="\u200b \u2060") == "INVALID_INPUT"
    look = "query($id: ID!) { node(id: $id) { ... on Booking { contact { name } } } }"
    assert resident.ask(look, id=booking["id"])["node"]["contact"] == {"name": "王\u200b"}
    assert done(resident, "cancelBooking", booking=booking["id"])["status"] == "CANCELLED"


def test_a_resident_is_no_store(resident: Client, offering: dict[str, Any]) -> None:
    start = free_starts(resident, offering["id"])[1]
    booking = done(resident, "createBooking", offering=offering["id"], start=start)
    for name in ("confirmBooking", "completeBooking", "markNoShow"):
        assert refused(resident, name, booking=booking["id"]) == "FORBIDDEN"
    assert refused(resident, "checkInBooking", code=booking["code"]) == "FORBIDDEN"


def test_waiting_for_a_full_time_until_a_place_is_kept(resident: Client, offering: dict[str, Any]) -> None:
    start, entry = free_starts(resident, offering["id"])[2], "entry { id status position offeredUntil start }"
    booking = done(resident, "createBooking", offering=offering["id"], start=start)
    waiting = a_resident(resident.url)
    joined = do(waiting, "joinWaitingList", entry, offering=offering["id"], start=start)["entry"]
    assert (joined["status"], joined["position"], joined["offeredUntil"]) == ("WAITING", 1, None)
    done(resident, "cancelBooking", booking=booking["id"])
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on WaitingListEntry {{ {entry[8:-2]} }} }} }}"
    offered = waiting.ask(node, id=joined["id"])["node"]
    assert (offered["status"], offered["position"]) == ("OFFERED", None)
    assert datetime.fromisoformat(offered["offeredUntil"]) > datetime.now(UTC)
    assert resident.ask(node, id=joined["id"])["node"] is None
    assert refused(resident, "createBooking", offering=offering["id"], start=start) == "TIME_SLOT_FULL"
    assert done(waiting, "createBooking", offering=offering["id"], start=start)["status"] == "CONFIRMED"
    left = do(waiting, "leaveWaitingList", entry, entry=joined["id"])["entry"]
    assert left["status"] == "TAKEN"


SERIES = f"booking {{ {BOOKING} }} dates {{ start end code reason }}"


def test_a_course_is_looked_at_first_and_booked_as_one(resident: Client) -> None:
    course = next(
        o for o in offerings(resident) if o["kind"] == "SESSION" and len(free_starts(resident, o["id"], 60)) > 3
    )
    starts = free_starts(resident, course["id"], 60)[:3]
    looked = do(resident, "createBookingSeries", SERIES, offering=course["id"], starts=starts)
    assert (looked["booking"], [d["code"] for d in looked["dates"]]) == (None, [None] * 3)
    made = do(resident, "createBookingSeries", SERIES, offering=course["id"], starts=starts, dryRun=False)
    assert [d["start"] for d in made["booking"]["dates"]] == starts
    clash = do(resident, "createBookingSeries", SERIES, offering=course["id"], starts=starts)
    assert {d["code"] for d in clash["dates"]} == {"OVERLAPS_YOUR_BOOKING"}
    without = done(resident, "cancelBooking", booking=made["booking"]["id"], date=starts[0])
    assert [d["status"] for d in without["dates"]] == ["CANCELLED", "CONFIRMED", "CONFIRMED"]
    first = (datetime.fromisoformat(starts[0]) + timedelta(days=7)).isoformat()
    (error,) = do(resident, "createBookingSeries", SERIES, offering=course["id"], start=first)["errors"]
    assert error["code"] == "INVALID_INPUT"


def test_conditions_are_asked_about_and_answered(server: Server) -> None:
    query = """query($id: ID!, $answers: [EligibilityAnswerInput!]!) { node(id: $id) { ... on Offering {
      rules { onePlacePerParty rescheduleBeforeMinutes }
      checkEligibility(answers: $answers) { result text rules { code question asksAge result reason } } } } }"""
    anybody = Client(server.url)
    found = anybody.ask(
        '{ searchStores(query: "老年大学", first: 5) { edges { node { offerings { edges { node { '
        "id eligibility { code } } } } } } } }"
    )["searchStores"]["edges"]
    nodes = [e["node"] for edge in found for e in edge["node"]["offerings"]["edges"]]
    offering = next(node["id"] for node in nodes if [c["code"] for c in node["eligibility"]] == ["age-50"])

    def checked(*answers: dict[str, Any]) -> dict[str, Any]:
        return dict(anybody.ask(query, id=offering, answers=list(answers))["node"]["checkEligibility"])

    assert (checked()["result"], checked()["rules"][0]["asksAge"]) == ("TO_VERIFY", True)
    assert checked({"code": "age-50", "age": 49})["text"] == "不符合"
    assert checked({"code": "age-50", "age": 50})["text"] == "符合"
    (error,) = anybody.errors(query, id=offering, answers=[{"code": "age-50", "age": 200}])
    assert error["extensions"]["code"] == "INVALID_INPUT"


def test_a_chosen_length_that_cannot_be_chosen_is_refused(resident: Client, offering: dict[str, Any]) -> None:
    start = free_starts(resident, offering["id"])[0]
    payload = resident.ask(CREATE, input={"offering": offering["id"], "start": start, "durationMinutes": 7})
    assert payload["createBooking"]["errors"][0]["field"] == ["durationMinutes"]
