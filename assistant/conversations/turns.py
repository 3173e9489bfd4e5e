"""One turn at a time: who holds a conversation, and how long the next one waits."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

from lifecircle.assistant.conversations.model import Conversation, Message
from lifecircle.assistant.conversations.store import ConversationStore, Taken
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.errors import Busy, NotFound
from lifecircle.catalogue.sealing import KeyRing

PATIENCE_SECONDS = 2.0
"""How long a second turn waits for the first."""

_LOOK_SECONDS = 0.05
_BUSY = "上一句话还在处理，请稍等一下再说。"


@dataclass
class Held:
    """A conversation while one turn has it to itself."""

    store: ConversationStore
    before: Conversation
    holder: str | None
    """None: it begins with this turn, and nobody else can know of it."""
    is_saved: bool = field(default=False, init=False)

    async def save(self, after: Conversation, said: list[Message], now: datetime, *, hands_over: bool = False) -> None:
        """Raises Busy where this turn took so long that another has begun."""
        if self.holder is None:
            await self.store.begin(after, said, now)
        elif not await self.store.save(after, said, self.holder, now, hands_over=hands_over):
            raise Busy(_BUSY)
        self.is_saved = True


@dataclass(frozen=True)
class TurnKeeper:
    store: ConversationStore
    keys: KeyRing
    clock: Clock
    patience: float = PATIENCE_SECONDS

    @contextlib.asynccontextmanager
    async def held(self, conversation: str | None, resident: str | None, key: str | None) -> AsyncIterator[Held]:
        """Held until the block ends; `key` is the turn's idempotency key. Raises NotFound, Busy."""
        held = await self._held(conversation, resident, key)
        try:
            yield held
        finally:
            if held.holder and not held.is_saved:
                await self.store.release(held.before.id, held.holder)

    async def _held(self, conversation: str | None, resident: str | None, key: str | None) -> Held:
        if conversation is None:
            return await self._first(resident, key)
        holder = secrets.token_hex(8)
        found = await self._taken(conversation, resident, holder)
        if found is None:
            raise NotFound("这段对话已经结束，请重新开始。", "conversation")
        return Held(self.store, found, holder)

    async def _first(self, resident: str | None, key: str | None) -> Held:
        """A first turn that is sent twice with its key finds the conversation that it began."""
        fresh = Held(self.store, Conversation(secrets.token_urlsafe(16), resident), None)
        if resident is None or key is None:
            return fresh
        named, holder = self._named(resident, key), secrets.token_hex(8)
        found = await self._taken(named, resident, holder, begins=True)
        if found is None:
            return fresh
        if found.version and (found.last is None or found.last.key != key):
            await self.store.release(named, holder)
            return fresh
        return Held(self.store, found, holder)

    def _named(self, resident: str, key: str) -> str:
        return self.keys.lookup_hash(f"{resident}:{key}", field="conversation").partition(".")[2]

    async def _taken(
        self, conversation: str, resident: str | None, holder: str, *, begins: bool = False
    ) -> Conversation | None:
        """None: there is no such conversation for them. Raises Busy."""
        deadline = asyncio.get_running_loop().time() + self.patience
        while True:
            found = await self.store.take(conversation, resident, holder, self.clock(), begins=begins)
            if found is Taken.UNKNOWN:
                return None
            if isinstance(found, Conversation):
                return found
            await self._until_free(conversation, deadline)

    async def _until_free(self, conversation: str, deadline: float) -> None:
        """Raises Busy."""
        loop, is_held = asyncio.get_running_loop(), True
        while is_held:
            if loop.time() >= deadline:
                raise Busy(_BUSY)
            await asyncio.sleep(_LOOK_SECONDS)
            is_held = await self.store.is_held(conversation, self.clock())
