"""What every kind of editing shares: who may, once or again, writing, and showing what was written at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.editing.model import Edit, Once, Overtaken, Work
from lifecircle.catalogue.editing.store import EditingStore
from lifecircle.catalogue.errors import (
    Forbidden,
    IdempotencyConflict,
    InvalidInput,
    LimitReached,
    NotFound,
    StateChanged,
)
from lifecircle.catalogue.history.model import Author
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.merchants import Merchant, MerchantState, merchant_from_document
from lifecircle.catalogue.people.access import Roles, require_merchant, require_store
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.privacy.store import AuditStore
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change

EDITORS = (MemberRole.OWNER, MemberRole.MANAGER)
"""Clerks look after bookings; what residents read is for owners and managers."""


@dataclass(frozen=True)
class Desk:
    database: Database
    keeper: SnapshotKeeper
    clock: Clock

    @property
    def store(self) -> EditingStore:
        return EditingStore(self.database)

    # --- who may ---

    async def merchant_for(self, roles: Roles, key: str) -> tuple[Document, Membership]:
        """An approved merchant whose every store the viewer may edit. Raises NotFound, Forbidden."""
        row = await self.store.one("merchants", key)
        merchant = merchant_from_document(row) if row else None
        require_merchant(roles, merchant, *EDITORS)
        member = roles.membership(key)
        if row is None or merchant is None or member is None:
            raise Forbidden
        if member.stores:
            raise Forbidden("您只管理部分门店：新开门店、品牌和批量导入请联系负责人。", "merchant")
        _check_approved(merchant)
        return row, member

    async def store_for(self, roles: Roles, key: str) -> tuple[Document, Membership]:
        """A store that the viewer may edit, as it is in the database. Raises NotFound, Forbidden."""
        row = await self.store.one("stores", key)
        if row is None:
            raise NotFound("没有找到这家店，可能已经关闭。", "store")
        member = require_store(roles, row["merchant"], key, *EDITORS)
        await self._check_approved(row["merchant"])
        return row, member

    async def chain_for(self, roles: Roles, key: str) -> tuple[Document, Membership]:
        """A chain that the viewer may edit, as it is in the database. Raises NotFound, Forbidden."""
        row = await self.store.one("chains", key)
        if row is None:
            raise NotFound("没有找到这个品牌。", "chain")
        member = roles.membership(row["merchant"])
        if member is None or member.role not in EDITORS or member.stores:
            raise Forbidden("您没有管理这个品牌的权限。", "chain")
        await self._check_approved(row["merchant"])
        return row, member

    async def _check_approved(self, merchant: str) -> None:
        row = await self.store.one("merchants", merchant)
        _check_approved(merchant_from_document(row) if row else None)

    # --- once or again ---

    async def earlier(self, once: Once | None) -> Document | None:
        """What the same request answered before. Raises IdempotencyConflict."""
        row = await self.store.key(once.key) if once else None
        if once is None or row is None:
            return None
        if row["hash"] != once.hash:
            raise IdempotencyConflict
        answer: Document = row["answer"]
        return answer

    async def check_room(self, collection: str, most: int, what: str, **where: Any) -> None:
        """Raises LimitReached."""
        if await self.store.count(collection, **where) >= most:
            raise LimitReached(f"{what}最多 {most} 个，请先整理不再使用的。")

    # --- writing ---

    async def write(
        self, roles: Roles, member: Membership, *edits: Edit, once: Once | None = None, answer: Document | None = None
    ) -> None:
        """Commit, and answer only when this worker's snapshot holds it. Raises StateChanged, Taken."""
        now = self.clock()
        key = once.document(answer or {}, now) if once else None
        author = Author(await AuditStore(self.database).alias(roles.resident), member.role)
        try:
            await self.store.commit(Work(edits, author, now, key))
        except Overtaken:
            raise overtaken() from None
        self.publish(edits)

    def publish(self, edits: tuple[Edit, ...]) -> None:
        self.keeper.apply([Change(edit.collection, edit.after["_id"], edit.after) for edit in edits])


def overtaken() -> StateChanged:
    return StateChanged("别人刚刚修改过这条内容：请刷新，看过最新内容后再改。", "version")


def check_version(given: int | None, held: int) -> None:
    """Raises InvalidInput, StateChanged."""
    if given is None:
        raise InvalidInput("修改时请带上您看到的版本号 version。", "version")
    if given != held:
        raise overtaken()


def clean_key(key: str | None) -> str | None:
    """Raises InvalidInput."""
    return None if key is None else plain_text(key, "请求编号", 1, 128, "idempotencyKey")


def _check_approved(merchant: Merchant | None) -> None:
    if merchant is None or merchant.state is not MerchantState.APPROVED:
        raise Forbidden("商户审核通过后才能管理门店。", "merchant")
