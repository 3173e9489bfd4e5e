"""A reply as JSON, and back.

What it names is looked up again when it is read: the catalogue and the policies live on, and a booking shows what has
become of it. What is no more, or is not the reader's, is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lifecircle.assistant.conversations.model import Json
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.policies.shelf import Policies
from lifecircle.assistant.replies import Card, Citation, Hotline, Reply, ReplyKind, Requirement, TimeSlotOffer
from lifecircle.catalogue.bookings.model import Booking
from lifecircle.catalogue.offerings.model import Offering
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.stores.model import Store


@dataclass(frozen=True, slots=True)
class Known:
    """Where what a reply names is looked up."""

    snapshot: Snapshot
    policies: Policies
    bookings: Mapping[str, Booking]


def reply_to_json(reply: Reply) -> dict[str, Any]:
    return {
        "text": reply.text,
        "kind": reply.kind.value,
        "intent": reply.intent,
        "confidence": reply.confidence,
        "citations": [[citation.policy.id, citation.section] for citation in reply.citations],
        "cards": [_card_to_json(card) for card in reply.cards],
        "suggestions": list(reply.suggestions),
        "booking": reply.booking.id if reply.booking else None,
        "requires": reply.requires.value if reply.requires else None,
    }


def reply_from_json(data: Json, known: Known) -> Reply:
    cited = [(known.policies.get(key), section) for key, section in data["citations"]]
    cards = [_card(card, known) for card in data["cards"]]
    return Reply(
        data["text"],
        ReplyKind(data["kind"]),
        data["intent"],
        data["confidence"],
        citations=tuple(Citation(policy, section) for policy, section in cited if policy),
        cards=tuple(card for card in cards if card),
        suggestions=tuple(data["suggestions"]),
        booking=known.bookings.get(data["booking"] or ""),
        requires=Requirement(data["requires"]) if data["requires"] else None,
    )


def bookings_named(replies: Iterable[Json | None]) -> set[str]:
    found = set[str]()
    for reply in replies:
        if reply:
            found |= {card["booking"] for card in reply["cards"] if "booking" in card}
            found |= {reply["booking"]} if reply["booking"] else set()
    return found


def _card_to_json(card: Card) -> dict[str, Any]:
    match card:
        case Store():
            return {"store": card.id}
        case Offering():
            return {"offering": card.id}
        case TimeSlotOffer():
            return {"offer": card.offering.id, "start": card.start.isoformat(), "end": card.end.isoformat()}
        case Booking():
            return {"booking": card.id}
        case Policy():
            return {"policy": card.id}
        case Hotline():
            return {"hotline": card.number, "name": card.name}


def _card(data: Json, known: Known) -> Card | None:
    match data:
        case {"store": key}:
            return known.snapshot.store(key)
        case {"offering": key}:
            return known.snapshot.offering(key)
        case {"offer": key, "start": start, "end": end}:
            offering = known.snapshot.offering(key)
            span = datetime.fromisoformat(start), datetime.fromisoformat(end)
            return TimeSlotOffer(offering, *span) if offering else None
        case {"booking": key}:
            return known.bookings.get(key)
        case {"policy": key}:
            return known.policies.get(key)
        case {"hotline": number, "name": name}:
            return Hotline(name, number)
        case _:
            return None
