"""A conversation with the assistant, held over HTTP as a client holds it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from servers import Client, Server

CENTER = {"longitude": 120.2019, "latitude": 30.2926}
"""In front of the demo district's centre."""

CHAT = """
mutation($input: ChatInput!) {
  chat(input: $input) {
    conversation
    errors { code field message }
    reply {
      kind text intent confidence requires suggestions
      citations { title checkedOn policy { id title } }
      cards {
        __typename
        ... on Store { id name distance(from: {longitude: 120.2019, latitude: 30.2926}) }
        ... on Hotline { number }
        ... on TimeSlotOffer { start offering { name store { name } } }
      }
      booking { code status start offering { name } store { name } price { text } }
    }
  }
}
"""
BOOKINGS = "{ viewer { bookings { totalCount edges { node { code status start store { name } } } } } }"

Payload = dict[str, Any]


@dataclass
class Talk:
    """One conversation, as a mini-program holds it."""

    client: Client
    conversation: str | None = None
    near: dict[str, float] | None = None

    def send(self, text: str, key: str | None = None) -> Payload:
        given = {"text": text, "conversation": self.conversation, "near": self.near, "idempotencyKey": key}
        payload: Payload = self.client.ask(CHAT, input=given)["chat"]
        self.conversation = payload["conversation"] or self.conversation
        return payload

    def say(self, text: str, key: str | None = None) -> Payload:
        payload = self.send(text, key)
        assert not payload["errors"], (text, payload["errors"])
        reply: Payload = payload["reply"]
        assert 1 <= len(reply["text"].split("\n\n")) <= 4, reply["text"]
        assert 0 <= reply["confidence"] <= 1
        return reply

    def until_confirmation(self, *turns: str) -> Payload:
        """Says the turns, takes the first offer where there are several, and gives an address where one is asked."""
        for turn in turns:
            reply = self.say(turn)
        if reply["kind"] == "CLARIFY":
            reply = self.say("第一个")
        if "上门地址" in reply["text"] and "青石路" not in reply["text"]:
            reply = self.say("地址是青石路12号3幢502")
        assert reply["kind"] == "CONFIRM", reply
        return reply

    def bookings(self) -> Payload:
        found: Payload = self.client.ask(BOOKINGS)["viewer"]["bookings"]
        return found


def a_resident(server: Server) -> Client:
    return Client(server.url).sign_in(f"demo:住户{secrets.token_hex(6)}")


def a_talk(server: Server) -> Talk:
    return Talk(a_resident(server), near=CENTER)


def an_anonymous_talk(server: Server) -> Talk:
    return Talk(Client(server.url), near=CENTER)


def offer_of(reply: Payload) -> tuple[str, str]:
    card = reply["cards"][0]
    assert card["__typename"] == "TimeSlotOffer"
    return card["offering"]["store"]["name"], card["start"]
