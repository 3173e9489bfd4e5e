"""What residents, and staff at a visit, may do with a certification: look, and write down. It certifies nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.bookings.service import BookingDesk
from lifecircle.catalogue.certification import rules
from lifecircle.catalogue.certification.model import NATIONWIDE, Record, Rule, Standing, State
from lifecircle.catalogue.certification.regions import region_named
from lifecircle.catalogue.certification.reminders import Reminders
from lifecircle.catalogue.certification.rulebook import RuleShelf
from lifecircle.catalogue.certification.store import RecordStore, ReminderStore
from lifecircle.catalogue.clock import Clock, local_day
from lifecircle.catalogue.database import Database, database_errors_as_refusals
from lifecircle.catalogue.errors import Busy, ConsentRequired, Forbidden, InvalidInput, StateChanged, TooSoon
from lifecircle.catalogue.jobs import Job
from lifecircle.catalogue.offerings.store import read_terms
from lifecircle.catalogue.people.access import Roles
from lifecircle.catalogue.privacy.audit import RESIDENT
from lifecircle.catalogue.privacy.model import AuditAction, Purpose, Subject
from lifecircle.catalogue.privacy.service import PrivacyDesk
from lifecircle.catalogue.sealing import KeyRing
from lifecircle.catalogue.snapshot.keeper import SnapshotKeeper
from lifecircle.catalogue.stores.store import read_store

PERIOD = timedelta(hours=6)
"""A reminder counts days; by running more often than once in one, it comes on its day whenever the job began."""

VISIT_COUNTS = timedelta(days=30)
"""How long after a visit its staff may write down what came of it."""

COUNTERS = "pension-certification"
"""The category of the places where somebody can be certified."""
FOR_PENSIONERS = "pension-recipient"
"""The eligibility that marks a visit for the certification."""

_TOOK_PLACE = frozenset({BookingStatus.CONFIRMED, BookingStatus.CHECKED_IN, BookingStatus.COMPLETED})
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody says about the latest certification."""

    region: str
    scheme: str
    certified_on: date


