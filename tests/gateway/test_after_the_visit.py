"""Over HTTP: agreeing to messages, being told, reviewing, answering, counting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from booking_client import CREATE, a_resident, free_starts
from pymongo import MongoClient
from servers import Client, Server
from shopkeeper import AREA, SAVE, a_shop, an_owner, do, refusal

from lifecircle.graphql.ids import global_id, split_id

REVIEW = """mutation($input: ReviewBookingInput!) { reviewBooking(input: $input) {
  review { id stars level text reply writtenAt } errors { code field message } } }"""
REPLY = """mutation($input: ReplyToReviewInput!) { replyToReview(input: $input) {
  review { id stars text reply } errors { code field message } } }"""
CONSENT = """mutation($input: RecordSubscribeConsentInput!) { recordSubscribeConsent(input: $input) {
  viewer { id } errors { code field message } } }"""
STORE = """query($id: ID!, $after: String) { store(id: $id) { rating { average count }
  reviews(first: 1, after: $after) {
    totalCount edges { node { id stars text reply } } pageInfo { hasNextPage endCursor } } } }"""
STATISTICS = """query($id: ID!, $from: Date!) { store(id: $id) { statistics(from: $from, days: 31) {
  total { booked came cancelled declined noShow fillRate } days { date tally { booked } } } } }"""
TEMPLATES = "{ noticeTemplates { id purpose left } }"
DEAD = "query($area: ID!) { deadNotices(area: $area) { edges { node { kind reason attempts store { id } } } } }"


class Shop:
    """A store with one service, its owner, and residents who come."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.owner, merchant = an_owner(server)
        self.store = a_shop(self.owner, merchant)["id"]
        week = [{"weekday": day, "opens": "08:00", "closes": "20:00"} for day in range(1, 8)]
        hours = """mutation($input: SetOpeningHoursInput!) { setOpeningHours(input: $input) {
          store { id version } errors { code field message } } }"""
        do(self.owner, hours, store=self.store, version=1, hours=week)
        offer = {"name": "修鞋", "price": 1500, "unit": "双", "durationMinutes": 30, "capacity": 5, "bookable": True}
        self.offering = do(self.owner, SAVE, store=self.store, autoConfirm=True, leadMinutes=0, **offer)["id"]
        self.rows = MongoClient[dict[str, Any]](server.database_uri())["lifecircle"]
        self._starts: list[str] = []

    def book(self, resident: Client) -> str:
        self._starts = self._starts or free_starts(resident, self.offering)
        start = self._starts.pop(0)
        payload = resident.ask(CREATE, input={"offering": self.offering, "start": start})["createBooking"]
        assert payload["errors"] == []
        return str(payload["booking"]["id"])

    def visited(self, resident: Client) -> str:
        booking = self.book(resident)
        self.set(booking, status="COMPLETED")
        return booking

    def set(self, booking: str, **values: Any) -> None:
        assert self.rows["bookings"].update_one({"_id": key(booking)}, {"$set": values}).matched_count == 1


def key(text: str) -> str:
    parts = split_id(text)
    assert parts
    return parts[1]


@pytest.fixture(scope="module")
def shop(server: Server) -> Iterator[Shop]:
    made = Shop(server)
    yield made
    made.rows.client.close()


def test_who_came_reviews_the_store_answers_and_everybody_reads_it(server: Server, shop: Shop) -> None:
    resident, other = a_resident(server.url), a_resident(server.url)
    early = shop.book(resident)
    assert refusal(resident, REVIEW, booking=early, stars=5)["code"] == "NOT_REVIEWABLE"
    assert refusal(other, REVIEW, booking=shop.visited(resident), stars=5)["code"] == "NOT_FOUND"
    assert shop.owner.ask(STORE, id=shop.store)["store"]["rating"] == {"average": None, "count": 0}

    mine = shop.visited(resident)
    assert refusal(resident, REVIEW, booking=mine, stars=6)["field"] == ["stars"]
    rejected = refusal(resident, REVIEW, booking=mine, stars=5, text="加微信 abc12345")
    assert (rejected["code"], rejected["field"]) == ("CONTENT_REJECTED", ["text"])
    review = do(resident, REVIEW, booking=mine, stars=5, text="手艺好，鞋跟补得牢")
    assert (review["stars"], review["level"], review["reply"]) == (5, "非常满意", None)
    do(other, REVIEW, booking=shop.visited(other), stars=1)

    assert refusal(resident, REPLY, review=review["id"], text="谢谢光临")["code"] == "FORBIDDEN"
    assert do(shop.owner, REPLY, review=review["id"], text="谢谢您，欢迎再来")["reply"] == "谢谢您，欢迎再来"
    first = Client(server.url).ask(STORE, id=shop.store)["store"]
    assert first["rating"] == {"average": 3.72, "count": 2}  # (6 + 3.9 × 8) / 10
    assert (first["reviews"]["totalCount"], first["reviews"]["pageInfo"]["hasNextPage"]) == (2, True)
    after = first["reviews"]["pageInfo"]["endCursor"]
    (second,) = Client(server.url).ask(STORE, id=shop.store, after=after)["store"]["reviews"]["edges"]
    assert second["node"]["reply"] == "谢谢您，欢迎再来"


