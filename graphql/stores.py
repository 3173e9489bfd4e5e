"""Stores: the record, hours worked out, and lists of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Self

import strawberry

from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import InvalidInput, NotFound
from lifecircle.catalogue.geo import distance, walk_minutes
from lifecircle.catalogue.hours.model import ClockRange, Schedule, clock_text
from lifecircle.catalogue.hours.model import OpeningException as ExceptionRecord
from lifecircle.catalogue.hours.rules import OpenStatus
from lifecircle.catalogue.stores import model
from lifecircle.catalogue.stores.closing import closure, open_ranges_of, open_status_of
from lifecircle.graphql.context import Info, RequestContext
from lifecircle.graphql.enums import AccessibilityFeature
from lifecircle.graphql.history import HistoryConnection, history_page
from lifecircle.graphql.ids import global_id
from lifecircle.graphql.merchants import Chain, Merchant
from lifecircle.graphql.node import Node
from lifecircle.graphql.offerings import OfferingConnection, offering_page
from lifecircle.graphql.paging import PageInfo
from lifecircle.graphql.places import Area, Category, Location, LocationInput
from lifecircle.graphql.reviews import ReviewConnection, reviews_of
from lifecircle.graphql.store_statistics import StoreStatistics, statistics_of

if TYPE_CHECKING:
    from lifecircle.graphql.bookings import BookingConnection

MAX_DAYS = 62


@strawberry.type(description="One weekly range. `closes` at or before `opens` means the next day; 24:00 is allowed.")
class OpeningHours:
    weekday: int = strawberry.field(description="ISO: Monday 1 … Sunday 7.")
    opens: str = strawberry.field(description="HH:MM.")
    closes: str = strawberry.field(description="HH:MM.")
    valid_from: date | None = strawberry.field(description="First day of the season; null: always.")
    valid_through: date | None = strawberry.field(description="Last day of the season; null: always.")


@strawberry.type(description="What holds on one date in place of the week; one row for each range.")
class OpeningException:
    date: date = strawberry.field(description="The day.")
    closed: bool = strawberry.field(description="Closed all day.")
    opens: str | None = strawberry.field(description="HH:MM.")
    closes: str | None = strawberry.field(description="HH:MM.")
    reason: str | None = strawberry.field(description="Why, in Chinese.")


@strawberry.type(description="An opening as it really is: holidays, make-up days, exceptions and closures worked in.")
class OpenRange:
    opens: datetime = strawberry.field(description="Start.")
    closes: datetime = strawberry.field(description="End.")
    reason: str | None = strawberry.field(description="Why it is not the plain week, in Chinese.")


@strawberry.type(description="What residents say of a store.")
class Rating:
    average: float | None = strawberry.field(description="1 … 5; null without reviews.")
    count: int = strawberry.field(description="Number of reviews.")


@strawberry.type(description="A shop, a service point or a public facility.")
class Store(Node):
    name: str = strawberry.field(description="Chinese name.")
    operator_name: str = strawberry.field(description="Who runs it.")
    location: Location = strawberry.field(description="Where it is.")
    address: str = strawberry.field(description="Street and number.")
    phone: str | None = strawberry.field(description="Phone of the store.")
    version: int = strawberry.field(description="Rises with every edit; pass it back when editing.")
    rating: Rating = strawberry.field(description="What residents say.")
    accessibility: list[AccessibilityFeature] = strawberry.field(description="What makes it usable for everybody.")
    notice: str | None = strawberry.field(description="A message from the store.")
    photos: list[str] = strawberry.field(description="https addresses.")
    closed_until: date | None = strawberry.field(description="First day open again, where it is closed for a while.")
    closed_reason: str | None = strawberry.field(description="Why nobody is there today, in Chinese; null: it is kept.")
    inherits: list[str] = strawberry.field(description="Fields that come from the chain.")
    assured_on: date = strawberry.field(description="When somebody last vouched for this record.")
    is_stale: bool = strawberry.field(description="Whether the record is older than it should be; call before going.")
    record: strawberry.Private[model.Store]

    @classmethod
    def of(cls, record: model.Store, context: RequestContext) -> Self:
        shut = closure(record, local_day(context.now))
        return cls(
            id=global_id("Store", record.id),
            name=record.name,
            operator_name=record.operator_name,
            location=Location(point=record.location),
            address=record.address,
            phone=record.phone,
            version=record.version,
            rating=Rating(average=record.rating, count=record.rating_count),
            accessibility=list(record.accessibility),
            notice=record.notice,
            photos=list(record.photos),
            closed_until=shut.until if shut else None,
            closed_reason=shut.reason if shut else None,
            inherits=["openingHours"] if record.chain and record.hours is None else [],
            assured_on=record.assured_on,
            is_stale=record.is_stale(local_day(context.now)),
            record=record,
        )

    @strawberry.field(description="What kind of place it is.")
    def category(self, info: Info) -> Category:
        record = info.context.snapshot.categories.get(self.record.category)
        if record is None:
            raise NotFound("这个类别已经不存在。")
        return Category.of(record)

    @strawberry.field(description="The chain it belongs to.")
    def chain(self, info: Info) -> Chain | None:
        record = info.context.snapshot.chains.get(self.record.chain) if self.record.chain else None
        return Chain.of(record) if record else None

    @strawberry.field(description="The merchant; null for public facilities.")
    def merchant(self, info: Info) -> Merchant | None:
        record = info.context.snapshot.merchants.get(self.record.merchant) if self.record.merchant else None
        return Merchant.of(record) if record else None

    @strawberry.field(description="The facility that houses it.")
    async def part_of(self, info: Info) -> Store | None:
        record = await info.context.store(self.record.part_of) if self.record.part_of else None
        return Store.of(record, info.context) if record else None

    @strawberry.field(description="The community it stands in.")
    def community(self, info: Info) -> Area | None:
        record = info.context.snapshot.areas.get(self.record.community) if self.record.community else None
        return Area.of(record) if record else None

    @strawberry.field(description="The plain week, its own or its chain's.")
    def opening_hours(self, info: Info) -> list[OpeningHours]:
        return hours_rows(info.context.snapshot.schedule_of(self.record))

    @strawberry.field(description="Dates on which other hours hold.")
    def exceptions(self) -> list[OpeningException]:
        return [row for record in self.record.exceptions for row in _exception_rows(record)]

    @strawberry.field(description="Whether it is open at this moment.")
    def is_open(self, info: Info) -> bool:
        return self._status(info).is_open

    @strawberry.field(description="The next opening; null while open.")
    def opens_at(self, info: Info) -> datetime | None:
        return self._status(info).opens_at

    @strawberry.field(description="When it closes; null while closed, and where it is open around the clock.")
    def closes_at(self, info: Info) -> datetime | None:
        return self._status(info).closes_at

    @strawberry.field(description="Every opening that touches the days. At most 62 days.")
    def open_ranges(
        self,
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="First day.")],
        days: int = 7,
    ) -> list[OpenRange]:
        if not 1 <= days <= MAX_DAYS:
            raise InvalidInput(f"一次可以查询 1 到 {MAX_DAYS} 天。", "days")
        context = info.context
        schedule = context.snapshot.schedule_of(self.record)
        found = open_ranges_of(self.record, schedule, context.services.calendar, from_, days)
        return [OpenRange(opens=r.opens, closes=r.closes, reason=r.reason) for r in found]

    @strawberry.field(description="Metres from a place, great circle.")
    def distance(
        self, from_: Annotated[LocationInput, strawberry.argument(name="from", description="From where.")]
    ) -> int:
        return round(distance(from_.to_point("from"), self.record.location))

    @strawberry.field(description="Where it has moved to.")
    async def moved_to(self, info: Info) -> Store | None:
        record = await info.context.store(self.record.moved_to) if self.record.moved_to else None
        return Store.of(record, info.context) if record else None

    @strawberry.field(description="Who changed what and when, the latest first; for members and the area's staff.")
    async def history(self, info: Info, first: int | None = None, after: str | None = None) -> HistoryConnection | None:
        record, owner = self.record, f"stores:{self.record.id}"
        return await history_page(info, owner, record.merchant, record.id, record.community, first, after)

    @strawberry.field(description="How its days went, for who looks after it. At most 62 days.")
    async def statistics(
        self,
        info: Info,
        from_: Annotated[date, strawberry.argument(name="from", description="First day.")],
        days: int = 7,
    ) -> StoreStatistics | None:
        return await statistics_of(info, self.record, from_, days)

    @strawberry.field(description="What those who came say, the latest first.")
    async def reviews(self, info: Info, first: int | None = None, after: str | None = None) -> ReviewConnection | None:
        return await reviews_of(info, self.record.id, first, after)

    @strawberry.field(description="What it offers.")
    def offerings(self, info: Info, first: int | None = None, after: str | None = None) -> OfferingConnection:
        return offering_page(info.context.snapshot.offerings_of(self.record), first, after)

    @strawberry.field(description="The bookings of one day from the morning on, for those who look after the store.")
    async def bookings(
        self, info: Info, on: date, first: int | None = None, after: str | None = None
    ) -> Annotated[BookingConnection, strawberry.lazy("lifecircle.graphql.bookings")] | None:
        from lifecircle.graphql.bookings import bookings_on

        return await bookings_on(info, self.record.id, on, first, after)

    def _status(self, info: Info) -> OpenStatus:
        context = info.context
        schedule = context.snapshot.schedule_of(self.record)
        return open_status_of(self.record, schedule, context.services.calendar, context.now)


@strawberry.type(description="A store in a page.")
class StoreEdge:
    node: Store = strawberry.field(description="The store.")
    cursor: str = strawberry.field(description="Its place in the list.")
    distance: int | None = strawberry.field(description="Metres from the query's `near`.")
    walk_minutes: int | None = strawberry.field(description="Minutes on foot from the query's `near`.")


@strawberry.type(description="A page of stores.")
class StoreConnection:
    edges: list[StoreEdge] = strawberry.field(description="The page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    relaxed: list[str] = strawberry.field(description="Filters or words that were given up to find anything.")
    count: strawberry.Private[Callable[[], int | Awaitable[int]]]

    @strawberry.field(description="How many there are in all; counted only when asked for.")
    async def total_count(self) -> int | None:
        found = self.count()
        return found if isinstance(found, int) else await found


def hours_rows(schedule: Schedule) -> list[OpeningHours]:
    return [
        OpeningHours(
            weekday=row.weekday,
            opens=clock_text(row.range.opens),
            closes=clock_text(row.range.closes),
            valid_from=row.valid_from,
            valid_through=row.valid_through,
        )
        for row in schedule.weekly
    ]


def near_edge(store: model.Store, metres: float, cursor: str, context: RequestContext) -> StoreEdge:
    return StoreEdge(
        node=Store.of(store, context), cursor=cursor, distance=round(metres), walk_minutes=walk_minutes(metres)
    )


async def load_store(context: RequestContext, key: str) -> Node | None:
    record = await context.store(key)
    return Store.of(record, context) if record else None


def _exception_rows(record: ExceptionRecord) -> list[OpeningException]:
    if not record.ranges:
        return [OpeningException(date=record.day, closed=True, opens=None, closes=None, reason=record.reason)]
    return [_exception_row(record, clock) for clock in record.ranges]


def _exception_row(record: ExceptionRecord, clock: ClockRange) -> OpeningException:
    return OpeningException(
        date=record.day,
        closed=False,
        opens=clock_text(clock.opens),
        closes=clock_text(clock.closes),
        reason=record.reason,
    )
