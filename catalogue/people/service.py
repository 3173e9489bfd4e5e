"""Signing in and out, and who holds which role."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.areas import Areas
from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, DuplicateKeyError, database_errors_as_refusals
from lifecircle.catalogue.errors import CodeInvalid, Duplicate, Unauthenticated
from lifecircle.catalogue.merchants import MerchantState
from lifecircle.catalogue.people.access import Roles, subtree_of
from lifecircle.catalogue.people.model import (
    DeviceSession,
    Membership,
    Resident,
    SessionTokens,
    SignedIn,
    Viewer,
)
from lifecircle.catalogue.people.rates import RateCounter, RateLimits
from lifecircle.catalogue.people.sms import SmsCodes
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.ports import AccessTokens, PhoneNumbers, WeChatIdentity, WeChatUser
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.model import Snapshot

SESSION_DAYS = 30

OTHER_DEVICE = "其他设备"

PhoneListener = Callable[[str, str], Awaitable[None]]
"""(resident id, phone number)"""

_SIGN_IN_AGAIN = "登录已过期，请重新登录。"


@dataclass(frozen=True)
class PeopleDesk:
    database: Database
    keys: KeyRing
    identity: WeChatIdentity
    tokens: AccessTokens
    clock: Clock
    codes: SmsCodes
    phones: PhoneNumbers
    rates: RateCounter
    limits: RateLimits
    on_phone: PhoneListener | None = None
    """Told when a resident has proved a number: invitations wait for it."""

    @cached_property
    def _store(self) -> PeopleStore:
        return PeopleStore(self.database)

    async def sign_in_with_wechat(self, code: str, snapshot: Snapshot, device: str = OTHER_DEVICE) -> SignedIn:
        """Raises CodeInvalid, RateLimited, Unavailable."""
        user = await self.identity.identify(code)
        async with database_errors_as_refusals():
            await self.rates.take(self.limits.sign_in, user.openid, "code")
            if user.demo_area and snapshot.areas.get(user.demo_area) is None:
                raise CodeInvalid(f"没有代码为 {user.demo_area} 的区域。", "code")
            resident = await self._resident_of(user)
            await self._grant_demo_roles(user, resident, snapshot)
            return SignedIn(resident, await self._open_session(resident, device))

    async def request_sms_code(self, phone: str) -> int:
        """Seconds until another code may be asked for. Raises InvalidInput, RateLimited, Unavailable."""
        async with database_errors_as_refusals():
            return await self.codes.send(phone)

    async def sign_in_with_sms(self, phone_text: str, code: str, device: str = OTHER_DEVICE) -> SignedIn:
        """Raises InvalidInput, CodeInvalid, CodeExpired, Unavailable."""
        async with database_errors_as_refusals():
            phone = await self.codes.redeem(phone_text, code)
            lookups = self.keys.lookup_hashes(phone, field="phone")
            resident = await self._store.resident_with_phone(lookups) or await self._new_resident_with(phone)
            await self._proved(resident, phone)
            return SignedIn(resident, await self._open_session(resident, device))

    async def bind_phone(self, viewer: Viewer, wechat_code: str) -> Resident:
        """Raises CodeInvalid, Duplicate, Unavailable."""
        phone = await self.phones.phone_number(wechat_code)
        async with database_errors_as_refusals():
            sealed, lookup = self.keys.seal(phone, field="phone"), self.keys.lookup_hash(phone, field="phone")
            try:
                resident = await self._store.set_phone(viewer.resident, sealed, lookup)
            except DuplicateKeyError:
                taken = "这个手机号已经属于另一个账号，请用短信验证码登录那个账号。"
                raise Duplicate(taken, "weChatPhoneCode") from None
            if resident is None:
                raise Unauthenticated(_SIGN_IN_AGAIN)
            await self._proved(resident, phone)
            return resident

    async def sign_out(self, viewer: Viewer, *, everywhere: bool) -> None:
        async with database_errors_as_refusals():
            if everywhere:
                await self._store.end_sessions(viewer.resident)
            else:
                await self._store.end_session(viewer.session)

    async def sessions(self, viewer: Viewer) -> list[DeviceSession]:
        async with database_errors_as_refusals():
            return await self._store.sessions(viewer.resident, self.clock())

    async def is_signed_in(self, viewer: Viewer) -> bool:
        """Whether the session behind an access token still stands."""
        session = await self._store.session(viewer.session)
        return session is not None and session["resident"] == viewer.resident

    async def refresh(self, refresh_token: str) -> SignedIn:
        """The next pair of tokens; a refresh token works once.

        One that comes a second time was stolen, or its thief came first: the session ends. Raises Unauthenticated.
        """
        session_id, _, secret = refresh_token.partition(".")
        presented = _fingerprint(secret)
        async with database_errors_as_refusals():
            session = await self._store.session(session_id)
            if session is None or session["expires_at"] <= self.clock():
                raise Unauthenticated(_SIGN_IN_AGAIN, "refreshToken")
            if session["refresh"] != presented:
                if presented in session["used"]:
                    await self._store.end_session(session_id)
                raise Unauthenticated(_SIGN_IN_AGAIN, "refreshToken")
            return await self._rotate(session_id, session["resident"], presented)

    async def resident(self, viewer: Viewer) -> Resident:
        """Raises Unauthenticated when the account is gone."""
        async with database_errors_as_refusals():
            found = await self._store.resident(viewer.resident)
        if found is None:
            raise Unauthenticated(_SIGN_IN_AGAIN)
        return found

    async def memberships(self, viewer: Viewer) -> list[Membership]:
        async with database_errors_as_refusals():
            return await self._store.memberships(viewer.resident)

    async def membership(self, viewer: Viewer, membership_id: str) -> Membership | None:
        """The viewer's own membership; None for anybody else's."""
        async with database_errors_as_refusals():
            found = await self._store.membership(membership_id)
        return found if found and found.resident == viewer.resident else None

    async def staff_areas(self, viewer: Viewer) -> list[str]:
        async with database_errors_as_refusals():
            return await self._store.staff_areas(viewer.resident)

    async def roles(self, viewer: Viewer, areas: Areas) -> Roles:
        async with database_errors_as_refusals():
            memberships = await self._store.memberships(viewer.resident)
            codes = await self._store.staff_areas(viewer.resident)
            is_auditor = await self._store.is_auditor(viewer.resident)
        return Roles(viewer.resident, tuple(memberships), subtree_of(areas, codes), is_auditor)

    async def _resident_of(self, user: WeChatUser) -> Resident:
        ids = self.keys.lookup_hashes(user.openid, field="openid")
        known = await self._store.resident_of(ids)
        if known:
            return known
        return await self._store.add_resident(
            {
                **_blank_resident(ids[0], self.clock()),
                "openid": self.keys.seal(user.openid, field="openid"),
                "nickname": user.nickname,
            }
        )

    async def _new_resident_with(self, phone: str) -> Resident:
        """The id is a keyed hash of the number: two first sign-ins at once make one resident."""
        lookup = self.keys.lookup_hash(phone, field="phone")
        sealed = self.keys.seal(phone, field="phone")
        key = self.keys.lookup_hash(phone, field="resident")
        return await self._store.add_resident(
            {**_blank_resident(key, self.clock()), "phone": sealed, "phone_lookup": lookup}
        )

    async def _proved(self, resident: Resident, phone: str) -> None:
        if self.on_phone:
            await self.on_phone(resident.id, phone)

    async def _open_session(self, resident: Resident, device: str) -> SessionTokens:
        session_id, secret, now = secrets.token_hex(16), secrets.token_urlsafe(32), self.clock()
        await self._store.add_session(
            {
                "_id": session_id,
                "resident": resident.id,
                "device": device,
                "refresh": _fingerprint(secret),
                "used": [],
                "created_at": now,
                "expires_at": now + timedelta(days=SESSION_DAYS),
            }
        )
        access, expires_at = self.tokens.issue(resident.id, session_id, now)
        return SessionTokens(access, expires_at, f"{session_id}.{secret}")

    async def _rotate(self, session_id: str, resident_id: str, presented: str) -> SignedIn:
        secret, now = secrets.token_urlsafe(32), self.clock()
        expires = now + timedelta(days=SESSION_DAYS)
        resident = await self._store.resident(resident_id)
        if resident is None or not await self._store.rotate_refresh(
            session_id, presented, _fingerprint(secret), seen_at=now, expires_at=expires
        ):
            raise Unauthenticated(_SIGN_IN_AGAIN, "refreshToken")
        access, expires_at = self.tokens.issue(resident.id, session_id, now)
        return SignedIn(resident, SessionTokens(access, expires_at, f"{session_id}.{secret}"))

    async def _grant_demo_roles(self, user: WeChatUser, resident: Resident, snapshot: Snapshot) -> None:
        if user.demo_area:
            await self._store.add_staff(resident.id, user.demo_area)
        if user.demo_merchant and not await self._store.memberships(resident.id):
            await self._take_a_merchant(user.demo_merchant, resident, snapshot)

    async def _take_a_merchant(self, name: str, resident: Resident, snapshot: Snapshot) -> None:
        """The merchant of that id, else the largest that nobody owns: nobody shares one with a demo merchant."""
        for merchant in _demo_order(name, snapshot):
            if await self._store.has_real_owner(merchant):
                continue
            if await self._store.add_demo_owner(resident.id, merchant):
                return
        raise CodeInvalid("演示商户都已被占用，请换一个已用过的名字登录。", "code")


def _blank_resident(key: str, now: datetime) -> Document:
    return {
        "_id": key,
        "openid": None,
        "nickname": None,
        "phone": None,
        "phone_lookup": None,
        "created_at": now,
        "version": 1,
    }


def _demo_order(name: str, snapshot: Snapshot) -> Sequence[str]:
    approved = (merchant for merchant in snapshot.merchants.values() if merchant.state is MerchantState.APPROVED)
    sizes: dict[str, int] = {merchant.id: 0 for merchant in approved}
    for store in snapshot.all_stores():
        if store.merchant in sizes:
            sizes[store.merchant] += 1
    by_size = sorted(sizes, key=lambda merchant: (-sizes[merchant], merchant))
    return [name, *(merchant for merchant in by_size if merchant != name)] if name in sizes else by_size


def _fingerprint(secret: str) -> str:
    """Refresh secrets carry 256 random bits, so a plain hash keeps them."""
    return hashlib.sha256(secret.encode()).hexdigest()
