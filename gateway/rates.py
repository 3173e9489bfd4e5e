"""How often one client may call this worker: by account where there is one, and a flood brake by address.

Chinese carriers put thousands of people behind one address, so the brake is wide; what guards against guessing (SMS
codes, sign-ins, bookings, chat) is counted per account or number in the database (`catalogue/people/rates.py`).
"""

from __future__ import annotations

import ipaddress
import math
import time
from functools import lru_cache

from starlette.requests import HTTPConnection

from lifecircle.catalogue.errors import RateLimited
from lifecircle.catalogue.people.model import Viewer
from lifecircle.gateway.limits.rates import Network, TokenBuckets, bucket_key, client_address
from lifecircle.gateway.settings import Settings

_MOST_KEYS = 50_000
_REMEMBERED = 1_000
_LONGEST_REMEMBERED = 100
"""Characters of a header."""


class ReadRates:
    def __init__(self, settings: Settings) -> None:
        self._trusted = networks(settings.trusted_proxies)
        self._accounts = TokenBuckets(settings.account_rate, settings.account_burst, _MOST_KEYS)
        self._addresses = TokenBuckets(settings.address_rate, settings.address_burst, _MOST_KEYS)
        self._key_of = lru_cache(_REMEMBERED)(self._read_key)

    def check(self, request: HTTPConnection, viewer: Viewer | None) -> None:
        """By address before anything is known of the caller, by account once it is. Raises RateLimited."""
        if viewer:
            wait = self._accounts.take(viewer.resident, time.monotonic())
        else:
            wait = self._addresses.take(self._key(request), time.monotonic())
        if wait is not None:
            raise RateLimited("操作太频繁，请稍等片刻再试。", retry_after=max(1, math.ceil(wait)))

    def _key(self, request: HTTPConnection) -> str:
        """What the caller is counted under; the same few addresses come again and again."""
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getlist("x-forwarded-for")) or None
        is_short = forwarded is None or len(forwarded) <= _LONGEST_REMEMBERED
        return self._key_of(peer, forwarded) if is_short else self._read_key(peer, forwarded)

    def _read_key(self, peer: str, forwarded: str | None) -> str:
        return bucket_key(client_address(peer, forwarded, self._trusted))


def networks(texts: tuple[str, ...]) -> list[Network]:
    """Raises ValueError for what is no network."""
    return [ipaddress.ip_network(text) for text in texts]