def test_agreeing_is_written_down_by_template(server: Server) -> None:
    resident = a_resident(server.url)
    templates = {one["purpose"]: one["id"] for one in resident.ask(TEMPLATES)["noticeTemplates"]}
    assert set(templates) == {"BOOKING_RESULT", "BOOKING_CHANGE", "REMINDER", "WAITING_LIST", "CERTIFICATION"}
    accepted = [templates["REMINDER"], templates["BOOKING_CHANGE"]]
    assert do(resident, CONSENT, accepted=accepted, rejected=[templates["WAITING_LIST"]])["id"]
    left = {one["purpose"]: one["left"] for one in resident.ask(TEMPLATES)["noticeTemplates"]}
    assert left == {"BOOKING_RESULT": 0, "BOOKING_CHANGE": 1, "REMINDER": 1, "WAITING_LIST": 0, "CERTIFICATION": 0}
    assert refusal(resident, CONSENT, accepted=["nothing"], rejected=[])["code"] == "INVALID_INPUT"
    assert refusal(Client(server.url), CONSENT, accepted=[], rejected=[])["code"] == "UNAUTHENTICATED"


def test_the_workers_tell_what_is_due(server: Server, shop: Shop) -> None:
    resident = a_resident(server.url)
    templates = {one["purpose"]: one["id"] for one in resident.ask(TEMPLATES)["noticeTemplates"]}
    do(resident, CONSENT, accepted=[templates["REMINDER"]], rejected=[])
    booking = key(shop.book(resident))
    found = wait_for(lambda: len(_notices(shop, booking)) > 1 and _notices(shop, booking))
    assert found[0]["channel"] == "IN_APP", "what residents did themselves needs no message"
    assert {one["kind"] for one in found[1:]} <= {"REMINDER_EVENING", "REMINDER_HOURS"}


def _notices(shop: Shop, booking: str) -> list[dict[str, Any]]:
    row = shop.rows["bookings"].find_one({"_id": booking})
    return list(row["notices"]) if row else []


def wait_for(look: Any) -> Any:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("it did not happen")


def test_staff_see_what_could_not_be_delivered_in_their_area(server: Server, shop: Shop) -> None:
    letter = {"kind": "DECLINED", "reason": "WECHAT: INVALID", "attempts": 1, "store": key(shop.store)}
    at = datetime.now(UTC)
    where = {"areas": [AREA], "district": "330199", "subject": "b1", "at": at, "expires_at": at + timedelta(days=1)}
    shop.rows["dead_notices"].replace_one({"_id": "dead:1"}, {"_id": "dead:1", **letter, **where}, upsert=True)
    staff, area = Client(server.url).sign_in(f"demo-staff:{AREA}"), global_id("Area", AREA)
    shown = [edge["node"] for edge in staff.ask(DEAD, area=area)["deadNotices"]["edges"]]
    assert {**letter, "store": {"id": shop.store}} in shown
    for stranger in (a_resident(server.url), Client(server.url).sign_in("demo-staff:330199003003")):
        code = stranger.errors(DEAD, area=area)[0]["extensions"]["code"]
        assert code in ("FORBIDDEN", "NOT_FOUND")


def test_members_read_how_the_days_went(server: Server, shop: Shop) -> None:
    today = date.today().isoformat()  # noqa: DTZ011 - a month from any zone's today holds what was booked
    before = shop.owner.ask(STATISTICS, id=shop.store, **{"from": today})["store"]["statistics"]["total"]
    resident = a_resident(server.url)
    shop.visited(resident)
    shop.set(shop.book(resident), status="NO_SHOW")
    found = shop.owner.ask(STATISTICS, id=shop.store, **{"from": today})["store"]["statistics"]
    total = found["total"]
    assert (total["booked"], total["came"], total["noShow"]) == (
        before["booked"] + 2,
        before["came"] + 1,
        before["noShow"] + 1,
    )
    assert 0 < total["fillRate"] < 1
    assert len(found["days"]) == 31
    error = resident.errors(STATISTICS, id=shop.store, **{"from": today})[0]
    assert error["extensions"]["code"] == "FORBIDDEN"
