"""The viewer's pension certification: when it is due, how to do it, what was written down. The app certifies nobody."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from lifecircle.assistant.replies import Citation as CitationRecord
from lifecircle.catalogue.certification import model
from lifecircle.catalogue.certification.model import STATE_TEXTS, State
from lifecircle.catalogue.certification.service import Given
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.freshness.rules import RecordKind, is_stale
from lifecircle.catalogue.people.access import Needs
from lifecircle.catalogue.people.rates import Limit
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.errors import UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import mutation
from lifecircle.graphql.permissions import query as root
from lifecircle.graphql.policies import Citation

RECORDS_AN_HOUR = Limit("certification", 60, 3_600)

strawberry.enum(
    State,
    name="CertificationState",
    description=(
        "Where a certification stands by its dates: 有效, 即将到期 (60 days), 警示期, 逾期, 暂停, 已恢复; "
        "UNKNOWN where nothing is recorded. Only the agency knows what it has really done."
    ),
)


@strawberry.type(description="How often a scheme is certified in a region, and where that was read.")
class CertificationRule:
    region: str = strawberry.field(description="Chinese; 全国 where no local rule is known.")
    scheme: str = strawberry.field(description="企业职工, 机关事业, 城乡居民, 工伤 or 供养亲属.")
    cycle_months: int = strawberry.field(description="At most so many months between two certifications.")
    source: str = strawberry.field(description="Where the rule was read.")
    checked_on: date = strawberry.field(description="When the source was last read.")
    warning_months: int = strawberry.field(description="Months after the due date in which payment goes on; often 0.")
    local_rules_differ: bool = strawberry.field(description="Say so beside every date: 以当地为准.")
    source_url: str | None = strawberry.field(description="Where the source is found; null where unknown.")
    record: strawberry.Private[model.Rule]

    @classmethod
    def of(cls, record: model.Rule) -> Self:
        return cls(
            region=record.region,
            scheme=record.scheme,
            cycle_months=record.cycle_months,
            source=record.source,
            checked_on=record.checked_on,
            warning_months=record.warning_months,
            local_rules_differ=record.local_rules_differ,
            source_url=record.source_url,
            record=record,
        )

    @strawberry.field(description="Whether the source should be read again before relying on it.")
    def is_stale(self, info: Info) -> bool:
        return is_stale(RecordKind.GUIDE, self.checked_on, local_day(info.context.now))

    @strawberry.field(description="The guide that explains the rule.")
    def citation(self, info: Info) -> Citation | None:
        guide = self.record.guide
        policy = info.context.services.assistant.shelf.current.get(guide) if guide else None
        return Citation.of(CitationRecord(policy), info.context) if policy else None


@strawberry.type(description="One way to be certified: by phone, at a counter, at home, from abroad.")
class CertificationChannel:
    name: str = strawberry.field(description="Chinese name.")
    steps: list[str] = strawberry.field(description="What to do, in order.")
    phone: str | None = strawberry.field(description="Whom to ask.")


@strawberry.type(
    description=(
        "Where the viewer's certification stands, by what was recorded and the rule. A reminder, not a certificate: "
        "the app certifies nobody and stores no face, no picture of an identity card and no bank number."
    )
)
class PensionCertification:
    state: State = strawberry.field(description="By the dates, on the day of the request in Shanghai.")
    last_certified_on: date | None = strawberry.field(description="As it was recorded; null: nothing is.")
    due_on: date | None = strawberry.field(description="The last day on which the next one is in time.")
    rule: CertificationRule = strawberry.field(description="The rule that was applied; the usual one without a record.")
    channels: list[CertificationChannel] = strawberry.field(description="The ways to be certified, the easiest first.")
    region: str | None = strawberry.field(description="The region as recorded; its rule may be that of 全国.")
    is_recorded_by_staff: bool = strawberry.field(description="Whether staff wrote it down at a visit.")

    @strawberry.field(description="The state in Chinese, such as 即将到期.")
    def state_text(self) -> str:
        return STATE_TEXTS[self.state]

    @classmethod
    def of(cls, standing: model.Standing) -> Self:
        record, rule = standing.record, standing.rule
        return cls(
            state=standing.state,
            last_certified_on=record.certified_on if record else None,
            due_on=standing.due_on,
            rule=CertificationRule.of(rule),
            channels=[CertificationChannel(name=c.name, steps=list(c.steps), phone=c.phone) for c in rule.channels],
            region=record.region if record else None,
            is_recorded_by_staff=record.by_staff if record else False,
        )


@strawberry.input(description="The latest certification, as the agency showed it.")
class RecordCertificationInput:
    certified_on: date = strawberry.field(description="The day on which it succeeded; not in the future.")
    region: str = strawberry.field(description="Province or city that pays, such as 杭州市; or 全国.")
    scheme: str = strawberry.field(description="One of the schemes of certificationRules, or what residents call it.")
    consent_version: str | None = strawberry.field(
        default=None,
        description="The viewer agrees to SENSITIVE_PENSION with it: version of the text shown. See myConsents.",
    )
    booking: strawberry.ID | None = strawberry.field(
        default=None,
        description="For staff of the place: the booked certification at which they saw it; records for its resident.",
    )

    def to_given(self) -> Given:
        return Given(self.region, self.scheme, self.certified_on)


@strawberry.type(description="Where the certification stands now.")
class RecordCertificationPayload:
    certification: PensionCertification | None = strawberry.field(description="Null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="The pension certification.")
class PensionQueries:
    @root(Needs.SIGN_IN, "The viewer's certification: state, due date, rule, and the ways to do it.")
    async def pension_certification(self, info: Info) -> PensionCertification | None:
        context = info.context
        desk, viewer = context.services.certification, context.require_viewer()
        return PensionCertification.of(await desk.standing(viewer.resident, context.now))

    @root(Needs.NOTHING, "The rules by region and scheme, for the whole country first.")
    def certification_rules(self, info: Info) -> list[CertificationRule] | None:
        return [CertificationRule.of(rule) for rule in info.context.services.certification.rules()]


@strawberry.type(description="Writing down the pension certification.")
class PensionMutations:
    @mutation(
        Needs.SIGN_IN,
        "Write down when the agency last certified the viewer; a date, a region and a scheme, nothing else. "
        "CONSENT_REQUIRED without a consent to SENSITIVE_PENSION. The same again changes nothing.",
    )
    async def record_certification(self, info: Info, input: RecordCertificationInput) -> RecordCertificationPayload:
        await info.context.count(RECORDS_AN_HOUR, info.context.require_viewer().resident)
        standing = await (_recorded_at_visit if input.booking else _recorded)(info.context, input)
        return RecordCertificationPayload(certification=PensionCertification.of(standing), errors=[])


async def _recorded(context: RequestContext, input: RecordCertificationInput) -> model.Standing:
    desk, viewer = context.services.certification, context.require_viewer().resident
    return await desk.record(viewer, input.to_given(), input.consent_version, context.request_id)


async def _recorded_at_visit(context: RequestContext, input: RecordCertificationInput) -> model.Standing:
    desk, booking = context.services.certification, key_of(input.booking or "", "Booking", "booking")
    return await desk.record_at_visit(await context.roles(), booking, input.to_given(), context.request_id)
