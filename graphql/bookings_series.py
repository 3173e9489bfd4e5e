"""A series of bookings: a course, all dates or none, what stands in the way shown first."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from lifecircle.catalogue.bookings import series
from lifecircle.catalogue.bookings.model import BookingRequest
from lifecircle.catalogue.errors import InvalidInput
from lifecircle.catalogue.people.access import Needs
from lifecircle.graphql.bookings import MAX_KEY, Booking, short_text
from lifecircle.graphql.bookings_making import MAX_RESOURCE, AddressInput, contact_of
from lifecircle.graphql.context import Info
from lifecircle.graphql.errors import ErrorCode, UserError
from lifecircle.graphql.ids import key_of
from lifecircle.graphql.permissions import mutation


@strawberry.input(description="What to book, and when: `start` with `count` weeks, or `starts`.")
class CreateBookingSeriesInput:
    offering: strawberry.ID = strawberry.field(description="What.")
    start: datetime | None = strawberry.field(default=None, description="The first date; the others follow weekly.")
    count: int | None = strawberry.field(default=None, description="How many dates from `start` on, 2 to 52.")
    starts: list[datetime] | None = strawberry.field(default=None, description="Every date, in place of the two above.")
    party_size: int = strawberry.field(default=1, description="Number of people.")
    contact_name: str | None = strawberry.field(default=None, description="Who to ask for.")
    contact_phone: str | None = strawberry.field(default=None, description="Phone to call; stored encrypted.")
    address: AddressInput | None = strawberry.field(default=None, description="For services at home.")
    duration_minutes: int | None = strawberry.field(default=None, description="Where the offering lets one choose.")
    note: str | None = strawberry.field(default=None, description="A wish for the store.")
    resource: str | None = strawberry.field(default=None, description="The worker, room or court for every date.")
    declares_eligible: bool = strawberry.field(default=False, description="As in CreateBookingInput.")
    dry_run: bool = strawberry.field(default=True, description="Only say which dates can be had; book nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Same key and input: same booking. Same key, other input: IDEMPOTENCY_CONFLICT."
    )

    def to_request(self) -> BookingRequest:
        """Raises InvalidInput, NotFound."""
        first, *later = self._starts()
        return BookingRequest(
            offering=key_of(self.offering, "Offering", "offering"),
            start=first,
            later_starts=tuple(later),
            party_size=self.party_size,
            duration_minutes=self.duration_minutes,
            contact=contact_of(self.contact_name, self.contact_phone, self.address, self.note),
            idempotency_key=short_text(self.idempotency_key, MAX_KEY, "idempotencyKey"),
            resource=short_text(self.resource, MAX_RESOURCE, "resource"),
            declares_eligible=self.declares_eligible,
        )

    def _starts(self) -> list[datetime]:
        if self.starts is not None and self.start is None and self.count is None:
            return series.checked_starts(self.starts)
        if self.starts is None and self.start is not None and self.count is not None:
            return series.weekly_starts(self.start, self.count)
        raise InvalidInput("请给出第一次的时间和次数（start 和 count），或列出每一次的时间（starts）。", "starts")


@strawberry.type(description="Whether one date of a series can be had.")
class SeriesDate:
    start: datetime = strawberry.field(description="The date.")
    end: datetime | None = strawberry.field(description="When it would end; null where the store is closed then.")
    code: ErrorCode | None = strawberry.field(description="Why it cannot be had; null: it can.")
    reason: str | None = strawberry.field(description="The same in Chinese.")

    @classmethod
    def of(cls, verdict: series.DateVerdict) -> Self:
        return cls(
            start=verdict.start,
            end=verdict.interval.end if verdict.interval else None,
            code=ErrorCode(verdict.refusal.code) if verdict.refusal else None,
            reason=verdict.reason,
        )


@strawberry.type(description="The series as one booking, and every date of it.")
class CreateBookingSeriesPayload:
    booking: Booking | None = strawberry.field(description="Null in a dry run and when there are errors.")
    dates: list[SeriesDate] | None = strawberry.field(description="Each date; null when there are errors.")
    errors: list[UserError] = strawberry.field(description="Empty on success.")


@strawberry.type(description="Booking several dates at once.")
class SeriesMutations:
    @mutation(Needs.SIGN_IN, "Book several dates as one: all of them or none. By itself only a dry run.")
    async def create_booking_series(self, info: Info, input: CreateBookingSeriesInput) -> CreateBookingSeriesPayload:
        viewer, request = info.context.require_viewer(), input.to_request()
        info.context.services.booking_rate.take(viewer.resident)
        made, verdicts = await info.context.services.bookings.series(viewer.resident, request, dry_run=input.dry_run)
        dates = [SeriesDate.of(verdict) for verdict in verdicts]
        return CreateBookingSeriesPayload(booking=Booking.of(made) if made else None, dates=dates, errors=[])
