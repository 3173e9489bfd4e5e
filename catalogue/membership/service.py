"""Applying as a merchant, deciding on applications, and inviting and removing members."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import (
    Database,
    DuplicateKeyError,
    database_errors_as_refusals,
    violated_index,
)
from lifecircle.catalogue.errors import (
    Busy,
    Forbidden,
    InvalidInput,
    LimitReached,
    NotFound,
    StateChanged,
)
from lifecircle.catalogue.membership import rules
from lifecircle.catalogue.membership.applications import Applications
from lifecircle.catalogue.membership.documents import (
    active_member_document,
    waiting_member_document,
)
from lifecircle.catalogue.membership.model import Application, Invitation, Member, MerchantFile
from lifecircle.catalogue.membership.owners import TRIES, Owners, step_aside
from lifecircle.catalogue.membership.store import MembershipStore
from lifecircle.catalogue.merchants import Merchant, MerchantState
from lifecircle.catalogue.people.access import Roles, require_merchant
from lifecircle.catalogue.people.model import MemberRole, Membership
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.stores.store import read_store


@dataclass(frozen=True)
class MembershipDesk:
    """Merchants' applications and members. Safe to use from any number of workers at once."""

    database: Database
    keys: KeyRing
    keeper: SnapshotKeeper
    clock: Clock

    @property
    def _store(self) -> MembershipStore:
        return MembershipStore(self.database)

    @property
    def _owners(self) -> Owners:
        return Owners(self._store, self.keeper)

    @property
    def _applications(self) -> Applications:
        return Applications(self._store, self._owners, self.keys, self.keeper, self.clock)

    # --- applications ---

    async def apply(self, resident: str, application: Application) -> Merchant:
        """Apply; the applicant becomes the owner.

        Raises InvalidInput, NotFound, IdempotencyConflict, Duplicate, LimitReached, Busy.
        """
        async with database_errors_as_refusals():
            return await self._applications.apply(resident, application)

    async def approve(self, roles: Roles, merchant_id: str) -> Merchant:
        """Raises NotFound, also outside the staff's areas; StateChanged for what is decided already."""
        async with database_errors_as_refusals():
            return await self._applications.decide(roles, merchant_id, MerchantState.APPROVED, None)

    async def reject(self, roles: Roles, merchant_id: str, reason: str) -> Merchant:
        """As `approve`; also raises InvalidInput. The licence may be used for another application."""
        clean = rules.plain_text(reason, "不通过的原因", 2, 200, "reason")
        async with database_errors_as_refusals():
            return await self._applications.decide(roles, merchant_id, MerchantState.REJECTED, clean)

    # --- inviting ---

    async def invite(self, roles: Roles, invitation: Invitation) -> Membership:
        """Invite by phone; the same phone again changes the role. Says nothing about whose phone it is.

        Raises NotFound, Forbidden, InvalidInput, StateChanged, LimitReached, Busy.
        """
        async with database_errors_as_refusals():
            file = await self._store.merchant(invitation.merchant)
            require_merchant(roles, file.merchant if file else None, *MemberRole)
            actor = roles.membership(invitation.merchant)
            if file is None or actor is None:
                raise Forbidden
            if file.merchant.state not in (MerchantState.APPLIED, MerchantState.APPROVED):
                raise StateChanged("这个商户目前不能邀请成员。", "merchant")
            phone = rules.mobile_number(invitation.phone, "phone")
            await self._check_stores(invitation)
            rules.check_may_invite(actor, invitation)
            for attempt in range(TRIES):
                await step_aside(attempt)
                settled = await self._try_to_invite(file, actor, invitation, phone)
                if settled:
                    return settled.as_membership()
            raise Busy("现在操作的人太多，请稍后再试。")

    async def claim_invitations(self, resident_id: str, phone: str) -> None:
        """Make every invitation of a phone a membership of the resident who has just proved that it is theirs."""
        async with database_errors_as_refusals():
            for invited in await self._store.waiting(self._lookups(_normal(phone))):
                await self._claim(invited, resident_id)

    async def _check_stores(self, invitation: Invitation) -> None:
        """Raises NotFound: other merchants' stores are as unknown here as those that do not exist."""
        for key in invitation.stores:
            store = self.keeper.current.store(key) or await read_store(self.database, key)
            if store is None or store.merchant != invitation.merchant:
                raise NotFound("没有找到这家门店，请在本商户的门店中选择。", "stores")

    async def _try_to_invite(
        self, file: MerchantFile, actor: Membership, invitation: Invitation, phone: str
    ) -> Member | None:
        """None: somebody else changed something meanwhile, try again."""
        lookups = self._lookups(phone)
        resident = await PeopleStore(self.database).resident_with_phone(lookups)
        if resident:
            await self.claim_invitations(resident.id, phone)
            member = await self._store.member_of(invitation.merchant, resident.id)
        else:
            member = await self._store.invited(invitation.merchant, lookups)
        if member:
            return await self._change(actor, member, invitation)
        return await self._add(file, invitation, phone, resident.id if resident else None)

    async def _add(self, file: MerchantFile, invitation: Invitation, phone: str, resident: str | None) -> Member | None:
        """Raises LimitReached."""
        await self._check_room(file, 1)
        member_id, role, stores = secrets.token_hex(12), invitation.role, invitation.stores
        if resident:
            document = active_member_document(member_id, file, resident, role, stores)
        else:
            document = waiting_member_document(member_id, file, phone, role, stores, self.keys)
        try:
            await self._store.insert_member(document)
        except DuplicateKeyError as error:
            if violated_index(error) != {"_id"}:
                return None
        added = await self._store.member(member_id)
        if added is None:
            return None
        try:
            await self._check_room(file, 0)
        except LimitReached:
            await self._store.remove(added)
            raise
        return await self._settle(added, phone)

    async def _settle(self, member: Member, phone: str) -> Member | None:
        """Whoever proved the phone while the invitation was written was not told of it."""
        if member.is_active_owner:
            await self._owners.count_in(member.id)
        if member.resident is None and await PeopleStore(self.database).resident_with_phone(self._lookups(phone)):
            return None
        return member

    async def _check_room(self, file: MerchantFile, more: int) -> None:
        if await self._store.count(file.merchant.id) + more > rules.MOST_MEMBERS:
            raise LimitReached(f"一个商户最多 {rules.MOST_MEMBERS} 位成员，请先移除不再需要的成员。", "merchant")

    async def _change(self, actor: Membership, member: Member, invitation: Invitation) -> Member | None:
        """Raises Forbidden; StateChanged for the last owner."""
        rules.check_may_change(actor, member)
        stores = rules.stores_after(actor, member, invitation)
        return await self._give(member, invitation.role, stores)

    async def _give(self, member: Member, role: MemberRole, stores: tuple[str, ...]) -> Member | None:
        """Another role. None where the member is no longer as it was read."""
        if (member.role, member.stores) == (role, stores):
            return member
        if member.is_active_owner and role is not MemberRole.OWNER:
            await self._owners.let_go(member)
        changed = await self._store.change(member, role, stores)
        if changed and changed.is_active_owner:
            await self._owners.count_in(changed.id)
        return changed

    async def _claim(self, invited: Member, resident: str) -> None:
        for attempt in range(TRIES):
            await step_aside(attempt)
            member = await self._store.member_of(invited.merchant, resident)
            if await (self._merge(member, invited) if member else self._activate(invited, resident)):
                return
            found = await self._store.member(invited.id)
            if found is None or found.resident is not None:
                return
            invited = found

    async def _activate(self, invited: Member, resident: str) -> bool:
        try:
            active = await self._store.activate(invited, resident)
        except DuplicateKeyError:  # the same person came in another way a moment ago
            return False
        if active and active.is_active_owner:
            await self._owners.count_in(active.id)
        return active is not None

    async def _merge(self, member: Member, invited: Member) -> bool:
        """One person has one membership in a merchant."""
        role, stores = rules.merged(member, invited)
        return await self._give(member, role, stores) is not None and await self._store.remove(invited)

    # --- removing ---

    async def remove(self, roles: Roles, membership_id: str) -> Membership:
        """Remove a member, withdraw an invitation, or leave.

        Raises NotFound, also for whom the viewer may not remove; StateChanged for the last owner; Busy.
        """
        async with database_errors_as_refusals():
            for attempt in range(TRIES):
                await step_aside(attempt)
                member = await self._store.member(membership_id)
                if member is None or not _may_remove(roles, member):
                    raise NotFound("没有找到这位成员，可能已经被移除。", "membership")
                if member.is_active_owner:
                    await self._owners.let_go(member)
                if await self._store.remove(member):
                    return member.as_membership()
            raise Busy("现在操作的人太多，请稍后再试。")

    # --- helpers ---

    def _lookups(self, phone: str) -> list[str]:
        return self.keys.lookup_hashes(phone, field="phone")


def _may_remove(roles: Roles, member: Member) -> bool:
    return member.resident == roles.resident or rules.may_remove(roles.membership(member.merchant), member)


def _normal(phone: str) -> str:
    """Numbers from elsewhere than the mainland are never invited, and wait for nothing."""
    try:
        return rules.mobile_number(phone)
    except InvalidInput:
        return phone
