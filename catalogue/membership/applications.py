"""Applying as a merchant, and deciding on applications."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import Document, DuplicateKeyError, violated_index
from lifecircle.catalogue.errors import Busy, Duplicate, IdempotencyConflict, LimitReached, NotFound, StateChanged
from lifecircle.catalogue.membership import rules
from lifecircle.catalogue.membership.documents import (
    CheckedApplication,
    first_member_document,
    history_entry,
    idempotency_key,
    merchant_document,
    request_hashes,
)
from lifecircle.catalogue.membership.licence import licence_number
from lifecircle.catalogue.membership.model import Application
from lifecircle.catalogue.membership.owners import Owners
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.merchants import Merchant, MerchantState, merchant_from_document
from lifecircle.catalogue.people.access import Roles, require_staffed_merchant
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.snapshot.reading import Change

_TRIES = 40
"""Each try loses only to somebody else's success."""

_STATES = {
    MerchantState.APPLIED: "待审核",
    MerchantState.APPROVED: "已通过",
    MerchantState.REJECTED: "未通过",
    MerchantState.SUSPENDED: "已停用",
}


@dataclass(frozen=True)
class Applications:
    store: MembershipStore
    owners: Owners
    keys: KeyRing
    keeper: SnapshotKeeper
    clock: Clock

    async def apply(self, resident: str, application: Application) -> Merchant:
        """Apply; the applicant becomes the owner.

        Raises InvalidInput, NotFound, IdempotencyConflict, Duplicate, LimitReached, Busy.
        """
        earlier = await self._earlier(resident, application)
        if earlier:
            return earlier
        checked = self._check(resident, application)
        try:
            document = await self._insert(checked, application)
        except (Duplicate, LimitReached):
            earlier = await self._earlier(resident, application)  # the same request, a moment ago
            if earlier:
                return earlier
            raise
        self._publish(document)
        await self._seat_applicant(checked.id)
        return merchant_from_document(document)

    def _check(self, resident: str, application: Application) -> CheckedApplication:
        name = rules.plain_text(application.name, "商户名称", 2, 40, "name")
        number = licence_number(application.licence_number, "licenceNumber")
        rules.check_licence_date(application.licence_expires_on, local_day(self.clock()), "licenceExpiresOn")
        if self.keeper.current.areas.get(application.area) is None:
            raise NotFound("没有找到这个区域，请重新选择所在的区、街道或社区。", "area")
        return CheckedApplication(
            id=secrets.token_hex(12),
            membership=secrets.token_hex(12),
            resident=resident,
            name=name,
            licence_number=number,
            licence_expires_on=application.licence_expires_on,
            area=application.area,
            contact_phone=rules.contact_number(application.contact_phone, "contactPhone"),
        )

    async def _insert(self, checked: CheckedApplication, application: Application) -> Document:
        """Raises Duplicate, LimitReached, Busy."""
        for _ in range(_TRIES):
            slot = await self._free_slot(checked.resident)
            await self._check_licence_is_free(checked)
            document = merchant_document(checked, application, slot, self.keys, self.clock())
            try:
                await self.store.insert_merchant(document)
            except DuplicateKeyError as error:
                violated = violated_index(error)
                if "idempotency.key" in violated:
                    raise Duplicate("这份申请已经提交过了。", "idempotencyKey") from None
                if violated != {"_id"}:
                    continue
                # the driver wrote again after a lost answer: the first write is ours
            return document
        raise Busy("现在申请的人太多，请稍后再试。")

    async def _free_slot(self, resident: str) -> str:
        taken = await self.store.open_slots(resident)
        slots = (f"{resident}:{number}" for number in range(rules.MOST_OPEN_APPLICATIONS))
        free = [slot for slot in slots if slot not in taken]
        if not free or len(taken) >= rules.MOST_OPEN_APPLICATIONS:
            most = rules.MOST_OPEN_APPLICATIONS
            raise LimitReached(f"您已有 {most} 份申请在审核中，请等审核结果出来后再申请。")
        return free[0]

    async def _check_licence_is_free(self, checked: CheckedApplication) -> None:
        holder = await self.store.merchant_of_licence(checked.licence_number)
        if holder is None:
            return
        if holder.applicant == checked.resident:
            await self._seat_applicant(holder.merchant.id)
            raise Duplicate("您已经用这个统一社会信用代码申请过了，请在“我的商户”里查看。", "licenceNumber")
        raise Duplicate(
            "这个统一社会信用代码已有商户在使用。如果不是您本人申请的，请联系街道工作人员。", "licenceNumber"
        )

    async def _earlier(self, resident: str, application: Application) -> Merchant | None:
        """The merchant that the same key already made. Raises IdempotencyConflict, InvalidInput."""
        if application.idempotency_key is None:
            return None
        rules.plain_text(application.idempotency_key, "请求编号", 1, 128, "idempotencyKey")
        file = await self.store.merchant_of_key(idempotency_key(resident, application.idempotency_key))
        if file is None:
            return None
        if file.request_hash not in request_hashes(application, self.keys):
            raise IdempotencyConflict
        await self._seat_applicant(file.merchant.id)
        return file.merchant

    async def _seat_applicant(self, merchant_id: str) -> None:
        """A merchant without any owner gets its applicant, also after a crash in between."""
        file = await self.store.merchant(merchant_id)
        if file is None or file.owners or file.applicant is None or file.first_membership is None:
            return
        await self.store.put_first_member(first_member_document(file, file.first_membership, file.applicant))
        await self.owners.count_in(file.first_membership)

    async def decide(self, roles: Roles, merchant_id: str, state: MerchantState, reason: str | None) -> Merchant:
        """Raises NotFound, also outside the staff's areas; StateChanged for what is decided already."""
        file = await self.store.merchant(merchant_id)
        require_staffed_merchant(roles, file.merchant if file else None)
        await self._seat_applicant(merchant_id)
        entry = history_entry(roles.resident, MerchantState.APPLIED, state, reason, self.clock())
        document = await self.store.decide(merchant_id, state, entry)
        if document is None:
            found = await self.store.merchant(merchant_id)
            now = _STATES[found.merchant.state] if found else "已删除"
            raise StateChanged(f"这份申请已经处理过了，现在是“{now}”，请刷新后查看。", "merchant")
        self._publish(document)
        return merchant_from_document(document)

    def _publish(self, document: Document) -> None:
        self.keeper.apply([Change("merchants", document["_id"], document)])
