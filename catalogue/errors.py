"""Every expected failure of the domain, as one tree.

LifecircleError
├── Refused                      the request is understood and refused; code and Chinese message reach the client
│   ├── Unauthenticated          UNAUTHENTICATED
│   ├── Forbidden                FORBIDDEN
│   ├── NotFound                 NOT_FOUND
│   ├── BadRequest               BAD_REQUEST
│   ├── InvalidCursor            INVALID_CURSOR
│   ├── InvalidInput             INVALID_INPUT
│   ├── OutsideServiceArea       OUTSIDE_SERVICE_AREA
│   ├── CodeInvalid              CODE_INVALID
│   ├── CodeExpired              CODE_EXPIRED
│   ├── RateLimited              RATE_LIMITED (knows when to try again)
│   ├── Busy                     BUSY
│   ├── IdempotencyConflict      IDEMPOTENCY_CONFLICT
│   ├── Duplicate                DUPLICATE
│   ├── StateChanged             STATE_CHANGED
│   ├── LimitReached             LIMIT_REACHED
│   ├── NotReviewable            NOT_REVIEWABLE
│   ├── ContentRejected          CONTENT_REJECTED
│   ├── ConsentRequired          CONSENT_REQUIRED
│   ├── Unavailable              UPSTREAM_UNAVAILABLE
│   └── BookingRefused
│       ├── NotBookable          NOT_BOOKABLE
│       ├── OutsideHours         OUTSIDE_HOURS
│       ├── HolidayClosed        HOLIDAY_CLOSED
│       ├── InThePast            IN_THE_PAST
│       ├── TooSoon              TOO_SOON
│       ├── TooFarAhead          TOO_FAR_AHEAD
│       ├── PartyTooLarge        PARTY_TOO_LARGE
│       ├── TimeSlotFull         TIME_SLOT_FULL
│       ├── OverlapsYourBooking  OVERLAPS_YOUR_BOOKING
│       ├── NotEligible          NOT_ELIGIBLE
│       ├── HomeTooFar           OUTSIDE_SERVICE_AREA (an OutsideServiceArea too)
│       ├── BookingLimitReached  LIMIT_REACHED (a LimitReached too)
│       └── TooLateToCancel      TOO_LATE_TO_CANCEL
└── CannotStart                  the process refuses to start; message is for the operator
    ├── SettingInvalid
    ├── StateFolderInUse
    ├── DatabaseUnreachable
    └── SchemaTooNew
"""

from __future__ import annotations

from typing import ClassVar


class LifecircleError(Exception):
    """The root of the tree."""


class Refused(LifecircleError):
    """A refusal that the client is told about.

    `field` is the path into the input that is to blame, empty when no single field is.
    """

    code: ClassVar[str] = "BAD_REQUEST"

    def __init__(self, message: str, *field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Unauthenticated(Refused):
    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "请先登录后再操作。", *field: str) -> None:
        super().__init__(message, *field)


class Forbidden(Refused):
    code = "FORBIDDEN"

    def __init__(self, message: str = "您没有这项操作的权限。", *field: str) -> None:
        super().__init__(message, *field)


class NotFound(Refused):
    code = "NOT_FOUND"

    def __init__(self, message: str = "没有找到您要的内容，可能已经下架。", *field: str) -> None:
        super().__init__(message, *field)


class BadRequest(Refused):
    code = "BAD_REQUEST"


class InvalidCursor(Refused):
    code = "INVALID_CURSOR"

    def __init__(self, message: str = "翻页位置已失效，请从第一页重新查看。", *field: str) -> None:
        super().__init__(message, *field)


class InvalidInput(Refused):
    code = "INVALID_INPUT"


class OutsideServiceArea(Refused):
    code = "OUTSIDE_SERVICE_AREA"


class CodeInvalid(Refused):
    code = "CODE_INVALID"


class CodeExpired(Refused):
    code = "CODE_EXPIRED"


class RateLimited(Refused):
    """Too many requests; `retry_after` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, *field: str, retry_after: int) -> None:
        super().__init__(message, *field)
        self.retry_after = retry_after


class Busy(Refused):
    code = "BUSY"


class IdempotencyConflict(Refused):
    code = "IDEMPOTENCY_CONFLICT"

    def __init__(self, message: str = "这个请求编号已用于另一次提交，请刷新页面后重试。") -> None:
        super().__init__(message, "idempotencyKey")


class Duplicate(Refused):
    code = "DUPLICATE"


class StateChanged(Refused):
    code = "STATE_CHANGED"


class ConsentRequired(Refused):
    """The resident has not agreed, or no longer agrees, to a use of their data."""

    code = "CONSENT_REQUIRED"


class LimitReached(Refused):
    code = "LIMIT_REACHED"


class NotReviewable(Refused):
    """Only who came may review, once, and change it for a while."""

    code = "NOT_REVIEWABLE"


class ContentRejected(Refused):
    """A text that must not become public as it is."""

    code = "CONTENT_REJECTED"


class Unavailable(Refused):
    code = "UPSTREAM_UNAVAILABLE"

    def __init__(self, message: str = "服务暂时繁忙，请稍后再试。您的操作没有被执行。") -> None:
        super().__init__(message)


class BookingRefused(Refused):
    """Any reason for which a booking cannot be made or changed."""


class NotBookable(BookingRefused):
    code = "NOT_BOOKABLE"


class OutsideHours(BookingRefused):
    code = "OUTSIDE_HOURS"


class HolidayClosed(BookingRefused):
    code = "HOLIDAY_CLOSED"


class InThePast(BookingRefused):
    code = "IN_THE_PAST"


class TooSoon(BookingRefused):
    code = "TOO_SOON"


class TooFarAhead(BookingRefused):
    code = "TOO_FAR_AHEAD"


class PartyTooLarge(BookingRefused):
    code = "PARTY_TOO_LARGE"


class TimeSlotFull(BookingRefused):
    code = "TIME_SLOT_FULL"


class OverlapsYourBooking(BookingRefused):
    code = "OVERLAPS_YOUR_BOOKING"


class NotEligible(BookingRefused):
    code = "NOT_ELIGIBLE"


class HomeTooFar(OutsideServiceArea, BookingRefused):
    """Nobody comes so far."""


class BookingLimitReached(LimitReached, BookingRefused):
    """As many bookings of a day or a week as there may be."""


class TooLateToCancel(BookingRefused):
    code = "TOO_LATE_TO_CANCEL"


class CannotStart(LifecircleError):
    """The process cannot start; the message says which setting or resource is to blame and what to do."""


class SettingInvalid(CannotStart):
    pass


class StateFolderInUse(CannotStart):
    pass


class DatabaseUnreachable(CannotStart):
    pass


class SchemaTooNew(CannotStart):
    pass
