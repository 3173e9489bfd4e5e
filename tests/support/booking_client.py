"""Booking over HTTP, as many residents would."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import Any

from bson.codec_options import CodecOptions
from desk import exact_claims
from pymongo import MongoClient
from servers import Client

CREATE = """
mutation($input: CreateBookingInput!) {
  createBooking(input: $input) { booking { id code status start } errors { code field message } }
}
"""
AVAILABLE = """
query($offering: ID!, $from: Date!, $days: Int!) {
  availability(offering: $offering, from: $from, days: $days) { date closedReason timeSlots { start remaining } }
}
"""
FIND = """
query($near: LocationInput!) {
  nearbyStores(near: $near, radius: 5000, first: 50, filter: {bookable: true}) {
    edges { node { id name offerings(first: 20) { edges { node { id name kind capacity bookable atHome } } } } }
  }
}
"""
CENTER = {"longitude": 120.2019, "latitude": 30.2926}


def a_resident(url: str) -> Client:
    return Client(url).sign_in(f"demo:住户{secrets.token_hex(6)}")


def offerings(client: Client) -> list[dict[str, Any]]:
    edges = client.ask(FIND, near=CENTER)["nearbyStores"]["edges"]
    return [offer["node"] for edge in edges for offer in edge["node"]["offerings"]["edges"]]


def free_starts(client: Client, offering: str, days: int = 14) -> list[str]:
    tomorrow = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - two days on is ahead in any zone
    found = client.ask(AVAILABLE, **{"offering": offering, "from": tomorrow, "days": days})["availability"]
    return [time["start"] for day in found for time in day["timeSlots"]]


def an_offering_for_one(client: Client) -> dict[str, Any]:
    """An appointment offering with a single place and free times."""
    return next(
        o
        for o in offerings(client)
        if o["capacity"] == 1 and o["kind"] == "APPOINTMENT" and o["bookable"] and free_starts(client, o["id"])
    )


def claims_are_exact(mongodb_uri: str, database: str = "lifecircle") -> list[dict[str, Any]]:
    """A booking has exactly the claims of its dates if and only if it holds them, and no claim is held twice.

    Returns the bookings.
    """
    codec = CodecOptions[dict[str, Any]](tz_aware=True)
    with MongoClient(mongodb_uri, serverSelectionTimeoutMS=10_000) as client:
        rows = list(client.get_database(database, codec_options=codec)["bookings"].find({}))
    return exact_claims(rows)
