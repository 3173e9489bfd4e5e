"""A merchant never loses its last owner.

Roles stand in the members' documents, one for each, so two owners who go at once do not meet there. They meet in
`owners`, a list in the merchant's document. What always holds: **whoever is on the list is an owner**. The list may
lack somebody, for instance after a crash, but never names somebody who has gone. So an owner may go as long as the list
names another.

- To count: the merchant is read, then the member gets a new version, then the list is set if the merchant is as read.
- To go: the list is set without the owner if the merchant is as read, always as a new version, and only then is the
  member removed or given another role, if the member is as read before.

Whichever way the two interleave, at least one of the two conditions fails and that side begins again. Both may fail:
whoever begins again waits a random moment first, or the two could go on hindering each other in step.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass

from lifecircle.catalogue.errors import Busy, StateChanged
from lifecircle.catalogue.membership.model import Member, MerchantFile
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change

LAST_OWNER = "这是商户的最后一位负责人。请先邀请另一位负责人，等对方登录加入后再操作。"

TRIES = 40


async def step_aside(attempt: int) -> None:
    """Before a new try: a random moment, at most 1 ms at first and 64 ms in the end. Nothing before the first."""
    if attempt:
        await asyncio.sleep(secrets.randbelow(2 ** min(attempt, 6) * 1000) / 1_000_000)


@dataclass(frozen=True)
class Owners:
    store: MembershipStore
    keeper: SnapshotKeeper

    async def count_in(self, member_id: str) -> None:
        """Put an active owner on the list. Raises Busy."""
        for attempt in range(TRIES):
            await step_aside(attempt)
            member = await self.store.member(member_id)
            if member is None or not member.is_active_owner:
                return
            file = await self.store.merchant(member.merchant)
            if file is None or member_id in file.owners:
                return
            if await self.store.touch(member) and await self._put(file, (*file.owners, member_id)):
                return
        raise Busy("现在操作的人太多，请稍后再试。")

    async def let_go(self, member: Member) -> None:
        """Take an owner off the list, before they are removed or get another role.

        Raises StateChanged for the last one, Busy.
        """
        for attempt in range(TRIES):
            await step_aside(attempt)
            file = await self.store.merchant(member.merchant)
            if file is None:
                return
            active = [owner.id for owner in await self.store.active_owners(member.merchant) if owner.id != member.id]
            if not active:
                raise StateChanged(LAST_OWNER, "membership")
            others = tuple(owner for owner in file.owners if owner in active)
            if others and await self._put(file, others):
                return
            if not others and attempt % 4 == 3:  # before that, they are most likely just going
                await self.count_in(active[0])
        raise Busy("现在操作的人太多，请稍后再试。")

    async def _put(self, file: MerchantFile, owners: tuple[str, ...]) -> bool:
        document = await self.store.put_owners(file, owners)
        if document:
            self.keeper.apply([Change("merchants", document["_id"], document)])
        return document is not None
