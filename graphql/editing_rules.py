"""What editors send about how something is booked."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from lifecircle.catalogue.editing.booking_terms import BlackoutGiven, ResourceGiven, SessionGiven


@strawberry.input(description="A worker, a room or a court that a booking takes one of.")
class ResourceInput:
    id: str | None = strawberry.field(
        default=None, description="Of one that is there already, also in another offering of the store; null: new."
    )
    name: str = strawberry.field(description="Chinese name, at most 30 characters.")


@strawberry.input(description="Days on which it is not to be had though the store is open.")
class BlackoutInput:
    first: date = strawberry.field(description="First day.")
    last: date = strawberry.field(description="Last day.")
    reason: str = strawberry.field(description="Why, in Chinese, at most 40 characters.")


@strawberry.input(description="One date of a course, an activity, a shift or a meal.")
class SessionInput:
    start: datetime = strawberry.field(description="Start.")
    end: datetime = strawberry.field(description="End, at most 24 hours later.")


def _optional(description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, description=description)


@strawberry.input(description="How it is booked; what is left out stays, null empties.")
class BookingRulesInput:
    min_duration_minutes: int | None = _optional("With the longest: the resident chooses, in steps of 5; null: fixed.")
    max_duration_minutes: int | None = _optional("The longest time that can be chosen; null: fixed.")
    buffer_before_minutes: int | None = _optional("Kept free before, at most 240.")
    buffer_after_minutes: int | None = _optional("Kept free after, at most 240.")
    resources: list[ResourceInput] | None = _optional("The whole list anew; empty: numbered places.")
    one_place_per_party: bool | None = _optional("A party takes one place, such as a court or a table.")
    daily_limit: int | None = _optional("Bookings a day in all; null: no limit.")
    weekly_limit: int | None = _optional("Bookings a week in all, from Monday; null: no limit.")
    resident_daily_limit: int | None = _optional("Bookings a day of one resident; null: no limit.")
    resident_weekly_limit: int | None = _optional("Bookings a week of one resident; null: no limit.")
    blackouts: list[BlackoutInput] | None = _optional("The whole list anew.")
    sessions: list[SessionInput] | None = _optional(
        "The whole list of dates anew, at most 200: makes a new offering a SESSION. Bookings that were made stay."
    )
    grid_minutes: int | None = _optional("How far apart the starts of an APPOINTMENT are; a multiple of 5.")
    service_radius: int | None = _optional("Metres from the store, for services at home; null: no limit.")
    reschedule_before_minutes: int | None = _optional("How long before the start it can be moved; null: as cancelled.")
    window_days: int | None = _optional("How many days ahead it can be booked, at most 180.")
    pending_minutes: int | None = _optional("How long the store may take to confirm.")

    def to_given(self) -> dict[str, Any]:
        """Only what was said."""
        said = {name: value for name, value in vars(self).items() if value is not strawberry.UNSET}
        if said.get("resources") is not None:
            said["resources"] = [ResourceGiven(one.id, one.name) for one in said["resources"]]
        if said.get("blackouts") is not None:
            said["blackouts"] = [BlackoutGiven(one.first, one.last, one.reason) for one in said["blackouts"]]
        if said.get("sessions") is not None:
            said["sessions"] = [SessionGiven(one.start, one.end) for one in said["sessions"]]
        return said
