"""An assistant over a database whose understanding is scripted: what is tested is what happens around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from factories import CENTER, DISTRICT, PlainCalendar, SetClock, a_snapshot, a_store, an_area, hours
from patience import PATIENCE, until

from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.dialogue.model import Form
from lifecircle.assistant.dialogue.turn import Outcome, Turn
from lifecircle.assistant.handoffs.model import Handoff
from lifecircle.assistant.handoffs.store import HandoffStore
from lifecircle.assistant.learning.store import QuestionStore
from lifecircle.assistant.policies.model import Policy
from lifecircle.assistant.replies import Reply, ReplyKind
from lifecircle.assistant.service import Assistant, Replied, Said
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot

STREET, COMMUNITY = "330199001", "330199001001"
OTHER_STREET, OTHER = "330199002", "330199002001"
HERE = Point(*CENTER)
ELSEWHERE = Point(120.35, 30.55)

ANSWER = Reply("一年一次。", ReplyKind.ANSWER, "pension.when", 0.9, suggestions=("怎么认证",))
NOT_KNOWN = Reply("没有可靠的资料。", ReplyKind.FALLBACK, None, 0.0)
TO_PEOPLE = Reply("请拨打 12345。", ReplyKind.HANDOFF, "handoff")

Answering = Callable[[Form | None, Turn], Outcome]


def staff(*areas: str, resident: str = "clerk") -> Roles:
    return Roles(resident, areas=frozenset(areas))


def of(reply: Reply, **more: Any) -> Outcome:
    return Outcome(reply, more.pop("form", None), **more)


def plainly(form: Form | None, turn: Turn) -> Outcome:
    """A person where one is asked for, nothing known of the weather, else an answer."""
    if "人工" in turn.signals.text:
        return of(TO_PEOPLE)
    if "天气" in turn.signals.text:
        return of(NOT_KNOWN, unanswered=True)
    return of(ANSWER, form=form)


class Guides:
    """As far as conversations know policies: found again by id."""

    def __init__(self, *policies: Policy) -> None:
        self._by_id = {policy.id: policy for policy in policies}

    def get(self, key: str) -> Policy | None:
        return self._by_id.get(key)


@dataclass(frozen=True)
class Shelf:
    current: Guides = field(default_factory=Guides)


@dataclass
class ScriptedRouter:
    answering: Answering = plainly
    seconds: float = 0.0
    """How long a turn takes."""
    shelf: Shelf = field(default_factory=Shelf)
    turns: list[Turn] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Texts whose turn waits, and what for."""

    def hold(self, text: str) -> asyncio.Event:
        self.held[text] = asyncio.Event()
        return self.held[text]

    async def has_begun(self, text: str) -> None:
        await until(lambda: any(turn.said == text for turn in self.turns))

    async def outcome(self, form: Form | None, turn: Turn) -> Outcome:
        self.turns.append(turn)
        await asyncio.sleep(self.seconds)
        if turn.said in self.held:
            await self.held[turn.said].wait()
        return self.answering(form, turn)


def a_town(**changes: Any) -> Snapshot:
    """A district of two streets with a community each; the first has a station that is open on weekdays."""
    west = [[120.0, 30.0], [120.3, 30.0], [120.3, 30.6], [120.0, 30.6], [120.0, 30.0]]
    east = [[120.3, 30.0], [120.4, 30.0], [120.4, 30.6], [120.3, 30.6], [120.3, 30.0]]
    west_ring, east_ring = ({"type": "Polygon", "coordinates": [ring]} for ring in (west, east))
    areas = [
        an_area(DISTRICT),
        an_area(STREET, name="桂花街道", level="SUBDISTRICT", parent=DISTRICT, polygon=west_ring),
        an_area(COMMUNITY, name="桂花社区", level="COMMUNITY", parent=STREET, polygon=west_ring),
        an_area(OTHER_STREET, name="月塘街道", level="SUBDISTRICT", parent=DISTRICT, polygon=east_ring),
        an_area(OTHER, name="月塘社区", level="COMMUNITY", parent=OTHER_STREET, polygon=east_ring),
    ]
    opening = hours(("09:00", "17:00"), weekdays="12345", mode="CLOSED")
    station = a_store("station", category="community-station", station_of=COMMUNITY, hours=opening)
    return a_snapshot(areas=areas, stores=[station], **changes)


@dataclass
class Room:
    """One resident's side and the staff's, over one database."""

    database: Database
    keys: KeyRing
    clock: SetClock
    assistant: Assistant
    router: ScriptedRouter
    snapshot: Snapshot

    async def say(self, text: str, conversation: str | None = None, **given: Any) -> Replied:
        said = Said(text, conversation, given.get("resident", "r1"), given.get("near", HERE), given.get("key"))
        return await self.assistant.reply(said, self.snapshot)

    async def handed_over(self, **given: Any) -> tuple[str, Handoff]:
        """A conversation that waits for people, and its hand-over."""
        key = (await self.say("转人工", **given)).conversation
        return key, await self.handoff_of(key)

    async def handoff_of(self, conversation: str) -> Handoff:
        row = await self.database["handoffs"].find_one({"conversation": conversation})
        assert row
        found = await HandoffStore(self.database, self.keys).find(row["_id"])
        assert found
        return found

    async def row(self, conversation: str) -> Document:
        found = await self.database["conversations"].find_one({"_id": conversation})
        assert found
        return found

    async def messages(self, conversation: str) -> list[tuple[str, str]]:
        found = await ConversationStore(self.database, self.keys).transcript(conversation, self.clock())
        assert found
        return [(message.author.value, message.text) for message in found.messages]

    def another_worker(self, **changes: Any) -> Room:
        """The same database, nothing else in common."""
        router = ScriptedRouter(self.router.answering)
        desk = BookingDesk(self.database, self.keys, PlainCalendar(), self.clock)
        patient = {"patience": PATIENCE, **changes}
        assistant = Assistant(self.database, self.keys, desk, router, self.clock, **patient)
        return replace(self, assistant=assistant, router=router)


async def a_room(database: Database, keys: KeyRing, clock: SetClock, calendar: Any = None) -> Room:
    await ConversationStore(database, keys).create_indexes()
    await HandoffStore(database, keys).create_indexes()
    await QuestionStore(database).create_indexes()
    router = ScriptedRouter()
    desk = BookingDesk(database, keys, calendar or PlainCalendar(), clock)
    assistant = Assistant(database, keys, desk, router, clock, patience=PATIENCE)
    return Room(database, keys, clock, assistant, router, a_town())
