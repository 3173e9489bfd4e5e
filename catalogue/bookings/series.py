"""A series: several dates in one booking, all or nothing. What stands in the way is told for each date first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.claimer import Claimer, Wanted
from lifecircle.catalogue.bookings.claims import Taken, share_cells
from lifecircle.catalogue.bookings.ledger import Ledger
from lifecircle.catalogue.bookings.limits import has_limits, limits_on, reached
from lifecircle.catalogue.bookings.model import BookingRequest, Interval
from lifecircle.catalogue.bookings.own import overlap_with
from lifecircle.catalogue.bookings.rules import check_start
from lifecircle.catalogue.bookings.texts import time_text
from lifecircle.catalogue.bookings.times import interval_of
from lifecircle.catalogue.clock import local_day
from lifecircle.catalogue.errors import (
    BookingLimitReached,
    BookingRefused,
    InvalidInput,
    OverlapsYourBooking,
    Refused,
    TimeSlotFull,
)
from lifecircle.catalogue.offerings.store import OfferingTerms

MOST_DATES = 52
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DateVerdict:
    """Whether one date of a series can be had."""

    start: datetime
    interval: Interval | None
    refusal: Refused | None

    @property
    def reason(self) -> str | None:
        return self.refusal.message if self.refusal else None


def weekly_starts(first: datetime, count: int) -> list[datetime]:
    """The same weekday and time; China has no daylight saving time. Raises InvalidInput."""
    if not 2 <= count <= MOST_DATES:
        raise InvalidInput(f"连续预约应为 2 到 {MOST_DATES} 次。", "count")
    return [first + number * _WEEK for number in range(count)]


def checked_starts(starts: Sequence[datetime]) -> list[datetime]:
    """In order, each once. Raises InvalidInput."""
    ordered = sorted(set(starts))
    if not 2 <= len(ordered) <= MOST_DATES:
        raise InvalidInput(f"连续预约应为 2 到 {MOST_DATES} 个不同的时间。", "starts")
    return ordered


@dataclass(frozen=True)
class SeriesCheck:
    ledger: Ledger
    claimer: Claimer

    async def verdicts(self, resident: str, request: BookingRequest, terms: OfferingTerms) -> list[DateVerdict]:
        """Every date judged as if the others were had."""
        found: list[DateVerdict] = []
        for start in (request.start, *request.later_starts):
            earlier = [one.interval for one in found if one.interval]
            found.append(await self._verdict(resident, request, terms, start, earlier))
        return found

    async def _verdict(
        self, resident: str, request: BookingRequest, terms: OfferingTerms, start: datetime, others: list[Interval]
    ) -> DateVerdict:
        interval = None
        try:
            check_start(start, terms.offering, self.ledger.clock())
            days = self.ledger.open_days(terms, local_day(start), 1)
            interval = interval_of(start, request.duration_minutes, terms.offering, days)
            wanted = Wanted(resident, request, terms, (interval,))
            await self._check_free(wanted, interval, others)
        except (BookingRefused, InvalidInput) as refusal:
            return DateVerdict(start, interval, refusal)
        return DateVerdict(start, interval, None)

    async def _check_free(self, wanted: Wanted, interval: Interval, others: list[Interval]) -> None:
        if any(share_cells(interval, other) for other in others):
            raise OverlapsYourBooking("这一次和同一系列里的另一次时间重叠。", "start")
        for own in await self.claimer.own.at(wanted.resident, wanted.terms.district, interval):
            raise overlap_with(own, [interval])
        taken: Taken = await self.claimer.taken(wanted)
        if len(self.claimer.free(wanted, interval, taken)) < wanted.needed:
            raise TimeSlotFull("这个时间已经约满了。", "start")
        if has_limits(wanted.terms.offering):
            await self._check_limits(wanted, interval, others)

    async def _check_limits(self, wanted: Wanted, interval: Interval, others: list[Interval]) -> None:
        """The dates of the series before this one count too."""
        offering, day = wanted.terms.offering, local_day(interval.start)
        keys = [limit.key for limit in limits_on(offering, day, wanted.resident)]
        used = await self.ledger.store.used_tickets(wanted.terms.district, keys)
        for other in others:
            for limit in limits_on(offering, local_day(other.start), wanted.resident):
                if limit.key in keys:
                    mask = used.get(limit.key, 0)
                    used[limit.key] = mask | ~mask & (mask + 1)
        met = reached(offering, day, used, wanted.resident)
        if met:
            raise BookingLimitReached(met.text, "start")


def refusal_of(verdicts: Sequence[DateVerdict]) -> Refused | None:
    """One refusal for all the dates that cannot be had, with the code of the first."""
    bad = [one for one in verdicts if one.refusal]
    if not bad or bad[0].refusal is None:
        return None
    listed = "；".join(f"{time_text(one.start)}：{(one.reason or '').rstrip('。')}" for one in bad[:5])
    more = f"；另有 {len(bad) - 5} 次" if len(bad) > 5 else ""
    message = f"共 {len(verdicts)} 次，其中 {len(bad)} 次不能预约（{listed}{more}）。请换掉这些时间再试。"
    return type(bad[0].refusal)(message, "starts")
