"""Credits: WeChat lets us send one message for each time a resident accepts. Counted once, whoever reports it.

The mini-program tells us at once (`recordSubscribeConsent`), and WeChat tells us by a signed push. Both speak of the
same tap, so a report is paired with an earlier one from the other side within ten minutes instead of being counted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, database_errors_as_refusals
from lifecircle.catalogue.errors import Busy, InvalidInput
from lifecircle.catalogue.notices.store import AddressStore, CreditStore, PushStore
from lifecircle.catalogue.sealing import KeyRing

SAME_TAP = timedelta(minutes=10)
MOST_CREDITS = 50

_Change = Callable[[Document], Document]

_MOST_EVENTS = 50
_TRIES = 20


class Source(StrEnum):
    CLIENT = "CLIENT"
    PUSH = "PUSH"


class PushKind(StrEnum):
    POPUP = "subscribe_msg_popup_event"
    CHANGE = "subscribe_msg_change_event"
    SENT = "subscribe_msg_sent_event"


_ENDS = frozenset({(PushKind.CHANGE, "reject"), (PushKind.SENT, "failed")})
"""The resident has switched the messages off, or WeChat did not hand one over."""


@dataclass(frozen=True, slots=True)
class PushedItem:
    """What WeChat says of one template and one person."""

    openid: str
    kind: PushKind
    template: str
    status: str
    """accept or reject; of a message that was sent: success or failed."""
    at: datetime
    mark: str
    """What tells it from other items of the same second, such as the message's number."""

    @property
    def id(self) -> str:
        parts = (self.openid, self.kind, self.template, self.status, str(int(self.at.timestamp())), self.mark)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Credits:
    database: Database
    keys: KeyRing
    clock: Clock
    templates: frozenset[str]
    """Ids of the templates that we send by."""

    @property
    def _store(self) -> CreditStore:
        return CreditStore(self.database)

    async def record_consent(self, resident: str, accepted: Sequence[str], rejected: Sequence[str]) -> None:
        """What the mini-program's dialogue came to. Raises InvalidInput, Busy."""
        for name, given in (("accepted", accepted), ("rejected", rejected)):
            if not set(given) <= self.templates:
                raise InvalidInput("有不认识的消息模板，请升级小程序后再试。", name)
        if set(accepted) & set(rejected):
            raise InvalidInput("同一个模板不能既接受又拒绝。", "rejected")
        async with database_errors_as_refusals():
            for template in sorted(set(accepted)):
                await self._accept(resident, template, Source.CLIENT, self.clock(), None)

    async def left(self, resident: str) -> dict[str, int]:
        """Messages that may still be sent, by template."""
        async with database_errors_as_refusals():
            return {row["template"]: row["left"] for row in await self._store.of(resident)}

    async def is_unseen(self, timestamp: str, nonce: str, body: bytes) -> bool:
        """Whether the signature comes for the first time, or with the same body as before."""
        key = hashlib.sha256(f"{timestamp}:{nonce}".encode()).hexdigest()
        expires_at = self.clock() + timedelta(hours=1)
        return await PushStore(self.database).is_first_use(key, hashlib.sha256(body).hexdigest(), expires_at)

    async def take_in(self, item: PushedItem) -> None:
        """Does nothing the second time, and for people and templates that are not ours."""
        if item.template not in self.templates:
            return
        ids = self.keys.lookup_hashes(item.openid, field="openid")
        resident = await AddressStore(self.database).resident_of(ids)
        if resident is None:
            return
        if item.kind is PushKind.POPUP and item.status == "accept":
            await self._accept(resident, item.template, Source.PUSH, item.at, item.id)
        elif (item.kind, item.status) in _ENDS:
            await self._change(resident, item.template, item.id, lambda row: {"left": 0, "unpaired": []})

    async def _accept(self, resident: str, template: str, source: Source, at: datetime, event: str | None) -> None:
        await self._change(resident, template, event, lambda row: _accepted(row, source, at))

    async def _change(self, resident: str, template: str, event: str | None, change: _Change) -> None:
        """Once for each event. Raises Busy."""
        for _ in range(_TRIES):
            row = await self._store.read(resident, template)
            if event in row["events"]:
                return
            seen = [*row["events"], event][-_MOST_EVENTS:] if event else row["events"]
            if await self._store.replace(row, {**change(row), "events": seen}):
                return
        raise Busy("现在操作的人太多，请稍后再试。")


def _accepted(row: Document, source: Source, at: datetime) -> Document:
    unpaired = [one for one in row["unpaired"] if abs(at - one["at"]) <= SAME_TAP]
    twin = next((one for one in unpaired if one["by"] != source), None)
    if twin:
        return {"unpaired": [one for one in unpaired if one is not twin]}
    here = {"by": source.value, "at": at}
    return {"left": min(MOST_CREDITS, row["left"] + 1), "unpaired": [*unpaired, here][-MOST_CREDITS:]}
