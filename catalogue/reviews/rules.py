"""Who may review, until when, and how stars become a rating. Pure. The formula is explained in docs/reviews.md."""

from __future__ import annotations

from datetime import datetime, timedelta

from lifecircle.catalogue.bookings.model import Booking, BookingStatus
from lifecircle.catalogue.errors import InvalidInput, NotReviewable
from lifecircle.catalogue.membership.rules import plain_text
from lifecircle.catalogue.reviews.model import STARS, Review

EDITABLE = timedelta(days=7)
CAME = frozenset({BookingStatus.CHECKED_IN, BookingStatus.COMPLETED})

MOST_TEXT = 500


def check_came(booking: Booking) -> None:
    """Raises NotReviewable."""
    if booking.status not in CAME:
        raise NotReviewable("到店签到或服务完成后才能评价这次预约。", "booking")


def check_editable(review: Review, now: datetime) -> None:
    """Raises NotReviewable."""
    if now >= review.written_at + EDITABLE:
        raise NotReviewable("评价在 7 天内可以修改，这条评价已超过 7 天。", "booking")


def check_reply_editable(review: Review, now: datetime) -> None:
    """Raises NotReviewable."""
    if review.replied_at is not None and now >= review.replied_at + EDITABLE:
        raise NotReviewable("回复在 7 天内可以修改，这条回复已超过 7 天。", "review")


def check_stars(stars: int) -> int:
    """Raises InvalidInput."""
    if stars not in STARS:
        levels = "、".join(f"{number} {name}" for number, name in STARS.items())
        raise InvalidInput(f"请选择一个等级：{levels}。", "stars")
    return stars


def clean_text(text: str | None) -> str | None:
    """Raises InvalidInput."""
    if text is None or not text.strip():
        return None
    return plain_text(text, "评价", 1, MOST_TEXT, "text")


def clean_reply(text: str) -> str:
    """Raises InvalidInput."""
    return plain_text(text, "回复", 2, MOST_TEXT, "text")
