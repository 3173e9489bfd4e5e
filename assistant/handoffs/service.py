"""Conversations handed over to people: opened by a turn, answered and closed by the staff of the resident's area."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from lifecircle.assistant.conversations.model import Conversation, HandoffMark, Message, MessageAuthor
from lifecircle.assistant.conversations.rules import KEPT_AFTER_HANDOFF
from lifecircle.assistant.conversations.store import ConversationStore
from lifecircle.assistant.handoffs import rules
from lifecircle.assistant.handoffs.model import Handoff
from lifecircle.assistant.handoffs.store import HandoffStore
from lifecircle.assistant.replies import Reply
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import NotFound, StateChanged
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.hours.holidays import HolidayCalendar
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.pages import Page, PageKey
from lifecircle.catalogue.people.access import Roles, require_staff
from lifecircle.catalogue.privacy.audit import AuditLog
from lifecircle.catalogue.privacy.model import AuditAction, Subject
from lifecircle.catalogue.privacy.store import AccountStore
from lifecircle.catalogue.sealing import CannotUnseal, KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot
from lifecircle.catalogue.text import traditional

MAX_REPLY = 1_000
MAX_NOTE = 500


@dataclass(frozen=True)
class HandoffDesk:
    """Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    calendar: HolidayCalendar
    clock: Clock

    @cached_property
    def _store(self) -> HandoffStore:
        return HandoffStore(self.database, self.keys)

    @cached_property
    def _conversations(self) -> ConversationStore:
        return ConversationStore(self.database, self.keys)

    # --- in a turn ---

    async def open(
        self, conversation: Conversation, number: int, reason: str, snapshot: Snapshot, now: datetime
    ) -> tuple[HandoffMark, Reply] | None:
        """None where no area is served. The staff see it from here on; the turn marks its conversation afterwards."""
        area = rules.place_of(snapshot.areas, conversation.near, await self._home(conversation.resident))
        if area is None:
            return None
        path = snapshot.areas.path(area.id)
        key = rules.handoff_id(conversation.id, number)
        wanted = Handoff(key, conversation.id, conversation.resident, area.id, path, reason, now, None)
        opened = await self._store.open(wanted)
        status = rules.office_status(snapshot, path, self.calendar, now)
        return HandoffMark(opened.id, opened.area, opened.is_open), rules.opened_reply(area, status, now)

    async def passed_on(self, mark: HandoffMark, snapshot: Snapshot, now: datetime) -> Reply:
        area = snapshot.areas.get(mark.area)
        path = snapshot.areas.path(area.id) if area else ()
        return rules.passed_on_reply(rules.office_status(snapshot, path, self.calendar, now), now)

    async def as_it_stands(self, conversation: Conversation, resident: str | None) -> Conversation:
        """The hand-over itself decides whether it is open: who closed it may have died before the conversation knew."""
        mark = conversation.handoff
        if mark is None or not mark.is_open:
            return conversation
        found = await self._store.find(mark.id)
        if found and found.resident is None and resident:
            await self._store.bind(mark.id, resident)
        if found and found.is_open:
            return conversation
        until = (found.closed_at if found and found.closed_at else self.clock()) + KEPT_AFTER_HANDOFF
        return replace(conversation, handoff=replace(mark, is_open=False), keep_until=until)

    # --- for the staff ---

    async def of_area(
        self, roles: Roles, area: str, *, is_open: bool, first: int, after: PageKey | None
    ) -> Page[Handoff]:
        """Those of the area and everything below it. Raises NotFound."""
        require_staff(roles, area, "area")
        async with database_errors_as_refusals():
            found = await self._store.of_area(area, is_open=is_open, first=first + 1, after=after, now=self.clock())
        return Page.of(found, first)

    async def count(self, area: str, *, is_open: bool) -> int:
        async with database_errors_as_refusals():
            return await self._store.count(area, is_open=is_open, now=self.clock())

    async def find(self, key: str) -> Handoff | None:
        """For whom may see its conversation."""
        async with database_errors_as_refusals():
            return await self._store.find(key)

    async def visible(self, roles: Roles | None, key: str) -> Handoff | None:
        async with database_errors_as_refusals():
            found = await self._store.find(key)
        return found if found and rules.may_see(roles, found) else None

    async def reply(self, roles: Roles, key: str, text: str, request_id: str) -> Handoff:
        """Raises NotFound, InvalidInput, StateChanged."""
        clean = plain_text(text, "回复", 1, MAX_REPLY, "text")
        async with database_errors_as_refusals():
            handoff = await self._require(key)
            require_staff(roles, handoff.area, "handoff")
            if not handoff.is_open:
                raise StateChanged("这次人工服务已经结束，不能再回复。", "handoff")
            message = Message(_message_id("staff"), MessageAuthor.STAFF, clean, self.clock())
            if not await self._conversations.add(handoff.conversation, message):
                raise StateChanged("居民已经删除了这段对话，请结束这次人工服务。", "handoff")
        await self._note_change(roles, handoff, "reply", request_id)
        return handoff

    async def close(self, roles: Roles, key: str, note: str | None, request_id: str) -> Handoff:
        """Closing what is closed changes nothing. Raises NotFound, InvalidInput."""
        clean = plain_text(note, "备注", 1, MAX_NOTE, "note") if note else None
        async with database_errors_as_refusals():
            handoff = await self._require(key)
            if not rules.may_close(roles, handoff):
                raise NotFound("没有找到这次人工服务。", "handoff")
            now = self.clock()
            is_new = await self._store.close(key, clean, now, now + KEPT_AFTER_HANDOFF)
            closed = await self._require(key)
            await self._give_back(closed, now)
        if is_new:
            await self._note_change(roles, closed, "closedAt", request_id)
        return closed

    # --- helpers ---

    async def _give_back(self, handoff: Handoff, now: datetime) -> None:
        """Also where it was closed before: whoever did it may have come no further."""
        until = (handoff.closed_at or now) + KEPT_AFTER_HANDOFF
        is_traditional = await self._conversations.is_traditional(handoff.conversation)
        text = traditional(rules.CLOSED_TEXT) if is_traditional else rules.CLOSED_TEXT
        message = Message(_message_id("end"), MessageAuthor.ASSISTANT, text, now)
        await self._conversations.end_handoff(handoff.conversation, handoff.id, until, message)

    async def _require(self, key: str) -> Handoff:
        found = await self._store.find(key)
        if found is None:
            raise NotFound("没有找到这次人工服务。", "handoff")
        return found

    async def _home(self, resident: str | None) -> Point | None:
        row = await AccountStore(self.database).profile(resident) if resident else None
        if not row or not row.get("home"):
            return None
        try:
            home = json.loads(self.keys.unseal(row["home"], field="home"))
        except CannotUnseal:
            return None
        return Point(home["longitude"], home["latitude"])

    async def _note_change(self, roles: Roles, handoff: Handoff, field: str, request_id: str) -> None:
        """Who answered or closed stands in the audit, not in what the resident reads."""
        await AuditLog(self.database, self.clock).record(
            AuditAction.PERSONAL_DATA_CHANGED,
            actor=roles.resident,
            subject=Subject("Handoff", handoff.id),
            fields=[field],
            request_id=request_id,
        )


def _message_id(kind: str) -> str:
    return f"{kind}.{secrets.token_hex(6)}"