@dataclass(frozen=True)
class CertificationDesk:
    database: Database
    keys: KeyRing
    keeper: SnapshotKeeper
    privacy: PrivacyDesk
    bookings: BookingDesk
    shelf: RuleShelf
    clock: Clock

    @property
    def jobs(self) -> Sequence[Job]:
        reminders = Reminders(self.database, self.keys, self.privacy, self.shelf, self.clock)
        return (Job("certification-reminders", PERIOD, reminders.run),)

    def rules(self) -> list[Rule]:
        return self.shelf.current.all()

    async def standing(self, resident: str, now: datetime) -> Standing:
        """Raises NotFound where no rules have been loaded."""
        async with database_errors_as_refusals():
            record = await self._records.of(resident)
        return self._standing(record, now) if record else Standing(State.UNKNOWN, self.shelf.current.usual())

    async def record(
        self, resident: str, given: Given, consent: str | None = None, request_id: str | None = None
    ) -> Standing:
        """The same again changes nothing. `consent`: version of the text that the resident agrees to with it.

        Raises InvalidInput, StateChanged, ConsentRequired, Busy.
        """
        given = self._checked(given)
        if consent is not None:
            await self._agree(resident, consent, request_id)
        await self.privacy.require_consent(resident, Purpose.SENSITIVE_PENSION)
        return await self._write(resident, given, None, request_id)

    async def record_at_visit(
        self, roles: Roles, booking_id: str, given: Given, request_id: str | None = None
    ) -> Standing:
        """By the staff of the place, for the resident of a booked certification.

        Raises NotFound, Forbidden, InvalidInput, StateChanged, TooSoon, ConsentRequired, Busy.
        """
        given = self._checked(given)
        booking = await self.bookings.of_store.find(roles, booking_id)
        await self._check_visit(roles, booking)
        try:
            await self.privacy.require_consent(booking.resident, Purpose.SENSITIVE_PENSION)
        except ConsentRequired:
            raise ConsentRequired("居民还没有同意记录认证日期，请先请本人在“隐私”里同意。", "booking") from None
        return await self._write(booking.resident, given, roles.resident, request_id)

    async def _agree(self, resident: str, version: str, request_id: str | None) -> None:
        """Raises StateChanged."""
        try:
            await self.privacy.give_consent(resident, Purpose.SENSITIVE_PENSION, version, request_id)
        except StateChanged as refusal:
            raise StateChanged(refusal.message, "consentVersion") from None

    @property
    def _records(self) -> RecordStore:
        return RecordStore(self.database, self.keys)

    def _standing(self, record: Record, now: datetime) -> Standing:
        rule = self.shelf.current.rule(record.region, record.scheme)
        state = rules.state_of(record, rule, local_day(now))
        return Standing(state, rule, record, rules.due_on(record.certified_on, rule))

    def _checked(self, given: Given) -> Given:
        """By the official names. Raises InvalidInput."""
        region, scheme = self._region(given.region), self.shelf.current.scheme_named(given.scheme)
        if region is None:
            raise InvalidInput("没有这个地区。请填参保地的省或市，如“杭州市”；不清楚就填“全国”。", "region")
        if scheme is None:
            known = "、".join(self.shelf.current.schemes)
            raise InvalidInput(f"没有这个类别。请在这几类里选：{known}。", "scheme")
        rules.check_day(given.certified_on, local_day(self.clock()))
        return Given(region, scheme, given.certified_on)

    def _region(self, text: str) -> str | None:
        """What is served here stands in no list of cities: there the rule for the whole country holds."""
        region = region_named(text)
        if region:
            return region.name
        is_here = any(text.strip() in (area.id, area.name) for area in self.keeper.current.areas)
        return NATIONWIDE if is_here else None

    async def _check_visit(self, roles: Roles, booking: Booking) -> None:
        """Raises Forbidden, InvalidInput, StateChanged, TooSoon."""
        if booking.merchant is not None or booking.resident == roles.resident:
            raise Forbidden("只有社区工作人员可以替居民记录。", "booking")
        if not await self._is_certification(booking):
            raise InvalidInput("这个预约不是养老认证，请选认证的预约。", "booking")
        if booking.status not in _TOOK_PLACE:
            raise StateChanged("这个预约没有进行，不能据此记录。", "booking")
        if booking.interval.start > self.clock():
            raise TooSoon("预约的时间还没到，请在认证之后再记录。", "booking")
        if booking.interval.end + VISIT_COUNTS < self.clock():
            raise StateChanged(f"这次预约已经过去 {VISIT_COUNTS.days} 天，请让居民自己记录。", "booking")

    async def _is_certification(self, booking: Booking) -> bool:
        async with database_errors_as_refusals():
            store = await read_store(self.database, booking.store)
            terms = await read_terms(self.database, booking.offering)
        if store is not None and store.category == COUNTERS:
            return True
        return terms is not None and any(rule.code == FOR_PENSIONERS for rule in terms.offering.eligibility)

    async def _write(self, resident: str, given: Given, staff: str | None, request_id: str | None) -> Standing:
        async with database_errors_as_refusals():
            for _ in range(_TRIES):
                earlier = await self._records.of(resident)
                if earlier and Given(earlier.region, earlier.scheme, earlier.certified_on) == given:
                    return self._standing(earlier, self.clock())
                record = self._following(earlier, resident, given, by_staff=staff is not None)
                if await self._records.put(record):
                    await self._keep_with_consent(resident)
                    await ReminderStore(self.database).drop_of(resident)
                    await self._note(staff or resident, resident, request_id)
                    return self._standing(record, self.clock())
        raise Busy("现在有点忙，请稍后再试。")

    async def _keep_with_consent(self, resident: str) -> None:
        """Who withdraws writes that down and then erases; looked at after writing, one of the two sees the other.

        Raises ConsentRequired.
        """
        try:
            await self.privacy.require_consent(resident, Purpose.SENSITIVE_PENSION)
        except ConsentRequired:
            await self._records.drop(resident)
            raise

    def _following(self, earlier: Record | None, resident: str, given: Given, *, by_staff: bool) -> Record:
        return Record(
            resident=resident,
            region=given.region,
            scheme=given.scheme,
            certified_on=given.certified_on,
            previous_on=rules.previous_day(earlier, given.region, given.scheme, given.certified_on),
            by_staff=by_staff,
            recorded_at=self.clock(),
            version=earlier.version + 1 if earlier else 1,
        )

    async def _note(self, actor: str, resident: str, request_id: str | None) -> None:
        subject = Subject(RESIDENT, resident)
        await self.privacy.audit.record(
            AuditAction.PERSONAL_DATA_CHANGED,
            actor=actor,
            subject=subject,
            fields=["certification"],
            request_id=request_id,
        )
