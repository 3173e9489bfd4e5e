"""Sign-in codes by SMS: six digits, five minutes, five tries, once.

The answer to a request for a code is the same whether the number is known or not.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from lifecircle.catalogue.clock import Clock
from lifecircle.catalogue.database import Database, Document
from lifecircle.catalogue.errors import CodeExpired, CodeInvalid, InvalidInput
from lifecircle.catalogue.people.rates import RateCounter, RateLimits
from lifecircle.catalogue.people.store import PeopleStore
from lifecircle.catalogue.ports import SmsSender
from lifecircle.catalogue.sealing import KeyRing

LIFETIME = timedelta(minutes=5)
TRIES = 5

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_SEPARATORS = re.compile(r"[\s\-()（）]")


def normal_mobile(text: str, *field: str) -> str:
    """ "+86 138-0000-1234" → "13800001234". Raises InvalidInput for anything but a mainland mobile number."""
    found = _MOBILE.fullmatch(_SEPARATORS.sub("", unicodedata.normalize("NFKC", text[:40])))
    if not found:
        raise InvalidInput("请填写正确的 11 位手机号。", *field)
    return found[1]


@dataclass(frozen=True)
class SmsCodes:
    database: Database
    keys: KeyRing
    sender: SmsSender
    rates: RateCounter
    limits: RateLimits
    clock: Clock

    async def send(self, phone_text: str) -> int:
        """Send a fresh code; an older one stops working. Returns the seconds until another may be asked for.

        Raises InvalidInput, RateLimited, Unavailable.
        """
        phone = normal_mobile(phone_text, "phone")
        key, now = self._key(phone), self.clock()
        for limit in (self.limits.sms_gap, self.limits.sms_hour, self.limits.sms_day):
            await self.rates.take(limit, key, "phone")
        code = f"{secrets.randbelow(1_000_000):06d}"
        await self._store.put_sms_code(self._document(key, phone, code, now))
        await self.sender.send_code(phone, code)
        return self.limits.sms_gap.seconds

    async def redeem(self, phone_text: str, code: str) -> str:
        """The number that the code proves. Raises InvalidInput, CodeInvalid, CodeExpired."""
        phone = normal_mobile(phone_text, "phone")
        tried = await self._store.try_sms_code(self._key(phone), TRIES, self.clock())
        if tried is None:
            raise CodeExpired("验证码已失效，请重新获取。", "code")
        if not hmac.compare_digest(tried["code"], self._code_hash(phone, code)):
            raise CodeInvalid("验证码不正确，请重新输入。", "code")
        if not await self._store.use_up_sms_code(tried["_id"], tried["code"]):
            raise CodeExpired("验证码已经用过，请重新获取。", "code")
        return phone

    @cached_property
    def _store(self) -> PeopleStore:
        return PeopleStore(self.database)

    def _document(self, key: str, phone: str, code: str, now: datetime) -> Document:
        return {"_id": key, "code": self._code_hash(phone, code), "tries": 0, "expires_at": now + LIFETIME}

    def _key(self, phone: str) -> str:
        return self.keys.lookup_hash(phone, field="sms-phone")

    def _code_hash(self, phone: str, code: str) -> str:
        """Keyed, since six digits are quickly guessed from a plain hash."""
        return self.keys.lookup_hash(f"{phone}:{code.strip()[:12]}", field="sms-code")
