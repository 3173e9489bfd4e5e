"""What the domain needs from outside, as protocols. The adapters live in the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


class AccessTokens(Protocol):
    def issue(self, resident: str, session: str, now: datetime) -> tuple[str, datetime]:
        """A signed access token, and when it expires."""
        ...
