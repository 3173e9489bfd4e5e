"""A booking as a calendar entry, to the letter of RFC 5545."""

from __future__ import annotations

from typing import Any

import httpx2
import plain_http
import pytest
from booking_client import CREATE, a_resident, an_offering_for_one, free_starts
from factories import a_store, at
from messages import a_booking
from servers import Client, Server

from lifecircle.catalogue.bookings.model import Booking, booking_from_document
from lifecircle.catalogue.stores.model import store_from_document
from lifecircle.gateway.calendar_file import calendar_text, escaped, folded

TEN = at("2026-11-26 10:00")
STORE = store_from_document(a_store(address="文澜路1号, 2幢; 东门"))


def a_record(**changes: Any) -> Booking:
    return booking_from_document(a_booking(start=TEN, at=at("2026-11-25 12:00"), **changes))


GOLDEN = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Lifecircle//Bookings//ZH
CALSCALE:GREGORIAN
BEGIN:VEVENT
UID:b1-1@lifecircle
DTSTAMP:20261125T040000Z
LAST-MODIFIED:20261125T040000Z
SEQUENCE:2
DTSTART:20261126T020000Z
DTEND:20261126T030000Z
STATUS:CONFIRMED
SUMMARY:日常保洁 · 好邻居桂花店
DESCRIPTION:预约码：ABCD2345\\n1 人，¥90.00（到场支付）。
LOCATION:文澜路1号\\, 2幢\\; 东门
GEO:30.292600;120.201900
X-LIFECIRCLE-BOOKING:Qm9va2luZzpiMQ
END:VEVENT
END:VCALENDAR
"""


def test_the_file_is_to_the_letter() -> None:
    assert calendar_text(a_record(version=3), STORE) == GOLDEN.replace("\n", "\r\n")


def test_who_is_visited_at_home_is_not_sent_to_the_shop() -> None:
    text = calendar_text(a_record(price=None), None)
    assert "LOCATION" not in text
    assert "GEO" not in text
    assert "价格以到店为准" in text


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("PENDING", "TENTATIVE"),
        ("CONFIRMED", "CONFIRMED"),
        ("CHECKED_IN", "CONFIRMED"),
        ("COMPLETED", "CONFIRMED"),
        ("CANCELLED", "CANCELLED"),
        ("DECLINED", "CANCELLED"),
        ("EXPIRED", "CANCELLED"),
        ("NO_SHOW", "CANCELLED"),
    ],
)
def test_each_state_is_said_in_the_calendars_words(status: str, shown: str) -> None:
    assert f"\r\nSTATUS:{shown}\r\n" in calendar_text(a_record(status=status), STORE)


def test_each_date_of_a_series_is_an_event() -> None:
    dates = [
        {"start": at(f"2026-11-{day} 10:00"), "end": at(f"2026-11-{day} 11:00"), "holds": [], "ended": ended}
        for day, ended in (("25", "CANCELLED"), ("26", None))
    ]
    text = calendar_text(a_record(dates=dates), STORE)
    assert [line for line in text.split("\r\n") if line.startswith(("UID", "STATUS"))] == [
        "UID:b1-1@lifecircle",
        "STATUS:CANCELLED",
        "UID:b1-2@lifecircle",
        "STATUS:CONFIRMED",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b,c\\d", "a\\;b\\,c\\\\d"),
        ("一\r\n二\n三\r四", "一\\n二\\n三\\n四"),
        ("铃\x07\u202e声", "铃声"),
        ("END:VEVENT\r\nBEGIN:VALARM", "END:VEVENT\\nBEGIN:VALARM"),
    ],
)
def test_text_cannot_break_out_of_its_line(text: str, expected: str) -> None:
    assert escaped(text) == expected


@pytest.mark.parametrize("line", ["", "a" * 75, "a" * 76, "字" * 25, "字" * 26, "a" + "字" * 60, "🙂" * 40, "é" * 200])
def test_lines_are_folded_at_75_octets_between_characters(line: str) -> None:
    parts = list(folded(line))
    assert all(len(part.encode()) <= 75 for part in parts)
    assert parts[0] + "".join(part[1:] for part in parts[1:]) == line
    assert all(part.startswith(" ") for part in parts[1:])
    assert len(parts) == 1 or len(line.encode()) > 75


def get(client: Client, booking: str) -> httpx2.Response:
    headers = {"authorization": f"Bearer {client.token}"} if client.token else {}
    return plain_http.get(f"{client.url}/bookings/{booking}.ics", headers=headers, timeout=20)


def test_only_the_resident_gets_the_file(server: Server) -> None:
    resident = a_resident(server.url)
    offering = an_offering_for_one(resident)["id"]
    asked = {"offering": offering, "start": free_starts(resident, offering)[0]}
    booking = resident.ask(CREATE, input=asked)["createBooking"]["booking"]
    answer = get(resident, booking["id"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert booking["code"] in answer.text
    assert get(Client(server.url), booking["id"]).status_code == 401
    for key in (booking["id"], "bm90aGluZzox", "x"):
        stranger = get(a_resident(server.url), key)
        assert (stranger.status_code, stranger.json()["errors"][0]["extensions"]["code"]) == (404, "NOT_FOUND")
