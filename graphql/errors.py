"""Errors at the edge: expected ones are data, unexpected ones are masked."""

from __future__ import annotations

from enum import Enum

import strawberry

from lifecircle.catalogue.errors import Refused


@strawberry.enum(description="Stable codes of everything that can be refused.")
class ErrorCode(Enum):
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    BAD_REQUEST = "BAD_REQUEST"
    RATE_LIMITED = "RATE_LIMITED"
    INVALID_CURSOR = "INVALID_CURSOR"
    IDEMPOTENCY_CONFLICT = "IDEMPOTENCY_CONFLICT"
    STATE_CHANGED = "STATE_CHANGED"
    INVALID_INPUT = "INVALID_INPUT"
    CODE_INVALID = "CODE_INVALID"
    CODE_EXPIRED = "CODE_EXPIRED"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"
    CONTENT_REJECTED = "CONTENT_REJECTED"
    LIMIT_REACHED = "LIMIT_REACHED"
    DUPLICATE = "DUPLICATE"
    BUSY = "BUSY"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    HOLIDAY_CLOSED = "HOLIDAY_CLOSED"
    TOO_FAR_AHEAD = "TOO_FAR_AHEAD"
    PARTY_TOO_LARGE = "PARTY_TOO_LARGE"
    OUTSIDE_SERVICE_AREA = "OUTSIDE_SERVICE_AREA"
    NOT_REVIEWABLE = "NOT_REVIEWABLE"
    TIME_SLOT_FULL = "TIME_SLOT_FULL"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    IN_THE_PAST = "IN_THE_PAST"
    TOO_SOON = "TOO_SOON"
    TOO_LATE_TO_CANCEL = "TOO_LATE_TO_CANCEL"
    OVERLAPS_YOUR_BOOKING = "OVERLAPS_YOUR_BOOKING"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_BOOKABLE = "NOT_BOOKABLE"


@strawberry.type(description="Why a mutation was refused.")
class UserError:
    code: ErrorCode = strawberry.field(description="Stable code to branch on.")
    field: list[str] | None = strawberry.field(description="Path into the input that is to blame.")
    message: str = strawberry.field(description="Chinese, for the resident: what is wrong and what to do.")


def user_error(refusal: Refused) -> UserError:
    return UserError(
        code=ErrorCode(refusal.code), field=list(refusal.field) if refusal.field else None, message=refusal.message
    )
