"""How something is booked, as its merchant sets it, and as residents meet it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from booking_client import CREATE as BOOK
from booking_client import a_resident
from servers import Client, Server
from shopkeeper import CHAIN, CREATE_STORE, HOURS, SAVE, a_shop, an_owner, do, refusal

from lifecircle.catalogue.clock import local_day, system_clock
from lifecircle.graphql.ids import global_id, key_of

RULES = """query($id: ID!) { node(id: $id) { ... on Offering { version inherits rules {
  minDurationMinutes maxDurationMinutes bufferBeforeMinutes bufferAfterMinutes resources { id name }
  onePlacePerParty dailyLimit blackouts { first last reason } serviceRadius windowDays pendingMinutes
  sessions { start end } gridMinutes } } } }"""
DAYS = """query($id: ID!, $from: Date!) { availability(offering: $id, from: $from, days: 2) {
  date closedReason timeSlots { start remaining } } }"""
PLACE = {"longitude": 120.2019, "latitude": 30.2926}


def today() -> date:
    return local_day(system_clock())


@pytest.fixture(scope="module")
def owner(server: Server) -> tuple[Client, str]:
    return an_owner(server)


def an_offering(client: Client, merchant: str, **rules: Any) -> str:
    shop = a_shop(client, merchant)
    hours = [{"weekday": day, "opens": "09:00", "closes": "12:00"} for day in range(1, 8)]
    do(client, HOURS, store=shop["id"], version=shop["version"], hours=hours)
    given = {"store": shop["id"], "name": "上门理发", "price": 3000, "durationMinutes": 60, "leadMinutes": 0}
    saved: str = do(client, SAVE, **given, rules=rules)["id"]
    return saved


def rules_of(client: Client, offering: str) -> dict[str, Any]:
    found: dict[str, Any] = client.ask(RULES, id=offering)["node"]
    return found


def test_a_merchant_sets_the_rules_and_changes_one(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    day = (today() + timedelta(days=3)).isoformat()
    offering = an_offering(
        client,
        merchant,
        bufferAfterMinutes=30,
        resources=[{"name": "王师傅"}, {"name": "李师傅"}],
        dailyLimit=4,
        blackouts=[{"first": day, "last": day, "reason": "进修"}],
        serviceRadius=3000,
    )
    first = rules_of(client, offering)["rules"]
    assert [one["name"] for one in first["resources"]] == ["王师傅", "李师傅"]
    assert (first["bufferAfterMinutes"], first["dailyLimit"], first["serviceRadius"]) == (30, 4, 3000)
    assert first["blackouts"] == [{"first": day, "last": day, "reason": "进修"}]
    do(client, SAVE, offering=offering, version=1, rules={"dailyLimit": None, "resources": first["resources"][:1]})
    then = rules_of(client, offering)["rules"]
    assert then == {**first, "dailyLimit": None, "resources": first["resources"][:1]}


def test_residents_meet_what_was_set(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    first, second = (today() + timedelta(days=days) for days in (2, 3))
    offering = an_offering(
        client,
        merchant,
        bufferAfterMinutes=60,
        blackouts=[{"first": second.isoformat(), "last": second.isoformat(), "reason": "店庆停约"}],
    )
    start = client.ask(DAYS, id=offering, **{"from": first.isoformat()})["availability"][0]["timeSlots"][0]["start"]
    booked = a_resident(client.url).ask(BOOK, input={"offering": offering, "start": start})["createBooking"]
    assert booked["errors"] == []
    open_day, closed_day = client.ask(DAYS, id=offering, **{"from": first.isoformat()})["availability"]
    assert (start[11:16], [slot["start"][11:16] for slot in open_day["timeSlots"]]) == ("09:00", ["11:00"])
    assert (closed_day["timeSlots"], closed_day["closedReason"]) == ([], "店庆停约")


def a_course(client: Client, merchant: str, *sessions: tuple[str, str], **more: Any) -> str:
    rules = {"sessions": [{"start": start, "end": end} for start, end in sessions]}
    shop = a_shop(client, merchant)
    given = {"store": shop["id"], "name": "书法课", "price": 2000, "capacity": 2, "leadMinutes": 0, **more}
    return str(do(client, SAVE, **given, rules=rules)["id"])


def at_hour(days: int, hour: int) -> str:
    return f"{(today() + timedelta(days=days)).isoformat()}T{hour:02}:00:00+08:00"


def test_a_merchant_lists_the_dates_of_a_course_and_residents_book_one(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    course = a_course(client, merchant, (at_hour(3, 14), at_hour(3, 16)), (at_hour(2, 9), at_hour(2, 11)))
    listed = rules_of(client, course)["rules"]
    assert [one["start"] for one in listed["sessions"]] == [at_hour(2, 9), at_hour(3, 14)]
    assert listed["gridMinutes"] is None
    resident = a_resident(client.url)
    booked = resident.ask(BOOK, input={"offering": course, "start": at_hour(2, 9)})["createBooking"]
    assert booked["errors"] == []
    shown = client.ask(DAYS, id=course, **{"from": (today() + timedelta(days=2)).isoformat()})["availability"]
    times = [(slot["start"], slot["remaining"]) for day in shown for slot in day["timeSlots"]]
    assert times == [(at_hour(2, 9), 1), (at_hour(3, 14), 2)]
    do(client, SAVE, offering=course, version=1, rules={"sessions": listed["sessions"][1:]})
    refused = resident.ask(BOOK, input={"offering": course, "start": at_hour(2, 9)})["createBooking"]["errors"]
    assert refused[0]["code"] in ("OUTSIDE_HOURS", "OVERLAPS_YOUR_BOOKING")


def test_what_is_booked_by_time_does_not_become_a_course(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    offering = an_offering(client, merchant, gridMinutes=20)
    assert rules_of(client, offering)["rules"]["gridMinutes"] == 20
    sessions = [{"start": at_hour(2, 9), "end": at_hour(2, 11)}]
    error = refusal(client, SAVE, offering=offering, version=1, rules={"sessions": sessions})
    assert (error["code"], error["field"]) == ("INVALID_INPUT", ["rules", "sessions"])


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"gridMinutes": 7}, ["rules", "gridMinutes"]),
        ({"sessions": [{"start": at_hour(2, 11), "end": at_hour(2, 9)}]}, ["rules", "sessions", "0", "end"]),
        (
            {"sessions": [{"start": at_hour(2, 9), "end": at_hour(2, hour)} for hour in (10, 11)]},
            ["rules", "sessions", "1", "start"],
        ),
        ({"bufferBeforeMinutes": -1}, ["rules", "bufferBeforeMinutes"]),
        ({"minDurationMinutes": 30}, ["rules", "maxDurationMinutes"]),
        ({"minDurationMinutes": 90, "maxDurationMinutes": 120}, ["rules", "minDurationMinutes"]),
        ({"minDurationMinutes": 32, "maxDurationMinutes": 120}, ["rules", "minDurationMinutes"]),
        ({"resources": [{"name": "甲"}, {"name": "甲"}]}, ["rules", "resources"]),
        ({"resources": [{"name": ""}]}, ["rules", "resources", "0", "name"]),
        (
            {"blackouts": [{"first": "2027-01-02", "last": "2027-01-01", "reason": "年假"}]},
            ["rules", "blackouts", "0", "last"],
        ),
        ({"windowDays": 181}, ["rules", "windowDays"]),
        ({"dailyLimit": 0}, ["rules", "dailyLimit"]),
    ],
)
def test_rules_that_cannot_be_are_refused(owner: tuple[Client, str], rules: dict[str, Any], field: list[str]) -> None:
    client, merchant = owner
    shop = a_shop(client, merchant)
    error = refusal(client, SAVE, store=shop["id"], name="理发", durationMinutes=60, rules=rules)
    assert (error["code"], error["field"]) == ("INVALID_INPUT", field)


def test_a_store_departs_from_a_rule_of_its_chain_and_returns(owner: tuple[Client, str]) -> None:
    client, merchant = owner
    chain = do(client, CHAIN, merchant=merchant, name="桂花里理发")
    plain = {"category": "convenience-store", "address": "桂花路 1 号", "location": PLACE, "name": "桂花里理发一店"}
    shop = do(client, CREATE_STORE, merchant=merchant, chain=chain["id"], **plain)
    template = do(client, SAVE, chain=chain["id"], name="理发", durationMinutes=30, rules={"windowDays": 7})
    here = global_id("Offering", f"{key_of(shop['id'], 'Store')}:{key_of(template['id'], 'Offering')}")
    seen = rules_of(client, here)
    assert ("windowDays" in seen["inherits"], seen["rules"]["windowDays"]) == (True, 7)
    do(client, SAVE, offering=here, version=seen["version"], rules={"windowDays": 14})
    own = rules_of(client, here)
    assert ("windowDays" in own["inherits"], own["rules"]["windowDays"]) == (False, 14)
    do(client, SAVE, offering=here, version=own["version"], inherit=["windowDays"])
    assert rules_of(client, here)["rules"]["windowDays"] == 7
