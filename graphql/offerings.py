"""What stores offer, and when it can be had."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from lifecircle.catalogue.bookings import rules
from lifecircle.catalogue.editing.terms import FIELD_NAMES
from lifecircle.catalogue.offerings import model
from lifecircle.catalogue.offerings.model import INHERITED_FIELDS
from lifecircle.graphql.bookings_rules import BookingRules, EligibilityAnswerInput, EligibilityCheck
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import OfferingKind
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.money import price_text
from lifecircle.graphql.node import Node
from lifecircle.graphql.paging import PageInfo, cursor, page_info, page_size, read_key_cursor

if TYPE_CHECKING:
    from lifecircle.graphql.stores import Store

_INTERNAL = frozenset({"aliases", "grid_minutes", "sessions", "service_areas", "state"})
_PUBLIC_NAMES = {name: FIELD_NAMES.get(name, name) for name in INHERITED_FIELDS if name not in _INTERNAL}


@strawberry.type(description="A condition for using a service.")
class EligibilityRule:
    code: str = strawberry.field(description="Stable code.")
    text: str = strawberry.field(description="The condition in plain Chinese.")


@strawberry.type(description="A price, paid on the spot.")
class Price:
    amount: int = strawberry.field(description="Fen.")
    unit: str = strawberry.field(description="What the amount is for, in Chinese.")
    text: str = strawberry.field(description="For display: ¥45.00/次.")


@strawberry.type(description="Something a store offers.")
class Offering(Node):
    name: str = strawberry.field(description="Chinese name.")
    description: str | None = strawberry.field(description="What it includes.")
    price: Price | None = strawberry.field(description="Null: to be agreed on the spot.")
    duration_minutes: int | None = strawberry.field(description="How long it takes, in minutes.")
    at_home: bool = strawberry.field(description="Whether somebody comes to the resident's home.")
    bookable: bool = strawberry.field(description="Whether it can be booked here.")
    eligibility: list[EligibilityRule] = strawberry.field(description="Conditions for using it.")
    inherits: list[str] = strawberry.field(description="Fields that come from the chain.")
    version: int = strawberry.field(description="Rises with every edit; pass it back when editing.")
    kind: OfferingKind = strawberry.field(description="How its times are found.")
    capacity: int | None = strawberry.field(description="Places at the same time.")
    party_size_max: int | None = strawberry.field(description="Most people in one booking.")
    lead_minutes: int | None = strawberry.field(description="How long ahead it must be booked, in minutes.")
    cancel_before_minutes: int | None = strawberry.field(
        description="How long before the start it can be cancelled, in minutes."
    )
    record: strawberry.Private[model.Offering]

    @classmethod
    def of(cls, record: model.Offering) -> Self:
        return cls(
            id=global_id("Offering", record.id),
            name=record.name,
            description=record.description,
            price=None
            if record.price is None
            else Price(amount=record.price, unit=record.unit, text=price_text(record.price, record.unit)),
            duration_minutes=record.duration_minutes,
            at_home=record.at_home,
            bookable=record.bookable,
            eligibility=[EligibilityRule(code=rule.code, text=rule.text) for rule in record.eligibility],
            inherits=[_PUBLIC_NAMES[name] for name in record.inherits if name in _PUBLIC_NAMES],
            version=record.version,
            kind=record.kind,
            capacity=record.places,
            party_size_max=record.party_size_max,
            lead_minutes=record.lead_minutes,
            cancel_before_minutes=record.cancel_before_minutes,
            record=record,
        )

    @strawberry.field(description="The store that offers it; of a chain's own offering, any store of the chain.")
    async def store(self, info: Info) -> Annotated[Store, strawberry.lazy("lifecircle.graphql.stores")]:
        from lifecircle.graphql.stores import Store

        key = self.record.store or await info.context.services.editing.offerings.any_store_of(self.record.chain or "")
        return Store.of(await info.context.require_store(key or ""), info.context)

    @strawberry.field(description="How it can be booked.")
    def rules(self) -> BookingRules:
        return BookingRules.of(self.record)

    @strawberry.field(description="Whether somebody fulfils the conditions, from their answers; nothing is stored.")
    def check_eligibility(self, answers: list[EligibilityAnswerInput]) -> EligibilityCheck:
        return EligibilityCheck.of(self.record, answers)


@strawberry.type(description="An offering in a page.")
class OfferingEdge:
    node: Offering = strawberry.field(description="The offering.")
    cursor: str = strawberry.field(description="Its place in the list.")


@strawberry.type(description="A page of offerings.")
class OfferingConnection:
    edges: list[OfferingEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(description="How many there are in all.")


@strawberry.type(description="A time that can be booked.")
class TimeSlot:
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End.")
    remaining: int = strawberry.field(description="Places left.")


@strawberry.type(description="What can be booked on one day.")
class AvailabilityDay:
    date: date = strawberry.field(description="The day.")
    time_slots: list[TimeSlot] = strawberry.field(description="Free times, in order.")
    closed_reason: str | None = strawberry.field(description="Why the store is closed that day, in Chinese.")

    @classmethod
    def of(cls, day: rules.DayAvailability) -> Self:
        times = [TimeSlot(start=t.interval.start, end=t.interval.end, remaining=t.remaining) for t in day.times]
        return cls(date=day.day, time_slots=times, closed_reason=day.closed_reason)


def offering_page(offerings: list[model.Offering], first: int | None, after: str | None) -> OfferingConnection:
    """Keyed by id, so that a page stays right while the list changes."""
    size, key = page_size(first), read_key_cursor(after, "offering")
    ordered = sorted(offerings, key=lambda offering: offering.id)
    rest = [offering for offering in ordered if key is None or offering.id > key]
    edges = [OfferingEdge(node=Offering.of(o), cursor=cursor("offering", o.id)) for o in rest[:size]]
    info = page_info(edges, has_next=len(rest) > size, after=after)
    return OfferingConnection(edges=edges, page_info=info, total_count=len(offerings))


async def load_offering(context: RequestContext, key: str) -> Node | None:
    record = await context.offering(key)
    return Offering.of(record) if record and record.store else None
