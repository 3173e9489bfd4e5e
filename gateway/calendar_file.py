"""`GET /bookings/{id}.ics`: an own booking as a calendar entry (RFC 5545), for the phone's calendar.

Times are in UTC, which every calendar shows in its own zone. Written by hand: what is needed are thirty lines, and the
folding of lines between octets of one character is where libraries differ.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lifecircle.catalogue.bookings.model import NEVER_WAS, Booking, BookingDate, BookingStatus
from lifecircle.catalogue.errors import NotFound, RateLimited, Refused, Unauthenticated
from lifecircle.catalogue.people.model import Viewer
from lifecircle.catalogue.stores.model import Store
from lifecircle.catalogue.stores.store import read_store
from lifecircle.gateway.answers import refused
from lifecircle.gateway.tokens import TokenRefused
from lifecircle.graphql.context import Services
from lifecircle.graphql.ids import global_id, key_of
from lifecircle.graphql.money import booking_price_text

_MOST_OCTETS = 75
_STATUS = {"UNAUTHENTICATED": 401, "NOT_FOUND": 404, "RATE_LIMITED": 429, "UPSTREAM_UNAVAILABLE": 503}


@dataclass(frozen=True)
class CalendarEndpoint:
    services: Services
    viewer_of: Callable[[Request], Awaitable[Viewer | None]]
    """Raises TokenRefused, RateLimited."""

    async def __call__(self, request: Request) -> Response:
        try:
            viewer = await self.viewer_of(request)
            if viewer is None:
                raise Unauthenticated
            key = key_of(request.path_params["booking"], "Booking", "booking")
            booking = await self.services.bookings.of_resident(viewer.resident, key)
            store = self.services.keeper.current.store(booking.store)
            store = store or await read_store(self.services.database, booking.store)
            if store is None:
                raise NotFound("没有找到这家店，可能已经关闭。")
        except TokenRefused:
            return _refusal(Unauthenticated("登录已过期，请重新登录。"), request)
        except Refused as refusal:
            return _refusal(refusal, request)
        headers = {"content-disposition": f'attachment; filename="booking-{booking.code}.ics"'}
        headers |= {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        offering = self.services.keeper.current.offering(booking.offering)
        place = None if offering and offering.at_home else store
        return Response(calendar_text(booking, place), media_type="text/calendar", headers=headers)


def calendar_text(booking: Booking, place: Store | None) -> str:
    """A calendar with one event for each date of the booking. `place`: where to go; None for a visit at home."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lifecircle//Bookings//ZH", "CALSCALE:GREGORIAN"]
    for number, date in enumerate(booking.dates, 1):
        lines += _event(booking, date, number, place)
    lines.append("END:VCALENDAR")
    return "".join(f"{line}\r\n" for text in lines for line in folded(text))


def _event(booking: Booking, date: BookingDate, number: int, place: Store | None) -> Iterator[str]:
    changed = booking.events[-1].at
    price = "价格以到店为准，到店支付" if booking.price is None else booking_price_text(booking.price)
    hint = f"预约码：{booking.code}\n{booking.party_size} 人，{price}。"
    yield "BEGIN:VEVENT"
    yield f"UID:{booking.id}-{number}@lifecircle"
    yield f"DTSTAMP:{_instant(changed)}"
    yield f"LAST-MODIFIED:{_instant(changed)}"
    yield f"SEQUENCE:{booking.version - 1}"
    yield f"DTSTART:{_instant(date.interval.start)}"
    yield f"DTEND:{_instant(date.interval.end)}"
    yield f"STATUS:{_status(booking.status_of(date))}"
    yield f"SUMMARY:{escaped(f'{booking.offering_name} · {booking.store_name}')}"
    yield f"DESCRIPTION:{escaped(hint)}"
    if place:
        yield f"LOCATION:{escaped(place.address)}"
        yield f"GEO:{place.location.latitude:.6f};{place.location.longitude:.6f}"
    yield f"X-LIFECIRCLE-BOOKING:{global_id('Booking', booking.id)}"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11; other control characters have no place in it."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = "".join(char for char in plain if char == "\n" or char.isprintable())
    for char in ("\\", ";", ","):
        plain = plain.replace(char, "\\" + char)
    return plain.replace("\n", "\\n")


def folded(line: str) -> Iterator[str]:
    """Lines of at most 75 octets, the later ones begun by a space; no character is cut in two (RFC 5545, 3.1)."""
    part, room = "", _MOST_OCTETS
    for char in line:
        size = len(char.encode("utf-8", "replace"))
        if size > room:
            yield part
            part, room = " ", _MOST_OCTETS - 1
        part, room = part + char, room - size
    yield part


def _status(status: BookingStatus) -> str:
    if status in NEVER_WAS or status is BookingStatus.NO_SHOW:
        return "CANCELLED"
    return "TENTATIVE" if status is BookingStatus.PENDING else "CONFIRMED"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _refusal(refusal: Refused, request: Request) -> Response:
    wait = {"retry-after": str(refusal.retry_after)} if isinstance(refusal, RateLimited) else {}
    body = {"errors": [refused(refusal, request.state.request_id)]}
    return JSONResponse(body, _STATUS.get(refusal.code, 400), headers=wait)
