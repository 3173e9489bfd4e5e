"""Whole conversations over HTTP, as they stand in conversations/*.yaml, with one server of two workers."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import pytest
from servers import Client, Server, running

from lifecircle.catalogue.text import is_traditional
from lifecircle.catalogue.yaml_text import read_yaml

SCRIPTS = [
    pytest.param(script, id=f"{file.stem}: {script['title']}")
    for file in sorted((Path(__file__).parent / "conversations").glob("*.yaml"))
    for script in read_yaml(file.read_text("utf-8"))
]
SHANGHAI = ZoneInfo("Asia/Shanghai")
CENTER = {"longitude": 120.2019, "latitude": 30.2926}
CHAT = """
mutation($input: ChatInput!) {
  chat(input: $input) {
    conversation
    errors { code message }
    reply {
      kind text intent requires suggestions
      citations { title }
      cards {
        __typename
        ... on TimeSlotOffer { start offering { name price { amount } store { id name distance(from: $here) } } }
        ... on Booking { code }
      }
      booking { code }
    }
  }
}
""".replace("$here", "{longitude: 120.2019, latitude: 30.2926}")
BOOKINGS = """
{ viewer { bookings(first: 20) { edges { node { status start offering { name } price { text } } } } } }
"""
REQUESTS = "{ myServiceRequests { edges { node { category text place } } } }"

Json = dict[str, Any]


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Server(tmp_path_factory.mktemp("talks") / "state", workers=2)) as server:
        yield server


@dataclass
class Talker:
    """One resident in one conversation, and what was shown to them."""

    server: Server
    client: Client
    conversation: str | None = None
    offered: list[Json] = field(default_factory=list)
    """The cards of the last reply that had offers to choose from."""
    refused: set[str] = field(default_factory=set)
    reply: Json = field(default_factory=dict)

    def send(self, text: str) -> Json:
        given = {"text": text, "conversation": self.conversation, "near": CENTER}
        for _ in range(20):  # a worker that dies takes its connections with it
            try:
                payload: Json = self.client.ask(CHAT, input=given)["chat"]
                break
            except httpx2.HTTPError:
                time.sleep(0.3)
        self.conversation = payload["conversation"] or self.conversation
        return payload

    def say(self, text: str) -> Json:
        said = self.filled(text)
        if said in ("换一家", "不是这家"):
            self.refused |= {card["offering"]["store"]["id"] for card in offers_of(self.reply)}
        payload = self.send(said)
        assert not payload["errors"], (said, payload["errors"])
        self.reply = payload["reply"]
        if self.reply["kind"] == "CLARIFY" and offers_of(self.reply):
            self.offered = offers_of(self.reply)
        return self.reply

    def filled(self, text: str) -> str:
        if "{store:" in text:
            number = int(text.partition("{store:")[2].partition("}")[0])
            return text.replace(f"{{store:{number}}}", self.alone(number)["offering"]["store"]["name"])
        if "{suggestion:" in text:
            return str(self.reply["suggestions"][int(text.partition("{suggestion:")[2].rstrip("}"))])
        return text.replace("{later_friday}", weekday(4)).replace("{later_thursday}", weekday(3))

    def alone(self, number: int) -> Json:
        """An offer whose store has no other, so that its name says which is meant."""
        names = [card["offering"]["store"]["name"] for card in self.offered]
        return [card for card in self.offered if names.count(card["offering"]["store"]["name"]) == 1][number]

    def settle(self) -> None:
        """Takes the first offer where there is a choice, gives an address where there is none, and says yes."""
        if self.reply["kind"] == "CLARIFY":
            self.say("第一个")
        if "上门地址还没填" in self.reply["text"]:
            self.say("地址是青石路12号")
        assert self.say("确认")["kind"] == "BOOKED", self.reply


def offers_of(reply: Json) -> list[Json]:
    return [card for card in reply.get("cards", []) if card["__typename"] == "TimeSlotOffer"]


def weekday(number: int) -> str:
    """A day in the week after next: far enough to be free, near enough to be booked."""
    today = datetime.now(SHANGHAI).date()
    day = today + timedelta(days=7 + (number - today.weekday()) % 7)
    return f"{day.month}月{day.day}日"


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_conversation_goes_as_it_is_written(workers: Server, script: Json) -> None:
    client = Client(workers.url)
    talker = Talker(workers, client if script.get("anonymous") else signed_in(client))
    for turn in script["turns"]:
        if "do" in turn:
            DEEDS[turn["do"]](talker, turn)
        else:
            check(turn, talker.say(turn["say"]), talker)
    assert_left(script, talker)


# --- what is done between turns ---


def signed_in(client: Client) -> Client:
    return client.sign_in(f"demo:住户{secrets.token_hex(6)}")


def sign_in(talker: Talker, _: Json) -> None:
    signed_in(talker.client)


def kill_worker(talker: Talker, _: Json) -> None:
    os.kill(talker.server.worker_pids()[0], signal.SIGKILL)
    talker.client = Client(talker.server.url, talker.client.token)
    talker.server.wait_until_ready()


def taken(talker: Talker, _: Json) -> None:
    """Everything that is free at the chosen place and time goes to others."""
    offer = offers_of(talker.reply)[0]
    start = datetime.fromisoformat(offer["start"]).astimezone(SHANGHAI)
    while True:
        other = Talker(talker.server, signed_in(Client(talker.server.url)))
        other.say(f"{start.month}月{start.day}日{start:%H:%M}约{offer['offering']['name']}")
        found = offers_of(other.reply)
        if not found or found[0]["start"] != offer["start"]:
            return
        if found[0]["offering"]["store"]["id"] != offer["offering"]["store"]["id"]:
            return
        other.settle()
        time.sleep(0.3)  # until the other worker has heard of it


def twice(talker: Talker, turn: Json) -> None:
    """At once, on connections of their own: one books, the other is told so or to wait."""
    others = [Talker(talker.server, Client(talker.server.url, talker.client.token), talker.conversation) for _ in "ab"]
    with ThreadPoolExecutor(2) as pool:
        payloads = list(pool.map(lambda each: each.send(turn["say"]), others))
    assert sum(bool(each["reply"] and each["reply"]["kind"] == "BOOKED") for each in payloads) == 1
    assert all(each["reply"] or each["errors"][0]["code"] == "BUSY" for each in payloads)


DEEDS = {"sign_in": sign_in, "kill_worker": kill_worker, "taken": taken, "twice": twice}


# --- what is expected ---


def check(turn: Json, reply: Json, talker: Talker) -> None:
    told = (turn["say"], reply)
    kinds = turn["kind"] if isinstance(turn["kind"], list) else [turn["kind"]]
    assert reply["kind"] in kinds, told
    assert 1 <= len(reply["text"].split("\n\n")) <= 4, told
    assert all(part in reply["text"] for part in turn.get("text", [])), told
    assert not any(part in reply["text"] for part in turn.get("lacks", [])), told
    assert turn.get("intent") in (None, reply["intent"]), told
    assert turn.get("requires") == reply["requires"] or "requires" not in turn, told
    assert bool(reply["citations"]) or not turn.get("cited"), told
    assert turn.get("cards") is None or turn["cards"] in {card["__typename"] for card in reply["cards"]}, told
    low, high = turn.get("suggestions", [0, 99])
    assert low <= len(reply["suggestions"]) <= high, told
    assert turn.get("script") != "traditional" or is_traditional(reply["text"]), told
    check_offers(turn, offers_of(reply), talker)


def check_offers(turn: Json, offers: list[Json], talker: Talker) -> None:
    told = (turn["say"], talker.reply)
    if {"at", "days", "offering", "most", "chosen", "fresh_stores"} & set(turn):
        assert offers, told
    starts = [datetime.fromisoformat(offer["start"]).astimezone(SHANGHAI) for offer in offers]
    assert all(f"{start:T%H:%M}" == turn.get("at", f"{start:T%H:%M}") for start in starts), told
    today = datetime.now(SHANGHAI).date()
    assert all((start.date() - today).days == turn.get("days", (start.date() - today).days) for start in starts), told
    assert all(turn.get("offering", offer["offering"]["name"]) in offer["offering"]["name"] for offer in offers), told
    assert all(offer["offering"]["price"]["amount"] <= turn.get("most", 10**9) for offer in offers), told
    if turn.get("fresh_stores"):
        assert talker.refused.isdisjoint(offer["offering"]["store"]["id"] for offer in offers), told
    if "chosen" in turn:
        assert offers[0] == CHOICES[turn["chosen"]](talker), told


CHOICES = {
    "cheapest": lambda talker: min(talker.offered, key=lambda card: card["offering"]["price"]["amount"]),
    "nearest": lambda talker: min(talker.offered, key=lambda card: card["offering"]["store"]["distance"]),
    "named": lambda talker: talker.alone(-1),
}


def assert_left(script: Json, talker: Talker) -> None:
    """What stands in the database when all is said."""
    if talker.client.token is None:
        return
    found = [edge["node"] for edge in talker.client.ask(BOOKINGS)["viewer"]["bookings"]["edges"]]
    wanted = list(script["bookings"])
    assert len(found) == len(wanted), found
    for expected in wanted:
        match = next((each for each in found if is_like(expected, each)), None)
        assert match is not None, (expected, found)
        found.remove(match)
    if "requests" in script:
        made = [edge["node"] for edge in talker.client.ask(REQUESTS)["myServiceRequests"]["edges"]]
        assert len(made) == len(script["requests"]), made
        for asked, request in zip(script["requests"], made, strict=True):
            assert asked["category"] == request["category"], made
            assert asked["text"] in request["text"], made
            assert asked.get("place", "") in request["place"], made


def is_like(expected: Json, booking: Json) -> bool:
    start = datetime.fromisoformat(booking["start"]).astimezone(SHANGHAI)
    days = (start.date() - datetime.now(SHANGHAI).date()).days
    return (
        expected["status"] == booking["status"]
        and expected.get("offering", "") in booking["offering"]["name"]
        and expected.get("at", f"{start:T%H:%M}") == f"{start:T%H:%M}"
        and expected.get("days", days) == days
        and expected.get("price") in (None, booking["price"]["text"])
    )
