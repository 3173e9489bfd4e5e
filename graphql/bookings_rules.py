"""What an offering asks of those who book it, and whether somebody fulfils it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

import strawberry

from lifecircle.catalogue.bookings import eligibility
from lifecircle.catalogue.offerings import model
from lifecircle.graphql.enums import Eligible


@strawberry.type(description="A worker, a room or a court that can be chosen.")
class BookingResource:
    id: str = strawberry.field(description="To pass as `resource` when booking.")
    name: str = strawberry.field(description="Chinese name.")


@strawberry.type(description="Days on which it is not to be had though the store is open.")
class Blackout:
    first: date = strawberry.field(description="First day.")
    last: date = strawberry.field(description="Last day.")
    reason: str = strawberry.field(description="Why, in Chinese.")


@strawberry.type(description="One date of a course, an activity, a shift or a meal.")
class OfferingSession:
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End.")


@strawberry.type(description="How it can be booked, beyond hours and price. Limits count bookings.")
class BookingRules:
    min_duration_minutes: int | None = strawberry.field(description="With the longest: the resident chooses.")
    max_duration_minutes: int | None = strawberry.field(description="The longest time that can be chosen.")
    buffer_before_minutes: int = strawberry.field(description="Kept free before.")
    buffer_after_minutes: int = strawberry.field(description="Kept free after.")
    resources: list[BookingResource] = strawberry.field(description="What a booking takes one of, where there are any.")
    one_place_per_party: bool = strawberry.field(description="A party takes one place, such as a court or a table.")
    daily_limit: int | None = strawberry.field(description="Bookings a day in all.")
    weekly_limit: int | None = strawberry.field(description="Bookings a week in all, from Monday.")
    resident_daily_limit: int | None = strawberry.field(description="Bookings a day of one resident.")
    resident_weekly_limit: int | None = strawberry.field(description="Bookings a week of one resident.")
    blackouts: list[Blackout] = strawberry.field(description="Days without bookings.")
    sessions: list[OfferingSession] = strawberry.field(
        description="Every date of a SESSION, also those over; `availability` says which have places."
    )
    grid_minutes: int | None = strawberry.field(description="How far apart the starts of an APPOINTMENT are.")
    service_radius: int | None = strawberry.field(description="Metres from the store, for services at home.")
    reschedule_before_minutes: int = strawberry.field(description="How long before the start it can be moved.")
    window_days: int = strawberry.field(description="How many days ahead it can be booked.")
    pending_minutes: int | None = strawberry.field(description="How long the store may take to confirm; null: at once.")

    @classmethod
    def of(cls, offering: model.Offering) -> Self:
        rules = offering.rules
        moving = rules.reschedule_before_minutes
        return cls(
            min_duration_minutes=rules.min_duration_minutes,
            max_duration_minutes=rules.max_duration_minutes,
            buffer_before_minutes=rules.buffer_before_minutes,
            buffer_after_minutes=rules.buffer_after_minutes,
            resources=[BookingResource(id=one.id, name=one.name) for one in rules.resources],
            one_place_per_party=rules.one_place_per_party,
            daily_limit=rules.daily_limit,
            weekly_limit=rules.weekly_limit,
            resident_daily_limit=rules.resident_daily_limit,
            resident_weekly_limit=rules.resident_weekly_limit,
            blackouts=[Blackout(first=one.first, last=one.last, reason=one.reason) for one in rules.blackouts],
            sessions=[OfferingSession(start=one.start, end=one.end) for one in offering.sessions],
            grid_minutes=offering.grid_minutes if offering.kind is model.OfferingKind.APPOINTMENT else None,
            service_radius=rules.service_radius,
            reschedule_before_minutes=offering.cancel_before_minutes if moving is None else moving,
            window_days=offering.window_days,
            pending_minutes=None if offering.auto_confirm else rules.pending_minutes,
        )


@strawberry.input(description="An answer to one condition: an age, or yes or no. Nothing of it is stored.")
class EligibilityAnswerInput:
    code: str = strawberry.field(description="Of the condition.")
    yes: bool | None = strawberry.field(default=None, description="Null: not known.")
    age: int | None = strawberry.field(default=None, description="Where the condition asks for it.")

    def to_answer(self) -> eligibility.Answer:
        return eligibility.Answer(self.code, self.yes, self.age)


@strawberry.type(description="Whether one condition is fulfilled.")
class EligibilityRuleCheck:
    code: str = strawberry.field(description="Of the condition.")
    question: str = strawberry.field(description="What to ask, in Chinese.")
    asks_age: bool = strawberry.field(description="Whether the answer is an age.")
    result: Eligible = strawberry.field(description="As far as the answers tell.")
    reason: str = strawberry.field(description="Why, in Chinese.")


@strawberry.type(description="Whether somebody may use an offering.")
class EligibilityCheck:
    result: Eligible = strawberry.field(description="The worst of the conditions.")
    text: str = strawberry.field(description="符合, 不符合 or 需核实.")
    rules: list[EligibilityRuleCheck] = strawberry.field(description="Each condition.")

    @classmethod
    def of(cls, offering: model.Offering, answers: list[EligibilityAnswerInput]) -> Self:
        """Raises InvalidInput."""
        verdict = eligibility.check_eligibility(offering, [answer.to_answer() for answer in answers])
        rules = [
            EligibilityRuleCheck(
                code=one.rule.code,
                question=eligibility.question_of(one.rule),
                asks_age=eligibility.asks_age(one.rule),
                result=one.result,
                reason=one.reason,
            )
            for one in verdict.rules
        ]
        return cls(result=verdict.result, text=eligibility.TEXTS[verdict.result], rules=rules)
