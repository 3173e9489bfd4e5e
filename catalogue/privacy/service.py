"""What residents may do with their own data: agree and disagree, change, take away, delete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document, database_errors_as_refusals
from lifecircle.catalogue.errors import Busy, ConsentRequired, InvalidInput, StateChanged, Unauthenticated
from lifecircle.catalogue.geo import Point
from lifecircle.catalogue.jobs import Job
from lifecircle.catalogue.membership.service import MembershipDesk
from lifecircle.catalogue.privacy import rules
from lifecircle.catalogue.privacy.audit import RESIDENT, AuditLog
from lifecircle.catalogue.privacy.deletion import AccountDeletion
from lifecircle.catalogue.privacy.holdings import ENDS_WITH_CONSENT, standard_holdings
from lifecircle.catalogue.privacy.model import (
    AuditAction,
    ConsentRecord,
    ConsentState,
    PersonalData,
    Purpose,
    Subject,
)
from lifecircle.catalogue.privacy.retention import privacy_jobs
from lifecircle.catalogue.privacy.store import AccountStore, ConsentStore
from lifecircle.catalogue.sealing import KeyRing

_TRIES = 10


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What to change; None leaves a field as it is."""

    nickname: str | None = None
    home: Point | None = None
    forget_home: bool = False


@dataclass(frozen=True)
class PrivacyDesk:
    database: Database
    keys: KeyRing
    clock: Clock
    members: MembershipDesk
    more: tuple[PersonalData, ...] = ()
    """Holdings of features above the catalogue."""

    @cached_property
    def holdings(self) -> Sequence[PersonalData]:
        return (*self.more, *standard_holdings(self.database, self.keys, self.clock, self.members))

    @property
    def audit(self) -> AuditLog:
        return AuditLog(self.database, self.clock)

    @property
    def jobs(self) -> Sequence[Job]:
        return privacy_jobs(self.database, self.clock, self.holdings)

    # --- consent ---

    async def consents(self, resident: str) -> list[ConsentState]:
        """Where every purpose stands."""
        async with database_errors_as_refusals():
            return rules.consent_states(await ConsentStore(self.database).of(resident))

    async def require_consent(self, resident: str, purpose: Purpose) -> None:
        """Raises ConsentRequired."""
        async with database_errors_as_refusals():
            latest = await ConsentStore(self.database).latest(resident, purpose)
        if not ConsentState(purpose, rules.TEXT_VERSIONS[purpose], latest).given:
            raise ConsentRequired(f"需要先征得您的同意：{rules.PURPOSE_TEXTS[purpose]}")

    async def give_consent(
        self, resident: str, purpose: Purpose, version: str, request_id: str | None = None
    ) -> list[ConsentState]:
        """Raises StateChanged when the text has changed since it was shown."""
        if version != rules.TEXT_VERSIONS[purpose]:
            raise StateChanged("这份说明已经更新，请重新阅读后再同意。", "version")
        return await self._decide(resident, purpose, True, request_id)

    async def withdraw_consent(
        self, resident: str, purpose: Purpose, request_id: str | None = None
    ) -> list[ConsentState]:
        """PIPL art. 15; what was done before stays lawful. What is held on this ground alone is erased (art. 47)."""
        states = await self._decide(resident, purpose, False, request_id)
        async with database_errors_as_refusals():
            for holding in self.holdings:
                if holding.name in ENDS_WITH_CONSENT.get(purpose, ()):
                    await holding.erase(resident, self.clock())
        return states

    async def _decide(self, resident: str, purpose: Purpose, given: bool, request_id: str | None) -> list[ConsentState]:
        async with database_errors_as_refusals():
            for _ in range(_TRIES):
                records = await ConsentStore(self.database).of(resident)
                if _stands(rules.consent_states(records), purpose, given):
                    return rules.consent_states(records)
                record = ConsentRecord(purpose, rules.TEXT_VERSIONS[purpose], given, self.clock())
                if await ConsentStore(self.database).add(resident, len(records), record):
                    await self._note_decision(resident, record, request_id)
                    return rules.consent_states([*records, record])
        raise Busy("现在有点忙，请稍后再试。")

    async def _note_decision(self, resident: str, record: ConsentRecord, request_id: str | None) -> None:
        action = AuditAction.CONSENT_GIVEN if record.given else AuditAction.CONSENT_WITHDRAWN
        await self._note(action, resident, [record.purpose.value], request_id)

    # --- profile ---

    async def update_profile(self, resident: str, change: ProfileChange, request_id: str | None = None) -> None:
        """Raises InvalidInput, Unauthenticated when the account is gone."""
        values: Document = {}
        if change.nickname is not None:
            values["nickname"] = rules.clean_nickname(change.nickname)
        if change.home is not None:
            values["home"] = self._sealed_home(change.home)
        gone = ["home"] if change.forget_home else []
        if not values and not gone:
            return
        async with database_errors_as_refusals():
            if not await AccountStore(self.database).change_profile(resident, values, gone):
                raise Unauthenticated("登录已过期，请重新登录。")
            await self._note(AuditAction.PERSONAL_DATA_CHANGED, resident, [*values, *gone], request_id)

    def _sealed_home(self, home: Point) -> str:
        place = {"longitude": home.longitude, "latitude": home.latitude, "system": "WGS84"}
        return self.keys.seal(json.dumps(place), field="home")

    # --- taking away and deleting ---

    async def export(self, resident: str, *, confirm: bool, request_id: str | None = None) -> str:
        """Everything held about the resident, as JSON text (PIPL art. 45). Raises InvalidInput."""
        _require_confirmation(confirm, "导出的内容包含您的手机号和地址，请确认后再导出。")
        async with database_errors_as_refusals():
            sections = {holding.name: await holding.export(resident) for holding in self.holdings}
            await self._note(AuditAction.DATA_EXPORTED, resident, sorted(sections), request_id)
        return rules.as_json({"exportedAt": self.clock(), **sections})

    async def delete_account(self, resident: str, *, confirm: bool, request_id: str | None = None) -> datetime:
        """Raises InvalidInput, StateChanged, Busy, Unauthenticated."""
        _require_confirmation(confirm, "注销后不能恢复，请确认后再注销。")
        async with database_errors_as_refusals():
            return await AccountDeletion(self.database, self.clock, self.holdings).of(resident, request_id)

    async def _note(self, action: AuditAction, resident: str, fields: Sequence[str], request_id: str | None) -> None:
        subject = Subject(RESIDENT, resident)
        await self.audit.record(action, actor=resident, subject=subject, fields=fields, request_id=request_id)


def _stands(states: Sequence[ConsentState], purpose: Purpose, given: bool) -> bool:
    """Whether a decision would only repeat the latest one."""
    state = next(state for state in states if state.purpose is purpose)
    return state.given if given else state.latest is not None and not state.latest.given


def _require_confirmation(confirm: bool, message: str) -> None:
    if not confirm:
        raise InvalidInput(message, "confirm")
