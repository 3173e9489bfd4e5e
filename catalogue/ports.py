"""What the domain needs from outside, as protocols. The adapters live in the gateway."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class WeChatUser:
    """Who stands behind a sign-in code.

    The two demo fields are only ever filled by the demo adapter: the merchant name or the area code whose role the
    user is to hold.
    """

    openid: str
    nickname: str | None = None
    demo_merchant: str | None = None
    demo_area: str | None = None


class WeChatIdentity(Protocol):
    async def identify(self, code: str) -> WeChatUser:
        """Exchange a one-time code.

        Raises CodeInvalid for a bad, used or expired code, Unavailable when WeChat cannot be asked.
        """
        ...


class PhoneNumbers(Protocol):
    async def phone_number(self, code: str) -> str:
        """The phone number that WeChat vouches for: 11 digits for the mainland, else + and the country code.

        Raises CodeInvalid for a bad, used or expired code, Unavailable when WeChat cannot be asked.
        """
        ...


class SmsSender(Protocol):
    async def send_code(self, phone: str, code: str) -> None:
        """Hand the code to the carrier. Raises Unavailable; neither argument may reach a log in clear."""
        ...


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """What a notice says, in parts, as templates want them."""

    status: str
    """ "预约已确认", in a few characters."""
    offering: str
    store: str
    time: str
    hint: str
    """What to do, or the reason."""


@dataclass(frozen=True, slots=True)
class OutboundNotice:
    """One message to one person. It may come more than once; `id` tells the receiver that it is the same."""

    id: str
    purpose: str
    subject: str
    """The key of the booking, for the link into the app."""
    to: str = field(repr=False)
    """An openid or a phone number; never to be logged in clear."""
    words: NoticeWords = field(repr=False)


class DeliveryResult(StrEnum):
    SENT = "SENT"
    REFUSED = "REFUSED"
    """The person has not agreed to (another) message."""
    NO_ADDRESS = "NO_ADDRESS"
    """Nobody is known under the address."""
    INVALID = "INVALID"
    """Template, page or values are wrong: trying again changes nothing, somebody has to mend it."""
    TRY_AGAIN = "TRY_AGAIN"


class NoticeDeliverer(Protocol):
    """WeChat subscribe messages, or a carrier of SMS."""

    async def deliver(self, notice: OutboundNotice) -> DeliveryResult:
        """Hand the message over. Does not raise for what can be expected to go wrong."""
        ...


class Verdict(StrEnum):
    PASS = "PASS"  # noqa: S105
    RISKY = "RISKY"
    UNKNOWN = "UNKNOWN"
    """The author cannot be vouched for there: only our own checks count."""


class ContentCheck(Protocol):
    async def check(self, text: str, openid: str) -> Verdict:
        """What WeChat thinks of a text that one of its users wrote. Raises Unavailable, RateLimited."""
        ...


class AccessTokens(Protocol):
    def issue(self, resident: str, session: str, now: datetime) -> tuple[str, datetime]:
        """A signed access token, and when it expires."""
        ...
