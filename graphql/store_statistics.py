"""A store's statistics."""

from __future__ import annotations

from datetime import date
from typing import Self

import strawberry

from lifecircle.catalogue.statistics import model
from lifecircle.catalogue.statistics.service import StatisticsDesk
from lifecircle.catalogue.stores.model import Store
from lifecircle.graphql.context import Info


@strawberry.type(description="Bookings counted; each date of a series is one. docs/reviews.md has the formulas.")
class BookingTally:
    booked: int = strawberry.field(description="All, whatever became of them.")
    came: int = strawberry.field(description="Checked in or completed.")
    cancelled: int = strawberry.field(description="By the resident.")
    declined: int = strawberry.field(description="By the store, or not confirmed in time.")
    no_show: int = strawberry.field(description="Nobody came.")
    fill_rate: float | None = strawberry.field(
        description="Minutes of places held, of those on offer; null without any."
    )

    @classmethod
    def of(cls, tally: model.Tally) -> Self:
        return cls(
            booked=tally.booked,
            came=tally.came,
            cancelled=tally.cancelled,
            declined=tally.declined,
            no_show=tally.no_show,
            fill_rate=tally.fill_rate,
        )


@strawberry.type(description="One day.")
class DayStatistics:
    date: date = strawberry.field(description="The day.")
    tally: BookingTally = strawberry.field(description="Of this day.")


@strawberry.type(description="How a store's days went.")
class StoreStatistics:
    total: BookingTally = strawberry.field(description="All the days together.")
    days: list[DayStatistics] = strawberry.field(description="Day by day.")


async def statistics_of(info: Info, store: Store, first: date, days: int) -> StoreStatistics:
    context = info.context
    desk = StatisticsDesk(context.services.database, context.services.calendar)
    found = await desk.of_store(await context.roles(), context.snapshot, store, first, days)
    return StoreStatistics(
        total=BookingTally.of(found.total),
        days=[DayStatistics(date=one.day, tally=BookingTally.of(one.tally)) for one in found.days],
    )
